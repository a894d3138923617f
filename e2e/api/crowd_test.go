package api

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kith/storage/storagetest"
)

// crowded fills the workspace acme with some demo contacts and so many contacts more, each with that many sessions. It
// returns the ids of these, and one session of each.
func crowded(t *testing.T, db database, contacts, sessions int) (ids, talks []string) {
	t.Helper()
	db.env().mustRun(t, "demo", "--contacts=300", "--workspace=acme")
	out, err := exec.CommandContext(t.Context(), built(t, buildCrowd),
		"-database="+db.url, fmt.Sprint("-contacts=", contacts), fmt.Sprint("-sessions=", sessions)).CombinedOutput()
	if err != nil {
		t.Fatalf("crowd: %v\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		id, talk, _ := strings.Cut(strings.TrimSpace(line), " ")
		ids, talks = append(ids, id), append(talks, talk)
	}
	return ids, talks
}

// swept waits until no deleted contact is left in any session, and checks that so many sessions are without one.
func (db database) swept(t *testing.T, anonymous int) {
	t.Helper()
	patience := time.After(2 * time.Minute)
	for db.number(t, `SELECT count(*) FROM account_deletions`) > 0 {
		select {
		case <-time.After(100 * time.Millisecond):
		case <-patience:
			t.Fatal("deleted contacts are still in sessions")
		}
	}
	if n := db.number(t, `SELECT count(*) FROM sessions WHERE account_id IS NULL`); n != anonymous {
		t.Errorf("%d sessions are without a contact, want %d", n, anonymous)
	}
}

// watch asks time and again, as somebody at work would, until told to stop; then it reports how long the slowest took.
func watch(ctx context.Context, ask func(ctx context.Context, i int) error) (stop func() (asked int, slowest time.Duration, err error)) {
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	var asked int
	var slowest time.Duration
	var failed error
	done.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for ; ; asked++ {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			begun := time.Now()
			if err := ask(context.WithoutCancel(ctx), asked); err != nil {
				failed = err
				return
			}
			slowest = max(slowest, time.Since(begun))
		}
	})
	return func() (int, time.Duration, error) {
		cancel()
		done.Wait()
		return asked, slowest, failed
	}
}

func TestSlowOthersWorkOnWhileAContactOfManySessionsIsDeleted(t *testing.T) {
	storagetest.MarkSlow(t) // it loads 40,000 sessions
	t.Parallel()
	onBoth(t, func(t *testing.T, db database) {
		const many = 40_000
		ids, talks := crowded(t, db, 1, many)
		env := db.env()
		_, staff, _ := clientsOf(t, start(t, quickBinary(t), env), env, "acme")
		somebody := contacts(t, staff, vars{"orderBy": vars{"field": "NAME"}, "first": 1}).Nodes[0].ID

		searching := watch(t.Context(), func(ctx context.Context, i int) error {
			_, err := ask[any](ctx, staff, getContacts, vars{"search": string(rune('a' + i%26))})
			return err
		})
		editing := watch(t.Context(), func(ctx context.Context, i int) error {
			_, err := ask[any](ctx, staff, updateContact, vars{"input": vars{"id": somebody, "notes": fmt.Sprint("note ", i)}})
			return err
		})
		begun := time.Now()
		must[any](t, staff, deleteContact, vars{"id": ids[0]})
		t.Logf("deleted in %s", time.Since(begun))
		if n := len(sessions(t, staff, vars{"contactId": ids[0]}).Nodes); n != 0 {
			t.Errorf("the contact has %d sessions left", n)
		}
		for _, s := range sessions(t, staff, vars{"anonymous": true}).Nodes {
			if s.Contact != nil || s.ContactName != "Anonymous" {
				t.Errorf("not anonymous: %+v", s)
			}
		}
		if s := must[struct{ Session session }](t, staff, `query ($id: ID!) { session(id: $id) {`+sessionFields+`} }`, vars{"id": talks[0]}).Session; s.Contact != nil || s.ContactName != "Anonymous" {
			t.Errorf("not anonymous: %+v", s)
		}
		db.swept(t, many)
		took := time.Since(begun)
		t.Logf("all detached after %s", took)
		// Whoever waits for the whole deletion waits far longer than for one helping of it, on a slow machine as well.
		bound := max(2*time.Second, took/4)
		for name, stop := range map[string]func() (int, time.Duration, error){"searches": searching, "edits": editing} {
			asked, slowest, err := stop()
			t.Logf("%d %s, the slowest took %s", asked, name, slowest)
			if err != nil || slowest > bound {
				t.Errorf("the slowest of %d %s took %s: %v", asked, name, slowest, err)
			}
		}
	})
}

