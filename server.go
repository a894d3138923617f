// Kith is a contacts server: a GraphQL endpoint, its playground and the commands around them. See README.md.
package main

import (
	"context"
	"os"

	"kith/internal/app"
)

func main() {
	os.Exit(app.Main(context.Background(), os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}
