package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"kith/internal/crm"
	"kith/storage"
	"kith/storage/clause"
)

// jobTable are the columns of jobs.
var jobTable = clause.Table[crm.Job]{
	{Name: "id", As: id(func(j *crm.Job) *crm.JobID { return &j.ID })},
	{Name: "kind", As: text(func(j *crm.Job) *crm.JobKind { return &j.Kind })},
	{Name: "state", Edited: true, As: text(func(j *crm.Job) *crm.JobState { return &j.State })},
	{Name: "revision", Edited: true, As: number(func(j *crm.Job) *int { return &j.Revision })},
	{Name: "actor", As: text(func(j *crm.Job) *string { return &j.Actor })},
	{Name: "label", As: text(func(j *crm.Job) *string { return &j.Label })},
	{Name: "parameters", Edited: true, As: text(func(j *crm.Job) *string { return &j.Parameters })},
	{Name: "cursor", Edited: true, As: text(func(j *crm.Job) *string { return &j.Cursor })},
	{Name: "total", Edited: true, As: optionalNumber(func(j *crm.Job) **int { return &j.Total })},
	{Name: "queued", Edited: true, As: number(func(j *crm.Job) *int { return &j.Queued })},
	{Name: "position", Edited: true, As: number(func(j *crm.Job) *int { return &j.Position })},
	{Name: "created", Edited: true, As: number(func(j *crm.Job) *int { return &j.Counts.Created })},
	{Name: "updated", Edited: true, As: number(func(j *crm.Job) *int { return &j.Counts.Updated })},
	{Name: "deleted", Edited: true, As: number(func(j *crm.Job) *int { return &j.Counts.Deleted })},
	{Name: "unchanged", Edited: true, As: number(func(j *crm.Job) *int { return &j.Counts.Unchanged })},
	{Name: "refused", Edited: true, As: number(func(j *crm.Job) *int { return &j.Counts.Refused })},
	{Name: "failure", Edited: true, As: text(func(j *crm.Job) *string { return &j.Failure })},
	{Name: "created_at", As: instant(func(j *crm.Job) *time.Time { return &j.CreatedAt })},
	{Name: "started_at", Edited: true, As: optionalInstant(func(j *crm.Job) **time.Time { return &j.StartedAt })},
	{Name: "finished_at", Edited: true, As: optionalInstant(func(j *crm.Job) **time.Time { return &j.FinishedAt })},
	{Name: "lease_until", Edited: true, As: instant(func(j *crm.Job) *time.Time { return &j.LeaseUntil })},
}

var jobColumns = jobTable.Select("j")

func scanJob(rows *sql.Rows) (j crm.Job, err error) {
	err = rows.Scan(jobTable.Targets(&j)...)
	return j, err
}

// openJob is the condition on jobs that they have not ended. The index jobs_open has the same expression.
const openJob = `state IN ('PENDING', 'RUNNING')`

// CreateJob stores a new job.
func (s *Store) CreateJob(ctx context.Context, w crm.WorkspaceID, j crm.Job, audit ...*crm.AuditEntry) error {
	return wrap("create job", s.write(ctx, func(ctx context.Context, t *tx) error {
		n, err := t.exec(ctx, `
			INSERT INTO jobs (`+jobTable.Insert()+`)
			VALUES (`+jobTable.Values()+`)
			ON CONFLICT (workspace_id, id) DO NOTHING`, rowArgs(w, jobTable, &j))
		if err == nil && n == 0 {
			err = crm.ErrJobExists
		}
		if err != nil {
			return err
		}
		return t.addAudits(ctx, w, audit)
	}))
}

