//go:build !race

package api

// raceDetector tells whether the tests run under the race detector; the binary is built the same way.
const raceDetector = false
