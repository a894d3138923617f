// Package graph is GraphQL in and out: one HTTP endpoint, the resolvers behind it and the errors that leave it.
//
// Resolvers translate. They hold no rule, ask for no role and know no database: package service and package ingest do that.
// What leaves is either data, a user error on a payload, or a GraphQL error with a code; nothing else is ever told.
package graph

//go:generate go run github.com/99designs/gqlgen generate
