// Package model holds the shapes that only the graph knows: inputs and payloads, generated, and the connections. All else
// binds to package crm.
package model
