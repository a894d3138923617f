package service_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"kith/internal/crm"
	"kith/internal/cursor"
	"kith/internal/jobs"
	"kith/internal/service"
	"kith/storage"
)

// bulkWorld is a service over a new database with people in it, and a clock.
type bulkWorld struct {
	*service.Service
	t     *testing.T
	store storage.Store
	v     crm.Viewer
	now   time.Time
}

func newBulkWorld(t *testing.T, people ...string) *bulkWorld {
	t.Helper()
	store, v := openStore(t)
	sealer, err := cursor.NewSealer(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	w := &bulkWorld{t: t, store: store, v: v, now: start.Truncate(time.Microsecond)}
	w.Service = service.New(store, service.Options{Now: func() time.Time { return w.now }, Cursors: sealer})
	w.add(people...)
	return w
}

func (w *bulkWorld) add(people ...string) (ids []crm.ContactID) {
	w.t.Helper()
	var loaded []storage.Loaded
	for _, name := range people {
		c := crm.Contact{ID: crm.NewContactID(w.now), Name: new(name), Version: 1, CreatedAt: w.now, UpdatedAt: w.now}
		loaded, ids = append(loaded, storage.Loaded{Contact: c}), append(ids, c.ID)
	}
	if err := w.store.Load(w.t.Context(), w.v.Workspace, slices.Values(loaded)); err != nil {
		w.t.Fatal(err)
	}
	return ids
}

// run runs jobs until one has ended.
func (w *bulkWorld) run(id crm.JobID, handlers map[crm.JobKind]jobs.Handler) crm.Job {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan struct{})
	defer func() { cancel(); <-done }()
	go func() {
		defer close(done)
		jobs.New(w.store, handlers, jobs.Options{Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return w.now }}).Run(ctx)
	}()
	var last crm.JobCounts
	for ends := time.Now().Add(20 * time.Second); time.Now().Before(ends); time.Sleep(5 * time.Millisecond) {
		j := w.job(id)
		if j.State.Final() {
			return j
		}
		if j.Counts != last {
			last, ends = j.Counts, time.Now().Add(20*time.Second)
		}
	}
	w.t.Fatal("the job does not go on")
	return crm.Job{}
}

func (w *bulkWorld) job(id crm.JobID) crm.Job {
	w.t.Helper()
	found, err := w.BulkJobsByID(w.t.Context(), w.v, []crm.JobID{id})
	if err != nil {
		w.t.Fatal(err)
	}
	return found[id]
}

