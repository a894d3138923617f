package api

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// fill gives the workspace acme contacts.
func (e environment) fill(t *testing.T, n int) {
	t.Helper()
	if _, problem, code := e.runWith(t, quickBinary(t), "demo", "--contacts", fmt.Sprint(n), "--workspace", "acme"); code != 0 {
		t.Fatalf("demo: %d %s", code, problem)
	}
}

// file is what a download answers.
type file struct {
	status  int
	header  http.Header
	trailer http.Header
	body    string
	err     error // of reading the body
}

// download asks for an export. Parameters are pairs; headers begin with a name that ends in a colon.
func (c client) download(t *testing.T, name string, pairs ...string) file {
	t.Helper()
	q := url.Values{}
	header := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		if h, is := strings.CutSuffix(pairs[i], ":"); is {
			header.Set(h, pairs[i+1])
			continue
		}
		q.Add(pairs[i], pairs[i+1])
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.TrimSuffix(c.url, "graphql")+"export/"+name+"?"+q.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = header
	r.Header.Set("Accept-Encoding", header.Get("Accept-Encoding"))
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := transport.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	return file{res.StatusCode, res.Header, res.Trailer, string(body), err}
}

// refusal is the code and the message of a refusal.
func (f file) refusal() (code, message string) {
	var a answer
	if json.Unmarshal([]byte(f.body), &a) != nil || len(a.Errors) != 1 {
		return "", f.body
	}
	return a.Errors[0].Extensions.Code, a.Errors[0].Message
}

func rowsOf(t *testing.T, text string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatalf("%v in %.200q", err, text)
	}
	return rows
}

func TestListsAreExportedAsFiles(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db database) {
		env := db.env()
		env.fill(t, 2500)
		s := start(t, binary(t), env)
		admin, staff, ch := clientsOf(t, s, env, "acme")

		whole := admin.download(t, "contacts.csv", "columns", "id,name,cursor", "orderBy", "NAME")
		rows := rowsOf(t, whole.body)
		if whole.status != 200 || len(rows) != 2501 || strings.Join(rows[0], " ") != "id name cursor" || whole.trailer.Get("Kith-Export-Rows") != "2500" ||
			whole.header.Get("Content-Type") != "text/csv; charset=utf-8; header=present" ||
			!strings.HasPrefix(whole.header.Get("Content-Disposition"), `attachment; filename="contacts-2`) {
			t.Fatalf("%d rows, %d %v %v", len(rows), whole.status, whole.header, whole.trailer)
		}
		type names struct {
			Contacts struct{ Nodes []struct{ ID string } }
		}
		for n, c := range must[names](t, admin, `{ contacts(first: 100, orderBy: {field: NAME}) { nodes { id } } }`, nil).Contacts.Nodes {
			if rows[n+1][0] != c.ID {
				t.Fatalf("row %d is %s, in the list %s", n, rows[n+1][0], c.ID)
			}
		}
		rest := admin.download(t, "contacts.csv", "columns", "id,name,cursor", "orderBy", "NAME", "after", rows[1300][2], "bom", "true")
		if at := strings.Index(whole.body, rows[1301][0]); rest.body != whole.body[at:] {
			t.Errorf("the rest after row 1300 is not the end of the whole: %.100q", rest.body)
		}

		zipped := admin.download(t, "contacts.jsonl", "search", "an", "filter", `{"hasEmail":true}`, "Accept-Encoding:", "gzip")
		z, err := gzip.NewReader(strings.NewReader(zipped.body))
		if err != nil || zipped.header.Get("Content-Encoding") != "gzip" {
			t.Fatalf("%v %v", zipped.header, err)
		}
		lines := 0
		for scan := bufio.NewScanner(z); scan.Scan(); lines++ {
			var c struct{ ID, Email string }
			if err := json.Unmarshal(scan.Bytes(), &c); err != nil || c.Email == "" {
				t.Fatalf("line %s: %v", scan.Text(), err)
			}
		}
		type counted struct {
			Contacts struct{ TotalCount struct{ Value int } }
		}
		want := must[counted](t, admin, `{ contacts(search: "an", filter: {hasEmail: true}) { totalCount(max: 10000) { value } } }`, nil)
		if lines == 0 || lines != want.Contacts.TotalCount.Value || zipped.trailer.Get("Kith-Export-Rows") != fmt.Sprint(lines) {
			t.Errorf("%d lines, in the list %d, in the trailer %v", lines, want.Contacts.TotalCount.Value, zipped.trailer)
		}
		if marked := admin.download(t, "contacts.csv", "search", "nobody is called so", "bom", "true"); !strings.HasPrefix(marked.body, "\ufeffid,name,email") ||
			marked.trailer.Get("Kith-Export-Rows") != "0" {
			t.Errorf("an empty list: %+v", marked)
		}

		for _, c := range []struct {
			who           client
			file          string
			pairs         []string
			status        int
			code, message string
		}{
			{client{url: s.url + "/graphql"}, "contacts.csv", nil, 401, "UNAUTHENTICATED", "token missing"},
			{staff, "contacts.csv", nil, 403, "FORBIDDEN", "This credential may not do that"},
			{ch, "contacts.csv", []string{"columns", "x"}, 403, "FORBIDDEN", "This credential may not do that"},
			{admin, "contacts.xlsx", nil, 404, "BAD_USER_INPUT", "There is /export/contacts.csv and /export/contacts.jsonl"},
			{admin, "contacts.csv", []string{"colums", "id"}, 400, "BAD_USER_INPUT", "There are no other parameters than search, filter, orderBy, columns, after, bom"},
			{admin, "contacts.csv", []string{"filter", "{"}, 400, "BAD_USER_INPUT", "filter must be a ContactFilter of the API, as JSON"},
			{admin, "contacts.csv", []string{"filter", `{"email":"x"}`}, 400, "BAD_USER_INPUT", "filter.email"},
			{admin, "contacts.csv", []string{"search", strings.Repeat("x", 1001)}, 400, "BAD_USER_INPUT", "search can have at most 1,000 bytes"},
			{admin, "contacts.csv", []string{"orderBy", "RELEVANCE"}, 400, "BAD_USER_INPUT", "orderBy can be RELEVANCE only under a search"},
			{admin, "contacts.csv", []string{"after", rows[1300][2]}, 400, "BAD_CURSOR", "after is no cursor of this list"},
		} {
			got := c.who.download(t, c.file, c.pairs...)
			code, message := got.refusal()
			if got.status != c.status || code != c.code || !strings.HasPrefix(message, c.message) || got.header.Get("Content-Disposition") != "" {
				t.Errorf("%v: %d %s %q, want %d %s %q", c.pairs, got.status, code, message, c.status, c.code, c.message)
			}
		}
		res, err := http.Post(s.url+"/export/contacts.csv", "text/csv", nil) //nolint:noctx // the server is local
		if err != nil || res.StatusCode != 405 || res.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("posted: %v %v", res, err)
		}
		_ = res.Body.Close()
		if got := raw(t, s, "GET /export/contacts.csv HTTP/1.0\r\nAuthorization: Bearer "+admin.token+"\r\n\r\n"); !strings.Contains(got, " 426 ") {
			t.Errorf("by HTTP/1.0: %.100q", got)
		}

		type audit struct {
			AuditLog struct {
				Nodes []struct {
					Action, Actor string
					Items         *int
				}
			}
		}
		entries := must[audit](t, admin, `{ auditLog(first: 10) { nodes { action actor items } } }`, nil).AuditLog.Nodes
		var items []int
		for _, e := range entries {
			if e.Action == "CONTACTS_EXPORTED" && e.Items != nil {
				items = append(items, *e.Items)
			}
		}
		if want := fmt.Sprint([]int{0, lines, 1200, 2500}); fmt.Sprint(items) != want {
			t.Errorf("the audit has %v, want %s: %+v", items, want, entries)
		}
	})
}

