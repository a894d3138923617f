package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"kith/internal/crm"
	"kith/internal/cursor"
	"kith/internal/jobs"
	"kith/internal/search"
	"kith/storage"
)

// bulkTokenLife is how long the token of a dry run is good for.
const bulkTokenLife = 10 * time.Minute

// bulkKinds are the kinds of bulk jobs.
var bulkKinds = []crm.JobKind{crm.DeleteContactsJob, crm.UpdateSessionsJob}

// Bulk is what a bulk mutation answers: to a dry run the number and a token, to a run the job.
type Bulk struct {
	Count int
	// Token binds a run to what was counted: to the selection, the edit, the person and the workspace.
	Token   string
	Expires time.Time
	Job     *crm.Job
}

// BulkDeletion asks for the deletion of every contact of a list.
type BulkDeletion struct {
	Search string
	Filter ContactFilter
	BulkRun
}

// BulkUpdate asks for an edit of every session of a list.
type BulkUpdate struct {
	Filter storage.SessionFilter
	Patch  crm.SessionPatch
	BulkRun
}

// BulkRun says whether only to count, and otherwise what was counted.
type BulkRun struct {
	Dry   bool
	Token string
}

// deletionParameters are the parameters of a job that deletes contacts. Names of channels' types have become channels.
type deletionParameters struct {
	Search string
	Filter storage.ContactFilter
	// Masked says that the search is by someone who sees emails and phones masked.
	Masked bool
	// Region is that of phone numbers in the search. It is nil in jobs of versions where only the server had one.
	Region *string
}

// updateParameters are the parameters of a job that edits sessions.
type updateParameters struct {
	Filter storage.SessionFilter
	Status *crm.SessionStatus
	Tag    *crm.SessionTag
	SetTag bool
	Read   bool
}

func (p updateParameters) patch() (out crm.SessionPatch) {
	if p.Status != nil {
		out.Status = crm.To(p.Status)
	}
	if p.SetTag {
		out.Tag = crm.To(p.Tag)
	}
	out.Read = p.Read
	return out
}

// BulkDeleteContacts counts the contacts of a list, or begins to delete them. Exactly those are deleted that were in the list when
// the job began and are in it when their turn comes. A run with a token that was used already answers the job that it began.
// The errors that a viewer can correct are of *[crm.InvalidError], [crm.ErrBulkToken] and those beside it; beside
// [crm.ErrBulkChanged] the number and a new token are answered.
func (s *Service) BulkDeleteContacts(ctx context.Context, v crm.Viewer, in BulkDeletion) (Bulk, error) {
	if err := Authorize(v, crm.DeleteContacts); err != nil {
		return Bulk{}, err
	}
	query, err := s.readSearch(ctx, v.Workspace, in.Search)
	if err != nil {
		return Bulk{}, err
	}
	filter, err := s.contactFilter(ctx, v.Workspace, in.Filter)
	if err != nil {
		return Bulk{}, err
	}
	region, err := s.region(ctx, v.Workspace)
	if err != nil {
		return Bulk{}, err
	}
	m, err := s.masker(ctx, v)
	if err != nil {
		return Bulk{}, err
	}
	query = searchOf(m, query)
	return s.bulk(ctx, v, in.BulkRun, bulkPlan{
		kind: crm.DeleteContactsJob, action: crm.BulkDeletionStarted,
		named:      []string{query.Text(), in.Filter.describe()},
		parameters: deletionParameters{Search: in.Search, Filter: filter, Masked: m != nil, Region: &region},
		count: func() (storage.Count, error) {
			return s.store.CountContacts(ctx, v.Workspace, storage.ContactQuery{Search: query, Filter: filter}, crm.MaxBulk)
		},
	})
}

