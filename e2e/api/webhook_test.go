package api

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// samples are the payloads of a kind of channel that its provider may send, and the messages in them.
type samples struct {
	bodies []string
	// answers are those with messages of the team's, or with what is no message: what they do depends on what came before.
	answers []string
	// talks are what must come of bodies for each customer, by the customer's ids.
	talks map[string]outcome
}

// recorded is a line that package channels' tests describe a message with.
var recorded = regexp.MustCompile(
	`^(IN|OUT)BOUND ("(?:[^"\\]|\\.)+") at (\S+), customer "((?:[^"\\]|\\.)+)"(?: signed)?,(?: too "([^"]+)",)?`)

// changes is a line that they describe with what is no message.
var changes = regexp.MustCompile(`^((IN|OUT)BOUND (REVISED|WITHDRAWN)|ANNOUNCED) `)

// readSamples reads the payloads that package channels is tested with, as far as none of their items is bad.
func readSamples(t *testing.T, kind string) samples {
	t.Helper()
	folder := strings.ToLower(strings.TrimPrefix(kind, "HTML_"))
	files, err := filepath.Glob(filepath.Join("..", "..", "internal", "channels", "testdata", folder, "*.want"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples of %s: %v", kind, err)
	}
	s := samples{talks: map[string]outcome{}}
	ids := map[string]string{} // of who has two
	var all []string
	seen := map[string]bool{}
	untimed := map[string]bool{} // who wrote something that is as old as its delivery
	for _, f := range files {
		want, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		body, err := os.ReadFile(strings.TrimSuffix(f, ".want") + ".json")
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(string(want)), "\n")
		if !understood(lines) {
			continue
		}
		if answering(lines) {
			s.answers = append(s.answers, identify(string(body)))
			continue
		}
		s.bodies = append(s.bodies, identify(string(body)))
		for _, line := range lines {
			if m := recorded.FindStringSubmatch(line); m != nil && m[5] != "" {
				ids[m[4]], ids[m[5]] = m[4]+" "+m[5], m[4]+" "+m[5]
			}
		}
		all = append(all, lines...)
	}
	for _, line := range all {
		m := recorded.FindStringSubmatch(line)
		if m == nil || seen[m[2]+m[4]] {
			continue
		}
		seen[m[2]+m[4]] = true
		customer, two := ids[m[4]]
		if !two {
			customer = m[4]
		}
		o := s.talks[customer]
		if m[1] == "IN" {
			o.Unread++
		}
		at, err := time.Parse(time.RFC3339, m[3])
		if err == nil && at.After(o.At) {
			o.At = at
		}
		if err != nil {
			untimed[customer] = true
		}
		s.talks[customer] = o
	}
	for customer := range untimed {
		s.talks[customer] = outcome{Unread: s.talks[customer].Unread}
	}
	return s
}

// answering reports whether one of the lines is of something else than a customer's message.
func answering(lines []string) bool {
	return slices.ContainsFunc(lines, func(line string) bool {
		return line != "" && line != "ignored" && !strings.HasPrefix(line, `INBOUND "`)
	})
}

// understood reports whether the lines are all of messages, and of what makes no difference. The samples of a visitor who
// signs in are left to others: what comes first decides whether there are two contacts to merge.
func understood(lines []string) bool {
	for _, line := range lines {
		if strings.Contains(line, " signed, too ") || line != "" && line != "ignored" && !recorded.MatchString(line) &&
			!changes.MatchString(line) {
			return false
		}
	}
	return true
}