// Jobs returns one page of the jobs of the kinds, newest first.
func (s *Store) Jobs(ctx context.Context, w crm.WorkspaceID, kinds []crm.JobKind, p storage.Page) (storage.JobPage, error) {
	d, beyond := clause.Reading(!p.FromEnd), ""
	a := args{"workspace": w, "kinds": jsonList(kinds), "n": p.Size + 1}
	if from := p.From(); from != nil {
		beyond = ` AND j.id ` + d.Beyond + ` @id`
		a["id"] = from.ID[:]
	}
	found, err := read(ctx, s, func(c *conn) ([]crm.Job, error) {
		return all(ctx, c, `
			SELECT `+jobColumns+`
			FROM jobs j
			WHERE j.workspace_id = @workspace AND j.kind IN (SELECT value FROM json_each(@kinds))`+beyond+`
			ORDER BY j.id `+d.Order+`
			LIMIT @n`, a, scanJob)
	})
	if err != nil {
		return storage.JobPage{}, wrap("list jobs", err)
	}
	jobs, more := storage.Window(p, found, storage.JobPosition, storage.NewestFirst)
	return storage.JobPage{Jobs: jobs, More: more}, nil
}

// CountJobs counts the jobs of the kinds as far as most.
func (s *Store) CountJobs(ctx context.Context, w crm.WorkspaceID, kinds []crm.JobKind, most int) (storage.Count, error) {
	n, err := read(ctx, s, func(c *conn) (int, error) {
		n, _, err := first(ctx, c, `
			SELECT count(*)
			FROM (
			  SELECT 1 FROM jobs WHERE workspace_id = @workspace AND kind IN (SELECT value FROM json_each(@kinds)) LIMIT @n
			)`, args{"workspace": w, "kinds": jsonList(kinds), "n": most + 1}, scanInt)
		return n, err
	})
	if err != nil {
		return storage.Count{}, wrap("count jobs", err)
	}
	return storage.Counted(n, most), nil
}

// JobsByID returns the jobs that exist among ids.
func (s *Store) JobsByID(ctx context.Context, w crm.WorkspaceID, ids []crm.JobID) (map[crm.JobID]crm.Job, error) {
	found, err := read(ctx, s, func(c *conn) ([]crm.Job, error) {
		return all(ctx, c, `
			SELECT `+jobColumns+`
			FROM jobs j
			WHERE j.workspace_id = @workspace AND j.id IN (SELECT unhex(value) FROM json_each(@ids))`,
			args{"workspace": w, "ids": idList(ids)}, scanJob)
	})
	if err != nil {
		return nil, wrap("look up jobs", err)
	}
	byID := make(map[crm.JobID]crm.Job, len(found))
	for _, j := range found {
		byID[j.ID] = j
	}
	return byID, nil
}

// TakeJob takes a job on.
func (s *Store) TakeJob(ctx context.Context, kinds []crm.JobKind, now, until time.Time) (storage.TakenJob, error) {
	a := args{"now": now.UnixMicro(), "kinds": jsonList(kinds)}
	next := func(ctx context.Context, c *conn) (storage.TakenJob, bool, error) {
		return first(ctx, c, `
			SELECT j.workspace_id, `+jobColumns+`
			FROM jobs j INDEXED BY jobs_open
			WHERE j.`+openJob+` AND j.lease_until <= @now AND j.kind IN (SELECT value FROM json_each(@kinds))
			ORDER BY j.lease_until, j.id
			LIMIT 1`, a, func(rows *sql.Rows) (j storage.TakenJob, err error) {
			return j, rows.Scan(jobTable.Targets(&j.Job, &j.Workspace)...)
		})
	}
	// Usually no job waits: then nothing is written.
	there, err := read(ctx, s, func(c *conn) (bool, error) {
		_, found, err := next(ctx, c)
		return found, err
	})
	var j storage.TakenJob
	if err == nil && !there {
		err = crm.ErrNotFound
	}
	if err == nil {
		err = s.write(ctx, func(ctx context.Context, t *tx) error {
			found, is, err := next(ctx, t.conn)
			switch {
			case err != nil:
				return err
			case !is:
				return crm.ErrNotFound
			}
			j = storage.TakenJob{Workspace: found.Workspace, Job: found.Take(now, until)}
			return t.saveJob(ctx, j.Workspace, j.Job)
		})
	}
	if err != nil {
		return storage.TakenJob{}, wrap("take a job", err)
	}
	return j, nil
}