// BulkUpdateSessions counts the sessions of a list, or begins to edit them, as [Service.BulkDeleteContacts] does. An edit that
// changes nothing is a *[crm.InvalidError].
func (s *Service) BulkUpdateSessions(ctx context.Context, v crm.Viewer, in BulkUpdate) (Bulk, error) {
	if err := Authorize(v, crm.EditSessions); err != nil {
		return Bulk{}, err
	}
	if err := checkFilter(in.Filter); err != nil {
		return Bulk{}, err
	}
	if err := in.Patch.Apply(&crm.Session{}); err != nil {
		return Bulk{}, err
	}
	p := updateParameters{Filter: in.Filter, Read: in.Patch.Read}
	p.Status, _ = in.Patch.Status.Value()
	p.Tag, p.SetTag = in.Patch.Tag.Value()
	if p.Status == nil && !p.SetTag && !p.Read {
		return Bulk{}, &crm.InvalidError{Field: "status", Subject: "The edit", Reason: "must change something"}
	}
	edit, err := json.Marshal(p)
	if err != nil {
		return Bulk{}, fmt.Errorf("write an edit: %w", err)
	}
	if p.Filter.Contact, err = s.followed(ctx, v.Workspace, in.Filter.Contact); err != nil {
		return Bulk{}, err
	}
	return s.bulk(ctx, v, in.BulkRun, bulkPlan{
		kind: crm.UpdateSessionsJob, action: crm.BulkUpdateStarted, named: []string{string(edit)}, parameters: p,
		count: func() (storage.Count, error) {
			counts, err := s.store.CountSessions(ctx, v.Workspace, p.Filter)
			return storage.Counted(counts.Total, crm.MaxBulk), err
		},
	})
}

// bulkPlan is a bulk mutation that is allowed and valid.
type bulkPlan struct {
	kind       crm.JobKind
	action     crm.AuditAction
	named      []string // everything that decides what is done
	parameters any
	count      func() (storage.Count, error)
}

func (s *Service) bulk(ctx context.Context, v crm.Viewer, run BulkRun, p bulkPlan) (Bulk, error) {
	now := s.clock()
	list := s.options.Cursors.List(append([]string{"bulk", string(p.kind), strconv.Itoa(int(v.Workspace)), v.Subject}, p.named...)...)
	var counted storage.Position
	if !run.Dry {
		if run.Token == "" {
			return Bulk{}, &crm.InvalidError{Field: "token", Subject: "The token", Reason: "is missing: count first, with dryRun"}
		}
		var err error
		if counted, err = cursor.Decode(list, run.Token); err != nil {
			return Bulk{}, &FieldError{"token", crm.ErrBulkToken}
		}
		if begun, err := s.store.JobsByID(ctx, v.Workspace, []crm.JobID{crm.JobID(counted.ID)}); err != nil {
			return Bulk{}, fmt.Errorf("look up a job: %w", err)
		} else if j, is := begun[crm.JobID(counted.ID)]; is {
			return bulkOf(j), nil
		}
		if !now.Before(counted.At) {
			return Bulk{}, &FieldError{"token", crm.ErrBulkExpired}
		}
	}
	n, err := p.count()
	switch {
	case err != nil:
		return Bulk{}, fmt.Errorf("count for a bulk job: %w", err)
	case !n.Exact:
		return Bulk{}, &FieldError{"filter", crm.ErrBulkTooMany}
	}
	at := storage.Position{At: now.Add(bulkTokenLife), Key: strconv.Itoa(n.Value), ID: uuid.UUID(crm.NewJobID(now))}
	out := Bulk{Count: n.Value, Token: cursor.Encode(list, at), Expires: at.At}
	if run.Dry {
		return out, nil
	}
	if before, err := strconv.Atoi(counted.Key); err != nil || n.Value > before+crm.BulkTolerance(before) {
		return out, &FieldError{"token", crm.ErrBulkChanged}
	}
	parameters, err := json.Marshal(p.parameters)
	if err != nil {
		return Bulk{}, fmt.Errorf("write parameters: %w", err)
	}
	j := crm.Job{
		ID: crm.JobID(counted.ID), Kind: p.kind, State: crm.JobPending, Actor: v.Subject, Parameters: string(parameters),
		CreatedAt: now, LeaseUntil: now,
	}
	audit := crm.NewAudit(p.action, v.Subject, now)
	err = s.store.CreateJob(ctx, v.Workspace, j, &audit)
	if errors.Is(err, crm.ErrJobExists) { // by a simultaneous call
		found, err := s.store.JobsByID(ctx, v.Workspace, []crm.JobID{j.ID})
		return bulkOf(found[j.ID]), err
	}
	if err != nil {
		return Bulk{}, err
	}
	s.options.JobCreated()
	return Bulk{Count: n.Value, Job: &j}, nil
}

func bulkOf(j crm.Job) Bulk {
	out := Bulk{Job: &j}
	if j.Total != nil {
		out.Count = *j.Total
	}
	return out
}

