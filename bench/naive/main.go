// Command naive is the contacts list that most write first: gqlgen as it comes, a search of three ILIKEs ordered by
// name, and one more query for each contact's sessions. It is measured beside Kith and is good for nothing else.
package main

import (
	"context"
	"flag"
	"log"
	"net/http"
	"os/signal"
	"syscall"
	"time"

	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/jackc/pgx/v5/pgxpool"
)

//go:generate go run github.com/99designs/gqlgen generate

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "where to listen")
	database := flag.String("database", "", "postgres://…")
	workspace := flag.Int("workspace", 0, "the number of the workspace to search")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, *addr, *database, *workspace); err != nil {
		log.Fatal(err)
	}
}

func serve(ctx context.Context, addr, database string, workspace int) error {
	pool, err := pgxpool.New(ctx, database)
	if err != nil {
		return err
	}
	defer pool.Close()
	mux := http.NewServeMux()
	mux.Handle("/graphql", handler.NewDefaultServer(NewExecutableSchema(Config{Resolvers: &resolver{pool, workspace}})))
	s := &http.Server{Addr: addr, Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { _ = s.Close() })
	if err := s.ListenAndServe(); ctx.Err() == nil {
		return err
	}
	return nil
}