// jobByID reads a job; ErrNotFound if it does not exist.
func jobByID(ctx context.Context, c *conn, w crm.WorkspaceID, id crm.JobID) (crm.Job, error) {
	j, found, err := first(ctx, c, `
		SELECT `+jobColumns+`
		FROM jobs j
		WHERE j.workspace_id = @workspace AND j.id = @id`, args{"workspace": w, "id": id[:]}, scanJob)
	if err == nil && !found {
		err = crm.ErrNotFound
	}
	return j, err
}

func (t *tx) saveJob(ctx context.Context, w crm.WorkspaceID, j crm.Job) error {
	_, err := t.exec(ctx, `
		UPDATE jobs
		SET `+jobTable.Set()+`
		WHERE workspace_id = @workspace AND id = @id`, rowArgs(w, jobTable, &j))
	return err
}

// CancelJob cancels a job.
func (s *Store) CancelJob(
	ctx context.Context, w crm.WorkspaceID, id crm.JobID, at time.Time, audit ...*crm.AuditEntry,
) (j crm.Job, err error) {
	err = s.write(ctx, func(ctx context.Context, t *tx) error {
		if j, err = jobByID(ctx, t.conn, w, id); err != nil {
			return err
		}
		if j, err = j.Cancel(at); err != nil {
			return err
		}
		if err := t.saveJob(ctx, w, j); err != nil {
			return err
		}
		return t.addAudits(ctx, w, audit)
	})
	if err != nil {
		return j, fmt.Errorf("cancel %s: %w", id, err)
	}
	return j, nil
}

// StepJob does one step of a job, in one transaction.
func (s *Store) StepJob(
	ctx context.Context, w crm.WorkspaceID, j crm.Job, do func(context.Context, storage.JobTx) (crm.JobStep, error),
) (crm.Job, error) {
	var after crm.Job
	erased := false
	err := s.write(ctx, func(ctx context.Context, t *tx) error {
		before, err := jobByID(ctx, t.conn, w, j.ID)
		switch {
		case errors.Is(err, crm.ErrNotFound), err == nil && before.Revision != j.Revision, err == nil && before.State.Final():
			return crm.ErrJobMoved
		case err != nil:
			return err
		}
		work := &jobTx{tx: t, workspace: w, job: before}
		step, err := do(ctx, work)
		if err != nil {
			return err
		}
		after = before.Step(step)
		for i, data := range step.Queue {
			_, err := t.exec(ctx, `
				INSERT INTO job_rows (workspace_id, job_id, position, data)
				VALUES (@workspace, @job, @position, @data)`,
				args{"workspace": w, "job": j.ID[:], "position": before.Queued + i + 1, "data": data})
			if err != nil {
				return err
			}
		}
		if err := work.settle(ctx, step); err != nil {
			return err
		}
		erased = work.erased
		return t.saveJob(ctx, w, after)
	})
	if err != nil {
		return crm.Job{}, fmt.Errorf("step of %s: %w", j.ID, err)
	}
	if erased {
		s.eraser.ask()
	}
	return after, nil
}

// jobTx is the transaction of one step.
type jobTx struct {
	*tx
	workspace crm.WorkspaceID
	job       crm.Job
	erased    bool // something was deleted whose pages are to be wiped
}

var _ storage.JobTx = (*jobTx)(nil)

