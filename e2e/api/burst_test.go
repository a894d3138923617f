package api

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kith/storage/storagetest"
)

// burst is what many customers write at once: batches of messages, each message of one customer, in no order of time.
type burst struct {
	provider
	bodies []string
	talks  map[string]outcome
}

const (
	burstCustomers = 300
	burstEach      = 12
	burstBatch     = 6
)

func newBurst(p provider) burst {
	random := rand.New(rand.NewPCG(5, 6))
	seconds := random.Perm(burstCustomers * burstEach)
	b := burst{provider: p, talks: map[string]outcome{}}
	var batch []string
	for n := range burstCustomers * burstEach {
		customer := fmt.Sprintf("49151%07d", n%burstCustomers)
		at := yesterday.Add(time.Duration(seconds[n]) * time.Second)
		o := b.talks[customer]
		o.Unread++
		if at.After(o.At) {
			o.At, o.Preview = at, fmt.Sprint("Message ", n)
		}
		b.talks[customer] = o
		batch = append(batch, fmt.Sprintf(
			`{"from":%q,"id":"wamid.%d","timestamp":"%d","type":"text","text":{"body":"Message %d"}}`, customer, n, at.Unix(), n))
		if len(batch) == burstBatch {
			body := `{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[` +
				`{"field":"messages","value":{"messages":[` + strings.Join(batch, ",") + `]}}]}]}`
			b.bodies, batch = append(b.bodies, body, body), nil // twice
		}
	}
	random.Shuffle(len(b.bodies), func(i, j int) { b.bodies[i], b.bodies[j] = b.bodies[j], b.bodies[i] })
	return b
}

// send delivers everything from many connections. The test goes on, and hears on the first channel of each of the
// moments, told as parts of the whole, and on the second when all is done.
func (b burst) send(t *testing.T, base func() string, moments ...float64) (reached <-chan struct{}, done <-chan error) {
	t.Helper()
	at, end := make(chan struct{}, len(moments)), make(chan error, 1)
	var next, answered atomic.Int64
	go func() {
		end <- together(16, func(int) error {
			for n := int(next.Add(1)) - 1; n < len(b.bodies); n = int(next.Add(1)) - 1 {
				if err := b.deliver(t.Context(), base, b.bodies[n]); err != nil {
					return err
				}
				so := int(answered.Add(1))
				for _, m := range moments {
					if so == int(m*float64(len(b.bodies))) {
						at <- struct{}{}
					}
				}
			}
			return nil
		})
	}()
	return at, end
}

// during runs disturb at each of the moments of a burst, and returns when the burst is done.
func (b burst) during(t *testing.T, base func() string, disturb func(), moments ...float64) {
	t.Helper()
	reached, done := b.send(t, base, moments...)
	disturbed := 0
	for {
		select {
		case <-reached:
			disturb()
			disturbed++
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			for ; disturbed < len(moments); disturbed++ { // a moment that came right before the end
				disturb()
			}
			return
		}
	}
}

// check compares all sessions with what was sent.
func (b burst) check(t *testing.T, staff client) {
	t.Helper()
	const query = `query ($after: String) { contacts(first: 100, after: $after, orderBy: { field: CREATED }) {
		nodes { identities { externalId } sessions(first: 5) { nodes {` + sessionFields + `} } } ` + pageInfoFields + ` } }`
	type page struct {
		Contacts struct {
			Nodes []struct {
				Identities []struct{ ExternalID string }
				Sessions   sessionList
			}
			PageInfo pageInfo
		}
	}
	got := map[string]outcome{}
	people := 0
	for after := (*string)(nil); ; {
		p := must[page](t, staff, query, vars{"after": after}).Contacts
		for _, c := range p.Nodes {
			people++
			if len(c.Identities) != 1 || len(c.Sessions.Nodes) != 1 {
				t.Errorf("%d identities and %d sessions", len(c.Identities), len(c.Sessions.Nodes))
				continue
			}
			s := c.Sessions.Nodes[0]
			got[c.Identities[0].ExternalID] = outcome{*s.LastMessagePreview, s.LastMessageAt, s.UnreadCount}
		}
		if !p.PageInfo.HasNextPage {
			break
		}
		after = p.PageInfo.EndCursor
	}
	if people != burstCustomers {
		t.Errorf("%d contacts", people)
	}
	if d := cmp.Diff(b.talks, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestSlowKithIsKilledInABurst(t *testing.T) {
	storagetest.MarkSlow(t) // it sends thousands of messages
	t.Parallel()
	onBoth(t, func(t *testing.T, db database) {
		env := db.env("KITH_SECRET_KEY", secretKey)
		var running atomic.Pointer[server]
		running.Store(start(t, quickBinary(t), env))
		admin, _, _ := clientsOf(t, running.Load(), env, "acme")
		b := newBurst(connect(t, admin, "WHATSAPP"))
		b.during(t, func() string { return running.Load().url }, func() {
			running.Load().kill(t)
			running.Store(start(t, quickBinary(t), env))
		}, 0.2, 0.5, 0.8)
		_, staff, _ := clientsOf(t, running.Load(), env, "acme")
		b.check(t, staff)
	})
}
