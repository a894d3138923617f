// Package web serves the pages that Kith brings along, out of the binary: the staff pages at /staff and the
// playground at /playground. They are built from the sources beside this file by `make web`; what is built is
// committed, so that Go alone builds Kith.
//
// The package knows nothing of contacts, GraphQL or who is asking: it hands out files, and the pages talk to /graphql
// as any other client does. It loads nothing from elsewhere, and its policy forbids a page to.
package web

import (
	"embed"
	"io/fs"
	"net/http"
)

//go:embed dist
var dist embed.FS

// StaffOperations is the GraphQL document of all that the staff pages ask.
//
//go:embed staff/operations.graphql
var StaffOperations string

// playgroundPolicy lets the playground run its own scripts and talk to its own server, and nothing else. Monaco and
// GraphiQL's animated parts lay lines out with style attributes and elements made by script, so inline styles have to
// be allowed; no script is inline, and none is evaluated from text.
const playgroundPolicy = "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; " +
	"style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// staffPolicy lets the staff pages run their own scripts, wear their own styles and talk to their own server: 'self' is
// its WebSocket too. Nothing is inline.
const staffPolicy = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Staff returns the handler of /staff and everything below it, for browsers that reach it below a base path such as /kith, or
// none. The pages are one document, which reads from the address which of them is wanted; web/staff/app.tsx has the same list.
func Staff(base string) http.Handler {
	return http.StripPrefix("/staff", newSite(sub("dist/staff"), base, staffPolicy,
		"contacts", "contacts/*", "chat", "duplicates", "channels", "channels/*", "failures", "audit", "keys", "webhooks", "import", "settings"))
}

// Playground returns the handler of /playground and everything below it, for browsers that reach it below a base path, or none.
func Playground(base string) http.Handler {
	return http.StripPrefix("/playground", newSite(sub("dist/graphiql"), base, playgroundPolicy, ""))
}

// sub is the part of the embedded files below dir.
func sub(dir string) fs.FS {
	files, err := fs.Sub(dist, dir)
	if err != nil {
		panic(err) // dir is not a path: a mistake in this package
	}
	return files
}