// settle keeps the rows that were refused, and drops the others that were handled.
func (t *jobTx) settle(ctx context.Context, step crm.JobStep) error {
	if step.Handled == 0 {
		return nil
	}
	_, err := t.exec(ctx, `
		DELETE FROM job_rows
		WHERE workspace_id = @workspace AND job_id = @job AND position > @from AND position <= @to`, args{
		"workspace": t.workspace, "job": t.job.ID[:], "from": t.job.Position, "to": t.job.Position + step.Handled,
	})
	if err != nil {
		return err
	}
	for _, r := range step.Refused {
		_, err := t.exec(ctx, `
			INSERT INTO job_rows (workspace_id, job_id, position, data, code, field, message)
			VALUES (@workspace, @job, @position, @data, @code, @field, @message)`, args{
			"workspace": t.workspace, "job": t.job.ID[:], "position": r.Row.Position, "data": r.Row.Data,
			"code": r.Code, "field": r.Field, "message": r.Message,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Rows returns the first n rows that wait.
func (t *jobTx) Rows(ctx context.Context, n int) ([]crm.JobRow, error) {
	return all(ctx, t.conn, `
		SELECT position, data
		FROM job_rows
		WHERE workspace_id = @workspace AND job_id = @job AND position > @from
		ORDER BY position
		LIMIT @n`, args{"workspace": t.workspace, "job": t.job.ID[:], "from": t.job.Position, "n": n},
		func(rows *sql.Rows) (r crm.JobRow, err error) { return r, rows.Scan(&r.Position, &r.Data) })
}

// JobRows returns rows of a job that wait.
func (s *Store) JobRows(ctx context.Context, w crm.WorkspaceID, id crm.JobID, after, n int) ([]crm.JobRow, error) {
	found, err := read(ctx, s, func(c *conn) ([]crm.JobRow, error) {
		return all(ctx, c, `
			SELECT position, data
			FROM job_rows
			WHERE workspace_id = @workspace AND job_id = @job AND position > @after AND code IS NULL
			ORDER BY position
			LIMIT @n`, args{"workspace": w, "job": id[:], "after": after, "n": n},
			func(rows *sql.Rows) (r crm.JobRow, err error) { return r, rows.Scan(&r.Position, &r.Data) })
	})
	if err != nil {
		return nil, fmt.Errorf("rows of %s: %w", id, err)
	}
	return found, nil
}

// MatchingContacts finds which contacts match. The transaction holds the write lock, so they stay as they are.
func (t *jobTx) MatchingContacts(
	ctx context.Context, q storage.ContactQuery, ids []crm.ContactID,
) (map[crm.ContactID]bool, error) {
	q.Filter.Among = append([]crm.ContactID{}, ids...)
	if q.Search.Empty() {
		v, err := newFiltering(ctx, t.conn, t.workspace, q.Filter)
		if err != nil {
			return nil, err
		}
		return v.passing(t.conn)(ctx, ids)
	}
	src, err := settled(ctx, t.conn, t.workspace, &q.Search)
	if err != nil {
		return nil, err
	}
	_, hits, _, err := src.fewHits(ctx, q)
	return storage.Matching(q, hits), err
}

// DeleteContact is [Store.DeleteContact] in the step.
func (t *jobTx) DeleteContact(ctx context.Context, id crm.ContactID, d crm.ContactDeletion) error {
	err := t.deleteContact(ctx, t.workspace, id, d)
	t.erased = t.erased || err == nil
	return err
}

// UpdateContact is [Store.UpdateContact] in the step.
func (t *jobTx) UpdateContact(ctx context.Context, id crm.ContactID, e crm.ContactEdit) (crm.Contact, error) {
	c, _, err := t.updateContact(ctx, t.workspace, id, e)
	return c, err
}

// UpsertContacts is [Store.UpsertContacts] in the step.
func (t *jobTx) UpsertContacts(ctx context.Context, b crm.UpsertBatch) ([]crm.Upserted, error) {
	return t.upsert(ctx, t.workspace, b)
}

// UpdateSession is [Store.UpdateSession] in the step.
func (t *jobTx) UpdateSession(ctx context.Context, id crm.SessionID, e crm.SessionEdit) (crm.Session, error) {
	v, _, err := t.updateSession(ctx, t.workspace, id, e)
	return v, err
}

// JobRefusals returns one page of the rows that a job refused.
func (s *Store) JobRefusals(ctx context.Context, w crm.WorkspaceID, id crm.JobID, p storage.Page) (storage.JobRefusalPage, error) {
	d, beyond := clause.Reading(p.FromEnd), ""
	a := args{"workspace": w, "job": id[:], "n": p.Size + 1}
	if from := p.From(); from != nil {
		a["from"] = from.Tier
		beyond = ` AND r.position ` + d.Beyond + ` @from`
	}
	found, err := read(ctx, s, func(c *conn) ([]crm.JobRefusal, error) {
		return all(ctx, c, `
			SELECT r.position, r.data, r.code, r.field, r.message
			FROM job_rows r
			WHERE r.workspace_id = @workspace AND r.job_id = @job AND r.code IS NOT NULL AND r.position <= (
			  SELECT j.position FROM jobs j WHERE j.workspace_id = @workspace AND j.id = @job
			)`+beyond+`
			ORDER BY r.position `+d.Order+`
			LIMIT @n`, a, func(rows *sql.Rows) (r crm.JobRefusal, err error) {
			return r, rows.Scan(&r.Row.Position, &r.Row.Data, &r.Code, &r.Field, &r.Message)
		})
	})
	if err != nil {
		return storage.JobRefusalPage{}, fmt.Errorf("list refusals of %s: %w", id, err)
	}
	refusals, more := storage.Window(p, found, storage.JobRefusalPosition, storage.ByTier)
	return storage.JobRefusalPage{Refusals: refusals, More: more}, nil
}

// ForgetJobs drops rows that nothing will be done with, and jobs that ended before a time.
func (s *Store) ForgetJobs(ctx context.Context, before time.Time) (more bool, err error) {
	type done struct {
		w        crm.WorkspaceID
		id       crm.JobID
		leftover bool
	}
	found, err := read(ctx, s, func(c *conn) ([]done, error) {
		return all(ctx, c, `
			SELECT * FROM (SELECT workspace_id, id, 1 FROM jobs WHERE finished_at IS NOT NULL AND queued > position LIMIT 1)
			UNION ALL
			SELECT * FROM (
			  SELECT workspace_id, id, 0 FROM jobs WHERE finished_at IS NOT NULL AND finished_at < @before ORDER BY finished_at LIMIT 1
			)`, args{"before": before.UnixMicro()}, func(rows *sql.Rows) (d done, err error) {
			return d, rows.Scan(&d.w, idTarget[crm.JobID]{&d.id}, &d.leftover)
		})
	})
	if err != nil || len(found) == 0 {
		return false, wrap("forget jobs", err)
	}
	for _, j := range found {
		a := args{"workspace": j.w, "job": j.id[:]}
		err := s.write(ctx, func(ctx context.Context, t *tx) error {
			which := ""
			if j.leftover {
				which = ` AND code IS NULL`
			}
			n, err := t.exec(ctx, `
				DELETE FROM job_rows
				WHERE workspace_id = @workspace AND job_id = @job AND position IN (
				  SELECT position FROM job_rows WHERE workspace_id = @workspace AND job_id = @job`+which+` LIMIT @n
				)`, args{"workspace": j.w, "job": j.id[:], "n": forgetRows})
			if err != nil || n == forgetRows {
				return err
			}
			if j.leftover {
				_, err = t.exec(ctx, `UPDATE jobs SET queued = position WHERE workspace_id = @workspace AND id = @job`, a)
			} else {
				_, err = t.exec(ctx, `DELETE FROM jobs WHERE workspace_id = @workspace AND id = @job`, a)
			}
			return err
		})
		if err != nil {
			return false, wrap("forget jobs", err)
		}
	}
	s.eraser.ask()
	return true, nil
}
