package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"kith/internal/contactfile"
	"kith/internal/crm"
	"kith/internal/cursor"
	"kith/internal/jobs"
	"kith/storage"
)

const (
	// importWaits is how long a file waits for its import to be started.
	importWaits = 24 * time.Hour
	// storedAtOnce is how many rows of a file are stored in one step, unless they are large.
	storedAtOnce      = 500
	queuedBytesAtOnce = 1 << 20
	// MaxPreviewed is how many rows one preview looks at, and shownOfPreview how many of them it shows.
	MaxPreviewed   = 1000
	previewAtOnce  = 200
	shownOfPreview = 20
	sampleRows     = 3
	maxSampleCell  = 200 // bytes
	maxFileName    = 200 // bytes
)

// Import is a file that was uploaded, and the job that imports it.
type Import struct {
	crm.Job
	ImportFile
}

// ImportFile is what is known of a file until its job ends.
type ImportFile struct {
	Form    contactfile.Form `json:"form"`
	Columns []string         `json:"columns"`
	// Samples are cells of the first rows, by column.
	Samples [][]string `json:"samples"`
	// Complete is set once the whole file is stored.
	Complete bool `json:"complete"`
	// Plan is what to do with the rows: what is proposed, until the import is started.
	Plan ImportPlan `json:"plan"`
	// Region is the country of phone numbers without a country code, once the import is started. It is nil in imports of versions
	// where only the server had one.
	Region *string `json:"region,omitempty"`
}

// ImportPlan says what to do with the rows of a file.
type ImportPlan struct {
	contactfile.Mapping
	Rules crm.UpsertRules `json:"rules"`
}

func importOf(j crm.Job) (Import, error) {
	i := Import{Job: j}
	if j.Cursor == "" {
		return i, nil
	}
	return i, json.Unmarshal([]byte(j.Cursor), &i.ImportFile)
}

// Upload is a file with contacts.
type Upload struct {
	Name    string
	Options contactfile.Options
	Body    io.Reader
}

// ErrUploadCancelled refuses the rest of a file whose import was cancelled.
var ErrUploadCancelled = errors.New("the import was cancelled while the file was sent")

// UploadImport stores the rows of a file, for [Service.StartImport]. Where the file cannot be read it is a *[contactfile.Error], an
// error of the body is returned as it is, and no row stays. It is [ErrUploadCancelled] when the import ends meanwhile, also because
// the workspace is deleted.
func (s *Service) UploadImport(ctx context.Context, v crm.Viewer, u Upload) (Import, error) {
	if err := Authorize(v, crm.ImportContacts); err != nil {
		return Import{}, err
	}
	file, err := contactfile.Open(u.Body, u.Options)
	if err != nil {
		return Import{}, err
	}
	now := s.clock()
	j := crm.Job{
		ID: crm.NewJobID(now), Kind: crm.ImportContactsJob, State: crm.JobPending, Actor: v.Subject, Label: fileName(u.Name),
		CreatedAt: now, LeaseUntil: now.Add(importWaits),
	}
	audit := crm.NewAudit(crm.ContactsImported, v.Subject, now)
	if err := s.store.CreateJob(ctx, v.Workspace, j, &audit); err != nil {
		return Import{}, fmt.Errorf("create an import: %w", err)
	}
	up := upload{service: s, workspace: v.Workspace, file: file, job: j}
	if err := up.store(ctx); err != nil {
		if errors.Is(err, crm.ErrJobMoved) {
			return Import{}, ErrUploadCancelled
		}
		up.fail(ctx, err)
		return Import{}, err
	}
	return importOf(up.job)
}