// raw sends bytes and returns what comes until the connection ends.
func raw(t *testing.T, s *server, text string) string {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://")) //nolint:noctx // the server is local
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	_, _ = io.WriteString(c, text)
	got, _ := io.ReadAll(c)
	return string(got)
}

func TestAnExportThatBreaksOffDoesNotLookWholeAndFreesTheDatabase(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db database) {
		env := db.env()
		env.fill(t, 12000)
		s := start(t, binary(t), env)
		s.tolerated = regexp.MustCompile(`level=WARN msg="an export was broken off"`)
		admin, _, _ := clientsOf(t, s, env, "acme")
		everything := []string{"columns", "id,name,email,phone,notes,createdAt,updatedAt,lastActivityAt,identities,cursor,displayName"}

		// A client that reads nothing holds its export; another one of the workspace is refused until it has left.
		ctx, leave := context.WithCancel(t.Context())
		defer leave()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/export/contacts.jsonl?"+url.Values{everything[0]: {everything[1]}}.Encode(), nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+admin.token)
		idle := &http.Client{Transport: &http.Transport{DisableCompression: true, DialContext: smallBuffers}}
		res, err := idle.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		second := admin.download(t, "contacts.csv", "columns", "id")
		code, message := second.refusal()
		if second.status != 429 || code != "RATE_LIMITED" || second.header.Get("Retry-After") != "5" || message == "" {
			t.Errorf("a second export: %d %s %s", second.status, code, message)
		}
		if got := must[counts](t, admin, `{ contacts { totalCount { value } } }`, nil).Contacts.TotalCount.Value; got != 12000 {
			t.Errorf("beside the export there are %d contacts", got)
		}
		leave()
		for deadline := time.Now().Add(15 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			if again := admin.download(t, "contacts.csv", "columns", "id"); again.status == 200 && again.err == nil && strings.Count(again.body, "\n") == 12001 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("an export whose client has left is not over")
			}
		}
		if db.isPostgres() {
			if n := db.number(t, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'`); n != 0 {
				t.Errorf("%d transactions are open", n)
			}
		}
		type audit struct {
			AuditLog struct {
				Nodes []struct{ Items *int }
			}
		}
		nodes := must[audit](t, admin, `{ auditLog(first: 10) { nodes { items } } }`, nil).AuditLog.Nodes
		if n := len(nodes); n != 2 || nodes[0].Items == nil || *nodes[0].Items != 12000 || nodes[1].Items == nil || *nodes[1].Items < 1000 || *nodes[1].Items >= 12000 {
			t.Errorf("the audit has %+v", nodes)
		}

		// The process dies within an export: what has arrived is not a whole answer.
		res, err = idle.Do(r.Clone(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		s.kill(t)
		if got, err := io.ReadAll(res.Body); !errors.Is(err, io.ErrUnexpectedEOF) && !strings.Contains(fmt.Sprint(err), "reset") {
			t.Errorf("%d bytes and %v", len(got), err)
		}
	})
}

