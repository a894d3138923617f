// Package app is the program: its command line, its commands, and how the server is put together from the other packages.
//
// The command line is read into commands; a command runs with a program, which holds the settings; `kith serve` opens
// what a server needs and has it wired to an address. Below that are parts that know neither commands nor wiring: the
// database, admission, readiness, telemetry, maintenance. The package decides nothing about contacts, and nothing but
// main imports it.
package app