// BulkJobsByID returns the bulk jobs that exist among ids.
func (s *Service) BulkJobsByID(ctx context.Context, v crm.Viewer, ids []crm.JobID) (map[crm.JobID]crm.Job, error) {
	found, err := byID(ctx, v, ids, s.store.JobsByID)
	maps.DeleteFunc(found, func(_ crm.JobID, j crm.Job) bool { return !slices.Contains(bulkKinds, j.Kind) })
	return found, err
}

// WatchJob follows a job that the viewer was shown.
func (s *Service) WatchJob(v crm.Viewer, j crm.Job) *jobs.Watch {
	return s.watcher.Watch(v.Workspace, j)
}

// bulkList names the list of bulk jobs, of which there is one in a workspace.
var bulkList = cursor.ListOf("bulk jobs")

// BulkJobPage is a page of bulk jobs.
type BulkJobPage struct {
	Jobs []crm.Job
	PageInfo
}

// List names the list that the page is of, for cursors.
func (BulkJobPage) List() cursor.List { return bulkList }

// BulkJobs returns a page of the workspace's bulk jobs, the newest first.
func (s *Service) BulkJobs(ctx context.Context, v crm.Viewer, p Paging) (BulkJobPage, error) {
	if err := Authorize(v, crm.ReadContacts); err != nil {
		return BulkJobPage{}, err
	}
	page, err := p.page(bulkList)
	if err != nil {
		return BulkJobPage{}, err
	}
	found, err := s.store.Jobs(ctx, v.Workspace, bulkKinds, page)
	if err != nil {
		return BulkJobPage{}, fmt.Errorf("list bulk jobs: %w", err)
	}
	return BulkJobPage{Jobs: found.Jobs, PageInfo: p.pageInfo(found.More)}, nil
}

// CountBulkJobs counts the bulk jobs as far as most.
func (s *Service) CountBulkJobs(ctx context.Context, v crm.Viewer, most int) (storage.Count, error) {
	if err := Authorize(v, crm.ReadContacts); err != nil {
		return storage.Count{}, err
	}
	if err := checkMost(most); err != nil {
		return storage.Count{}, err
	}
	return s.store.CountJobs(ctx, v.Workspace, bulkKinds, most)
}

// BulkRefusalPage is a page of what a bulk job refused.
type BulkRefusalPage struct {
	Refusals []crm.JobRefusal
	PageInfo
	job crm.Job
}

func refusalList(id crm.JobID) cursor.List { return cursor.ListOf("bulk refusals", id.String()) }

// List names the list that the page is of, for cursors.
func (p BulkRefusalPage) List() cursor.List { return refusalList(p.job.ID) }

// Count is how many rows the job has refused so far, as far as most.
func (p BulkRefusalPage) Count(most int) (storage.Count, error) {
	return storage.Counted(p.job.Counts.Refused, most), checkMost(most)
}

// Kind says what the rows are.
func (p BulkRefusalPage) Kind() crm.JobKind { return p.job.Kind }

// BulkRefusalPosition is the position of a row in the list, for cursors, whose tiers are too few.
func BulkRefusalPosition(row int) storage.Position { return storage.Position{Key: strconv.Itoa(row)} }

// BulkRefusals returns a page of the rows that a bulk job refused, in the order in which it came to them.
func (s *Service) BulkRefusals(ctx context.Context, v crm.Viewer, j crm.Job, p Paging) (BulkRefusalPage, error) {
	if err := Authorize(v, crm.ReadContacts); err != nil {
		return BulkRefusalPage{}, err
	}
	page, err := p.page(refusalList(j.ID))
	if err != nil {
		return BulkRefusalPage{}, err
	}
	for _, at := range []*storage.Position{page.After, page.Before} {
		if at == nil {
			continue
		}
		if at.Tier, err = strconv.Atoi(at.Key); err != nil {
			return BulkRefusalPage{}, cursor.ErrBad
		}
	}
	found, err := s.store.JobRefusals(ctx, v.Workspace, j.ID, page)
	if err != nil {
		return BulkRefusalPage{}, err
	}
	return BulkRefusalPage{Refusals: found.Refusals, PageInfo: p.pageInfo(found.More), job: j}, nil
}

