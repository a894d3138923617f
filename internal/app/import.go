package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kith/internal/contactfile"
	"kith/internal/crm"
	"kith/internal/jobs"
	"kith/internal/service"
	"kith/storage"
)

type importCommand struct {
	File         string   `arg:"" help:"The file: CSV or JSON Lines."`
	Workspace    string   `required:"" help:"The workspace to import into."`
	DryRun       bool     `help:"Only show what would happen."`
	Map          []string `placeholder:"COLUMN=FIELD" sep:"none" help:"What a column has, by its name or number: NAME, FIRST_NAME, LAST_NAME, EMAIL, PHONE, PHONE_CALLING_CODE, NOTES, CREATED_AT, ID, EXTERNAL_ID or NONE. May be repeated. Default: by the names of the columns."`
	Separator    string   `help:"What is between cells. Default: found out."`
	Encoding     string   `help:"utf-8, utf-16le, utf-16be or windows-1252. Default: found out."`
	NoCreate     bool     `help:"Create no contacts."`
	NoUpdate     bool     `help:"Leave contacts unchanged that exist."`
	ProtectStaff bool     `help:"Leave values unchanged that staff have entered."`
	AllowUnusual bool     `help:"Accept unusual emails and phone numbers."`
	Channel      string   `placeholder:"ID" help:"The channel of EXTERNAL_ID columns."`
}

// progressInterval is how often the state of an import is read.
const progressInterval = 200 * time.Millisecond

// Run uploads the file and imports it, and shows the progress.
func (c importCommand) Run(ctx context.Context, p *program) error {
	return p.inWorkspace(ctx, c.Workspace, storage.Store.FindWorkspace, func(store storage.Store, v crm.Viewer) error {
		s := service.New(store, service.Options{Now: p.now, Region: p.config.DefaultRegion})
		f, err := os.Open(c.File)
		if err != nil {
			return &usageError{err}
		}
		defer func() { _ = f.Close() }()
		up, err := s.UploadImport(ctx, v, service.Upload{
			Name: filepath.Base(c.File), Options: contactfile.Options{Separator: c.Separator, Encoding: c.Encoding}, Body: f,
		})
		if err != nil {
			return importMistake(err)
		}
		plan, err := c.plan(up)
		if err == nil && c.DryRun {
			err = c.preview(ctx, p, s, v, up, plan)
		}
		if err != nil || c.DryRun {
			_, cancelled := s.CancelImport(context.WithoutCancel(ctx), v, up.ID)
			return errors.Join(importMistake(err), cancelled)
		}
		up, err = s.StartImport(ctx, v, up.ID, plan)
		if err != nil {
			return importMistake(err)
		}
		return c.follow(ctx, p, store, s, v, up)
	})
}

// plan is what is proposed, with what the flags say.
func (c importCommand) plan(up service.Import) (service.ImportPlan, error) {
	plan := up.Plan
	plan.AllowUnusual = c.AllowUnusual
	plan.Rules = crm.UpsertRules{SkipMatched: c.NoUpdate, SkipUnmatched: c.NoCreate, ProtectStaff: c.ProtectStaff}
	if c.Channel != "" {
		id, ok := crm.ParseChannelID(c.Channel)
		if !ok {
			return plan, &usageError{errors.New("--channel is no id of a channel")}
		}
		plan.Channel = &id
	}
	for _, m := range c.Map {
		at := strings.LastIndexByte(m, '=')
		field := contactfile.Field(strings.ToUpper(m[at+1:]))
		if at < 0 || !slices.Contains(contactfile.Fields, field) {
			return plan, &usageError{fmt.Errorf("--map %s: must be COLUMN=FIELD", m)}
		}
		n := slices.Index(up.Columns, m[:at])
		if n < 0 {
			_, _ = fmt.Sscan(m[:at], &n)
			n--
		}
		if n < 0 || n >= len(up.Columns) {
			return plan, &usageError{fmt.Errorf("--map %s: there is no such column; there are %s", m, strings.Join(up.Columns, ", "))}
		}
		plan.Fields[n] = field
	}
	return plan, nil
}

// preview shows what would happen with the whole file.
func (c importCommand) preview(ctx context.Context, p *program, s *service.Service, v crm.Viewer, up service.Import, plan service.ImportPlan) error {
	for i, name := range up.Columns {
		_, _ = fmt.Fprintf(p.stdout, "%s: %s\n", name, plan.Fields[i])
	}
	var n crm.JobCounts
	shown := newProgress(p.stderr, "rows", up.Queued, p.now)
	for after, more := 0, true; more; {
		part, err := s.PreviewImport(ctx, v, up.ID, plan, after)
		if err != nil {
			return err
		}
		for _, r := range part.Rows {
			if r.Refused != nil && n.Refused < 20 {
				_, _ = fmt.Fprintf(p.stdout, "Row %d: %s\n", r.Number, r.Refused.Message)
			}
		}
		n.Created, n.Updated = n.Created+part.Counts.Created, n.Updated+part.Counts.Updated
		n.Unchanged, n.Refused = n.Unchanged+part.Counts.Unchanged, n.Refused+part.Counts.Refused
		after, more = part.Last, part.More
		shown.add(after)
	}
	shown.end()
	_, _ = fmt.Fprintf(p.stdout, "Would create %d, update %d, leave %d unchanged, refuse %d.\n", n.Created, n.Updated, n.Unchanged, n.Refused)
	return nil
}

// follow does the job, beside other processes that may do it too, until it has ended.
func (c importCommand) follow(ctx context.Context, p *program, store storage.Store, s *service.Service, v crm.Viewer, up service.Import) error {
	running, stop := context.WithCancel(ctx)
	defer stop()
	logger := slog.New(slog.NewTextHandler(p.stderr, nil))
	handlers := map[crm.JobKind]jobs.Handler{crm.ImportContactsJob: s.JobHandlers()[crm.ImportContactsJob]}
	done := make(chan struct{})
	go func() {
		defer close(done)
		jobs.New(store, handlers, jobs.Options{Logger: logger, Now: p.now}).Run(running)
	}()
	shown := newProgress(p.stderr, "rows", up.Queued, p.now)
	for !up.State.Final() {
		select {
		case <-ctx.Done():
			<-done
			shown.end()
			return fmt.Errorf("%w: a running server goes on with %s", ctx.Err(), up.ID)
		case <-time.After(progressInterval):
		}
		found, err := s.ImportsByID(ctx, v, []crm.JobID{up.ID})
		if err != nil {
			return err
		}
		up = found[up.ID]
		shown.add(up.Position)
	}
	stop()
	<-done
	shown.end()
	n := up.Counts
	_, _ = fmt.Fprintf(p.stdout, "Created %d, updated %d, left %d unchanged, refused %d.\n", n.Created, n.Updated, n.Unchanged, n.Refused)
	if n.Refused > 0 {
		_, _ = fmt.Fprintf(p.stdout, "Download the refused rows from /import/contacts/%s/refused.csv.\n", up.ID)
	}
	if up.State != crm.JobDone {
		return fmt.Errorf("the import has ended early: %s %s", up.State, up.Failure)
	}
	return nil
}

// importMistake is a mistake in the file or the flags, in the words of the command line.
func importMistake(err error) error {
	if refused, is := errors.AsType[*contactfile.Error](err); is {
		return &usageError{refused}
	}
	if invalid, is := errors.AsType[*crm.InvalidError](err); is {
		return &usageError{errors.New(invalid.Message())}
	}
	return err
}