type counts struct {
	Contacts struct{ TotalCount struct{ Value int } }
}

// smallBuffers connects so that little is read ahead.
func smallBuffers(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if tcp, ok := c.(*net.TCPConn); ok {
		err = errors.Join(err, tcp.SetReadBuffer(4096))
	}
	return c, err
}

func TestExportsCountTowardsTheRateLimit(t *testing.T) {
	t.Parallel()
	db := database{"sqlite:" + filepath.Join(t.TempDir(), "kith.db")}
	env := db.env("KITH_RATE_LIMIT", "1/s")
	s := start(t, binary(t), env)
	admin, _, _ := clientsOf(t, s, env, "acme")
	for range 100 {
		if got := admin.download(t, "contacts.csv", "columns", "x"); got.status != 400 {
			code, _ := got.refusal()
			if got.status != 429 || code != "RATE_LIMITED" || got.header.Get("Retry-After") == "" {
				t.Errorf("%d %s %v", got.status, got.body, got.header)
			}
			return
		}
	}
	t.Error("there is no limit")
}

func TestTheCommandLineExports(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db database) {
		env := db.env()
		env.fill(t, 1500)
		dir := t.TempDir()
		path := filepath.Join(dir, "c.csv.gz")
		out, progress, code := env.run(t, "export", "--workspace", "acme", "--output", path, "--order-by", "NAME DESC", "--columns", "id,name,cursor")
		if code != 0 || out != "" || !strings.HasSuffix(progress, "Exported 1500 contacts of workspace acme.\n") || strings.ContainsAny(progress, "\r[") {
			t.Errorf("%d %q %q", code, out, progress)
		}
		packed, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		z, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		rows := rowsOf(t, string(text))
		// A cursor of the command line is one of the server, and the other way round.
		s := start(t, binary(t), env)
		admin, _, _ := clientsOf(t, s, env, "acme")
		rest := admin.download(t, "contacts.csv", "columns", "id,name,cursor", "orderBy", "NAME DESC", "after", rows[1000][2])
		if got := env.mustRun(t, "export", "--workspace", "acme", "--order-by", "NAME DESC", "--columns", "id,name,cursor", "--after", rows[1000][2]); len(rows) != 1501 ||
			got != rest.body || strings.Count(got, "\r\n") != 500 {
			t.Errorf("%d rows; after the 1000th %d and by the server %d", len(rows), strings.Count(got, "\r\n"), strings.Count(rest.body, "\r\n"))
		}
		for _, c := range []struct {
			args []string
			code int
			want string
		}{
			{[]string{"--workspace", "acme", "--output", path}, 2, "file exists"},
			{[]string{"--workspace", "acme", "--filter", "x"}, 2, "filter must be a ContactFilter"},
			{[]string{"--workspace", "acme", "--after", rows[1000][2]}, 2, "--after is no cursor of this list"},
			{[]string{"--workspace", "acme", "--search", "a", "--order-by", "EMAIL", "--output", filepath.Join(dir, "none")}, 2, "orderBy must be RELEVANCE or NAME under a search"},
			{[]string{"--workspace", "other"}, 1, `there is no workspace "other"`},
			{[]string{"--workspace", "acme", "--format", "xlsx"}, 2, "--format must be one of"},
		} {
			out, problem, code := env.run(t, append([]string{"export"}, c.args...)...)
			if code != c.code || out != "" || !strings.Contains(problem, c.want) {
				t.Errorf("%v: %d %q %q", c.args, code, out, problem)
			}
		}
		if _, err := os.Stat(filepath.Join(dir, "none")); err == nil {
			t.Error("a refused export leaves a file")
		}
	})
}
