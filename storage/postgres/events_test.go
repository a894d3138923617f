package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
	"kith/storage"
	"kith/storage/postgres"
	"kith/storage/postgres/pgtest"
)

// shop is a workspace with a channel on a database of its own.
type shop struct {
	*postgres.Store
	t         *testing.T
	url       string
	workspace crm.WorkspaceID
	channel   crm.Channel
	messages  int
}

func openShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{t: t}
	s.Store, s.url = openAt(t)
	var err error
	if s.workspace, err = s.Workspace(t.Context(), "acme"); err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC()
	s.channel = crm.Channel{ID: crm.NewChannelID(now), Name: "Shop", Type: crm.WhatsApp, Active: true, CreatedAt: now}
	if err := s.CreateChannel(t.Context(), s.workspace, s.channel); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *shop) message(external string) crm.Interaction {
	s.messages++
	now := time.Now().UTC().Truncate(time.Microsecond)
	return crm.Interaction{
		ChannelID: s.channel.ID, ExternalID: external, MessageID: fmt.Sprint(s.messages), At: now, Received: now,
		Direction: crm.Inbound, Event: crm.NewEventID(now),
	}
}

func (s *shop) record(i crm.Interaction) crm.Recorded {
	s.t.Helper()
	r, err := s.RecordInteraction(s.t.Context(), s.workspace, i)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// rename edits a contact and returns the event's id.
func (s *shop) rename(id crm.ContactID, name string) crm.EventID {
	s.t.Helper()
	now := time.Now()
	e := crm.ContactEdit{At: now, Event: crm.NewEventID(now), Actor: "staff", Change: func(c *crm.Contact) error {
		c.Name = &name
		return nil
	}}
	if _, err := s.UpdateContact(s.t.Context(), s.workspace, id, e); err != nil {
		s.t.Fatal(err)
	}
	return e.Event
}

// events reads all events by their places and fails where one is missing.
func (s *shop) events() []crm.Event {
	s.t.Helper()
	events, err := s.Events(s.t.Context(), s.workspace, 0, 10_000)
	if err != nil {
		s.t.Fatal(err)
	}
	for n, e := range events {
		if e.Sequence != crm.Sequence(n+1) {
			s.t.Fatalf("event %d has place %d", n+1, e.Sequence)
		}
	}
	return events
}

func (s *shop) sequenceOf(id crm.EventID) crm.Sequence {
	s.t.Helper()
	p, err := s.SequenceOf(s.t.Context(), s.workspace, id)
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

// follow follows until the test ends. Each wake is a token, as far as there is room.
func (s *shop) follow() <-chan crm.WorkspaceID {
	s.t.Helper()
	woken := make(chan crm.WorkspaceID, 1000)
	ctx, cancel := context.WithCancel(s.t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.Follow(ctx, func(w crm.WorkspaceID) {
			select {
			case woken <- w:
			default:
			}
		})
	}()
	s.t.Cleanup(func() { cancel(); <-ended })
	return woken
}

// until waits for a condition.
func until(t *testing.T, what string, met func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !met(); {
		if time.Now().After(deadline) {
			t.Fatalf("waited too long until %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func (s *shop) scalar(sql string) (n int) {
	s.t.Helper()
	if err := connect(s.t, s.url).QueryRow(context.Background(), sql).Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}

// A writer that began first may commit last. Who has read the other's event by then must still get this one.
func TestAnEventThatCommitsLateIsNotSkipped(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	ann := s.record(s.message("ann"))
	known := s.sequenceOf(*ann.Event)
	known = max(known, crm.Sequence(len(s.events())))

	blocker := connect(t, s.url)
	if _, err := blocker.Exec(t.Context(), `BEGIN; LOCK TABLE contact_counts`); err != nil {
		t.Fatal(err)
	}
	early := s.message("ben")
	done := make(chan error, 1)
	go func() { // writes all but the counter of contacts, and waits
		_, err := s.RecordInteraction(t.Context(), s.workspace, early)
		done <- err
	}()
	until(t, "the first writer has written its event", func() bool {
		return s.scalar(`SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'contact_counts'::regclass`) == 1
	})
	late := s.rename(ann.Contact.ID, "Ann")
	place := s.sequenceOf(late)
	if place != known+1 {
		t.Errorf("the second writer's event has place %d, after %d", place, known)
	}
	if read := s.events(); read[len(read)-1].ID != late {
		t.Errorf("a reader gets %+v", read)
	}
	if _, err := s.SequenceOf(t.Context(), s.workspace, early.Event); !errors.Is(err, crm.ErrNotFound) {
		t.Errorf("an event that is not committed has a place: %v", err)
	}
	if _, err := blocker.Exec(t.Context(), `COMMIT`); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if p := s.sequenceOf(early.Event); p != place+1 {
		t.Errorf("the first writer's event has place %d, after %d", p, place)
	}
	rest, err := s.Events(t.Context(), s.workspace, place, 10)
	if err != nil || len(rest) != 2 || rest[0].ID != early.Event || rest[1].SessionID == nil {
		t.Errorf("the reader goes on with %+v, %v", rest, err)
	}
}

func TestAMarkThatCommitsLateIsNotLost(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.follow()
	r := s.record(s.message("ann"))
	late := connect(t, s.url)
	_, err := late.Exec(t.Context(), `BEGIN`)
	if err == nil {
		_, err = late.Exec(t.Context(), `
			INSERT INTO activity_marks (workspace_id, id, channel_id, contact_id, session_id, moved, received_at)
			VALUES ($1, gen_random_uuid(), $2, $3, $4, true, now())`,
			int32(s.workspace), [16]byte(s.channel.ID), [16]byte(r.Contact.ID), [16]byte(r.Session.ID))
	}
	if err != nil {
		t.Fatal(err)
	}
	s.record(s.message("ann"))
	activity := func() (n int) {
		for _, e := range s.events() {
			if e.Kind == crm.Activity && e.SessionID != nil {
				n++
			}
		}
		return n
	}
	until(t, "the other message is published", func() bool { return activity() == 1 })
	if _, err := late.Exec(t.Context(), `COMMIT`); err != nil {
		t.Fatal(err)
	}
	until(t, "the late message is published", func() bool { return activity() == 2 })
	until(t, "no pending activity is left", func() bool { return s.scalar(`SELECT count(*) FROM activity_marks`) == 0 })
}

// What a screen shows is what it read at the last event. At the end that must be the truth, through two processes.
func TestWhoReadsAtEachEventEndsWithTheTruth(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	other, err := postgres.Open(t.Context(), s.url, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close() })
	woken := s.follow()
	const customers, each = 12, 40
	var messages []crm.Interaction
	for n := range customers * each {
		messages = append(messages, s.message(fmt.Sprint(n%customers)))
	}
	written := make(chan error, 1)
	go func() {
		var wg sync.WaitGroup
		errs := make([]error, customers)
		for c := range customers {
			wg.Go(func() {
				for n := c; n < len(messages) && errs[c] == nil; n += customers {
					store := []*postgres.Store{s.Store, other}[n/customers%2]
					_, errs[c] = store.RecordInteraction(context.Background(), s.workspace, messages[n])
				}
			})
		}
		wg.Wait()
		written <- errors.Join(errs...)
	}()
	shown := map[crm.SessionID]int{}
	var place crm.Sequence
	look := func() {
		events, err := s.Events(t.Context(), s.workspace, place, 10_000)
		if err != nil {
			t.Fatal(err)
		}
		var ids []crm.SessionID
		for _, e := range events {
			if place = e.Sequence; e.SessionID != nil {
				ids = append(ids, *e.SessionID)
			}
		}
		found, err := s.SessionsByID(t.Context(), s.workspace, ids)
		if err != nil {
			t.Fatal(err)
		}
		for id, v := range found {
			shown[id] = v.UnreadCount
		}
	}
	for writing := true; writing; {
		select {
		case <-woken:
			look()
		case err := <-written:
			if err != nil {
				t.Fatal(err)
			}
			writing = false
		}
	}
	until(t, "every screen shows the truth", func() bool {
		look()
		right := 0
		for _, unread := range shown {
			if unread == each {
				right++
			}
		}
		return right == customers
	})
}

func TestWhatADeadProcessLeftIsToldOf(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	r := s.record(s.message("ann"))
	s.sequenceOf(*r.Event)
	id := crm.NewEventID(time.Now())
	pgtest.Exec(t, s.url, fmt.Sprintf(`
		INSERT INTO changes (workspace_id, id, kind, contact_id, version, fields, actor, at, stamp)
		SELECT workspace_id, '%x', 'UPDATED', id, 2, '{}', 'staff', now(), 1 FROM contacts`, id[:]))
	woken := s.follow()
	until(t, "somebody is woken for it", func() bool {
		select {
		case <-woken:
		default:
		}
		return slices.ContainsFunc(s.events(), func(e crm.Event) bool { return e.ID == id })
	})
}

func TestAFollowerHearsOfOtherProcessesAlsoAfterItsConnectionWasLost(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	r := s.record(s.message("ann"))
	s.sequenceOf(*r.Event)
	other, err := postgres.Open(t.Context(), s.url, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close() })
	woken := s.follow()
	const listening = `SELECT coalesce(max(pid), 0) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%' OR datname = current_database() AND query LIKE 'SELECT workspace_id FROM event_heads%'`
	pid := 0
	for round := range 3 {
		until(t, "there is a connection that listens", func() bool {
			now := s.scalar(listening)
			defer func() { pid = now }()
			return now != 0 && (round == 0 || now != pid)
		})
		elsewhere := *s
		elsewhere.Store = other
		id := elsewhere.rename(r.Contact.ID, fmt.Sprint("Ann ", round))
		until(t, "the follower is woken for the other's edit", func() bool {
			select {
			case <-woken:
				return slices.ContainsFunc(s.events(), func(e crm.Event) bool { return e.ID == id })
			default:
				return false
			}
		})
		pgtest.Exec(t, s.url, fmt.Sprintf(`SELECT pg_terminate_backend(%d)`, pid))
	}
}

func TestAClosedStoreEndsWhoFollows(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	ended := make(chan error, 1)
	started := make(chan struct{}, 1)
	s.record(s.message("ann"))
	go func() {
		ended <- s.Follow(context.Background(), func(crm.WorkspaceID) {
			select {
			case started <- struct{}{}:
			default:
			}
		})
	}()
	<-started
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Error("Follow ended without an error")
	}
}

// A round that another process is stuck in must not hold a workspace up for ever, nor the others at all.
func TestARoundThatHangsHoldsNoOtherWorkspaceUp(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.sequenceOf(*s.record(s.message("ann")).Event)
	stuck, err := connect(t, s.url).BeginTx(t.Context(), pgx.TxOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stuck.Exec(t.Context(), `SELECT seq FROM event_heads FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	held := s.message("ben")
	s.record(held)
	other := *s
	if other.workspace, err = s.Workspace(t.Context(), "other"); err != nil {
		t.Fatal(err)
	}
	if err := s.CreateChannel(t.Context(), other.workspace, s.channel); err != nil {
		t.Fatal(err)
	}
	other.record(other.message("ann"))
	until(t, "the other workspace's events are there", func() bool { return len(other.events()) == 2 })
	before := len(s.events())
	if err := stuck.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	until(t, "the held workspace's events are there", func() bool { return len(s.events()) == before+2 })
}

// The first event of a workspace may be of a contact that is being deleted. A workspace without events has no row of
// event_heads yet, whose lock keeps the two apart.
func TestTheFirstActivityOfAWorkspaceIsForgottenWithItsContact(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	now := time.Now().UTC().Truncate(time.Microsecond)
	ann := crm.Contact{ID: crm.NewContactID(now), Name: new("Ann"), Version: 1, CreatedAt: now, UpdatedAt: now}
	if err := s.Load(t.Context(), s.workspace, slices.Values([]storage.Loaded{{Contact: ann}})); err != nil {
		t.Fatal(err)
	}
	round := connect(t, s.url) // as the sequencer of another process has it
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := round.Exec(t.Context(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec(`BEGIN`)
	exec(`INSERT INTO event_heads (workspace_id, seq) VALUES ($1, 1)`, s.workspace)
	done := make(chan error, 1)
	go func() {
		done <- s.DeleteContact(t.Context(), s.workspace, ann.ID, crm.ContactDeletion{At: now, Event: crm.NewEventID(now)})
	}()
	until(t, "the deletion waits, or is through", func() bool {
		return len(done) == 1 || s.scalar(`
			SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`) == 1
	})
	exec(`
		INSERT INTO changes (workspace_id, id, seq, kind, contact_id, version, fields, actor, at, stamp)
		VALUES ($1, gen_random_uuid(), 1, 'ACTIVITY', $2, 1, '{}', '', now(), 0)`, s.workspace, [16]byte(ann.ID))
	exec(`COMMIT`)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if n := s.scalar(`SELECT count(*) FROM changes WHERE kind = 'ACTIVITY' AND contact_id IS NOT NULL`); n != 0 {
		t.Error("an event still names the contact's activity")
	}
}
