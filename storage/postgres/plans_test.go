package postgres_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"kith/bench/trace"
	"kith/internal/crm"
	"kith/internal/demo"
	"kith/internal/search"
	"kith/storage"
	"kith/storage/postgres"
	"kith/storage/postgres/pgtest"
	"kith/storage/storagetest"
)

const (
	crowded = 30_000 // contacts in the large workspace: enough for every plan to show what it would read of a million
	modest  = 2_000  // contacts in the small one
	// mayRead bounds the rows that one statement may touch, for a page of 50 with the names that are looked at before the
	// gram index, and for a count as far as it goes.
	mayRead = 4_000
	// mayReadFar is the same for a search of several words: more names are looked at before the gram index, which finds too
	// many contacts that have one of the words.
	mayReadFar = 13_000
)

// The statements run as they are, prepared and with generic plans, and the server itself reports how: auto_explain sends
// each plan back as a notice, with the rows that it read.
func TestSlowNoStatementReadsMoreThanItsPage(t *testing.T) {
	storagetest.MarkSlow(t)
	t.Parallel()
	ctx := context.Background()
	address := pgtest.Database(t)
	if _, err := postgres.Migrate(ctx, address, postgres.Options{}); err != nil {
		t.Fatal(err)
	}
	fill(t, address, address)
	options := []string{"client_min_messages=notice"}
	for _, setting := range autoExplain {
		options = append(options, setting[0]+"="+setting[1])
	}
	readAll(t, withOptions(t, address, options...), "big", "small")
}

// On a Citus cluster the workers report what they run, and the coordinator passes it on as debugging output.
func TestSlowCitusNoStatementReadsMoreThanItsPage(t *testing.T) {
	storagetest.MarkSlow(t)
	address := pgtest.Citus(t)
	distribute(t, address)
	nodes := pgtest.CitusNodes(t, address)
	fill(t, address, nodes...)
	for _, node := range nodes[1:] {
		for _, setting := range append(ofRole, autoExplain...) {
			pgtest.Configure(t, node, setting[0], setting[1])
		}
	}
	readAll(t, withOptions(t, address, "client_min_messages=debug1"), "big") // a shard of small ones alone is rightly read whole
}

// ofRole are the settings that docs/citus.md has the role bring to the workers.
var ofRole = [][2]string{
	{"plan_cache_mode", "force_generic_plan"}, {"jit", "off"}, {"work_mem", "16MB"}, {"max_parallel_workers_per_gather", "0"},
}

// autoExplain are the settings that make a server report the plan of each statement, with the rows that it read.
var autoExplain = [][2]string{
	{"session_preload_libraries", "auto_explain"}, {"auto_explain.log_min_duration", "0"}, {"auto_explain.log_analyze", "on"},
	{"auto_explain.log_timing", "off"}, {"auto_explain.log_format", "json"}, {"auto_explain.log_level", "notice"},
}

