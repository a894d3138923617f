package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

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
	{Name: "total", Edited: true, As: clause.Plain(func(j *crm.Job) **int { return &j.Total })},
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

func scanJob(row pgx.CollectableRow) (j crm.Job, err error) {
	err = row.Scan(jobTable.Targets(&j)...)
	return j, err
}

// openJob is the condition on jobs that they have not ended. The index jobs_open has the same expression.
const openJob = `state IN ('PENDING', 'RUNNING')`

// CreateJob stores a new job.
func (s *Store) CreateJob(ctx context.Context, w crm.WorkspaceID, j crm.Job, audit ...*crm.AuditEntry) error {
	err := s.tx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			INSERT INTO jobs (`+jobTable.Insert()+`)
			VALUES (`+jobTable.Values()+`)
			ON CONFLICT (workspace_id, id) DO NOTHING`, rowArgs(w, jobTable, &j))
		if err == nil && tag.RowsAffected() == 0 {
			err = crm.ErrJobExists
		}
		if err != nil {
			return err
		}
		return addAudits(ctx, tx, w, audit)
	})
	if err != nil {
		return fmt.Errorf("create job: %w", err)
	}
	return nil
}

// Jobs returns one page of the jobs of the kinds, newest first.
func (s *Store) Jobs(ctx context.Context, w crm.WorkspaceID, kinds []crm.JobKind, p storage.Page) (storage.JobPage, error) {
	beyond, order := newestFirst(p)
	args := pageArgs(w, p)
	args["kinds"] = kinds
	rows, err := s.pool.Query(ctx, `
		SELECT `+jobColumns+`
		FROM jobs j
		WHERE workspace_id = @workspace AND kind = ANY(@kinds)`+beyond+`
		`+order, args)
	found, err := all(ctx, rows, err, scanJob)
	if err != nil {
		return storage.JobPage{}, fmt.Errorf("list jobs: %w", err)
	}
	jobs, more := storage.Window(p, found, storage.JobPosition, storage.NewestFirst)
	return storage.JobPage{Jobs: jobs, More: more}, nil
}

// CountJobs counts the jobs of the kinds as far as most.
func (s *Store) CountJobs(ctx context.Context, w crm.WorkspaceID, kinds []crm.JobKind, most int) (storage.Count, error) {
	var n int
	err := s.pool.QueryRow(ctx, `
		SELECT count(*)
		FROM (SELECT FROM jobs WHERE workspace_id = @workspace AND kind = ANY(@kinds) LIMIT @n) j`,
		pgx.NamedArgs{"workspace": w, "kinds": kinds, "n": most + 1}).Scan(&n)
	if err != nil {
		return storage.Count{}, fmt.Errorf("count jobs: %w", translate(ctx, err))
	}
	return storage.Counted(n, most), nil
}

// JobsByID returns the jobs that exist among ids.
func (s *Store) JobsByID(ctx context.Context, w crm.WorkspaceID, ids []crm.JobID) (map[crm.JobID]crm.Job, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT `+jobColumns+`
		FROM jobs j
		WHERE workspace_id = @workspace AND id = ANY(@ids)`, pgx.NamedArgs{"workspace": w, "ids": uuids(ids)})
	found, err := all(ctx, rows, err, scanJob)
	if err != nil {
		return nil, fmt.Errorf("look up jobs: %w", err)
	}
	byID := make(map[crm.JobID]crm.Job, len(found))
	for _, j := range found {
		byID[j.ID] = j
	}
	return byID, nil
}

// TakeJob takes a job on.
func (s *Store) TakeJob(ctx context.Context, kinds []crm.JobKind, now, until time.Time) (j storage.TakenJob, err error) {
	const looked = 8 // others may take the first ones meanwhile
	waiting, err := everywhere(ctx, s, `
		SELECT workspace_id, id
		FROM jobs
		WHERE %[1]s AND `+openJob+` AND lease_until <= @now AND kind = ANY(@kinds)
		ORDER BY lease_until, id
		LIMIT @n`, pgx.NamedArgs{"now": now.UTC(), "kinds": kinds, "n": looked}, func(row pgx.CollectableRow) (j storage.TakenJob, err error) {
		return j, row.Scan(&j.Workspace, (*[16]byte)(&j.ID))
	})
	for _, j := range waiting {
		taken := false
		failed := s.within(ctx, j.Workspace, func(ctx context.Context) error {
			return s.tx(ctx, func(tx pgx.Tx) error {
				known, err := lockJob(ctx, tx, j.Workspace, j.ID)
				if taken = err == nil && !known.State.Final() && !known.LeaseUntil.After(now); !taken {
					return err
				}
				j.Job = known.Take(now, until)
				return saveJob(ctx, tx, j.Workspace, j.Job)
			})
		})
		if errors.Is(failed, crm.ErrNotFound) || errors.Is(failed, errNodeAway) {
			continue
		}
		if failed != nil {
			return storage.TakenJob{}, fmt.Errorf("take %s: %w", j.ID, failed)
		}
		if taken {
			return j, nil
		}
	}
	if err == nil {
		err = crm.ErrNotFound
	}
	return storage.TakenJob{}, fmt.Errorf("take a job: %w", err)
}