// CancelBulkJob ends a job; what was done by then stays done. It needs the role that the job needed. One that has ended is
// [crm.ErrJobEnded], with the job.
func (s *Service) CancelBulkJob(ctx context.Context, v crm.Viewer, id crm.JobID) (crm.Job, error) {
	if err := Authorize(v, crm.EditSessions); err != nil { // before it is known what the job does
		return crm.Job{}, err
	}
	found, err := s.store.JobsByID(ctx, v.Workspace, []crm.JobID{id})
	if err != nil {
		return crm.Job{}, err
	}
	j, is := found[id]
	switch {
	case !is || !slices.Contains(bulkKinds, j.Kind):
		return crm.Job{}, crm.ErrNotFound
	case j.Kind == crm.DeleteContactsJob:
		if err := Authorize(v, crm.DeleteContacts); err != nil {
			return crm.Job{}, err
		}
	}
	now := s.clock()
	audit := crm.NewAudit(crm.BulkJobCancelled, v.Subject, now)
	return s.store.CancelJob(ctx, v.Workspace, id, now, &audit)
}

// JobHandlers are the kinds of jobs that the service does.
func (s *Service) JobHandlers() map[crm.JobKind]jobs.Handler {
	return map[crm.JobKind]jobs.Handler{
		crm.DeleteContactsJob: bulkDeletion{s}, crm.UpdateSessionsJob: bulkUpdate{s}, crm.ImportContactsJob: importRows{s},
	}
}

// queuedAtOnce is how many rows are queued in one step.
const queuedAtOnce = 1000

// place writes the position that queuing has come to as a cursor of the job.
func place(p storage.Position) (string, error) {
	b, err := json.Marshal(p)
	return string(b), err
}

// placed reads it; nil before the start.
func placed(j storage.TakenJob) (*storage.Position, error) {
	if j.Cursor == "" {
		return nil, nil
	}
	var p storage.Position
	err := json.Unmarshal([]byte(j.Cursor), &p)
	return &p, err
}

// bulkDeletion deletes contacts.
type bulkDeletion struct{ *Service }

func (b bulkDeletion) query(j storage.TakenJob) (storage.ContactQuery, error) {
	var p deletionParameters
	err := json.Unmarshal([]byte(j.Parameters), &p)
	if p.Region == nil {
		p.Region = &b.options.Region
	}
	q := storage.ContactQuery{Search: search.Parse(p.Search, *p.Region), Filter: p.Filter, Order: storage.Created}
	if p.Masked {
		q.Search = searchOf(&crm.Masker{Region: *p.Region}, q.Search)
	}
	if !q.Search.Empty() {
		q.Order = storage.Name
	}
	return q, err
}

// Queue reads on in the list. What was created after the job does not count.
func (b bulkDeletion) Queue(ctx context.Context, j storage.TakenJob) (rows [][]byte, at string, last bool, err error) {
	q, err := b.query(j)
	if err != nil {
		return nil, "", false, err
	}
	q.Page.Size = queuedAtOnce
	if q.Page.After, err = placed(j); err != nil {
		return nil, "", false, err
	}
	page, err := b.store.Contacts(ctx, j.Workspace, q)
	if err != nil || len(page.Rows) == 0 {
		return nil, "", true, err
	}
	renamed := make(map[crm.ContactID]bool)
	for _, r := range page.Rows {
		if !r.Contact.CreatedAt.After(j.CreatedAt) {
			rows = append(rows, r.Contact.ID[:])
		}
		if q.Order == storage.Name && r.Contact.Version > 1 && r.Contact.UpdatedAt.After(j.CreatedAt.Add(-clocksApart)) {
			renamed[r.Contact.ID] = true
		}
	}
	if rows, err = b.unqueued(ctx, j, rows, renamed); err != nil {
		return nil, "", false, err
	}
	at, err = place(page.Rows[len(page.Rows)-1].Position)
	return rows, at, !page.More, err
}

// clocksApart is how far the clocks of processes may be apart.
const clocksApart = time.Minute

// unqueued leaves out the rows of contacts that are queued already: a list by name has a contact twice when it is renamed while the
// list is read. changed are those that this may have happened to.
func (b bulkDeletion) unqueued(ctx context.Context, j storage.TakenJob, rows [][]byte, changed map[crm.ContactID]bool) ([][]byte, error) {
	if len(changed) == 0 {
		return rows, nil
	}
	for after := 0; after < j.Queued; {
		queued, err := b.store.JobRows(ctx, j.Workspace, j.ID, after, queuedAtOnce)
		if err != nil || len(queued) == 0 {
			return rows, err
		}
		for _, r := range queued {
			id := crm.ContactID(r.Data)
			if changed[id] {
				rows = slices.DeleteFunc(rows, func(row []byte) bool { return crm.ContactID(row) == id })
			}
		}
		after = queued[len(queued)-1].Position
	}
	return rows, nil
}

