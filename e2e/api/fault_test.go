package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"kith/storage/storagetest"
)

// killCycles is how often a process is killed in mid-write.
const killCycles = 100

// TestSlowNothingAnsweredIsLostWhenKithIsKilledInMidWrite kills the process again and again while several clients write.
// Each write that was answered must be there in the end, and the database sound.
func TestSlowNothingAnsweredIsLostWhenKithIsKilledInMidWrite(t *testing.T) {
	storagetest.MarkSlow(t) // it kills a hundred processes
	t.Parallel()
	onBoth(t, func(t *testing.T, db database) {
		env := db.env()
		env.mustRun(t, "migrate")
		token := env.token(t, "acme", "admin")
		var channel string
		var answered sync.Map // contact → how many messages of it were answered
		for cycle := range killCycles {
			s := startBriefly(t, env)
			c := s.client(token)
			if channel == "" {
				channel = connectPlain(t, c)
			}
			ctx, cancel := context.WithCancel(t.Context())
			var writers sync.WaitGroup
			first := make(chan struct{}) // closed when this life has answered a write
			var onFirst sync.Once
			for n := range 4 {
				writers.Go(func() {
					for i := 0; ctx.Err() == nil; i++ {
						a, err := c.send(ctx, `mutation ($in: RecordInteractionInput!) {
							recordInteraction(input: $in) { contact { id name } userErrors { code } } }`,
							vars{"in": vars{
								"channelId": channel, "externalId": fmt.Sprintf("%d-%d-%d", cycle, n, i), "messageId": "1",
								"text": "Hello", "profile": vars{"name": fmt.Sprintf("Customer %d %d %d", cycle, n, i)},
							}})
						var got struct {
							RecordInteraction struct{ Contact struct{ ID, Name string } }
						}
						if err != nil || a.Status != http.StatusOK || json.Unmarshal(a.Data, &got) != nil {
							continue // it was killed
						}
						if r := got.RecordInteraction.Contact; r.ID != "" {
							answered.Store(r.ID, r.Name)
							onFirst.Do(func() { close(first) })
						}
					}
				})
			}
			// Every other life is killed some time after it began, which on a slow machine is before its first answer.
			if cycle%2 == 0 {
				select {
				case <-first:
				case <-time.After(30 * time.Second):
					t.Error("a life answered no write in 30 s")
				}
			}
			time.Sleep(time.Duration(7*(cycle%10)) * time.Millisecond) //nolint:forbidigo // the moment is to be any
			s.kill(t)
			cancel()
			writers.Wait()
		}
		s := startBriefly(t, env)
		c := s.client(token)
		ids, names := []string{}, map[string]string{}
		answered.Range(func(id, name any) bool {
			ids = append(ids, id.(string))
			names[id.(string)] = name.(string)
			return true
		})
		if len(ids) < killCycles/2 {
			t.Fatalf("only %d writes were answered: that shows nothing", len(ids))
		}
		t.Logf("%d writes were answered in %d lives", len(ids), killCycles)
		for at := 0; at < len(ids); at += 100 {
			some := ids[at:min(at+100, len(ids))]
			a, err := c.send(t.Context(), `query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Contact { name sessions(first: 1) { nodes { unreadCount } } } } }`, vars{"ids": some})
			var got struct {
				Nodes []*struct {
					ID, Name string
					Sessions struct{ Nodes []struct{ UnreadCount int } }
				}
			}
			if err != nil || json.Unmarshal(a.Data, &got) != nil {
				t.Fatalf("%v %v", err, a)
			}
			for i, n := range got.Nodes {
				if n == nil || n.Name != names[some[i]] || len(n.Sessions.Nodes) != 1 || n.Sessions.Nodes[0].UnreadCount != 1 {
					t.Errorf("%s was answered and is now %+v", some[i], n)
				}
			}
		}
		s.stop(t)
		if out := env.mustRun(t, "check"); !strings.Contains(out, "The database is sound.") {
			t.Error(out)
		}
	})
}

// startBriefly is start for a process that is about to be killed.
func startBriefly(t *testing.T, env environment) *server {
	t.Helper()
	s := start(t, quickBinary(t), env)
	s.tolerated = unwell
	return s
}

func connectPlain(t *testing.T, c client) (id string) {
	t.Helper()
	a, err := c.send(t.Context(), `mutation { createChannel(input: {name: "Shop", type: WHATSAPP}) { channel { id } } }`, nil)
	var got struct {
		CreateChannel struct{ Channel struct{ ID string } }
	}
	if err != nil || json.Unmarshal(a.Data, &got) != nil || got.CreateChannel.Channel.ID == "" {
		t.Fatalf("create a channel: %v %+v", err, a)
	}
	return got.CreateChannel.Channel.ID
}

func TestSlowKithOutlivesItsDatabase(t *testing.T) {
	storagetest.MarkSlow(t) // it starts a PostgreSQL of its own
	t.Parallel()
	pg := newCluster(t)
	env := database{pg.url()}.env()
	token := env.token(t, "acme", "admin")
	s := start(t, quickBinary(t), env)
	s.tolerated = unwell
	c := s.client(token)
	const question = `{ contacts { nodes { id } } }`
	until := func(what string, f func() bool) {
		t.Helper()
		for end := time.Now().Add(30 * time.Second); !f(); time.Sleep(20 * time.Millisecond) { //nolint:forbidigo // of another process
			if time.Now().After(end) {
				t.Fatalf("%s: it did not come to that", what)
			}
		}
	}
	answers := func() bool {
		a, err := c.send(t.Context(), question, nil)
		return err == nil && a.Status == http.StatusOK && len(a.Errors) == 0
	}
	until("an answer at first", answers)
	for range 2 {
		pg.kill(t)
		until("UNAVAILABLE", func() bool { // PostgreSQL's other processes take a moment to notice
			began := time.Now()
			a, err := c.send(t.Context(), question, nil)
			if took := time.Since(began); err != nil || took > 11*time.Second {
				t.Errorf("while the database is away, after %s: %v", took, err)
			}
			return a.codes() == "UNAVAILABLE"
		})
		until("unreadiness", func() bool { status, _ := get(t, s.url+"/readyz"); return status == http.StatusServiceUnavailable })
		if status, _ := get(t, s.url+"/livez"); status != http.StatusOK {
			t.Errorf("/livez says %d", status)
		}
		pg.start(t)
		until("an answer after the database is back", answers)
		until("readiness", func() bool { status, _ := get(t, s.url+"/readyz"); return status == http.StatusOK })
	}
}

func TestTwoProcessesStartAtOnceOnAnEmptyPostgreSQL(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db database) {
		env := db.env()
		token := env.token(t, "acme", "admin")
		servers := make([]*server, 2)
		var both sync.WaitGroup
		for i := range servers {
			both.Go(func() { servers[i] = start(t, binary(t), env) })
		}
		both.Wait()
		for _, s := range servers {
			if s == nil {
				t.Fatal("one did not start")
			}
			if a, err := s.client(token).send(t.Context(), `{ viewer { role } }`, nil); err != nil || a.Status != http.StatusOK {
				t.Errorf("%v %+v", err, a)
			}
		}
	})
}