// identify signs the identity that a message of the widget's carries.
func identify(body string) string {
	var m map[string]any
	if json.Unmarshal([]byte(body), &m) != nil || m["identity"] == nil {
		return body
	}
	h := hmac.New(sha256.New, []byte(appSecret))
	_, _ = io.WriteString(h, m["identity"].(string))
	m["identityHash"] = hex.EncodeToString(h.Sum(nil))
	b, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// connections are running kiths, on PostgreSQL two, and a channel of each kind.
type connections struct {
	admin, staff client
	servers      []*server
	providers    map[string]provider
}

func startConnected(t *testing.T, db database) connections {
	t.Helper()
	env := db.env("KITH_SECRET_KEY", secretKey)
	c := connections{servers: []*server{start(t, quickBinary(t), env)}, providers: map[string]provider{}}
	if db.isPostgres() {
		c.servers = append(c.servers, start(t, quickBinary(t), env))
	}
	c.admin, c.staff, _ = clientsOf(t, c.servers[0], env, "acme")
	for _, kind := range kinds {
		c.providers[kind] = connect(t, c.admin, kind)
	}
	return c
}

// base is the address of the server whose turn it is.
func (c connections) base(turn int) func() string {
	return func() string { return c.servers[turn%len(c.servers)].url }
}

// talks are the outcomes of a channel's customers, without previews.
func (c connections) talks(t *testing.T, channel string) map[string]outcome {
	t.Helper()
	const query = `query ($filter: SessionFilter) { sessions(filter: $filter, first: 100) { nodes {
		lastMessageAt unreadCount contact { identities { externalId channel { id } } } } } }`
	type answer struct {
		Sessions struct {
			Nodes []struct {
				LastMessageAt time.Time
				UnreadCount   int
				Contact       struct {
					Identities []struct {
						ExternalID string
						Channel    struct{ ID string }
					}
				}
			}
		}
	}
	got := map[string]outcome{}
	for _, s := range must[answer](t, c.staff, query, vars{"filter": vars{"channelIds": channel}}).Sessions.Nodes {
		var ids []string
		for _, i := range s.Contact.Identities {
			if i.Channel.ID == channel {
				ids = append(ids, i.ExternalID)
			}
		}
		slices.Sort(ids)
		customer := strings.Join(ids, " ")
		if _, twice := got[customer]; twice {
			t.Errorf("%s has two sessions", customer)
		}
		got[customer] = outcome{At: s.LastMessageAt, Unread: s.UnreadCount}
	}
	return got
}

func TestPayloadsOfAllProvidersBecomeContactsAndSessions(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db database) {
		c := startConnected(t, db)
		type delivery struct {
			provider
			body string
		}
		var messages, answers []delivery // each twice
		wanted := map[string]map[string]outcome{}
		for _, kind := range kinds {
			s := readSamples(t, kind)
			wanted[kind] = s.talks
			for _, body := range s.bodies {
				messages = append(messages, delivery{c.providers[kind], body}, delivery{c.providers[kind], body})
			}
			for _, body := range s.answers {
				answers = append(answers, delivery{c.providers[kind], body}, delivery{c.providers[kind], body})
			}
		}
		deliver := func(all []delivery) {
			t.Helper()
			rand.New(rand.NewPCG(7, 8)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			var next atomic.Int64
			err := together(8, func(int) error {
				for n := int(next.Add(1)) - 1; n < len(all); n = int(next.Add(1)) - 1 {
					if err := all[n].deliver(t.Context(), c.base(n), all[n].body); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		deliver(messages)
		for _, kind := range kinds {
			got := c.talks(t, c.providers[kind].id)
			if kind == "HTML_EMBED" { // written now
				for customer, o := range got {
					if time.Since(o.At) < time.Hour {
						o.At = time.Time{}
					}
					got[customer] = o
				}
				for customer, o := range wanted[kind] {
					wanted[kind][customer] = outcome{At: o.At, Unread: o.Unread}
				}
			}
			if len(got) == 0 {
				t.Errorf("%s: nothing arrived", kind)
			}
			if d := cmp.Diff(wanted[kind], got, cmp.Comparer(sameMoment)); d != "" {
				t.Errorf("%s: (-want +got)\n%s", kind, d)
			}
		}
		deliver(answers)
		for _, kind := range kinds {
			if got := c.talks(t, c.providers[kind].id); len(got) < len(wanted[kind]) {
				t.Errorf("%s: %d talks of %d are left", kind, len(got), len(wanted[kind]))
			}
		}
		if f := failures(t, c.admin); len(f) > 0 {
			t.Errorf("%+v", f)
		}
	})
}

// sameMoment ignores where a message may have been sent without its time first, and with it later.
func sameMoment(a, b time.Time) bool { return a.Equal(b) || a.IsZero() || b.IsZero() }

type failure struct {
	ID, Reason, Payload string
	Position            int
}

func failures(t *testing.T, admin client) []failure {
	t.Helper()
	type answer struct {
		IngestFailures struct {
			Nodes      []failure
			TotalCount struct{ Value int }
		}
	}
	list := must[answer](t, admin, `{ ingestFailures(first: 100) {
		nodes { id position reason payload } totalCount { value } } }`, nil)
	if n := list.IngestFailures.TotalCount.Value; n != len(list.IngestFailures.Nodes) {
		t.Errorf("%d failures, counted %d", len(list.IngestFailures.Nodes), n)
	}
	return list.IngestFailures.Nodes
}

// keptItem is the line that tells of an item that was kept.
var keptItem = regexp.MustCompile(
	`level=WARN msg="item kept as a failure" channel=channel_\w+ type=WHATSAPP position=\d+ reason="[^"]*" request=\w+$`)

func TestABadItemIsKeptForTheAdministrator(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db database) {
		c := startConnected(t, db)
		for _, s := range c.servers {
			s.tolerated = keptItem
		}
		p := c.providers["WHATSAPP"]
		body, err := os.ReadFile(filepath.Join("..", "..", "internal", "channels", "testdata", "whatsapp", "batch.json"))
		if err != nil {
			t.Fatal(err)
		}
		for n := range 2 {
			if err := p.deliver(t.Context(), c.base(n), string(body)); err != nil {
				t.Fatal(err)
			}
		}
		kept := failures(t, c.admin)
		var ids []string
		for _, f := range kept {
			ids = append(ids, f.ID)
			if f.Reason == "" || f.Payload == "" {
				t.Errorf("%+v", f)
			}
		}
		if len(kept) != 4 || len(c.talks(t, p.id)) != 2 {
			t.Fatalf("%d failures: %+v", len(kept), kept)
		}
		if codes := c.staff.refused(t, `{ ingestFailures { nodes { id } } }`, nil); codes != "FORBIDDEN" {
			t.Errorf("to staff: %s", codes)
		}
		type replayed struct {
			ReplayIngestFailures struct {
				ReplayedIDs []string
				UserErrors  []userError
			}
		}
		r := must[replayed](t, c.admin, `mutation ($ids: [ID!]!) { replayIngestFailures(input: { ids: $ids }) {
			replayedIds userErrors { code message } } }`, vars{"ids": ids}).ReplayIngestFailures
		if len(r.ReplayedIDs) != 0 || len(r.UserErrors) != 4 || len(failures(t, c.admin)) != 4 {
			t.Errorf("they are as bad as before: %+v", r)
		}
		type dismissed struct {
			DismissIngestFailures struct{ DismissedIDs []string }
		}
		d := must[dismissed](t, c.admin, `mutation ($ids: [ID!]!) { dismissIngestFailures(input: { ids: $ids }) {
			dismissedIds userErrors { code } } }`, vars{"ids": ids}).DismissIngestFailures
		if len(d.DismissedIDs) != 4 || len(failures(t, c.admin)) != 0 {
			t.Errorf("%+v", d)
		}
	})
}

func TestWebhooksOfStrangersAreTurnedAway(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db database) {
		c := startConnected(t, db)
		base := c.servers[0].url
		status := func(p provider, h http.Header, body string, want int) {
			t.Helper()
			got, answer, err := p.send(t.Context(), base, h, body)
			if err != nil || got != want {
				t.Errorf("%s: %d %s, %v", p.kind, got, answer, err)
			}
		}
		for _, kind := range kinds {
			p, body := c.providers[kind], readSamples(t, kind).bodies[0]
			unknown := p
			unknown.id = p.id[:len(p.id)-4] + "0000"
			status(unknown, p.signed(appSecret, body), body, http.StatusNotFound)
			unknown.id = "nothing"
			status(unknown, p.signed(appSecret, body), body, http.StatusNotFound)
			if kind == "HTML_EMBED" {
				h := p.signed(appSecret, body)
				h.Set("Origin", "https://evil.example.com")
				status(p, h, body, http.StatusForbidden)
				body = `{"visitorId":"v","messageId":"1","identity":"{\"userId\":\"1\"}","identityHash":"00"}`
				status(p, p.signed(appSecret, body), body, http.StatusUnauthorized)
			} else {
				status(p, http.Header{}, body, http.StatusUnauthorized)
				status(p, p.signed("another secret", body), body, http.StatusUnauthorized)
				if kind != "TELEGRAM" { // whose header tells before anything is read
					large := `{"x":"` + strings.Repeat("x", 5<<20) + `"}`
					status(p, p.signed("another secret", large), large, http.StatusUnauthorized)
				}
			}
			if p.verifyToken != "" && kind != "TELEGRAM" {
				query := "/channels/" + p.id + "/webhook?hub.mode=subscribe&hub.challenge=42&hub.verify_token="
				if code, answer := get(t, base+query+p.verifyToken); code != http.StatusOK || answer != "42" {
					t.Errorf("%s: challenge: %d %s", kind, code, answer)
				}
				if code, _ := get(t, base+query+"x"); code != http.StatusForbidden {
					t.Errorf("%s: challenge with another token: %d", kind, code)
				}
			} else if kind == "WHATSAPP" || kind == "FACEBOOK" || kind == "INSTAGRAM" {
				t.Errorf("%s has no verify token", kind)
			}
		}
		if n := counted(t, c.staff); n != 0 {
			t.Errorf("%d contacts", n)
		}

		const deactivate = `mutation ($id: ID!) { updateChannel(input: { id: $id, active: false }) {
			channel { active } userErrors { code } } }`
		for _, kind := range kinds {
			p := c.providers[kind]
			must[any](t, c.admin, deactivate, vars{"id": p.id})
			for _, body := range readSamples(t, kind).bodies {
				status(p, p.signed(appSecret, body), body, http.StatusOK)
			}
		}
		if n := counted(t, c.staff); n != 0 {
			t.Errorf("%d contacts from inactive channels", n)
		}
	})
}
