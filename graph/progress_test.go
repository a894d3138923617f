package graph_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"kith/graph"
	"kith/internal/crm"
	"kith/storage"
)

const progress = `subscription ($id: ID!) { bulkJobProgress(id: $id) { state total handled deleted refused refusals { nodes { code } } } }`

// step does a step of the job that waits, as a process elsewhere would.
func (s *server) step(t *testing.T, step crm.JobStep) {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Microsecond)
	taken, err := s.store.TakeJob(t.Context(), []crm.JobKind{crm.DeleteContactsJob}, now, now)
	if err != nil {
		t.Fatal(err)
	}
	step.At, step.Until = now, now
	if _, err := s.store.StepJob(t.Context(), taken.Workspace, taken.Job, func(context.Context, storage.JobTx) (crm.JobStep, error) {
		return step, nil
	}); err != nil {
		t.Fatal(err)
	}
}

func state(state, total, handled, deleted, refused, codes string) string {
	return `{"data":{"bulkJobProgress":{"state":"` + state + `","total":` + total + `,"handled":` + handled + `,"deleted":` + deleted +
		`,"refused":` + refused + `,"refusals":{"nodes":[` + codes + `]}}}}`
}

func TestBulkJobProgress(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.people()
	job := s.bulkDeletion("staff", "ann")
	socket, events := s.join(t, "staff"), s.sse(t, "reader", progress, vars{"id": job})
	socket.subscribe("1", progress, vars{"id": job})
	both := func(want string) {
		t.Helper()
		if got := string(socket.want("next", "1").Payload); got != want {
			t.Errorf("over the socket\ngot  %s\nwant %s", got, want)
		}
		if got := events.next("next"); got != want {
			t.Errorf("as events\ngot  %s\nwant %s", got, want)
		}
	}
	both(state("PENDING", "null", "0", "0", "0", ""))
	s.step(t, crm.JobStep{Queue: [][]byte{make([]byte, 16), make([]byte, 16), make([]byte, 16)}, Queued: true})
	both(state("RUNNING", "3", "0", "0", "0", ""))
	s.step(t, crm.JobStep{
		Handled: 2, Counts: crm.JobCounts{Deleted: 1, Refused: 1},
		Refused: []crm.JobRefusal{{Row: crm.JobRow{Position: 2, Data: make([]byte, 16)}, Code: crm.RefusedNoMatch, Message: "no"}},
	})
	both(state("RUNNING", "3", "2", "1", "1", `{"code":"NO_MATCH"}`))
	s.query("staff", `mutation ($id: ID!) { cancelBulkJob(input: {id: $id}) { job { state } } }`, vars{"id": job})
	both(state("CANCELLED", "3", "2", "1", "1", `{"code":"NO_MATCH"}`))
	socket.want("complete", "1")
	events.next("complete")

	t.Run("of a job that has ended", func(t *testing.T) {
		socket.subscribe("2", progress, vars{"id": job})
		if got := string(socket.want("next", "2").Payload); !strings.Contains(got, `"state":"CANCELLED"`) {
			t.Error(got)
		}
		socket.want("complete", "2")
	})
	for name, c := range map[string]struct{ who, id string }{
		"of none":                      {"staff", "job_x"},
		"of another workspace":         {"staff/other", job},
		"of an import, even by admins": {"admin", s.upload("admin", "email\na@example.org\n")},
	} {
		t.Run(name, func(t *testing.T) {
			e := s.sse(t, c.who, progress, vars{"id": c.id})
			if got := e.next("next"); got != `{"data":{"bulkJobProgress":null}}` {
				t.Error(got)
			}
			e.next("complete")
		})
	}
	t.Run("as the caller named it, and with a second field refused", func(t *testing.T) {
		e := s.sse(t, "staff", `subscription { named: bulkJobProgress(id: "`+job+`") { __typename done: state } }`, nil)
		if got := e.next("next"); got != `{"data":{"named":{"__typename":"BulkJob","done":"CANCELLED"}}}` {
			t.Error(got)
		}
		e.next("complete")
		e = s.sse(t, "staff", `subscription { bulkJobProgress(id: "`+job+`") { id } contactEvents { id } }`, nil)
		if got := e.next("next"); !strings.Contains(got, `"errors"`) {
			t.Error(got)
		}
	})
}

// TestFollowersOfAJobShareWhatIsRead counts what a job costs that many follow.
func TestFollowersOfAJobShareWhatIsRead(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.people()
	job := s.bulkDeletion("staff", "ann")
	c := s.join(t, "staff")
	const followers = 50
	for i := range followers {
		c.subscribe(string(rune('A'+i)), progress, vars{"id": job})
	}
	next := func(state string) {
		t.Helper()
		for heard := 0; heard < followers; {
			switch f := c.hear(); {
			case f.Type == "next" && strings.Contains(string(f.Payload), `"state":"`+state+`"`):
				heard++
			case f.Type != "ping":
				t.Fatalf("%s %s", f.Type, f.Payload)
			}
		}
	}
	next("PENDING")
	s.store.Reset()
	s.step(t, crm.JobStep{Queue: [][]byte{make([]byte, 16)}, Queued: true})
	next("RUNNING")
	calls := s.store.Calls()
	if jobs, refusals := calls["JobsByID"], calls["JobRefusals"]; jobs > 5 || refusals > 1 {
		t.Errorf("%d reads of the job and %d of what it refused, for %d followers", jobs, refusals, followers)
	}
}

func TestProgressEndsWithTheCredential(t *testing.T) {
	t.Parallel()
	var h *graph.Handler
	s := serveHandler(t, &h, graph.QuickLook(time.Hour))
	s.people()
	job := s.bulkDeletion("staff", "ann")
	c, e := s.join(t, "staff"), s.sse(t, "staff", progress, vars{"id": job})
	c.subscribe("1", progress, vars{"id": job})
	c.want("next", "1")
	e.next("next")
	h.EndMoved(t.Context(), moved{})
	wantRefused(t, c, e, "credential changed")
}