// fileName is a name to show.
func fileName(s string) string {
	s = strings.ToValidUTF8(s[strings.LastIndexAny(s, `/\`)+1:], "")
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s)
	for len(s) > maxFileName {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return s
}

// upload stores the rows of one file.
type upload struct {
	service   *Service
	workspace crm.WorkspaceID
	file      *contactfile.Reader
	job       crm.Job
	first     []contactfile.Row
	waiting   [][]byte
	bytes     int
}

func (u *upload) store(ctx context.Context) error {
	for {
		row, err := u.file.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if len(u.waiting) >= storedAtOnce || u.bytes > queuedBytesAtOnce {
			if err := u.flush(ctx, false); err != nil {
				return err
			}
		}
		data, err := json.Marshal(row)
		if err != nil {
			return err
		}
		u.waiting, u.bytes = append(u.waiting, data), u.bytes+len(data)
		if len(u.first) < 50 {
			u.first = append(u.first, row)
		}
	}
	if len(u.waiting) == 0 {
		return &contactfile.Error{Reason: "The file has a header and no rows."}
	}
	return u.flush(ctx, true)
}

// flush stores the rows that wait. The last ones come with what the whole file has shown.
func (u *upload) flush(ctx context.Context, last bool) error {
	known := ImportFile{Form: u.file.Form(), Columns: u.file.Columns(), Complete: last}
	known.Plan.Fields = contactfile.Propose(known.Columns, u.first)
	for _, r := range u.first[:min(len(u.first), sampleRows)] {
		cells := make([]string, len(known.Columns))
		for i := range cells {
			if i < len(r.Cells) {
				cells[i] = strings.ToValidUTF8(r.Cells[i][:min(len(r.Cells[i]), maxSampleCell)], "")
			}
		}
		known.Samples = append(known.Samples, cells)
	}
	at, err := json.Marshal(known)
	if err != nil {
		return err
	}
	now := u.service.clock()
	after, err := u.service.store.StepJob(ctx, u.workspace, u.job, func(context.Context, storage.JobTx) (crm.JobStep, error) {
		return crm.JobStep{At: now, Until: now.Add(importWaits), Queue: u.waiting, Cursor: string(at)}, nil
	})
	if err == nil {
		u.job = after
	}
	u.waiting, u.bytes = nil, 0
	return err
}

// fail ends the job of a file that was not stored.
func (u *upload) fail(ctx context.Context, cause error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	reason := "The upload was broken off."
	if refused, is := errors.AsType[*contactfile.Error](cause); is {
		reason = refused.Error()
	}
	now := u.service.clock()
	// Where this does not succeed, the job ends when it has waited for too long.
	_, err := u.service.store.StepJob(ctx, u.workspace, u.job, func(context.Context, storage.JobTx) (crm.JobStep, error) {
		return crm.JobStep{At: now, Until: now, Failure: reason}, nil
	})
	if errors.Is(err, crm.ErrJobMoved) { // the last step was stored, although it was interrupted
		_, _ = u.service.store.CancelJob(ctx, u.workspace, u.job.ID, now)
	}
}

// importKinds are the jobs that are imports.
var importKinds = []crm.JobKind{crm.ImportContactsJob}

// ImportsByID returns the imports that exist among ids; none to a viewer who may not see them.
func (s *Service) ImportsByID(ctx context.Context, v crm.Viewer, ids []crm.JobID) (map[crm.JobID]Import, error) {
	if err := Authorize(v, crm.ImportContacts); err != nil {
		return nil, err
	}
	found, err := s.store.JobsByID(ctx, v.Workspace, ids)
	out := make(map[crm.JobID]Import, len(found))
	for id, j := range found {
		if j.Kind != crm.ImportContactsJob {
			continue
		}
		if out[id], err = importOf(j); err != nil {
			return nil, err
		}
	}
	return out, err
}

func (s *Service) importByID(ctx context.Context, v crm.Viewer, id crm.JobID) (Import, error) {
	found, err := s.ImportsByID(ctx, v, []crm.JobID{id})
	i, is := found[id]
	if err == nil && !is {
		err = crm.ErrNotFound
	}
	return i, err
}

// ImportPage is a page of imports.
type ImportPage struct {
	Imports []Import
	PageInfo
}

var importList = cursor.ListOf("imports")

// List names the list that the page is of, for cursors.
func (ImportPage) List() cursor.List { return importList }

// Imports returns a page of the imports, newest first.
func (s *Service) Imports(ctx context.Context, v crm.Viewer, p Paging) (ImportPage, error) {
	if err := Authorize(v, crm.ImportContacts); err != nil {
		return ImportPage{}, err
	}
	page, err := p.page(importList)
	if err != nil {
		return ImportPage{}, err
	}
	found, err := s.store.Jobs(ctx, v.Workspace, importKinds, page)
	if err != nil {
		return ImportPage{}, fmt.Errorf("list imports: %w", err)
	}
	out := ImportPage{PageInfo: p.pageInfo(found.More)}
	for _, j := range found.Jobs {
		i, err := importOf(j)
		if err != nil {
			return ImportPage{}, err
		}
		out.Imports = append(out.Imports, i)
	}
	return out, nil
}

// CountImports counts the imports as far as most.
func (s *Service) CountImports(ctx context.Context, v crm.Viewer, most int) (storage.Count, error) {
	if err := Authorize(v, crm.ImportContacts); err != nil {
		return storage.Count{}, err
	}
	return s.store.CountJobs(ctx, v.Workspace, importKinds, most)
}

// ErrImportStarted refuses to start an import again.
var ErrImportStarted = errors.New("the import was started before")

// planned is an import that can be started with a plan. A plan without a mapping has the one that is proposed.
func (s *Service) planned(ctx context.Context, v crm.Viewer, id crm.JobID, p ImportPlan) (Import, error) {
	i, err := s.importByID(ctx, v, id)
	switch {
	case err != nil:
		return i, err
	case i.State.Final() || i.Total != nil:
		return i, ErrImportStarted
	case !i.Complete:
		return i, &crm.InvalidError{Field: "id", Subject: "The file", Reason: "is still being uploaded"}
	}
	if p.Fields == nil {
		p.Fields = i.Plan.Fields
	}
	if err := p.Check(len(i.Columns)); err != nil {
		return i, err
	}
	if p.Channel != nil {
		if err := s.checkChannel(ctx, v, *p.Channel); err != nil {
			if errors.Is(err, crm.ErrNotFound) {
				err = &crm.InvalidError{Field: "channelId", Subject: "This channel", Reason: "does not exist"}
			}
			return i, err
		}
	}
	i.Plan = p
	return i, nil
}

// StartImport begins to import a file. Beside an error that the viewer can correct, a *[crm.InvalidError], [crm.ErrNotFound] or
// [ErrImportStarted], the import is as it is.
func (s *Service) StartImport(ctx context.Context, v crm.Viewer, id crm.JobID, p ImportPlan) (Import, error) {
	i, err := s.planned(ctx, v, id, p)
	if err != nil {
		return i, err
	}
	region, err := s.region(ctx, v.Workspace)
	if err != nil {
		return i, err
	}
	i.Region = &region
	at, err := json.Marshal(i.ImportFile)
	if err != nil {
		return i, err
	}
	now := s.clock()
	i.Job, err = s.store.StepJob(ctx, v.Workspace, i.Job, func(context.Context, storage.JobTx) (crm.JobStep, error) {
		return crm.JobStep{At: now, Until: now, Queued: true, Cursor: string(at)}, nil
	})
	if errors.Is(err, crm.ErrJobMoved) {
		err = ErrImportStarted
	}
	if err != nil {
		return i, err
	}
	s.options.JobCreated()
	return i, nil
}

// CancelImport ends an import: rows that were imported stay, the others are dropped. One that has ended is [crm.ErrJobEnded].
func (s *Service) CancelImport(ctx context.Context, v crm.Viewer, id crm.JobID) (Import, error) {
	i, err := s.importByID(ctx, v, id)
	if err != nil {
		return i, err
	}
	now := s.clock()
	audit := crm.NewAudit(crm.ImportCancelled, v.Subject, now)
	j, err := s.store.CancelJob(ctx, v.Workspace, id, now, &audit)
	if err != nil && !errors.Is(err, crm.ErrJobEnded) {
		return i, err
	}
	i.Job = j
	return i, err
}

// Preview is what an import would do with some rows.
type Preview struct {
	Counts crm.JobCounts
	Rows   []PreviewRow // the first ones
	// Last is the number of rows from the start of the file that have been looked at; More says that there are others.
	Last int
	More bool
}

// PreviewRow is what would become of one row.
type PreviewRow struct {
	Number  int // as in [contactfile.Error]
	Outcome crm.UpsertOutcome
	// Name is what the contact would be called.
	Name string
	// Refused is why it would be refused; nil otherwise.
	Refused *Refusal
}

// Refusal is why a row is refused, in words that repeat no value.
type Refusal struct {
	Code    string
	Column  int // from 1; 0 for the row
	Message string
}

// PreviewImport says what an import would do with the rows after the first so many, [MaxPreviewed] at most, and writes nothing. A
// person who is in the file twice is a new one each time, where not among the same rows.
func (s *Service) PreviewImport(ctx context.Context, v crm.Viewer, id crm.JobID, p ImportPlan, after int) (Preview, error) {
	i, err := s.planned(ctx, v, id, p)
	if err != nil {
		return Preview{}, err
	}
	region, err := s.region(ctx, v.Workspace)
	if err != nil {
		return Preview{}, err
	}
	out := Preview{Last: max(after, 0)}
	for end := out.Last + MaxPreviewed; out.Last < min(end, i.Queued); {
		rows, err := s.store.JobRows(ctx, v.Workspace, id, out.Last, previewAtOnce)
		if err != nil || len(rows) == 0 {
			return out, err
		}
		batch, files := i.batch(rows, region, s.clock(), v.Subject)
		done, err := s.store.PreviewUpserts(ctx, v.Workspace, batch)
		if err != nil {
			return out, err
		}
		for n, d := range done {
			count(&out.Counts, d.Outcome)
			if len(out.Rows) < shownOfPreview || d.Refused != nil && len(out.Rows) < 2*shownOfPreview {
				row := PreviewRow{Number: files[n].Number, Outcome: d.Outcome}
				if d.Contact != nil {
					row.Name = d.Contact.DisplayName()
				}
				if d.Refused != nil {
					row.Refused = new(i.Plan.refusal(d.Refused))
				}
				out.Rows = append(out.Rows, row)
			}
		}
		out.Last += len(rows)
	}
	out.More = out.Last < i.Queued
	return out, nil
}

// count adds an outcome. Rows that rules leave alone change nothing.
func count(c *crm.JobCounts, o crm.UpsertOutcome) {
	switch o {
	case crm.UpsertCreated:
		c.Created++
	case crm.UpsertUpdated:
		c.Updated++
	case crm.UpsertRefused:
		c.Refused++
	default:
		c.Unchanged++
	}
}

// batch is what rows of the file say.
func (i Import) batch(rows []crm.JobRow, region string, now time.Time, actor string) (crm.UpsertBatch, []contactfile.Row) {
	b := crm.UpsertBatch{Rules: i.Plan.Rules, At: now, Actor: actor}
	files := make([]contactfile.Row, len(rows))
	for n, r := range rows {
		var u crm.Upsert
		err := json.Unmarshal(r.Data, &files[n])
		if err == nil {
			u, err = i.Plan.Upsert(i.Form.Format, files[n])
		}
		read := u.Read(region, now)
		if err != nil {
			read.Refused = err
		}
		b.Upserts = append(b.Upserts, read)
	}
	return b, files
}

// refusal words why a row is refused: the first reason.
func (p ImportPlan) refusal(err error) Refusal {
	all := crm.Joined(err)
	switch e := all[0].(type) { //nolint:errorlint // they are the rules' own, as they are
	case *crm.InvalidError:
		code := "INVALID"
		if e.Unusual {
			code = "UNUSUAL"
		}
		return Refusal{code, p.Column(e.Field), e.Message()}
	case *crm.TakenError:
		if e.Field == "phone" {
			return Refusal{"PHONE_TAKEN", p.Column(e.Field), "Another contact has this phone number"}
		}
		return Refusal{"EMAIL_TAKEN", p.Column(e.Field), "Another contact has this email"}
	case *crm.AmbiguousError:
		return Refusal{"AMBIGUOUS", 0, fmt.Sprintf("%d contacts match: merge them, or give the id of one", len(e.Contacts))}
	case *crm.MergedError:
		return Refusal{"MERGED", p.Column("id"), "The contact has been merged into another one"}
	}
	return Refusal{"NOT_FOUND", p.Column("id"), "There is no contact with this id"}
}

// RefusedRow is a row that an import refused.
type RefusedRow struct {
	Number int // as in [contactfile.Error]
	Column string
	Code   string
	Reason string
	Cells  []string // without the apostrophes of [contactfile.Defuse]
}

// keptRow is what is stored of a row that was refused. The first one has the names of the columns.
type keptRow struct {
	contactfile.Row

	Columns []string `json:"h,omitempty"`
}

// RefusedRows calls begin with the names of the columns and then row for each row that an import refused, in the order of the file.
func (s *Service) RefusedRows(
	ctx context.Context, v crm.Viewer, id crm.JobID, begin func(columns []string) error, row func(RefusedRow) error,
) error {
	i, err := s.importByID(ctx, v, id)
	if err != nil {
		return err
	}
	began := false
	page := storage.Page{Size: 500}
	for {
		found, err := s.store.JobRefusals(ctx, v.Workspace, id, page)
		if err != nil {
			return err
		}
		for _, r := range found.Refusals {
			var kept keptRow
			if err := json.Unmarshal(r.Row.Data, &kept); err != nil {
				return err
			}
			if !began {
				if err := begin(kept.Columns); err != nil {
					return err
				}
				began = true
			}
			if i.Form.Format == contactfile.CSV {
				for n, c := range kept.Cells {
					kept.Cells[n] = contactfile.Restore(c)
				}
			}
			if err := row(RefusedRow{kept.Number, r.Field, r.Code, r.Message, kept.Cells}); err != nil {
				return err
			}
		}
		if !found.More {
			break
		}
		page.After = new(storage.JobRefusalPosition(found.Refusals[len(found.Refusals)-1]))
	}
	if !began {
		return begin(nil)
	}
	return nil
}

// importRows is the [jobs.Handler] of imports.
type importRows struct{ *Service }

// Queue fails an import that was not started within a day. The upload has queued its rows.
func (s importRows) Queue(ctx context.Context, j storage.TakenJob) (rows [][]byte, at string, last bool, err error) {
	now := s.clock()
	_, err = s.store.StepJob(ctx, j.Workspace, j.Job, func(context.Context, storage.JobTx) (crm.JobStep, error) {
		return crm.JobStep{At: now, Until: now, Failure: "The import was not started within a day."}, nil
	})
	if err == nil {
		err = crm.ErrJobMoved // nothing is left to do
	}
	return nil, "", false, err
}

// Handle imports rows.
func (s importRows) Handle(ctx context.Context, tx storage.JobTx, j storage.TakenJob, rows []crm.JobRow) (out jobs.Outcome, err error) {
	i, err := importOf(j.Job)
	if err != nil {
		return out, err
	}
	if i.Region == nil {
		i.Region = &s.options.Region
	}
	batch, files := i.batch(rows, *i.Region, s.clock(), j.Actor)
	done, err := tx.UpsertContacts(ctx, batch)
	if err != nil {
		return out, err
	}
	for n, d := range done {
		if d.Refused == nil {
			count(&out.Counts, d.Outcome)
			continue
		}
		kept := keptRow{Row: files[n]}
		if j.Counts.Refused+len(out.Refused) == 0 {
			kept.Columns = i.Columns
		}
		data, err := json.Marshal(kept)
		if err != nil {
			return out, err
		}
		why := i.Plan.refusal(d.Refused)
		r := crm.JobRefusal{Row: crm.JobRow{Position: rows[n].Position, Data: data}, Code: why.Code, Message: why.Message}
		if why.Column > 0 {
			r.Field = i.Columns[why.Column-1]
		}
		out.Refuse(r)
	}
	return out, nil
}
