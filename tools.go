//go:build tools

// The tools that `go generate` runs, so that go.mod pins their versions.
package main

import _ "github.com/99designs/gqlgen"
