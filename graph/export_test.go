package graph

import (
	"context"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
)

// Stock makes gqlgen write every list, for comparison.
func Stock(o *Options) {
	o.fields = func(ctx context.Context, next graphql.Resolver) (any, error) { return next(ctx) }
}

// CountWritten counts the lists that are written without gqlgen.
func CountWritten(n *atomic.Int64) func(o *Options) {
	return func(o *Options) {
		o.fields = func(ctx context.Context, next graphql.Resolver) (any, error) {
			value, err := writeLists(ctx, next)
			if _, ok := value.(*writer); ok {
				n.Add(1)
			}
			return value, err
		}
	}
}
