// Package graph is GraphQL in and out. [New] wires one HTTP endpoint from the packages below: transport carries operations,
// operation prepares and executes them, resolve answers fields, fastlist writes lists, problem words errors.
//
// An answer holds data, user errors on a payload, or GraphQL errors with a code, and nothing else.
package graph

//go:generate go run fastlist/gen.go
