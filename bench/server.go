package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"kith/internal/auth"
)

// server is one of the programs that are compared.
type server struct {
	key     string // on the command line
	name    string // in the report
	command func(p place, port string) (args, env []string)
	// body is the request for one keystroke.
	body  func(p place, search string) []byte
	token string
	// of is the server, further up in the list, that is asked here in another way. It is asked only for beginnings of
	// names.
	of string

	process *exec.Cmd
	output  bytes.Buffer
	ended   chan struct{}
	addr    string
	loaded  place
	memory  memory // the most that was seen
}

const secret = "a secret for the length of one run of the benchmark"

// kithQuery is the page: the first 50 contacts of a search, each with its 5 newest sessions and their channels.
const kithQuery = `query Page($search: String!) { contacts(search: $search, first: 50) { ` +
	`nodes { id name email phone lastActivityAt sessions(first: 5) { ` +
	`nodes { id status tag lastMessagePreview lastMessageAt unreadCount channel { id name type } } } } ` +
	`pageInfo { hasNextPage } } }`

const naiveQuery = `query Page($search: String!) { contacts(search: $search) { ` +
	`id name email phone lastActivityAt sessions(first: 5) { ` +
	`id status tag lastMessagePreview lastMessageAt unreadCount channel { id name type } } } }`

// postgraphileQuery has the fields under the names that PostGraphile gives them, and room for the filter.
const postgraphileQuery = `query Page($workspace: Int!, $search: String!) { ` +
	`allContacts(filter: {workspaceId: {equalTo: $workspace}, %s}, orderBy: [NAME_ASC], first: 50) { ` +
	`nodes { rowId name email phone lastActivityAt sessionsByContactId(orderBy: [LAST_MESSAGE_AT_DESC], first: 5) { ` +
	`nodes { rowId status tag lastMessagePreview lastMessageAt unreadCount channelByChannelId { rowId name type } } } } ` +
	`pageInfo { hasNextPage } } }`

const (
	anywhereFilter = `or: [{name: {includesInsensitive: $search}}, {email: {includesInsensitive: $search}}, ` +
		`{phone: {includesInsensitive: $search}}]`
	prefixFilter = `name: {startsWithInsensitive: $search}`
)

// servers are all that can be measured, in the order of the report.
func servers() []*server {
	postgres := func(p place) string { return p.database }
	sqlite := func(p place) string { return "sqlite:" + p.file() }
	return []*server{
		{key: "minimal", name: "minimal handler", command: minimal, body: bodyOf(kithQuery)},
		{key: "kith", name: "Kith on PostgreSQL", command: kith(postgres), body: bodyOf(kithQuery), token: token()},
		{key: "sqlite", name: "Kith on SQLite", command: kith(sqlite), body: bodyOf(kithQuery), token: token()},
		{key: "postgraphile", name: "PostGraphile 5", command: postGraphile, body: postGraphileBody(anywhereFilter)},
		{
			key: "postgraphile-names", of: "postgraphile", name: "PostGraphile 5, names alone",
			body: postGraphileBody(prefixFilter),
		},
		{key: "naive", name: "gqlgen with ILIKE", command: naive, body: bodyOf(naiveQuery)},
	}
}

// chosen are the servers that only names, or all.
func chosen(only string) ([]*server, error) {
	all := servers()
	if only == "" {
		return all, nil
	}
	var out []*server
	keys := strings.Split(only, ",")
	for _, key := range keys {
		if !needs(all, key) {
			return nil, fmt.Errorf("-only: there is no server %q", key)
		}
	}
	for _, s := range all { // the minimal handler always: the others are measured against it
		if s.key == "minimal" || slices.Contains(keys, s.key) || s.of != "" && slices.Contains(keys, s.of) {
			out = append(out, s)
		}
	}
	return out, nil
}

func needs(servers []*server, key string) bool {
	return slices.ContainsFunc(servers, func(s *server) bool { return s.key == key })
}

// build compiles what is measured into dir.
func build(ctx context.Context, dir string, all []*server) error {
	packages := []string{".", "./bench/minimal"}
	if needs(all, "naive") {
		packages = append(packages, "./bench/naive")
	}
	args := append([]string{"build", "-o", dir + string(filepath.Separator)}, packages...)
	if out, err := exec.CommandContext(ctx, "go", args...).CombinedOutput(); err != nil { //nolint:gosec // our own packages
		return fmt.Errorf("build: %w: %s", err, out)
	}
	return nil
}