// Handle deletes those that still are in the list.
func (b bulkDeletion) Handle(ctx context.Context, tx storage.JobTx, j storage.TakenJob, rows []crm.JobRow) (out jobs.Outcome, err error) {
	q, err := b.query(j)
	if err != nil {
		return out, err
	}
	ids := make([]crm.ContactID, len(rows))
	for i, r := range rows {
		copy(ids[i][:], r.Data)
	}
	match, err := tx.MatchingContacts(ctx, q, ids)
	if err != nil {
		return out, err
	}
	for i, id := range ids {
		now := b.clock()
		if match[id] {
			err = tx.DeleteContact(ctx, id, crm.ContactDeletion{At: now, Event: crm.NewEventID(now), Actor: j.Actor})
		} else if _, err = tx.UpdateContact(ctx, id, crm.ContactEdit{At: now, Change: func(*crm.Contact) error { return errNoMatch }}); err == nil {
			err = errNoMatch
		}
		if err == nil {
			out.Counts.Deleted++
			continue
		}
		refusal, known := bulkRefusal(rows[i], err)
		if !known {
			return out, err
		}
		out.Refuse(refusal)
	}
	return out, nil
}

// errNoMatch refuses a row that has changed, so that it is not in the list any more.
var errNoMatch = errors.New("does not match any more")

// bulkRefusal is a row that was refused with an error that is not unexpected.
func bulkRefusal(row crm.JobRow, err error) (r crm.JobRefusal, known bool) {
	r.Row = row
	_, merged := errors.AsType[*crm.MergedError](err)
	switch {
	case merged:
		r.Code, r.Message = crm.RefusedMerged, "It was merged into another contact meanwhile."
	case errors.Is(err, crm.ErrNotFound):
		r.Code, r.Message = crm.RefusedNotFound, "It was deleted meanwhile."
	case errors.Is(err, errNoMatch):
		r.Code, r.Message = crm.RefusedNoMatch, "It was changed meanwhile and no longer matches."
	default:
		return r, false
	}
	return r, true
}

// bulkUpdate edits sessions.
type bulkUpdate struct{ *Service }

// Queue reads on in the list, by start, which does not change. What started after the job does not count.
func (b bulkUpdate) Queue(ctx context.Context, j storage.TakenJob) (rows [][]byte, at string, last bool, err error) {
	var p updateParameters
	if err := json.Unmarshal([]byte(j.Parameters), &p); err != nil {
		return nil, "", false, err
	}
	q := storage.SessionQuery{Filter: p.Filter, Order: storage.Started, Ascending: true, Page: storage.Page{Size: queuedAtOnce}}
	if q.Page.After, err = placed(j); err != nil {
		return nil, "", false, err
	}
	page, err := b.store.Sessions(ctx, j.Workspace, q)
	if err != nil || len(page.Sessions) == 0 {
		return nil, "", true, err
	}
	for _, v := range page.Sessions {
		if !v.StartedAt.After(j.CreatedAt) {
			rows = append(rows, v.ID[:])
		}
	}
	at, err = place(q.Order.Position(page.Sessions[len(page.Sessions)-1]))
	return rows, at, !page.More, err
}

// Handle edits those that still are in the list.
func (b bulkUpdate) Handle(ctx context.Context, tx storage.JobTx, j storage.TakenJob, rows []crm.JobRow) (out jobs.Outcome, err error) {
	var p updateParameters
	if err := json.Unmarshal([]byte(j.Parameters), &p); err != nil {
		return out, err
	}
	patch := p.patch()
	for _, row := range rows {
		var id crm.SessionID
		copy(id[:], row.Data)
		now := b.clock()
		var before crm.Session
		after, err := tx.UpdateSession(ctx, id, crm.SessionEdit{
			At: now, Event: crm.NewEventID(now), Actor: j.Actor,
			Change: func(v *crm.Session) error {
				if before = v.Clone(); !p.Filter.Lets(before) {
					return errNoMatch
				}
				return patch.Apply(v)
			},
		})
		switch refusal, known := bulkRefusal(row, err); {
		case err == nil && len(after.ChangesFrom(before)) == 0:
			out.Counts.Unchanged++
		case err == nil:
			out.Counts.Updated++
		case known:
			out.Refuse(refusal)
		default:
			return out, err
		}
	}
	return out, nil
}
