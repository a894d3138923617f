package api

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"kith/storage/storagetest"
)

// watching is an event stream of a subscription.
type watching struct {
	body  *bufio.Scanner
	close func() error
}

// watch subscribes to the events of contacts.
func (c client) watch(t *testing.T) *watching {
	t.Helper()
	return c.subscribe(t, `subscription { contactEvents { id kind } }`, nil)
}

func (c client) subscribe(t *testing.T, document string, v vars) *watching {
	t.Helper()
	body, err := json.Marshal(vars{"query": document, "variables": v})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "text/event-stream")
	r.Header.Set("Authorization", "Bearer "+c.token)
	res, err := (&http.Client{}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK {
		t.Fatalf("subscribe: status %d", res.StatusCode)
	}
	w := &watching{bufio.NewScanner(res.Body), res.Body.Close}
	t.Cleanup(func() { _ = w.close() })
	return w
}

// event is an answer of a subscription.
type event struct {
	Data struct {
		ContactEvents *struct{ ID, Kind string }
	}
	Errors []struct{ Extensions struct{ Code string } }
}

// next waits for the next answer.
func (w *watching) next(t *testing.T) (a event) {
	t.Helper()
	if !w.read(t, &a) {
		t.Fatalf("the stream ended: %v", w.body.Err())
	}
	return a
}

// read waits for the next answer; false at the end.
func (w *watching) read(t *testing.T, into any) bool {
	t.Helper()
	for w.body.Scan() {
		if data, ok := strings.CutPrefix(w.body.Text(), "data: "); ok && data != "" {
			if err := json.Unmarshal([]byte(data), into); err != nil {
				t.Fatalf("%s: %v", data, err)
			}
			return true
		}
	}
	return false
}

// TestSlowAFailoverThatLosesTheNewest has a standby take over that did not get the primary's last commits. Two processes
// go on with what is left: what they remembered of the rest must show nowhere.
func TestSlowAFailoverThatLosesTheNewest(t *testing.T) {
	storagetest.MarkSlow(t) // it starts two PostgreSQL of its own
	t.Parallel()
	primary := newCluster(t)
	standby := primary.standby(t)
	env := database{fmt.Sprintf("postgres://kith@127.0.0.1:%s,127.0.0.1:%s/postgres?sslmode=disable&target_session_attrs=read-write",
		primary.port, standby.port)}.env()
	servers := []*server{start(t, quickBinary(t), env), start(t, quickBinary(t), env)}
	tokens := map[string]string{}
	for _, workspace := range []string{"acme", "late", "other"} {
		tokens[workspace] = env.token(t, workspace, "admin")
	}
	// write has new customers write in to a workspace.
	write := func(workspace, channel string, names ...string) (event string) {
		t.Helper()
		for n, name := range names {
			type recorded struct{ RecordInteraction struct{ EventID string } }
			event = must[recorded](t, servers[n%2].client(tokens[workspace]), `mutation ($in: RecordInteractionInput!) {
				recordInteraction(input: $in) { eventId } }`, vars{"in": vars{
				"channelId": channel, "externalId": name, "messageId": "1", "profile": vars{"name": name},
			}}).RecordInteraction.EventID
		}
		return event
	}
	until := func(what string, f func() bool) {
		t.Helper()
		for end := time.Now().Add(time.Minute); !f(); time.Sleep(20 * time.Millisecond) { //nolint:forbidigo // of another process
			if time.Now().After(end) {
				t.Fatalf("%s: it did not come to that", what)
			}
		}
	}
	acme := connectPlain(t, servers[0].client(tokens["acme"]))
	write("acme", acme, "Ann", "Ben")
	lsn := primary.ask(t, `SELECT pg_current_wal_lsn()`)
	until("replication", func() bool {
		return standby.ask(t, `SELECT coalesce(pg_last_wal_replay_lsn() >= '`+lsn+`', false)`) == "true"
	})
	standby.do(t, `ALTER SYSTEM SET primary_conninfo = ''`)
	standby.do(t, `SELECT pg_reload_conf()`)
	until("the cut", func() bool { return standby.ask(t, `SELECT count(*) FROM pg_stat_wal_receiver`) == "0" })

	var streams []*watching
	for _, s := range servers {
		streams = append(streams, s.client(tokens["acme"]).watch(t))
	}
	late := connectPlain(t, servers[0].client(tokens["late"]))
	write("late", late, "Late Larry", "Late Lucy")
	lost := write("acme", acme, "Lost Lisa")
	for _, w := range streams {
		if a := w.next(t); a.Data.ContactEvents == nil || a.Data.ContactEvents.ID != lost {
			t.Errorf("received %+v, want the event %s", a, lost)
		}
	}

	for _, s := range servers {
		s.tolerated = unwell
	}
	primary.kill(t)
	standby.do(t, `SELECT pg_promote()`)
	for _, s := range servers {
		until("an answer of the standby", func() bool {
			_, err := ask[struct{}](t.Context(), s.client(tokens["acme"]), `mutation { createChannel(input: {name: "New", type: WHATSAPP}) { channel { id } } }`, nil)
			return err == nil
		})
	}
	other := connectPlain(t, servers[1].client(tokens["other"]))
	write("other", other, "Other Otto")
	names := []string{"Ned", "Nora", "Nick", "Nina"} // the record outgrows what was lost
	write("acme", acme, names...)
	for n, s := range servers {
		if got := counted(t, s.client(tokens["late"])); got != 0 {
			t.Errorf("server %d: a workspace that was lost has %d contacts", n, got)
		}
		if got := counted(t, s.client(tokens["other"])); got != 1 {
			t.Errorf("server %d: a new workspace has %d contacts", n, got)
		}
		if a := streams[n].next(t); len(a.Errors) != 1 || a.Errors[0].Extensions.Code != "RESYNC_REQUIRED" {
			t.Errorf("server %d: received %+v", n, a)
		}
	}
	for _, s := range servers {
		s.stop(t)
	}
	if out := env.mustRun(t, "check"); !strings.Contains(out, "The database is sound.") {
		t.Error(out)
	}
}