func TestSlowAContactIsWholeOrGoneWhateverDiesMidway(t *testing.T) {
	storagetest.MarkSlow(t) // it loads 48,000 sessions
	t.Parallel()
	onBoth(t, func(t *testing.T, db database) {
		const many = 8_000
		// When the process is killed, counted from the request.
		moments := []time.Duration{
			0, 5 * time.Millisecond, 20 * time.Millisecond, 60 * time.Millisecond, 120 * time.Millisecond, time.Minute,
		}
		ids, talks := crowded(t, db, len(moments), many)
		env := db.env()
		staff := client{token: env.token(t, "acme", "staff")}
		for i, moment := range moments {
			s := start(t, quickBinary(t), env)
			err := s.killAfter(t, moment, func() error {
				_, err := ask[any](t.Context(), s.client(staff.token), deleteContact, vars{"id": ids[i]})
				return err
			})

			s = start(t, quickBinary(t), env)
			staff.url = s.client("").url
			whole := isWhole(t, staff, ids[i], talks[i])
			if whole && err == nil {
				t.Errorf("killed after %s: the contact is back", moment)
			}
			t.Logf("killed after %s: answered %t, whole %t", moment, err == nil, whole)
			if whole {
				must[any](t, staff, deleteContact, vars{"id": ids[i]})
			}
			s.stop(t)
		}
		staff.url = start(t, quickBinary(t), env).client("").url
		db.swept(t, len(ids)*many)
		for i := range ids {
			if isWhole(t, staff, ids[i], talks[i]) {
				t.Errorf("contact %d is back", i)
			}
		}
	})
}

// killAfter makes a request and kills the process after a while, or when it has answered. It returns what the request did.
func (s *server) killAfter(t *testing.T, moment time.Duration, request func() error) (err error) {
	t.Helper()
	answered := make(chan error, 1)
	go func() { answered <- request() }()
	select {
	case err = <-answered:
		s.kill(t)
	case <-time.After(moment):
		s.kill(t)
		err = <-answered
	}
	return err
}

// isWhole reports whether the contact is there with all it has; else it must be gone from everywhere.
func isWhole(t *testing.T, staff client, id, talk string) bool {
	t.Helper()
	const look = `query ($id: ID!, $session: ID!) {
		contact(id: $id) { identities { externalId } sessions(first: 100) { nodes { contactName } } }
		sessions(first: 100, filter: { contactId: $id }) { nodes { contact { id } } }
		session(id: $session) { contactName } }`
	type seen struct {
		Contact *struct {
			Identities []struct{ ExternalID string }
			Sessions   sessionList
		}
		Sessions sessionList
		Session  session
	}
	s := must[seen](t, staff, look, vars{"id": id, "session": talk})
	for last := (seen{}); !cmp.Equal(s, last); { // a statement on PostgreSQL may outlive the process that sent it
		last, s = s, must[seen](t, staff, look, vars{"id": id, "session": talk})
	}
	if s.Contact == nil {
		if len(s.Sessions.Nodes) != 0 || s.Session.ContactName != "Anonymous" {
			t.Errorf("half gone: %+v", s)
		}
		return false
	}
	if len(s.Contact.Identities) != 1 || len(s.Contact.Sessions.Nodes) != 100 || len(s.Sessions.Nodes) != 100 || s.Session.ContactName == "Anonymous" {
		t.Errorf("half there: %+v", s)
	}
	return true
}

func TestEveryMessageThatWasAnsweredOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*server, *testing.T){"stopped": (*server).stop, "killed": (*server).kill} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, db database) {
				env := db.env()
				s := start(t, binary(t), env)
				admin, staff, ch := clientsOf(t, s, env, "acme")
				shop := channel(t, admin, "Shop", "HTML_EMBED")
				message := func(customer, n int) vars {
					return vars{"channelId": shop, "externalId": fmt.Sprint(customer), "messageId": fmt.Sprint(n), "text": "Hello"}
				}
				const customers, enough = 8, 100
				var answered [customers]int
				var all atomic.Int64
				full := make(chan struct{})
				var reporting sync.WaitGroup
				for customer := range customers {
					reporting.Go(func() {
						for ; ; answered[customer]++ { // until nobody answers any more
							a, err := ch.send(t.Context(), recordInteraction, vars{"input": message(customer, answered[customer])})
							if err != nil {
								return
							}
							if a.Status != 200 || len(a.Errors) > 0 {
								t.Errorf("answered %d %v", a.Status, a.Errors)
								return
							}
							if all.Add(1) == enough {
								close(full)
							}
						}
					})
				}
				<-full
				end(s, t)
				reporting.Wait()

				s = start(t, binary(t), env)
				staff.url, admin.url = s.client("").url, s.client("").url
				for customer, n := range answered {
					r := record(t, admin, message(customer, n)) // the one that got no answer
					if r.Session.UnreadCount != n+1 {
						t.Errorf("customer %d: %d messages were answered, with one more there are %d", customer, n, r.Session.UnreadCount)
					}
				}
				if list := contacts(t, staff, nil).Nodes; len(list) != customers {
					t.Errorf("%d customers are %d contacts", customers, len(list))
				}
			})
		})
	}
}
