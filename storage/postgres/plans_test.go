package postgres_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"kith/bench/trace"
	"kith/internal/crm"
	"kith/internal/demo"
	"kith/storage"
	"kith/storage/postgres"
	"kith/storage/postgres/pgtest"
)

const (
	crowded = 30_000 // contacts in the large workspace: enough for every plan to show what it would read of a million
	modest  = 2_000  // contacts in the small one
	// mayRead bounds the rows that one statement may touch, for a page of 50 with the names that are looked at before the
	// gram index, and for a count as far as it goes.
	mayRead = 4_000
)

// The statements run as they are, prepared and with generic plans, and the server itself reports how: auto_explain sends
// each plan back as a notice, with the rows that it read.
func TestNoStatementReadsMoreThanItsPage(t *testing.T) {
	if testing.Short() {
		t.Skip("loads 32,000 contacts")
	}
	t.Parallel()
	ctx := context.Background()
	address := pgtest.Database(t)
	if _, err := postgres.Migrate(ctx, address); err != nil {
		t.Fatal(err)
	}
	fill(t, address)

	plans := &plans{}
	store, err := postgres.OpenListening(ctx, explaining(t, address), plans.hear)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	for _, name := range []string{"big", "small"} {
		w, err := store.Workspace(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		r := reader{t: t, store: store, workspace: w, plans: plans, mayRead: mayRead}
		if name == "small" {
			r.mayRead = 3 * modest // a scan reads the small workspace whole, and once more for a count
		}
		r.readAll()
	}
}

func fill(t *testing.T, address string) {
	t.Helper()
	ctx := context.Background()
	store, err := postgres.Open(ctx, address, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	for name, n := range map[string]int{"big": crowded, "small": modest} {
		if err := demo.Fill(ctx, store, name, demo.Options{Contacts: n, Seed: 1, Now: trace.Now}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 400 { // as in any shared database: a guess at the size of a workspace will be far too low
		if err := demo.Fill(ctx, store, fmt.Sprint("tiny ", i), demo.Options{Contacts: 5, Seed: uint64(i), Now: trace.Now}); err != nil {
			t.Fatal(err)
		}
	}
	pgtest.Exec(t, address, `UPDATE workspaces SET gram_state_at = gram_state_at - interval '1 hour'`) // long settled
	for more := true; more; {
		if more, err = store.Maintain(ctx); err != nil {
			t.Fatal(err)
		}
	}
	pgtest.Exec(t, address, `VACUUM (ANALYZE)`)
}

// explaining is the URL with the settings that make the server explain what it runs.
func explaining(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("options", "-c session_preload_libraries=auto_explain -c auto_explain.log_min_duration=0 -c auto_explain.log_analyze=on "+
		"-c auto_explain.log_timing=off -c auto_explain.log_format=json -c auto_explain.log_level=notice -c client_min_messages=notice")
	u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20") // pgx takes a plus for a plus
	return u.String()
}

// reader asks a store every kind of question and looks at the plans.
type reader struct {
	t         *testing.T
	store     *postgres.Store
	workspace crm.WorkspaceID
	plans     *plans
	mayRead   float64
}

func (r reader) readAll() {
	ctx := context.Background()
	var page storage.ContactPage
	lists := []storage.ContactQuery{
		{Order: storage.LastActivity, Descending: true}, {Order: storage.LastActivity}, {Order: storage.Name},
		{Order: storage.Name, Descending: true}, {Order: storage.Created}, {Order: storage.Created, Descending: true},
	}
	for i, k := range trace.Keystrokes(1, crowded, 20*len(trace.Classes)) {
		lists = append(lists, storage.ContactQuery{Search: k.Text, Order: storage.Relevance})
		if i%3 == 0 {
			lists = append(lists, storage.ContactQuery{Search: k.Text, Order: storage.Name, Descending: i%2 == 0})
		}
	}
	for _, q := range lists {
		for range 3 { // the first page, the next, and in the orders without tiers the last
			q.Page.Size = 50
			r.check("list "+q.Search, func() (err error) {
				page, err = r.store.Contacts(ctx, r.workspace, q)
				return err
			})
			if len(page.Rows) > 0 {
				q.Page.After = &page.Rows[len(page.Rows)-1].Position
			}
			if q.Page.After == nil || q.Page.FromEnd || q.Order == storage.Relevance && !page.More {
				break
			}
			if !page.More {
				q.Page = storage.Page{FromEnd: true}
			}
		}
	}
	r.sessions(ctx, page)
}

func (r reader) sessions(ctx context.Context, page storage.ContactPage) {
	var ids []crm.ContactID
	for _, row := range page.Rows {
		ids = append(ids, row.Contact.ID)
	}
	r.check("contacts", func() error { _, err := r.store.ContactsByID(ctx, r.workspace, ids); return err })
	r.check("identities", func() error { _, err := r.store.IdentitiesByContact(ctx, r.workspace, ids); return err })
	for _, q := range []storage.SessionQuery{
		{Page: storage.Page{Size: 5}}, {Page: storage.Page{Size: 5, FromEnd: true}},
		{Page: storage.Page{Size: 5}, Filter: storage.SessionFilter{Statuses: []crm.SessionStatus{crm.Active}}},
		{Page: storage.Page{Size: 100}, Filter: storage.SessionFilter{Anonymous: new(true)}},
	} {
		r.check("sessions of contacts", func() error { _, err := r.store.SessionsByContact(ctx, r.workspace, ids, q); return err })
		r.check("sessions", func() error { _, err := r.store.Sessions(ctx, r.workspace, q); return err })
	}
	r.check("count", func() error { _, err := r.store.CountContacts(ctx, r.workspace, ""); return err })
	r.check("has contacts", func() error { _, err := r.store.HasContacts(ctx, r.workspace); return err })
}

// check runs one call and fails on a plan that reads a table whole or too much of it.
func (r reader) check(what string, call func() error) {
	r.t.Helper()
	r.plans.take()
	if err := call(); err != nil {
		r.t.Fatalf("%s: %v", what, err)
	}
	for _, p := range r.plans.take() {
		if rows, whole := p.Plan.read(); rows > r.mayRead || whole != "" {
			r.t.Errorf("%s: reads %v rows, %s whole:\n%s", what, rows, whole, p.Text)
		}
	}
}

// plans gathers the plans that the server sends.
type plans struct {
	mu  sync.Mutex
	all []plan
}

type plan struct {
	Text string `json:"Query Text"`
	Plan node
}

// node is one node of a plan as EXPLAIN (ANALYZE, FORMAT JSON) writes it.
type node struct {
	Type    string  `json:"Node Type"`
	Table   string  `json:"Relation Name"`
	Rows    float64 `json:"Actual Rows"`
	Loops   float64 `json:"Actual Loops"`
	Filter  float64 `json:"Rows Removed by Filter"`
	Recheck float64 `json:"Rows Removed by Index Recheck"`
	Plans   []node
}

// read is how many rows of tables the node and those below it read, and a large table that one of them reads from end
// to end.
func (n node) read() (rows float64, whole string) {
	if strings.HasSuffix(n.Type, "Scan") && n.Table != "" {
		rows = (n.Rows + n.Filter + n.Recheck) * n.Loops
	}
	if n.Type == "Seq Scan" && slices.Contains([]string{"contacts", "sessions", "contact_terms", "contact_activity", "identities"}, n.Table) && n.Loops > 0 {
		whole = n.Table
	}
	for _, child := range n.Plans {
		r, w := child.read()
		rows += r
		if w != "" {
			whole = w
		}
	}
	return rows, whole
}

func (p *plans) hear(n *pgconn.Notice) {
	_, text, ok := strings.Cut(n.Message, "plan:")
	if !ok {
		return
	}
	var one plan
	if err := json.Unmarshal([]byte(text), &one); err != nil {
		one.Text = "a plan that cannot be read: " + err.Error()
		one.Plan = node{Type: "Seq Scan", Table: "contacts", Loops: 1}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all = append(p.all, one)
}

func (p *plans) take() []plan {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.all
	p.all = nil
	return all
}
