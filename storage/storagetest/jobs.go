package storagetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
)

// aJobKind is a kind that no other case takes jobs of.
func aJobKind() []crm.JobKind { return []crm.JobKind{crm.JobKind("TEST " + uuid.NewString())} }

// job stores a new job of the first kind.
func (w *world) job(kinds []crm.JobKind) crm.Job {
	w.t.Helper()
	at := w.tick()
	j := crm.Job{
		ID: crm.NewJobID(at), Kind: kinds[0], State: crm.JobPending, Actor: "eve", Label: "Spring 😀", Parameters: `{"a": "ü"}`, CreatedAt: at,
		LeaseUntil: at,
	}
	w.check(w.CreateJob(w.ctx, w.id, j))
	return j
}

// take takes a job of the kinds on, for a minute.
func (w *world) take(kinds []crm.JobKind) crm.Job {
	w.t.Helper()
	now := w.tick()
	j, err := w.TakeJob(w.ctx, kinds, now, now.Add(time.Minute))
	w.check(err)
	w.same("workspace", j.Workspace, w.id)
	return j.Job
}

// step does a step that does nothing besides.
func (w *world) step(j crm.Job, s crm.JobStep) crm.Job {
	w.t.Helper()
	s.At = w.tick()
	s.Until = s.At.Add(time.Minute)
	after, err := w.StepJob(w.ctx, w.id, j, func(context.Context, storage.JobTx) (crm.JobStep, error) { return s, nil })
	w.check(err)
	w.same("the job after the step", after, j.Step(s))
	w.same("the job as stored", w.jobNow(j.ID), after)
	return after
}

func (w *world) jobNow(id crm.JobID) crm.Job {
	w.t.Helper()
	found, err := w.JobsByID(w.ctx, w.id, []crm.JobID{id})
	w.check(err)
	j, is := found[id]
	if !is {
		w.t.Fatalf("%s is not there", id)
	}
	return j
}

func jobData(n int) (rows [][]byte) {
	for i := range n {
		rows = append(rows, []byte{0, byte(i + 1)})
	}
	return rows
}

// waiting are the positions of the rows that wait.
func (w *world) waiting(j crm.Job) (positions []int) {
	w.t.Helper()
	enough := errors.New("only looked")
	_, err := w.StepJob(w.ctx, w.id, j, func(ctx context.Context, tx storage.JobTx) (crm.JobStep, error) {
		rows, err := tx.Rows(ctx, everything)
		if err != nil {
			return crm.JobStep{}, err
		}
		positions = nil
		for _, r := range rows {
			positions = append(positions, r.Position)
			if r.Data[1] != byte(r.Position) {
				w.t.Errorf("row %d has %v", r.Position, r.Data)
			}
		}
		return crm.JobStep{}, enough
	})
	w.wantErr("a look", err, enough)
	return positions
}

func refusedRow(position int) crm.JobRefusal {
	return crm.JobRefusal{Row: crm.JobRow{Position: position, Data: []byte{0, byte(position)}}, Code: "NOT_FOUND", Field: "email", Message: "It is gone: 😀"}
}