// lockJob reads a job and keeps others from changing it; ErrNotFound if it does not exist.
func lockJob(ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, id crm.JobID) (crm.Job, error) {
	rows, err := tx.Query(ctx, `
		SELECT `+jobColumns+`
		FROM jobs j
		WHERE j.workspace_id = @workspace AND j.id = @id
		FOR UPDATE`, pgx.NamedArgs{"workspace": w, "id": [16]byte(id)})
	if err != nil {
		return crm.Job{}, err
	}
	j, err := pgx.CollectExactlyOneRow(rows, scanJob)
	if errors.Is(err, pgx.ErrNoRows) {
		return crm.Job{}, crm.ErrNotFound
	}
	return j, err
}

func saveJob(ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, j crm.Job) error {
	_, err := tx.Exec(ctx, `
		UPDATE jobs
		SET `+jobTable.Set()+`
		WHERE workspace_id = @workspace AND id = @id`, rowArgs(w, jobTable, &j))
	return err
}

// CancelJob cancels a job.
func (s *Store) CancelJob(
	ctx context.Context, w crm.WorkspaceID, id crm.JobID, at time.Time, audit ...*crm.AuditEntry,
) (j crm.Job, err error) {
	err = s.tx(ctx, func(tx pgx.Tx) error {
		if j, err = lockJob(ctx, tx, w, id); err != nil {
			return err
		}
		if j, err = j.Cancel(at); err != nil {
			return err
		}
		if err := saveJob(ctx, tx, w, j); err != nil {
			return err
		}
		return addAudits(ctx, tx, w, audit)
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
	var work *jobTx
	err := s.within(ctx, w, func(ctx context.Context) error {
		return s.tx(ctx, func(tx pgx.Tx) error {
			before, err := lockJob(ctx, tx, w, j.ID)
			switch {
			case errors.Is(err, crm.ErrNotFound), err == nil && before.Revision != j.Revision, err == nil && before.State.Final():
				return crm.ErrJobMoved
			case err != nil:
				return err
			}
			work = &jobTx{Store: s, tx: tx, workspace: w, job: before, slot: s.slot()}
			step, err := do(ctx, work)
			if err != nil {
				return err
			}
			after = before.Step(step)
			if err := work.queue(ctx, before, step.Queue); err != nil {
				return err
			}
			if err := work.settle(ctx, before, step); err != nil {
				return err
			}
			return saveJob(ctx, tx, w, after)
		})
	})
	if err != nil {
		return crm.Job{}, fmt.Errorf("step of %s: %w", j.ID, err)
	}
	s.forgetIdentities(w, work.gone)
	if work.changed {
		s.sequencer.unpublished(w)
	}
	return after, nil
}

// jobTx is the transaction of one step. Numbers are added in one slot: more would keep others waiting, and could have two wait
// for each other.
type jobTx struct {
	*Store
	tx        pgx.Tx
	workspace crm.WorkspaceID
	job       crm.Job
	slot      int
	gone      []crm.Identity
	changed   bool // there is something to publish
}

var _ storage.JobTx = (*jobTx)(nil)

// queue adds rows.
func (t *jobTx) queue(ctx context.Context, j crm.Job, rows [][]byte) error {
	if len(rows) == 0 {
		return nil
	}
	_, err := t.tx.Exec(ctx, `
		INSERT INTO job_rows (workspace_id, job_id, position, data)
		SELECT @workspace, @job, @queued + r.n, r.data
		FROM unnest(@rows::bytea[]) WITH ORDINALITY r(data, n)`,
		pgx.NamedArgs{"workspace": t.workspace, "job": [16]byte(j.ID), "queued": j.Queued, "rows": rows})
	return err
}

// settle keeps the rows that were refused, and drops the others that were handled.
func (t *jobTx) settle(ctx context.Context, j crm.Job, step crm.JobStep) error {
	if step.Handled == 0 {
		return nil
	}
	n := len(step.Refused)
	positions, data := make([]int, n), make([][]byte, n)
	codes, fields, messages := make([]string, n), make([]string, n), make([]string, n)
	for i, r := range step.Refused {
		positions[i], data[i], codes[i], fields[i], messages[i] = r.Row.Position, r.Row.Data, r.Code, r.Field, r.Message
	}
	args := pgx.NamedArgs{
		"workspace": t.workspace, "job": [16]byte(j.ID), "from": j.Position, "to": j.Position + step.Handled,
		"positions": positions, "data": data, "codes": codes, "fields": fields, "messages": messages,
	}
	b := &pgx.Batch{}
	b.Queue(`
		DELETE FROM job_rows
		WHERE workspace_id = @workspace AND job_id = @job AND position > @from AND position <= @to`, args)
	if n > 0 {
		b.Queue(`
			INSERT INTO job_rows (workspace_id, job_id, position, data, code, field, message)
			SELECT @workspace, @job, r.position, r.data, r.code, r.field, r.message
			FROM unnest(@positions::integer[], @data::bytea[], @codes::text[], @fields::text[], @messages::text[])
			  AS r(position, data, code, field, message)`, args)
	}
	return t.tx.SendBatch(ctx, b).Close()
}

// Rows returns the first n rows that wait.
func (t *jobTx) Rows(ctx context.Context, n int) ([]crm.JobRow, error) {
	rows, err := t.tx.Query(ctx, `
		SELECT position, data
		FROM job_rows
		WHERE workspace_id = @workspace AND job_id = @job AND position > @from
		ORDER BY position
		LIMIT @n`, pgx.NamedArgs{"workspace": t.workspace, "job": [16]byte(t.job.ID), "from": t.job.Position, "n": n})
	return all(ctx, rows, err, func(row pgx.CollectableRow) (r crm.JobRow, err error) {
		return r, row.Scan(&r.Position, &r.Data)
	})
}

// JobRows returns rows of a job that wait.
func (s *Store) JobRows(ctx context.Context, w crm.WorkspaceID, id crm.JobID, after, n int) ([]crm.JobRow, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT position, data
		FROM job_rows
		WHERE workspace_id = @workspace AND job_id = @job AND position > @after AND code IS NULL
		ORDER BY position
		LIMIT @n`, pgx.NamedArgs{"workspace": w, "job": [16]byte(id), "after": after, "n": n})
	found, err := all(ctx, rows, err, func(row pgx.CollectableRow) (r crm.JobRow, err error) {
		return r, row.Scan(&r.Position, &r.Data)
	})
	if err != nil {
		return nil, fmt.Errorf("rows of %s: %w", id, err)
	}
	return found, nil
}

// MatchingContacts keeps others from changing the contacts and their identities, which a message takes first, and looks which match.
func (t *jobTx) MatchingContacts(
	ctx context.Context, q storage.ContactQuery, ids []crm.ContactID,
) (map[crm.ContactID]bool, error) {
	args := pgx.NamedArgs{"workspace": t.workspace, "ids": uuids(ids)}
	b := &pgx.Batch{}
	b.Queue(`
		SELECT channel_id, external_id
		FROM identities
		WHERE workspace_id = @workspace AND contact_id = ANY(@ids)
		ORDER BY channel_id, external_id
		FOR UPDATE`, args)
	b.Queue(`SELECT id FROM contacts WHERE workspace_id = @workspace AND id = ANY(@ids) ORDER BY id FOR UPDATE`, args)
	if err := t.tx.SendBatch(ctx, b).Close(); err != nil {
		return nil, err
	}
	q.Filter.Among = append([]crm.ContactID{}, ids...)
	if q.Search.Empty() {
		v, err := t.filtering(ctx, t.tx, t.workspace, q.Filter)
		if err != nil {
			return nil, err
		}
		return v.passing(t.tx)(ctx, ids)
	}
	src, err := t.settled(ctx, t.tx, t.workspace, &q.Search)
	if err != nil {
		return nil, err
	}
	_, hits, _, err := src.fewHits(ctx, q)
	return storage.Matching(q, hits), err
}

// DeleteContact is [Store.DeleteContact] in the step.
func (t *jobTx) DeleteContact(ctx context.Context, id crm.ContactID, d crm.ContactDeletion) error {
	gone, err := t.deleteContact(ctx, t.tx, t.workspace, id, d, t.slot)
	if err == nil {
		t.gone, t.changed = append(t.gone, gone...), true
	}
	return err
}

// UpdateContact is [Store.UpdateContact] in the step.
func (t *jobTx) UpdateContact(ctx context.Context, id crm.ContactID, e crm.ContactEdit) (crm.Contact, error) {
	c, changed, _, err := t.updateContact(ctx, t.tx, t.workspace, id, e)
	t.changed = t.changed || changed
	return c, err
}

// UpsertContacts is [Store.UpsertContacts] in the step.
func (t *jobTx) UpsertContacts(ctx context.Context, b crm.UpsertBatch) ([]crm.Upserted, error) {
	stage, err := t.gramStage(ctx, t.tx, t.workspace)
	if err != nil {
		return nil, err
	}
	t.changed = true
	return t.upsert(ctx, t.tx, t.workspace, b, stage, t.slot)
}

// UpdateSession is [Store.UpdateSession] in the step.
func (t *jobTx) UpdateSession(ctx context.Context, id crm.SessionID, e crm.SessionEdit) (crm.Session, error) {
	v, changed, _, err := t.updateSession(ctx, t.tx, t.workspace, id, e, t.slot)
	t.changed = t.changed || changed
	return v, err
}

// JobRefusals returns one page of the rows that a job refused.
func (s *Store) JobRefusals(ctx context.Context, w crm.WorkspaceID, id crm.JobID, p storage.Page) (storage.JobRefusalPage, error) {
	d := clause.Reading(p.FromEnd)
	args := pgx.NamedArgs{"workspace": w, "job": [16]byte(id), "n": p.Size + 1}
	beyond := ""
	if from := p.From(); from != nil {
		args["from"] = from.Tier
		beyond = ` AND r.position ` + d.Beyond + ` @from`
	}
	rows, err := s.pool.Query(ctx, `
		SELECT r.position, r.data, r.code, r.field, r.message
		FROM job_rows r
		WHERE r.workspace_id = @workspace AND r.job_id = @job AND r.code IS NOT NULL AND r.position <= (
		  SELECT j.position FROM jobs j WHERE j.workspace_id = @workspace AND j.id = @job
		)`+beyond+`
		ORDER BY r.position `+d.Order+`
		LIMIT @n`, args)
	found, err := all(ctx, rows, err, func(row pgx.CollectableRow) (r crm.JobRefusal, err error) {
		return r, row.Scan(&r.Row.Position, &r.Row.Data, &r.Code, &r.Field, &r.Message)
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
	found, err := everywhere(ctx, s, `
		(SELECT workspace_id, id, true FROM jobs WHERE %[1]s AND finished_at IS NOT NULL AND queued > position LIMIT 1)
		UNION ALL
		(SELECT workspace_id, id, false FROM jobs WHERE %[1]s AND finished_at < @before ORDER BY finished_at LIMIT 1)`,
		pgx.NamedArgs{"before": before.UTC()}, func(row pgx.CollectableRow) (d done, err error) {
			return d, row.Scan(&d.w, (*[16]byte)(&d.id), &d.leftover)
		})
	for _, j := range found {
		failed := s.inTurn(ctx, j.w, func(ctx context.Context) error {
			return s.tx(ctx, func(tx pgx.Tx) error { return forgetJob(ctx, tx, j.w, j.id, j.leftover) })
		})
		err = errors.Join(err, failed)
	}
	if err != nil {
		return false, fmt.Errorf("forget jobs: %w", err)
	}
	return len(found) > 0, nil
}

// forgetJob drops some rows of a job that has ended, and the job with the last of them. Of a leftover, only what waits goes.
func forgetJob(ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, id crm.JobID, leftover bool) error {
	args := pgx.NamedArgs{"workspace": w, "job": [16]byte(id), "n": forgetRows}
	which := ""
	if leftover {
		which = ` AND code IS NULL`
	}
	tag, err := tx.Exec(ctx, `
		DELETE FROM job_rows
		WHERE workspace_id = @workspace AND job_id = @job AND position IN (
		  SELECT position FROM job_rows WHERE workspace_id = @workspace AND job_id = @job`+which+` LIMIT @n
		)`, args)
	if err != nil || tag.RowsAffected() == forgetRows {
		return err
	}
	if leftover {
		_, err = tx.Exec(ctx, `UPDATE jobs SET queued = position WHERE workspace_id = @workspace AND id = @job`, args)
	} else {
		_, err = tx.Exec(ctx, `DELETE FROM jobs WHERE workspace_id = @workspace AND id = @job`, args)
	}
	return err
}
