package postgres

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5"
)

// hotArgs are named arguments of a statement that every message runs. What [pgx.NamedArgs] makes of such a statement is kept,
// because reading it takes as long as a good part of running it. Use it for a fixed set of statements: none is ever dropped.
type hotArgs pgx.NamedArgs

// rewritten is a statement with numbered parameters, and the names of these in their order.
type rewritten struct {
	sql   string
	names []any
}

var hotStatements sync.Map // from statement to rewritten

// RewriteQuery implements [pgx.QueryRewriter].
func (a hotArgs) RewriteQuery(ctx context.Context, conn *pgx.Conn, sql string, _ []any) (string, []any, error) {
	known, ok := hotStatements.Load(sql)
	if !ok {
		names := make(pgx.NamedArgs, len(a))
		for name := range a {
			names[name] = name
		}
		numbered, order, err := names.RewriteQuery(ctx, conn, sql, nil)
		if err != nil {
			return "", nil, err
		}
		known, _ = hotStatements.LoadOrStore(sql, rewritten{numbered, order})
	}
	r, _ := known.(rewritten)
	args := make([]any, len(r.names))
	for n, name := range r.names {
		s, _ := name.(string)
		args[n] = a[s]
	}
	return r.sql, args, nil
}