// readAll reads everything of workspaces of the filled database at an address whose server reports its plans.
func readAll(t *testing.T, address string, workspaces ...string) {
	t.Helper()
	ctx := context.Background()
	plans := &plans{}
	store, err := postgres.OpenListening(ctx, address, plans.hear)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	for _, name := range workspaces {
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
	if plans.heard == 0 {
		t.Error("the server reported no plan")
	}
}

// fill makes a large workspace, a small one and many tiny ones in the database at address, whose tables lie on the nodes.
func fill(t *testing.T, address string, nodes ...string) {
	t.Helper()
	ctx := context.Background()
	store, err := postgres.Open(ctx, address, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	var workspaces []crm.WorkspaceID
	add := func(name string, contacts int, seed uint64) {
		err := demo.Fill(ctx, store, name, demo.Options{Contacts: contacts, Seed: seed, Now: trace.Now})
		if err != nil {
			t.Fatal(err)
		}
		w, err := store.Workspace(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		workspaces = append(workspaces, w)
	}
	add("big", crowded, 1)
	add("small", modest, 1)
	for i := range 400 { // as in any shared database: a guess at the size of a workspace will be far too low
		add(fmt.Sprint("tiny ", i), 5, uint64(i))
	}
	pgtest.Exec(t, address, `UPDATE workspaces SET gram_state_at = '2020-01-01'`) // long settled
	for more := true; more; {
		if more, err = store.Maintain(ctx); err != nil {
			t.Fatal(err)
		}
	}
	var statements []string
	for _, w := range workspaces {
		for _, sql := range enriching {
			statements = append(statements, strings.ReplaceAll(sql, "@workspace", fmt.Sprint(w)))
		}
	}
	pgtest.Exec(t, address, statements...)
	for _, node := range nodes {
		pgtest.Exec(t, node, `VACUUM (ANALYZE)`)
		scatter(t, node)
	}
}

// enriching are statements that give a workspace three sessions of a tag that is otherwise none, where lists look last and
// first; a history, and failures.
var enriching = []string{
	`UPDATE sessions s SET tag = 'RARE'
	 FROM (
	   SELECT id, row_number() OVER (ORDER BY last_message_at, id) AS n, count(*) OVER () AS total
	   FROM sessions
	   WHERE workspace_id = @workspace
	 ) o
	 WHERE s.workspace_id = @workspace AND s.id = o.id AND o.n IN (1, 2, o.total)`,
	`INSERT INTO session_counts
	 SELECT workspace_id, channel_id, status, 'RARE', false, 0, count(*) FROM sessions WHERE workspace_id = @workspace AND tag = 'RARE' GROUP BY 1, 2, 3`,
	`INSERT INTO changes (workspace_id, id, seq, kind, contact_id, version, fields, actor, at, stamp)
	 SELECT workspace_id, gen_random_uuid(), row_number() OVER (), 'UPDATED', id, 2, '{name}', 'staff', now(), 1
	 FROM contacts
	 WHERE workspace_id = @workspace`,
	`INSERT INTO event_heads SELECT workspace_id, max(seq), now() FROM changes WHERE workspace_id = @workspace GROUP BY 1`,
	`INSERT INTO ingest_failures
	 SELECT workspace_id, gen_random_uuid(), gen_random_uuid(), 'x', gen_random_uuid(), now(), 0, 'none', '' FROM contacts WHERE workspace_id = @workspace`,
}

// scatter makes the planner believe that the rows of a workspace lie all over their tables, as they come to do over the
// years. It then takes an ordered read from an index for about as expensive as reading and sorting a small workspace.
func scatter(t *testing.T, address string) {
	t.Helper()
	pgtest.Exec(t, address, `
		UPDATE pg_statistic SET
		  stanumbers1 = CASE WHEN stakind1 = 3 THEN '{0}' ELSE stanumbers1 END,
		  stanumbers2 = CASE WHEN stakind2 = 3 THEN '{0}' ELSE stanumbers2 END,
		  stanumbers3 = CASE WHEN stakind3 = 3 THEN '{0}' ELSE stanumbers3 END,
		  stanumbers4 = CASE WHEN stakind4 = 3 THEN '{0}' ELSE stanumbers4 END,
		  stanumbers5 = CASE WHEN stakind5 = 3 THEN '{0}' ELSE stanumbers5 END
		WHERE starelid >= 16384 AND starelid IN (SELECT indrelid FROM pg_index)`) // Citus hides its shards in pg_class
}

// withOptions is the URL with settings for its sessions.
func withOptions(t *testing.T, address string, settings ...string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("options", "-c "+strings.Join(settings, " -c "))
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
		lists = append(lists, storage.ContactQuery{Search: search.Parse(k.Text, ""), Order: storage.Relevance})
		if i%3 == 0 {
			lists = append(lists, storage.ContactQuery{Search: search.Parse(k.Text, ""), Order: storage.Name, Descending: i%2 == 0})
		}
	}
	for _, q := range lists {
		r := r
		if len(q.Search.Tokens()) > 1 {
			r.mayRead = max(r.mayRead, mayReadFar)
		}
		for range 3 { // the first page, the next, and in the orders without tiers the last
			q.Page.Size = 50
			r.check("list "+q.Search.Text(), func() (err error) {
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
		for _, by := range sessionOrders {
			q.Order, q.Ascending = by.Order, by.Ascending
			r.check("sessions of contacts", func() error { _, err := r.store.SessionsByContact(ctx, r.workspace, ids, q); return err })
			r.check("sessions", func() error { _, err := r.store.Sessions(ctx, r.workspace, q); return err })
		}
	}
	r.lists(ctx)
	r.filters(ctx)
	r.writes(ctx)
	r.check("count", func() error {
		_, err := r.store.CountContacts(ctx, r.workspace, storage.ContactQuery{}, storage.CountLimit)
		return err
	})
	r.counts(ctx)
	r.check("has contacts", func() error { _, err := r.store.HasContacts(ctx, r.workspace); return err })
}

// counts counts what keystrokes find, first without a sample to go by, then with one. No count looks at a contact twice.
func (r reader) counts(ctx context.Context) {
	r.mayRead = max(r.mayRead, crowded+1_000)
	for range 2 {
		for _, k := range trace.Keystrokes(1, crowded, 5*len(trace.Classes)) {
			r.check("count "+k.Text, func() error {
				_, err := r.store.CountContacts(ctx, r.workspace, storage.ContactQuery{Search: search.Parse(k.Text, "")}, storage.CountLimit)
				return err
			})
		}
		if _, err := r.store.Maintain(ctx); err != nil {
			r.t.Fatal(err)
		}
	}
}

// lists lists contacts by email, from far rows on, and under filters that few, many or no contacts pass.
func (r reader) lists(ctx context.Context) {
	list := func(what string, q storage.ContactQuery) {
		r.check(what, func() error { _, err := r.store.Contacts(ctx, r.workspace, q); return err })
	}
	for _, q := range []storage.ContactQuery{
		{Order: storage.Email, Page: storage.Page{Size: 50}}, {Order: storage.Email, Descending: true, Page: storage.Page{Size: 50, FromEnd: true}},
		{Order: storage.Name, Page: storage.Page{Size: 50, Skip: 1000}}, {Order: storage.LastActivity, Page: storage.Page{Size: 50, Skip: 1000}},
	} {
		list(fmt.Sprintf("list of %+v", q), q)
	}
	channels, err := r.store.Channels(ctx, r.workspace)
	if err != nil {
		r.t.Fatal(err)
	}
	r.mayRead = 4 * storage.LookedThrough // the row in the list's order, the contact, and what is asked about it
	yes, no := new(true), new(false)
	for _, f := range []storage.ContactFilter{
		{HasEmail: no}, {HasNotes: yes}, {HasEmail: no, HasPhone: no, HasNotes: no}, {Unread: yes}, {OpenSession: no},
		{Channels: [][]crm.ChannelID{{channels[0].ID}}}, {Channels: [][]crm.ChannelID{{crm.NewChannelID(trace.Now)}}},
		{Created: storage.Period{After: &trace.Now}}, {Active: storage.Period{Before: &trace.Now}},
		{Email: new("nobody@example.com")}, {Phone: new("+4930901820")},
	} {
		for _, order := range []storage.Order{storage.LastActivity, storage.Name, storage.Created, storage.Email} {
			list(fmt.Sprintf("order %d under %+v", order, f), storage.ContactQuery{Order: order, Filter: f, Page: storage.Page{Size: 50}})
		}
		q := storage.ContactQuery{Order: storage.Relevance, Filter: f, Search: search.Parse("ann", ""), Page: storage.Page{Size: 50}}
		list(fmt.Sprintf("search under %+v", f), q)
		for _, q := range []storage.ContactQuery{{Filter: f}, q} {
			r.check(fmt.Sprintf("count under %+v", f), func() error { _, err := r.store.CountContacts(ctx, r.workspace, q, 1000); return err })
		}
	}
}

// filters lists sessions that are many, few or none, and counts them. A list may read a page of each kind there is: of
// six channels, four statuses, seven tags and none.
func (r reader) filters(ctx context.Context) {
	r.mayRead = max(r.mayRead, 6*4*8*26+1000)
	channels, err := r.store.Channels(ctx, r.workspace)
	if err != nil {
		r.t.Fatal(err)
	}
	var filters []storage.SessionFilter
	for _, status := range []crm.SessionStatus{crm.Active, crm.Escalated, crm.Closed, crm.Archived} {
		one := []crm.SessionStatus{status}
		filters = append(filters,
			storage.SessionFilter{Statuses: one},
			storage.SessionFilter{Statuses: one, Tags: []crm.SessionTag{rare}},
			storage.SessionFilter{Statuses: one, Anonymous: new(true)},
			storage.SessionFilter{Statuses: one, Channels: []crm.ChannelID{channels[0].ID}, Anonymous: new(false)},
		)
	}
	filters = append(filters,
		storage.SessionFilter{Tags: []crm.SessionTag{rare}},
		storage.SessionFilter{Tags: []crm.SessionTag{"NEVER_GIVEN"}},
		storage.SessionFilter{Anonymous: new(false)},
		storage.SessionFilter{},
		storage.SessionFilter{Unread: new(true)},
		storage.SessionFilter{Channels: []crm.ChannelID{crm.NewChannelID(trace.Now)}},
		storage.SessionFilter{Channels: []crm.ChannelID{channels[0].ID, channels[len(channels)-1].ID}},
	)
	for _, f := range filters {
		for _, q := range sessionOrders {
			r.walkSessions(ctx, f, q)
		}
		r.check("counts of sessions", func() error { _, err := r.store.CountSessions(ctx, r.workspace, f); return err })
	}
}

// sessionOrders are all orders of sessions.
var sessionOrders = []storage.SessionQuery{
	{}, {Ascending: true}, {Order: storage.Started}, {Order: storage.Started, Ascending: true},
}

// walkSessions lists the first sessions under a filter in the order of q, the next, the last, and of all sessions some from a
// row further on.
func (r reader) walkSessions(ctx context.Context, f storage.SessionFilter, q storage.SessionQuery) {
	q.Filter, q.Page = f, storage.Page{Size: 25}
	pages := []storage.Page{{Size: 25, FromEnd: true}}
	if f.Empty() {
		pages = append(pages, storage.Page{Size: 25, Skip: 1000})
	}
	for {
		var found storage.SessionPage
		r.check(fmt.Sprintf("sessions under %+v", q), func() (err error) {
			found, err = r.store.Sessions(ctx, r.workspace, q)
			return err
		})
		if n := len(found.Sessions); n > 0 && q.Page == (storage.Page{Size: 25}) {
			pages = append(pages, storage.Page{Size: 25, After: new(q.Order.Position(found.Sessions[n-1]))})
		}
		if len(pages) == 0 {
			return
		}
		q.Page, pages = pages[0], pages[1:]
	}
}

// rare is the tag of three sessions in each workspace.
const rare crm.SessionTag = "RARE"

// writes does what staff and customers do, reads what came of it, and leaves the rounds that follow to whoever looks next.
func (r reader) writes(ctx context.Context) {
	page, err := r.store.Sessions(ctx, r.workspace, storage.SessionQuery{Page: storage.Page{Size: 5}})
	if err != nil {
		r.t.Fatal(err)
	}
	s, at := page.Sessions[0], time.Now()
	e := crm.SessionEdit{At: at, Event: crm.NewEventID(at), Actor: "staff", Change: func(s *crm.Session) error {
		s.Tag, s.UnreadCount = new(rare), s.UnreadCount+1
		return nil
	}}
	r.check("edit a session", func() error { _, err := r.store.UpdateSession(ctx, r.workspace, s.ID, e); return err })
	r.check("place", func() error { _, err := r.store.SequenceOf(ctx, r.workspace, e.Event); return err })
	r.check("last place", func() error { _, _, err := r.store.LastSequence(ctx, r.workspace); return err })
	r.check("events", func() error { _, err := r.store.Events(ctx, r.workspace, 0, 100); return err })
	r.check("events from the middle", func() error { _, err := r.store.Events(ctx, r.workspace, 1000, 100); return err })
	r.check("history", func() error {
		_, err := r.store.HistoryByContact(ctx, r.workspace, []crm.ContactID{*s.ContactID}, storage.Page{Size: 25})
		return err
	})
	r.check("forget", func() error { _, err := r.store.ForgetEvents(ctx, at.AddDate(-1, 0, 0)); return err })
	for n := range 3 {
		r.check("record", func() error {
			_, err := r.store.RecordInteraction(ctx, r.workspace, crm.Interaction{
				ChannelID: s.ChannelID, ExternalID: "somebody new", MessageID: fmt.Sprint(n), At: at, Received: at,
				Direction: crm.Inbound, Event: crm.NewEventID(at.Add(time.Duration(n) * time.Second)),
			})
			return err
		})
	}
	f := crm.Failure{ID: crm.NewFailureID(at), ChannelID: s.ChannelID, At: at, Reason: "none", Payload: []byte{1}}
	r.check("keep a failure", func() error { return r.store.AddFailure(ctx, r.workspace, f) })
	r.check("failures", func() error { _, err := r.store.Failures(ctx, r.workspace, storage.Page{Size: 25}); return err })
	r.mayRead = max(r.mayRead, storage.CountLimit+1) // as far as it counts
	r.check("count failures", func() error { _, err := r.store.CountFailures(ctx, r.workspace, storage.CountLimit); return err })
	r.check("remove a failure", func() error { return r.store.RemoveFailure(ctx, r.workspace, f.ID) })
	r.check("failures of a contact", func() error { _, err := r.store.FailuresOfContact(ctx, r.workspace, *s.ContactID); return err })
	r.check("delete", func() error {
		return r.store.DeleteContact(ctx, r.workspace, *s.ContactID, crm.ContactDeletion{At: at, Event: crm.NewEventID(at)})
	})
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
			r.t.Errorf("%s: reads %v rows, %s whole:%s\n%s", what, rows, whole, p.Plan.scans(), p.Text)
		}
	}
}

// plans gathers the plans that the server sends.
type plans struct {
	mu    sync.Mutex
	all   []plan
	heard int
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
	if n.Type == "Seq Scan" && slices.Contains(large, shard.ReplaceAllString(n.Table, "")) && n.Loops > 0 {
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

// scans are the node and those below it that read rows.
func (n node) scans() (text string) {
	if n.Table != "" {
		text = fmt.Sprintf("\n  %s on %s: %v of %v rows, %v times", n.Type, n.Table, n.Rows, n.Rows+n.Filter+n.Recheck, n.Loops)
	}
	for _, child := range n.Plans {
		text += child.scans()
	}
	return text
}

// large are the tables that no statement reads whole.
var large = []string{"contacts", "sessions", "contact_terms", "contact_activity", "identities", "changes", "ingest_failures"}

// shard is what follows the name of a table in that of a part of it on a worker.
var shard = regexp.MustCompile(`_\d+$`)

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
	p.heard++
}

func (p *plans) take() []plan {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.all
	p.all = nil
	return all
}