func minimal(p place, port string) ([]string, []string) {
	return []string{
		filepath.Join(p.dir, "minimal"), "-addr=127.0.0.1:" + port, "-database=" + p.database, "-workspace=big",
	}, nil
}

func naive(p place, port string) ([]string, []string) {
	return []string{
		filepath.Join(p.dir, "naive"), "-addr=127.0.0.1:" + port, "-database=" + p.database,
		"-workspace=" + strconv.Itoa(p.workspace),
	}, nil
}

// kith runs Kith as in production: with tokens, without introspection; the limit of requests is off.
func kith(database func(place) string) func(place, string) ([]string, []string) {
	return func(p place, port string) ([]string, []string) {
		return []string{filepath.Join(p.dir, "kith"), "serve"}, []string{
			"KITH_ADDR=127.0.0.1:" + port, "KITH_DATABASE_URL=" + database(p), "KITH_AUTH_SECRET=" + secret,
			"KITH_RATE_LIMIT=off", "KITH_LOG_LEVEL=warn",
		}
	}
}

func token() string {
	now := time.Now()
	t, err := auth.Sign(secret, auth.Grant{
		Workspace: "big", Role: "staff", Subject: "bench", IssuedAt: now, ExpiresAt: now.Add(48 * time.Hour),
	})
	if err != nil {
		panic(err)
	}
	return t
}

func postGraphile(p place, port string) ([]string, []string) {
	return []string{node(), "bench/peers/postgraphile.js", p.database, port}, []string{"NODE_ENV=production"}
}

// node is the Node.js that npm brought for this machine, else the one that is installed.
func node() string {
	found, _ := filepath.Glob("bench/peers/node_modules/node-*/bin/node")
	if len(found) > 0 {
		return found[0]
	}
	return "node"
}

func bodyOf(query string) func(place, string) []byte {
	return func(_ place, search string) []byte {
		return encode(query, map[string]any{"search": search})
	}
}

func postGraphileBody(filter string) func(place, string) []byte {
	return func(p place, search string) []byte {
		return encode(fmt.Sprintf(postgraphileQuery, filter), map[string]any{"search": search, "workspace": p.workspace})
	}
}

func encode(query string, variables map[string]any) []byte {
	b, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		panic(err)
	}
	return b
}

// request is the whole request for a keystroke as it goes over the wire.
func (s *server) request(search string) []byte {
	body := s.body(s.loaded, search)
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST /graphql HTTP/1.1\r\nHost: %s\r\n", s.addr)
	b.WriteString("Content-Type: application/json\r\nAccept: application/json\r\n")
	if s.token != "" {
		fmt.Fprintf(&b, "Authorization: Bearer %s\r\n", s.token)
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n", len(body))
	b.Write(body)
	return b.Bytes()
}

// join makes s another way to ask a server that runs.
func (s *server) join(running *server) { s.loaded, s.addr = running.loaded, running.addr }

// start runs the server and waits until it answers.
func (s *server) start(ctx context.Context, p place) error {
	port, err := freePort()
	if err != nil {
		return err
	}
	s.loaded, s.addr = p, "127.0.0.1:"+port
	args, env := s.command(p, port)
	c := exec.CommandContext(ctx, args[0], args[1:]...) //nolint:gosec // our own table of servers
	c.Env = append(os.Environ(), env...)
	c.Stdout, c.Stderr = &s.output, &s.output
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = 10 * time.Second
	if err := c.Start(); err != nil {
		return err
	}
	s.process, s.ended = c, make(chan struct{})
	go func() {
		defer close(s.ended)
		_ = c.Wait()
	}()
	try := newClient(s.addr)
	defer try.close()
	probe := s.request("anna")
	for patience := time.After(time.Minute); ; {
		if _, how := try.do(probe); how == answered {
			return nil
		}
		select {
		case <-s.ended:
			return fmt.Errorf("it ended: %s", s.output.String())
		case <-ctx.Done():
			return ctx.Err()
		case <-patience:
			return errors.New("it does not answer: " + string(try.body))
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// stop ends the server's process.
func (s *server) stop() {
	if s.process == nil {
		return
	}
	_ = s.process.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.ended:
	case <-time.After(10 * time.Second):
		_ = s.process.Process.Kill()
		<-s.ended
	}
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}