func (w *bulkWorld) left() int {
	w.t.Helper()
	n, err := w.store.CountContacts(w.t.Context(), w.v.Workspace, storage.ContactQuery{}, 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	return n.Value
}

// begin counts and begins a deletion.
func (w *bulkWorld) begin(in service.BulkDeletion) crm.Job {
	w.t.Helper()
	in.Dry = true
	dry, err := w.BulkDeleteContacts(w.t.Context(), w.v, in)
	if err != nil {
		w.t.Fatal(err)
	}
	in.BulkRun = service.BulkRun{Token: dry.Token}
	begun, err := w.BulkDeleteContacts(w.t.Context(), w.v, in)
	if err != nil || begun.Job == nil {
		w.t.Fatal(begun, err)
	}
	return *begun.Job
}

func TestABulkDeletionDeletesWhatMatchesAndNoMore(t *testing.T) {
	t.Parallel()
	var people []string
	for i := range 230 {
		people = append(people, fmt.Sprint("Ann ", i), fmt.Sprint("Ben ", i))
	}
	w := newBulkWorld(t, people...)
	j := w.begin(service.BulkDeletion{Search: "ann"})
	w.now = w.now.Add(time.Second)
	w.add("Ann came later")
	done := w.run(j.ID, w.JobHandlers())
	if done.State != crm.JobDone || done.Counts != (crm.JobCounts{Deleted: 230}) || *done.Total != 230 || done.Parameters != "" {
		t.Errorf("%+v", done)
	}
	if n := w.left(); n != 231 {
		t.Errorf("%d are left", n)
	}
	page, err := w.Audit(t.Context(), w.v, service.Paging{First: new(100)})
	if err != nil {
		t.Fatal(err)
	}
	actions := map[crm.AuditAction]int{}
	for _, a := range page.Entries {
		actions[a.Action]++
	}
	if actions[crm.ContactDeleted] != 100 || !page.HasNext {
		t.Errorf("audited: %v", actions)
	}
}

// meddling is a handler before whose first rows something happens.
type meddling struct {
	jobs.Handler
	before func()
}

func (m *meddling) Queue(ctx context.Context, j storage.TakenJob) ([][]byte, string, bool, error) {
	rows, at, last, err := m.Handler.Queue(ctx, j)
	if last && m.before != nil {
		defer m.before()
		m.before = func() {}
	}
	return rows, at, last, err
}

// interrupting is a handler after whose first rows something happens.
type interrupting struct {
	jobs.Handler
	after func()
}

func (i *interrupting) Queue(ctx context.Context, j storage.TakenJob) ([][]byte, string, bool, error) {
	rows, at, last, err := i.Handler.Queue(ctx, j)
	if err == nil && i.after != nil {
		defer i.after()
		i.after = nil
	}
	return rows, at, last, err
}

// TestAContactThatIsRenamedWhileAListIsReadIsQueuedOnce has the first contact of a list become the last one, after it was queued.
func TestAContactThatIsRenamedWhileAListIsReadIsQueuedOnce(t *testing.T) {
	t.Parallel()
	var people []string
	for i := range 1100 {
		people = append(people, fmt.Sprintf("Ann %04d", i))
	}
	w := newBulkWorld(t)
	ids := w.add(people...)
	j := w.begin(service.BulkDeletion{Search: "ann"})
	handlers := w.JobHandlers()
	handlers[crm.DeleteContactsJob] = &interrupting{handlers[crm.DeleteContactsJob], func() {
		for i, name := range []string{"Ann 9998", "Ann 9999"} {
			if _, err := w.UpdateContact(context.Background(), w.v, ids[i], crm.ContactPatch{Name: crm.To(new(name))}); err != nil {
				t.Error(err)
			}
		}
	}}
	done := w.run(j.ID, handlers)
	if *done.Total != 1100 || done.Counts != (crm.JobCounts{Deleted: 1100}) || w.left() != 0 {
		t.Errorf("%+v of %d, %d left", done.Counts, *done.Total, w.left())
	}
}

func TestABulkDeletionLeavesWhatHasChanged(t *testing.T) {
	t.Parallel()
	w := newBulkWorld(t)
	ids := w.add("Ann One", "Ann Two", "Ann Three", "Ann Four", "Zoe")
	j := w.begin(service.BulkDeletion{Search: "ann"})
	handlers := w.JobHandlers()
	var meddled bool
	handlers[crm.DeleteContactsJob] = &meddling{handlers[crm.DeleteContactsJob], func() {
		if meddled {
			return
		}
		meddled = true
		_, err := w.UpdateContact(context.Background(), w.v, ids[0], crm.ContactPatch{Name: crm.To(new("Renamed"))})
		_, gone := w.DeleteContact(context.Background(), w.v, ids[1])
		_, merged := w.MergeContacts(context.Background(), w.v, crm.Merge{
			Survivor: crm.MergePart{ID: ids[4], Version: new(1)}, Others: []crm.MergePart{{ID: ids[2], Version: new(1)}},
		})
		if err := errors.Join(err, gone, merged); err != nil {
			t.Error(err)
		}
	}}
	done := w.run(j.ID, handlers)
	if done.Counts != (crm.JobCounts{Deleted: 1, Refused: 3}) || w.left() != 2 {
		t.Errorf("%+v, %d left", done, w.left())
	}
	page, err := w.BulkRefusals(t.Context(), w.v, done, service.Paging{})
	if err != nil {
		t.Fatal(err)
	}
	codes := map[string]string{}
	for _, r := range page.Refusals {
		codes[string(r.Row.Data)] = r.Code
	}
	for i, want := range []string{crm.RefusedNoMatch, crm.RefusedNotFound, crm.RefusedMerged} {
		if got := codes[string(ids[i][:])]; got != want {
			t.Errorf("%d was refused with %q, want %q", i, got, want)
		}
	}
}

func TestATokenBindsARunToWhatWasCounted(t *testing.T) {
	t.Parallel()
	w := newBulkWorld(t, "Ann", "Anna", "Ben")
	ctx, ann := t.Context(), service.BulkDeletion{Search: "ann", BulkRun: service.BulkRun{Dry: true}}
	dry, err := w.BulkDeleteContacts(ctx, w.v, ann)
	if err != nil || dry.Count != 2 || dry.Job != nil || dry.Expires != w.now.Add(10*time.Minute) {
		t.Fatal(dry, err)
	}
	run := func(v crm.Viewer, in service.BulkDeletion, token string) (service.Bulk, error) {
		in.BulkRun = service.BulkRun{Token: token}
		return w.BulkDeleteContacts(ctx, v, in)
	}
	other := w.v
	other.Subject = "eve@example.com"
	yes := true
	for name, c := range map[string]struct {
		v     crm.Viewer
		in    service.BulkDeletion
		token string
		want  error
	}{
		"another search":  {w.v, service.BulkDeletion{Search: "ben"}, dry.Token, crm.ErrBulkToken},
		"another filter":  {w.v, service.BulkDeletion{Search: "ann", Filter: service.ContactFilter{HasEmail: &yes}}, dry.Token, crm.ErrBulkToken},
		"another person":  {other, service.BulkDeletion{Search: "ann"}, dry.Token, crm.ErrBulkToken},
		"no token at all": {w.v, service.BulkDeletion{Search: "ann"}, "x", crm.ErrBulkToken},
	} {
		if _, err := run(c.v, c.in, c.token); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := run(w.v, ann, ""); !isInvalid(err) {
		t.Errorf("without a token: %v", err)
	}
	for i := range 11 {
		w.add(fmt.Sprint("Annika ", i))
	}
	again, err := run(w.v, ann, dry.Token)
	if !errors.Is(err, crm.ErrBulkChanged) || again.Count != 13 || again.Token == "" || again.Job != nil {
		t.Errorf("many more: %+v %v", again, err)
	}
	begun, err := run(w.v, ann, again.Token)
	if err != nil || begun.Job == nil {
		t.Fatal(begun, err)
	}
	repeated, err := run(w.v, ann, again.Token)
	if err != nil || repeated.Job == nil || repeated.Job.ID != begun.Job.ID {
		t.Errorf("the same run again: %+v %v", repeated, err)
	}
	w.now = w.now.Add(10 * time.Minute)
	if _, err := run(w.v, ann, dry.Token); !errors.Is(err, crm.ErrBulkExpired) {
		t.Errorf("later: %v", err)
	}
	reader := w.v
	reader.Role = crm.RoleReader
	if _, err := w.BulkDeleteContacts(ctx, reader, ann); !errors.Is(err, crm.ErrForbidden) {
		t.Errorf("a reader: %v", err)
	}
	if _, err := w.CancelBulkJob(ctx, reader, begun.Job.ID); !errors.Is(err, crm.ErrForbidden) {
		t.Errorf("a reader cancels: %v", err)
	}
	if j, err := w.CancelBulkJob(ctx, w.v, begun.Job.ID); err != nil || j.State != crm.JobCancelled {
		t.Errorf("cancelled: %+v %v", j, err)
	}
	if _, err := w.CancelBulkJob(ctx, w.v, begun.Job.ID); !errors.Is(err, crm.ErrJobEnded) {
		t.Errorf("cancelled again: %v", err)
	}
	if n := w.left(); n != 14 {
		t.Errorf("%d are left", n)
	}
}

func isInvalid(err error) bool {
	_, is := errors.AsType[*crm.InvalidError](err)
	return is
}

func TestABulkUpdateEditsTheSessionsOfAList(t *testing.T) {
	t.Parallel()
	w := newBulkWorld(t)
	made, err := w.CreateChannel(t.Context(), w.v, service.NewChannel{Name: "Shop", Type: crm.WhatsApp})
	if err != nil {
		t.Fatal(err)
	}
	var sessions []crm.SessionID
	for i := range 3 {
		done, err := w.store.RecordInteraction(t.Context(), w.v.Workspace, crm.Interaction{
			ChannelID: made.Channel.ID, ExternalID: fmt.Sprint(i), MessageID: fmt.Sprint(i), At: w.now, Received: w.now, Direction: crm.Inbound,
		})
		if err != nil {
			t.Fatal(err)
		}
		sessions = append(sessions, done.Session.ID)
	}
	in := service.BulkUpdate{
		Filter: storage.SessionFilter{Statuses: []crm.SessionStatus{crm.Active}},
		Patch:  crm.SessionPatch{Status: crm.To(new(crm.Closed)), Read: true}, BulkRun: service.BulkRun{Dry: true},
	}
	dry, err := w.BulkUpdateSessions(t.Context(), w.v, in)
	if err != nil || dry.Count != 3 {
		t.Fatal(dry, err)
	}
	edited := in
	edited.Patch.Tag, edited.BulkRun = crm.To(new(crm.General)), service.BulkRun{Token: dry.Token}
	if _, err := w.BulkUpdateSessions(t.Context(), w.v, edited); !errors.Is(err, crm.ErrBulkToken) {
		t.Errorf("another edit: %v", err)
	}
	in.BulkRun = service.BulkRun{Token: dry.Token}
	begun, err := w.BulkUpdateSessions(t.Context(), w.v, in)
	if err != nil {
		t.Fatal(err)
	}
	handlers := w.JobHandlers()
	var meddled bool
	handlers[crm.UpdateSessionsJob] = &meddling{handlers[crm.UpdateSessionsJob], func() {
		if !meddled {
			meddled = true
			if _, err := w.UpdateSession(context.Background(), w.v, sessions[1], crm.SessionPatch{Status: crm.To(new(crm.Escalated))}); err != nil {
				t.Error(err)
			}
		}
	}}
	done := w.run(begun.Job.ID, handlers)
	if done.Counts != (crm.JobCounts{Updated: 2, Refused: 1}) {
		t.Errorf("%+v", done)
	}
	found, err := w.store.SessionsByID(t.Context(), w.v.Workspace, sessions)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []crm.SessionStatus{crm.Closed, crm.Escalated, crm.Closed} {
		if s := found[sessions[i]]; s.Status != want || (s.UnreadCount == 0) != (want == crm.Closed) {
			t.Errorf("%d: %+v", i, s)
		}
	}
	in.Patch, in.BulkRun = crm.SessionPatch{}, service.BulkRun{Dry: true}
	if _, err := w.BulkUpdateSessions(t.Context(), w.v, in); !isInvalid(err) {
		t.Errorf("an edit of nothing: %v", err)
	}
}

// broken fails with one row, every time.
type broken struct {
	jobs.Handler
	row crm.ContactID
}

func (b broken) Handle(ctx context.Context, tx storage.JobTx, j storage.TakenJob, rows []crm.JobRow) (jobs.Outcome, error) {
	for _, r := range rows {
		if crm.ContactID(r.Data) == b.row {
			panic("broken")
		}
	}
	return b.Handler.Handle(ctx, tx, j, rows)
}

func TestARowThatFailsEveryTimeIsRefused(t *testing.T) {
	t.Parallel()
	w := newBulkWorld(t)
	ids := w.add("Ann One", "Ann Two", "Ann Three", "Ann Four", "Ann Five")
	j := w.begin(service.BulkDeletion{})
	handlers := w.JobHandlers()
	handlers[crm.DeleteContactsJob] = broken{handlers[crm.DeleteContactsJob], ids[2]}
	done := w.run(j.ID, handlers)
	if done.State != crm.JobDone || done.Counts != (crm.JobCounts{Deleted: 4, Refused: 1}) || w.left() != 1 {
		t.Errorf("%+v, %d left", done, w.left())
	}
}

func TestAnImportIsNoBulkJob(t *testing.T) {
	t.Parallel()
	w := newBulkWorld(t)
	i, err := w.UploadImport(t.Context(), w.v, service.Upload{Body: strings.NewReader("Name,Email\nAnn,ann@example.com\n")})
	if err != nil {
		t.Fatal(err)
	}
	found, err := w.BulkJobsByID(t.Context(), w.v, []crm.JobID{i.ID})
	if err != nil || len(found) > 0 {
		t.Errorf("by id: %v, %v", found, err)
	}
	if j, err := w.CancelBulkJob(t.Context(), w.v, i.ID); !errors.Is(err, crm.ErrNotFound) {
		t.Errorf("cancelled: %v, %v", j, err)
	}
	if _, err := w.StartImport(t.Context(), w.v, i.ID, service.ImportPlan{}); err != nil {
		t.Errorf("started: %v", err)
	}
}

// TestABulkDeletionGoesByWhatItsViewerSees: the names alone are searched, also when the job runs.
func TestABulkDeletionGoesByWhatItsViewerSees(t *testing.T) {
	t.Parallel()
	w := newBulkWorld(t, "Zoe Quill")
	settled(t, w.store, w.v, crm.SettingsPatch{MaskedFor: crm.To([]crm.Role{crm.RoleStaff})})
	other := crm.Contact{ID: crm.NewContactID(w.now), Email: new("zoe@example.com"), Version: 1, CreatedAt: w.now, UpdatedAt: w.now}
	if err := w.store.Load(t.Context(), w.v.Workspace, slices.Values([]storage.Loaded{{Contact: other}})); err != nil {
		t.Fatal(err)
	}
	w.v.Role = crm.RoleStaff
	for search, want := range map[string]int{"zo": 1, "zoe@exam": 0, "zoe@example.com": 1, "example": 0} {
		dry, err := w.BulkDeleteContacts(t.Context(), w.v, service.BulkDeletion{Search: search, BulkRun: service.BulkRun{Dry: true}})
		if err != nil || dry.Count != want {
			t.Errorf("%q counts %d, %v", search, dry.Count, err)
		}
	}
	j := w.begin(service.BulkDeletion{Search: "zo"})
	if done := w.run(j.ID, w.JobHandlers()); done.Counts != (crm.JobCounts{Deleted: 1}) || w.left() != 1 {
		t.Errorf("%+v, %d are left", done.Counts, w.left())
	}
	if left, err := w.store.ContactsByID(t.Context(), w.v.Workspace, []crm.ContactID{other.ID}); err != nil || len(left) != 1 {
		t.Errorf("the contact whose email is masked was deleted: %v", err)
	}
}