var jobCases = []testCase{
	{"jobs come back as they were, the newest first, of the kinds asked for, in their workspace alone", func(w *world) {
		kinds, others := aJobKind(), aJobKind()
		var want []crm.Job
		for range 3 {
			want = slices.Insert(want, 0, w.job(kinds))
		}
		other := w.job(others)
		for size := 1; size <= 4; size++ {
			for _, fromEnd := range []bool{false, true} {
				read := func(p storage.Page) ([]crm.Job, bool) {
					page, err := w.Jobs(w.ctx, w.id, kinds, p)
					w.check(err)
					return page.Jobs, page.More
				}
				w.same(fmt.Sprintf("by %d, from the end %v", size, fromEnd), walk(w, size, fromEnd, read, storage.JobPosition, false), want)
			}
		}
		n, err := w.CountJobs(w.ctx, w.id, append(kinds, others...), 10)
		w.check(err)
		w.same("number", n, storage.Count{Value: 4, Exact: true})
		n, err = w.CountJobs(w.ctx, w.id, kinds, 2)
		w.check(err)
		w.same("number as far as two", n, storage.Count{Value: 2})
		w.same("by id", w.jobNow(other.ID), other)
		w.wantErr("created again", w.CreateJob(w.ctx, w.id, other, new(crm.NewAudit(crm.SignedOut, "eve", w.now))), crm.ErrJobExists)
		w.same("entries", len(w.audited()), 0)
		theirs := w.neighbour()
		found, err := theirs.JobsByID(w.ctx, theirs.id, []crm.JobID{other.ID})
		w.check(err)
		w.same("a neighbour's", len(found), 0)
		_, err = theirs.StepJob(w.ctx, theirs.id, other, func(context.Context, storage.JobTx) (crm.JobStep, error) {
			return crm.JobStep{}, errors.New("a step of a neighbour's job")
		})
		w.wantErr("a step of a neighbour's", err, crm.ErrJobMoved)
		_, err = theirs.CancelJob(w.ctx, theirs.id, other.ID, w.tick())
		w.wantErr("cancelling a neighbour's", err, crm.ErrNotFound)
	}},
	{"rows are queued in steps and handled once each, in their order; those refused stay, with the reason", func(w *world) {
		kinds := aJobKind()
		w.job(kinds)
		j := w.take(kinds)
		w.same("state", j.State, crm.JobRunning)
		j = w.step(j, crm.JobStep{Queue: jobData(5)[:2], Cursor: "two"})
		j = w.step(j, crm.JobStep{Queue: jobData(5)[2:], Cursor: "all", Queued: true})
		w.same("total", j.Total, new(5))
		w.same("waiting", w.waiting(j), []int{1, 2, 3, 4, 5})
		j = w.step(j, crm.JobStep{Handled: 3, Counts: crm.JobCounts{Deleted: 1, Refused: 2}, Refused: []crm.JobRefusal{refusedRow(1), refusedRow(3)}})
		w.same("waiting", w.waiting(j), []int{4, 5})
		j = w.step(j, crm.JobStep{Handled: 2, Counts: crm.JobCounts{Unchanged: 1, Refused: 1}, Refused: []crm.JobRefusal{refusedRow(5)}})
		w.same("state", j.State, crm.JobDone)
		w.same("parameters of a job that has ended", j.Parameters, "")
		w.same("counts", j.Counts, crm.JobCounts{Deleted: 1, Unchanged: 1, Refused: 3})
		for size := 1; size <= 4; size++ {
			for _, fromEnd := range []bool{false, true} {
				read := func(p storage.Page) ([]crm.JobRefusal, bool) {
					page, err := w.JobRefusals(w.ctx, w.id, j.ID, p)
					w.check(err)
					return page.Refusals, page.More
				}
				got := walk(w, size, fromEnd, read, storage.JobRefusalPosition, false)
				w.same(fmt.Sprintf("refusals by %d, from the end %v", size, fromEnd), got, []crm.JobRefusal{refusedRow(1), refusedRow(3), refusedRow(5)})
			}
		}
		theirs, err := w.JobRefusals(w.ctx, w.neighbour().id, j.ID, storage.Page{Size: 9})
		w.check(err)
		w.same("a neighbour's", len(theirs.Refusals), 0)
	}},
	{"rows that wait can be read outside a step, from any position on", func(w *world) {
		kinds := aJobKind()
		w.job(kinds)
		j := w.step(w.take(kinds), crm.JobStep{Queue: jobData(6), Queued: true})
		read := func(w *world, after, n int) (rows []crm.JobRow) {
			w.t.Helper()
			rows, err := w.JobRows(w.ctx, w.id, j.ID, after, n)
			w.check(err)
			return rows
		}
		row := func(position int) crm.JobRow {
			return crm.JobRow{Position: position, Data: jobData(position)[position-1]}
		}
		w.same("the first two", read(w, 0, 2), []crm.JobRow{row(1), row(2)})
		w.same("the next two", read(w, 2, 2), []crm.JobRow{row(3), row(4)})
		w.same("the last ones", read(w, 4, 10), []crm.JobRow{row(5), row(6)})
		w.same("none", len(read(w, 6, 10)), 0)
		w.same("waiting", w.waiting(j), []int{1, 2, 3, 4, 5, 6})
		w.step(j, crm.JobStep{Handled: 3, Counts: crm.JobCounts{Deleted: 2, Refused: 1}, Refused: []crm.JobRefusal{refusedRow(2)}})
		w.same("after those handled and refused", read(w, 0, 2), []crm.JobRow{row(4), row(5)})
		w.same("a neighbour's", len(read(w.neighbour(), 0, 10)), 0)
	}},
	{"a step upserts contacts as a call does, together with the step", func(w *world) {
		ben := w.add(person{"Ben", "ben@example.com", ""})[0]
		kinds := aJobKind()
		w.job(kinds)
		j := w.step(w.take(kinds), crm.JobStep{Queue: jobData(3), Queued: true})
		b := w.batch(crm.UpsertRules{}, upsertOf(person{name: "Benny", email: "Ben@example.com"}), upsertOf(person{"Dan", "dan@example.com", ""}),
			upsertOf(person{"Eve", "nope", ""}))
		wrong := errors.New("wrong")
		var done []crm.Upserted
		work := func(end error) (crm.Job, error) {
			return w.StepJob(w.ctx, w.id, j, func(ctx context.Context, tx storage.JobTx) (s crm.JobStep, err error) {
				if done, err = tx.UpsertContacts(ctx, b); err != nil {
					return s, err
				}
				return crm.JobStep{
					At: w.now, Until: w.now, Handled: 3, Counts: crm.JobCounts{Created: 1, Updated: 1, Refused: 1}, Refused: []crm.JobRefusal{refusedRow(3)},
				}, end
			})
		}
		_, err := work(wrong)
		w.wantErr("a step that fails", err, wrong)
		w.same("the contact after it", w.contact(ben.ID).Version, ben.Version)
		w.finds("dan@example.com")
		j, err = work(nil)
		w.check(err)
		w.same("outcomes", outcomes(done), []crm.UpsertOutcome{updated, created, refused})
		w.same("state", j.State, crm.JobDone)
		w.same("counts", j.Counts, crm.JobCounts{Created: 1, Updated: 1, Refused: 1})
		w.same("the contact", w.contact(ben.ID).Name, new("Benny"))
		w.finds("dan@example.com", "Dan")
		_, err = work(nil)
		w.wantErr("again", err, crm.ErrJobMoved)
	}},
	{"a job is taken on by one process at a time, and by another one when its time is over; the former one's steps are refused", func(w *world) {
		kinds := aJobKind()
		first, second := w.job(kinds), w.job(kinds)
		one := w.take(kinds)
		w.same("the oldest first", one.ID, first.ID)
		w.same("then the next", w.take(kinds).ID, second.ID)
		_, err := w.TakeJob(w.ctx, kinds, w.tick(), w.now.Add(time.Minute))
		w.wantErr("a third", err, crm.ErrNotFound)
		_, err = w.TakeJob(w.ctx, aJobKind(), w.now.Add(time.Hour), w.now.Add(2*time.Hour))
		w.wantErr("another kind", err, crm.ErrNotFound)
		w.now = w.now.Add(2 * time.Minute)
		again := w.take(kinds)
		w.same("the one whose time was over first", again.ID, first.ID)
		w.same("started", again.StartedAt, one.StartedAt)
		_, err = w.StepJob(w.ctx, w.id, one, func(context.Context, storage.JobTx) (crm.JobStep, error) {
			return crm.JobStep{}, errors.New("called")
		})
		w.wantErr("a late step", err, crm.ErrJobMoved)
		w.step(again, crm.JobStep{Queue: jobData(1)})
		_, err = w.StepJob(w.ctx, w.id, again, func(context.Context, storage.JobTx) (crm.JobStep, error) {
			return crm.JobStep{}, errors.New("called")
		})
		w.wantErr("the same step twice", err, crm.ErrJobMoved)
	}},
	{"of simultaneous takers no two get the same job", func(w *world) {
		kinds := aJobKind()
		const jobs = 3
		for range jobs {
			w.job(kinds)
		}
		now := w.tick()
		var taken, none atomic.Int32
		w.check(together(12, func(int) error {
			_, err := w.TakeJob(w.ctx, kinds, now, now.Add(time.Minute))
			switch {
			case err == nil:
				taken.Add(1)
			case errors.Is(err, crm.ErrNotFound):
				none.Add(1)
			default:
				return err
			}
			return nil
		}))
		w.same("taken", taken.Load(), int32(jobs))
		w.same("others", none.Load(), int32(12-jobs))
	}},
	{"of simultaneous steps from one revision one is done", func(w *world) {
		ch := w.channel("Web")
		r := w.record(w.message(ch, "ann", "1"))
		kinds := aJobKind()
		w.job(kinds)
		j := w.step(w.take(kinds), crm.JobStep{Queue: jobData(8), Queued: true})
		var done, moved atomic.Int32
		w.check(together(8, func(i int) error {
			_, err := w.StepJob(w.ctx, w.id, j, func(ctx context.Context, tx storage.JobTx) (crm.JobStep, error) {
				_, err := tx.UpdateContact(ctx, r.Contact.ID, crm.ContactEdit{At: w.now, Event: crm.NewEventID(w.now), Actor: "eve", Change: func(c *crm.Contact) error {
					c.Notes += fmt.Sprint("by ", i)
					return nil
				}})
				return crm.JobStep{At: w.now, Until: w.now.Add(time.Minute), Handled: 1, Counts: crm.JobCounts{Updated: 1}}, err
			})
			switch {
			case err == nil:
				done.Add(1)
			case errors.Is(err, crm.ErrJobMoved):
				moved.Add(1)
			default:
				return err
			}
			return nil
		}))
		w.same("done", done.Load(), int32(1))
		w.same("refused", moved.Load(), int32(7))
		w.same("version", w.contact(r.Contact.ID).Version, r.Contact.Version+1)
		w.same("counts", w.jobNow(j.ID).Counts, crm.JobCounts{Updated: 1})
		w.same("waiting", w.waiting(w.jobNow(j.ID)), []int{2, 3, 4, 5, 6, 7, 8})
	}},
	{"what a step does is there with the step, and not without it", func(w *world) {
		ch := w.channel("Web")
		i := w.message(ch, "ann", "1")
		i.Profile.Name = new("Ann")
		ann, ben := w.record(i), w.record(w.message(ch, "ben", "1"))
		kinds := aJobKind()
		w.job(kinds)
		j := w.step(w.take(kinds), crm.JobStep{Queue: jobData(3), Queued: true})
		wrong := errors.New("wrong")
		work := func(end error) (crm.Job, error) {
			return w.StepJob(w.ctx, w.id, j, func(ctx context.Context, tx storage.JobTx) (crm.JobStep, error) {
				at := w.now
				if err := tx.DeleteContact(ctx, ann.Contact.ID, crm.ContactDeletion{At: at, Event: crm.NewEventID(at), Actor: "eve"}); err != nil {
					return crm.JobStep{}, err
				}
				if err := tx.DeleteContact(ctx, ann.Contact.ID, crm.ContactDeletion{At: at, Event: crm.NewEventID(at), Actor: "eve"}); !errors.Is(err, crm.ErrNotFound) {
					return crm.JobStep{}, fmt.Errorf("deleted twice: %w", err)
				}
				if _, err := tx.UpdateSession(ctx, crm.NewSessionID(at), crm.SessionEdit{At: at, Change: func(*crm.Session) error { return nil }}); !errors.Is(err, crm.ErrNotFound) {
					return crm.JobStep{}, fmt.Errorf("no session: %w", err)
				}
				if _, err := tx.UpdateSession(ctx, ben.Session.ID, crm.SessionEdit{At: at, Change: func(*crm.Session) error { return wrong }}); !errors.Is(err, wrong) {
					return crm.JobStep{}, fmt.Errorf("a refused change: %w", err)
				}
				v, err := tx.UpdateSession(ctx, ben.Session.ID, crm.SessionEdit{At: at, Event: crm.NewEventID(at), Actor: "eve", Change: func(s *crm.Session) error {
					s.Status = crm.Closed
					return nil
				}})
				if err == nil && v.Status != crm.Closed {
					err = errors.New("not closed")
				}
				if err == nil {
					err = end
				}
				return crm.JobStep{
					At: at, Until: at.Add(time.Minute), Handled: 3, Counts: crm.JobCounts{Deleted: 1, Updated: 1, Refused: 1},
					Refused: []crm.JobRefusal{refusedRow(2)},
				}, err
			})
		}
		_, err := work(wrong)
		w.wantErr("a step that fails", err, wrong)
		w.same("version", w.contact(ann.Contact.ID).Version, ann.Contact.Version)
		w.same("status", w.session(ben.Session.ID).Status, crm.Active)
		w.same("the job", w.jobNow(j.ID), j)
		w.same("entries", len(w.audited()), 0)
		w.same("contacts", w.count("").Value, 2)

		after, err := work(nil)
		w.check(err)
		w.same("state", after.State, crm.JobDone)
		w.same("contacts", w.count("").Value, 1)
		w.same("found", w.count("ann").Value, 0)
		w.same("whose the session is", w.session(ann.Session.ID).ContactID, (*crm.ContactID)(nil))
		w.same("status", w.session(ben.Session.ID).Status, crm.Closed)
		w.same("entries", len(w.audited()), 2)
		counts, err := w.CountSessions(w.ctx, w.id, storage.SessionFilter{})
		w.check(err)
		w.same("sessions", counts.Status, map[crm.SessionStatus]int{crm.Active: 1, crm.Closed: 1})
	}},
	{"which contacts match is asked of the list itself", func(w *world) {
		web, shop := w.channel("Web"), w.channel("Shop")
		i := w.message(web, "ann", "1")
		i.Profile = crm.Profile{Name: new("Ann Smith"), Email: new("ann@example.com")}
		ann := w.record(i).Contact
		i = w.message(shop, "anna", "1")
		i.Profile = crm.Profile{Name: new("Anna Söderberg"), Phone: new("+493055555")}
		anna := w.record(i).Contact
		ben := w.add(person{name: "Ben"})[0]
		every := []crm.ContactID{ann.ID, anna.ID, ben.ID, crm.NewContactID(w.now)}
		kinds := aJobKind()
		w.job(kinds)
		j := w.take(kinds)
		yes, no := true, false
		for _, f := range []storage.ContactFilter{
			{},
			{Channels: [][]crm.ChannelID{{web.ID}}},
			{Channels: [][]crm.ChannelID{{}}},
			{HasEmail: &yes},
			{HasPhone: &no},
			{Unread: &yes},
			{Unread: &no},
			{OpenSession: &yes, Channels: [][]crm.ChannelID{{shop.ID}}},
			{Created: storage.Period{Before: &ben.CreatedAt}},
			{Active: storage.Period{After: new(ann.CreatedAt)}},
			{Identity: &storage.IdentityKey{Channel: web.ID, External: "ann"}},
			{Email: new("ann@example.com")},
			{Phone: new("+493055555")},
		} {
			for _, text := range []string{"", "ann", "soder", "030", "nobody"} {
				q := storage.ContactQuery{Search: search.Parse(text, "DE"), Filter: f, Order: storage.Name, Page: storage.Page{Size: everything}}
				want := map[crm.ContactID]bool{}
				for _, r := range w.page(q).Rows {
					want[r.Contact.ID] = true
				}
				enough := errors.New("only looked")
				var got map[crm.ContactID]bool
				_, err := w.StepJob(w.ctx, w.id, j, func(ctx context.Context, tx storage.JobTx) (_ crm.JobStep, err error) {
					if got, err = tx.MatchingContacts(ctx, q, every); err != nil {
						return crm.JobStep{}, err
					}
					return crm.JobStep{}, enough
				})
				w.wantErr("a look", err, enough)
				w.same(fmt.Sprintf("matches of %q under %+v", text, f), got, want)
				some, err := w.CountContacts(w.ctx, w.id, storage.ContactQuery{Search: q.Search, Filter: among(f, ann.ID)}, 10)
				w.check(err)
				w.same(fmt.Sprintf("Ann among those of %q under %+v", text, f), some.Value == 1, want[ann.ID])
			}
		}
	}},
	{"a contact that a step has matched is not changed before the step ends", func(w *world) {
		r := w.record(w.message(w.channel("Web"), "ann", "1"))
		kinds := aJobKind()
		w.job(kinds)
		j := w.step(w.take(kinds), crm.JobStep{Queue: jobData(1), Queued: true})
		edited := make(chan error, 1)
		matched := make(chan struct{})
		go func() {
			<-matched
			_, err := w.UpdateContact(w.ctx, w.id, r.Contact.ID, crm.ContactEdit{At: w.now, Change: func(c *crm.Contact) error {
				c.Notes = "late"
				return nil
			}})
			edited <- err
		}()
		var once atomic.Bool
		_, err := w.StepJob(w.ctx, w.id, j, func(ctx context.Context, tx storage.JobTx) (crm.JobStep, error) {
			q := storage.ContactQuery{Order: storage.Name, Page: aPage}
			match, err := tx.MatchingContacts(ctx, q, []crm.ContactID{r.Contact.ID})
			if err != nil || !match[r.Contact.ID] {
				return crm.JobStep{}, fmt.Errorf("no match: %w", err)
			}
			if once.CompareAndSwap(false, true) {
				close(matched)
			}
			select {
			case err := <-edited:
				return crm.JobStep{}, fmt.Errorf("edited within the step: %w", err)
			case <-time.After(100 * time.Millisecond):
			}
			err = tx.DeleteContact(ctx, r.Contact.ID, crm.ContactDeletion{At: w.now, Event: crm.NewEventID(w.now), Actor: "eve"})
			return crm.JobStep{At: w.now, Until: w.now, Handled: 1, Counts: crm.JobCounts{Deleted: 1}}, err
		})
		w.check(err)
		w.wantErr("the edit", <-edited, crm.ErrNotFound)
	}},
	{"a session passes a filter where the list under it has the session", func(w *world) {
		web, shop := w.channel("Web"), w.channel("Shop")
		ann := w.record(w.message(web, "ann", "1"))
		i := w.message(shop, "ben", "1")
		i.Account = "+4930"
		ben := w.record(i)
		gone := w.record(w.message(web, "gone", "1"))
		w.remove(gone.Contact.ID)
		_, err := w.UpdateSession(w.ctx, w.id, ben.Session.ID, crm.SessionEdit{At: w.now, Change: func(s *crm.Session) error {
			s.Status, s.Tag, s.UnreadCount = crm.Closed, new(crm.General), 0
			return nil
		}})
		w.check(err)
		yes, no := true, false
		for _, f := range []storage.SessionFilter{
			{}, {Contact: &ann.Contact.ID}, {Anonymous: &yes}, {Anonymous: &no}, {Unread: &yes}, {Unread: &no},
			{Channels: []crm.ChannelID{shop.ID}}, {Channels: []crm.ChannelID{}}, {Statuses: []crm.SessionStatus{crm.Closed, crm.Archived}},
			{Tags: []crm.SessionTag{""}}, {Tags: []crm.SessionTag{crm.General}}, {Accounts: []string{"+4930"}}, {Accounts: []string{""}},
			{Contact: &ben.Contact.ID, Statuses: []crm.SessionStatus{crm.Active}},
		} {
			page, err := w.Sessions(w.ctx, w.id, storage.SessionQuery{Filter: f, Page: storage.Page{Size: everything}})
			w.check(err)
			var listed, passed []crm.SessionID
			for _, s := range page.Sessions {
				listed = append(listed, s.ID)
			}
			all, err := w.Sessions(w.ctx, w.id, storage.SessionQuery{Page: storage.Page{Size: everything}})
			w.check(err)
			for _, s := range all.Sessions {
				if f.Lets(s) {
					passed = append(passed, s.ID)
				}
			}
			w.same(fmt.Sprintf("%+v", f), passed, listed)
		}
	}},
	{"a job is cancelled once, and no step of it is saved afterwards", func(w *world) {
		kinds := aJobKind()
		w.job(kinds)
		j := w.step(w.take(kinds), crm.JobStep{Queue: jobData(3), Queued: true, Cursor: "all"})
		audit := crm.NewAudit(crm.SignedOut, "eve", w.tick())
		cancelled, err := w.CancelJob(w.ctx, w.id, j.ID, w.now, &audit)
		w.check(err)
		want, err := j.Cancel(w.now)
		w.check(err)
		w.same("the job", cancelled, want)
		w.same("as stored", w.jobNow(j.ID), want)
		w.same("state", cancelled.State, crm.JobCancelled)
		again, err := w.CancelJob(w.ctx, w.id, j.ID, w.tick(), new(crm.NewAudit(crm.SignedOut, "eve", w.now)))
		w.wantErr("cancelled again", err, crm.ErrJobEnded)
		w.same("the job with it", again, want)
		w.same("entries", w.audited(), []crm.AuditEntry{audit})
		for _, at := range []crm.Job{j, cancelled} {
			_, err = w.StepJob(w.ctx, w.id, at, func(context.Context, storage.JobTx) (crm.JobStep, error) {
				return crm.JobStep{}, errors.New("called")
			})
			w.wantErr("a step", err, crm.ErrJobMoved)
		}
		_, err = w.TakeJob(w.ctx, kinds, w.now.Add(time.Hour), w.now.Add(2*time.Hour))
		w.wantErr("taking it on", err, crm.ErrNotFound)
		_, err = w.CancelJob(w.ctx, w.id, crm.NewJobID(w.now), w.now)
		w.wantErr("one that is not there", err, crm.ErrNotFound)
	}},
	{"a job that fails keeps what was done, and says why", func(w *world) {
		kinds := aJobKind()
		w.job(kinds)
		j := w.step(w.take(kinds), crm.JobStep{Queue: jobData(3), Queued: true})
		j = w.step(j, crm.JobStep{Handled: 1, Counts: crm.JobCounts{Updated: 1}, Failure: "The file is gone"})
		w.same("state", j.State, crm.JobFailed)
		w.same("failure", j.Failure, "The file is gone")
		w.same("counts", j.Counts, crm.JobCounts{Updated: 1})
	}},
	{"jobs that have ended are forgotten in time with their rows, and what waits of them soon", func(w *world) {
		w.now = time.Date(2010, 4, 1, 12, 0, 0, 0, time.UTC)
		kinds := aJobKind()
		ended := func() crm.Job {
			w.job(kinds)
			j := w.step(w.take(kinds), crm.JobStep{Queue: jobData(4), Queued: true})
			j = w.step(j, crm.JobStep{Handled: 2, Counts: crm.JobCounts{Updated: 1, Refused: 1}, Refused: []crm.JobRefusal{refusedRow(2)}})
			j, err := w.CancelJob(w.ctx, w.id, j.ID, w.tick())
			w.check(err)
			return j
		}
		old, kept := ended(), ended()
		w.job(kinds)
		open := w.step(w.take(kinds), crm.JobStep{Queue: jobData(4), Queued: true})
		w.forget(w.ForgetJobs, *kept.FinishedAt)
		found, err := w.JobsByID(w.ctx, w.id, []crm.JobID{old.ID, kept.ID, open.ID})
		w.check(err)
		kept.Queued = 2
		w.same("jobs", found, map[crm.JobID]crm.Job{kept.ID: kept, open.ID: open})
		page, err := w.JobRefusals(w.ctx, w.id, kept.ID, storage.Page{Size: 9})
		w.check(err)
		w.same("refusals", page.Refusals, []crm.JobRefusal{refusedRow(2)})
		w.same("waiting", w.waiting(open), []int{1, 2, 3, 4})
		w.forget(w.ForgetJobs, w.tick())
		found, err = w.JobsByID(w.ctx, w.id, []crm.JobID{kept.ID, open.ID})
		w.check(err)
		w.same("jobs later", found, map[crm.JobID]crm.Job{open.ID: open})
	}},
}

func among(f storage.ContactFilter, ids ...crm.ContactID) storage.ContactFilter {
	f.Among = ids
	return f
}
