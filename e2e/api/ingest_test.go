package api

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kith/storage/storagetest"
)

// reporters are the clients that report to a workspace: to one kith, or on PostgreSQL in turns to two.
type reporters struct {
	admin, staff client
	channels     []client
}

func startReporters(t *testing.T, db database) reporters {
	t.Helper()
	env := db.env()
	var r reporters
	var ch client
	r.admin, r.staff, ch = clientsOf(t, start(t, quickBinary(t), env), env, "acme")
	r.channels = []client{ch}
	if db.isPostgres() {
		r.channels = append(r.channels, start(t, quickBinary(t), env).client(ch.token))
	}
	return r
}

// report reports by the client whose turn it is.
func (r reporters) report(ctx context.Context, turn int, input vars) (report, error) {
	c := r.channels[turn%len(r.channels)]
	got, err := ask[struct{ RecordInteraction report }](ctx, c, recordInteraction, vars{"input": input})
	if err == nil && len(got.RecordInteraction.UserErrors) > 0 {
		err = fmt.Errorf("report: %v", got.RecordInteraction.UserErrors)
	}
	return got.RecordInteraction, err
}

func TestAFirstMessageReportedByManyAtOnceMakesOneContact(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db database) {
		r := startReporters(t, db)
		shop := channel(t, r.admin, "Shop", "HTML_EMBED")
		const clients = 64
		for name, c := range map[string]struct {
			messageID func(i int) string
			unread    int
		}{
			"the same message":   {func(int) string { return "first" }, 1},
			"different messages": {func(i int) string { return fmt.Sprint("message ", i) }, clients},
		} {
			got := make([]report, clients)
			err := together(clients, func(i int) (err error) {
				got[i], err = r.report(t.Context(), i, vars{
					"channelId": shop, "externalId": name, "messageId": c.messageID(i), "text": "Hello", "profile": vars{"name": "Ann"},
				})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, one := range got {
				if one.Contact.ID != got[0].Contact.ID || one.Session.ID != got[0].Session.ID {
					t.Fatalf("%s: two contacts or sessions: %+v and %+v", name, one, got[0])
				}
			}
			talks := sessions(t, r.staff, vars{"contactId": got[0].Contact.ID}).Nodes
			if len(talks) != 1 || talks[0].ID != got[0].Session.ID || talks[0].UnreadCount != c.unread {
				t.Errorf("%s: %d unread wanted, got %+v", name, c.unread, talks)
			}
		}
		if n := len(contacts(t, r.staff, nil).Nodes); n != 2 {
			t.Errorf("2 customers are %d contacts", n)
		}
	})
}

func TestSlowEveryMessageOfManyCustomersIsTakenOnce(t *testing.T) {
	storagetest.MarkSlow(t) // it reports 20,000 messages
	t.Parallel()
	onBoth(t, func(t *testing.T, db database) {
		r := startReporters(t, db)
		s := newStorm(channel(t, r.admin, "Shop", "HTML_EMBED"), channel(t, r.admin, "Phone", "WHATSAPP"))
		const clients = 32
		order := rand.New(rand.NewPCG(1, 2)).Perm(2 * len(s.messages)) // each message twice
		var next atomic.Int64
		begun := time.Now()
		err := together(clients, func(int) error {
			for {
				n := int(next.Add(1)) - 1
				if n >= len(order) {
					return nil
				}
				if _, err := r.report(t.Context(), n, s.messages[order[n]%len(s.messages)]); err != nil {
					return err
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d reports in %s", len(order), time.Since(begun))
		s.check(t, r.staff)
	})
}

const (
	stormCustomers = 1_000
	stormEach      = 10
)

// storm is what many customers wrote, in no order of time.
type storm struct {
	messages []vars
	// talks is what must come of it on each channel for each customer.
	talks map[talk]outcome
}

type talk struct {
	channel, customer string
}

type outcome struct {
	Preview string
	At      time.Time
	Unread  int
}

// newStorm makes the messages. Every third customer writes on both channels, with an email that both vouch for.
func newStorm(channels ...string) storm {
	random := rand.New(rand.NewPCG(3, 4))
	seconds := random.Perm(stormCustomers * stormEach)
	s := storm{talks: map[talk]outcome{}}
	for n := range stormCustomers * stormEach {
		c := n % stormCustomers
		t := talk{channels[c%2], fmt.Sprint("customer ", c)}
		profile := vars{"name": fmt.Sprint("Customer ", c)}
		if c%3 == 0 {
			t.channel = channels[n/stormCustomers%2]
			profile["email"], profile["emailVerified"] = fmt.Sprintf("customer%d@example.com", c), true
		}
		o := s.talks[t]
		o.Unread++
		at, text := yesterday.Add(time.Duration(seconds[n])*time.Second), fmt.Sprint("Message ", n)
		if at.After(o.At) {
			o.At, o.Preview = at, text
		}
		s.talks[t] = o
		s.messages = append(s.messages, vars{
			"channelId": t.channel, "externalId": t.customer, "messageId": fmt.Sprint(n), "occurredAt": at, "text": text, "profile": profile,
		})
	}
	return s
}

// check compares all contacts and sessions with what was sent.
func (s storm) check(t *testing.T, staff client) {
	t.Helper()
	const everything = `query ($after: String) { contacts(first: 100, after: $after, orderBy: { field: CREATED }) {
		nodes { name lastActivityAt identities { externalId channel { id } }
			sessions(first: 5) { nodes {` + sessionFields + `} } }
		totalCount { value } ` + pageInfoFields + ` } }`
	type person struct {
		Name           string
		LastActivityAt time.Time
		Identities     []struct {
			ExternalID string
			Channel    struct{ ID string }
		}
		Sessions sessionList
	}
	type page struct {
		Contacts struct {
			Nodes      []person
			TotalCount struct{ Value int }
			PageInfo   pageInfo
		}
	}
	got := map[talk]outcome{}
	people, unread := 0, 0
	for after := (*string)(nil); ; {
		p := must[page](t, staff, everything, vars{"after": after}).Contacts
		for _, c := range p.Nodes {
			people++
			if len(c.Identities) != len(c.Sessions.Nodes) {
				t.Errorf("%s has %d identities and %d sessions", c.Name, len(c.Identities), len(c.Sessions.Nodes))
			}
			var newest time.Time
			for _, one := range c.Sessions.Nodes {
				key := talk{one.Channel.ID, c.Identities[0].ExternalID}
				if _, twice := got[key]; twice {
					t.Errorf("%s has two sessions on a channel", c.Name)
				}
				got[key] = outcome{*one.LastMessagePreview, one.LastMessageAt, one.UnreadCount}
				unread += one.UnreadCount
				if one.LastMessageAt.After(newest) {
					newest = one.LastMessageAt
				}
			}
			if !c.LastActivityAt.Equal(newest) {
				t.Errorf("%s was active at %s, the newest message is of %s", c.Name, c.LastActivityAt, newest)
			}
		}
		if !p.PageInfo.HasNextPage {
			if people != stormCustomers || p.TotalCount.Value != stormCustomers {
				t.Errorf("%d contacts, counted %d", people, p.TotalCount.Value)
			}
			break
		}
		after = p.PageInfo.EndCursor
	}
	if unread != stormCustomers*stormEach {
		t.Errorf("%d messages arrived", unread)
	}
	if diff := cmp.Diff(s.talks, got); diff != "" {
		t.Errorf("sessions:\n%s", diff)
	}
}
