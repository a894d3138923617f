// Package app is the program: its command line, its commands, and the wiring of the server.
//
// The command line is read into commands; a command runs with a program, which holds the settings; `kith serve` opens
// what a server needs and wires it together. Below that are parts that know neither commands nor wiring: the
// database, admission, readiness, telemetry, maintenance. The package decides nothing about contacts, and nothing but
// main imports it.
package app
