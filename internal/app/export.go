package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/gzip"

	"kith/graph"
	"kith/internal/crm"
	"kith/internal/cursor"
	"kith/internal/export"
	"kith/internal/service"
	"kith/storage"
)

type exportCommand struct {
	Workspace string `required:"" help:"The workspace of the contacts."`
	Format    string `enum:"csv,jsonl" default:"csv" help:"csv or jsonl. Default: ${default}."`
	Output    string `short:"o" placeholder:"FILE" help:"The file to write, which must not exist; compressed if its name ends in .gz. Default: the standard output."`
	Search    string `help:"Only contacts that this search finds."`
	Filter    string `placeholder:"JSON" help:"Only contacts that pass this filter, a ContactFilter of the API."`
	OrderBy   string `placeholder:"FIELD [DESC]" help:"The order, such as NAME or CREATED DESC. Default: the most recently active first, under a search the best match."`
	Columns   string `placeholder:"A,B" help:"The columns, with the names of the API's fields. Default: all but displayName, identities and cursor."`
	After     string `placeholder:"CURSOR" help:"Continue after the contact with this value in the column cursor, without a header."`
	BOM       bool   `name:"bom" help:"Begin CSV with a byte order mark, as Excel needs it."`
}

// Run writes the list and shows its progress.
func (c exportCommand) Run(ctx context.Context, p *program) error {
	asked, err := graph.ReadExport(c.parameters())
	if err != nil {
		return exportMistake(err)
	}
	return p.withExports(ctx, c.Workspace, func(s *service.Service, v crm.Viewer) error {
		count, err := s.CountExport(ctx, v, asked.ContactExport, storage.CountLimit)
		if err != nil {
			return exportMistake(err)
		}
		total := 0
		if count.Exact && asked.After == nil {
			total = count.Value
		}
		shown := newProgress(p.stderr, "contacts", total, p.now)
		n := 0
		err = c.into(p.stdout, func(to io.Writer) error {
			file := export.NewWriter(to, export.Format(c.Format), asked.Columns)
			if asked.After == nil {
				if err := file.Begin(asked.Mark); err != nil {
					return err
				}
			}
			_, err := s.ExportContacts(ctx, v, asked.ContactExport, func(part service.ExportPart) error {
				if err := file.Write(part.Contacts); err != nil {
					return err
				}
				n += len(part.Contacts)
				shown.add(n)
				return nil
			})
			return err
		})
		shown.end()
		if err != nil {
			return exportMistake(err)
		}
		_, _ = fmt.Fprintf(p.stderr, "Exported %d contacts of workspace %s.\n", n, c.Workspace)
		return nil
	})
}

// parameters are the flags as the parameters of a download.
func (c exportCommand) parameters() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{
		"search": c.Search, "filter": c.Filter, "orderBy": c.OrderBy, "columns": c.Columns, "after": c.After,
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if c.BOM {
		q.Set("bom", "true")
	}
	return q
}

// into gives write the file, or stdout without one. A file that was not written whole is removed.
func (c exportCommand) into(stdout io.Writer, write func(io.Writer) error) (err error) {
	if c.Output == "" {
		to := bufio.NewWriterSize(stdout, 64<<10)
		if err := write(to); err != nil {
			return errors.Join(err, to.Flush())
		}
		return to.Flush()
	}
	f, err := os.OpenFile(c.Output, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return &usageError{fmt.Errorf("--output: %w", err)}
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(c.Output))
		}
	}()
	defer func() { err = errors.Join(err, f.Close()) }()
	if filepath.Ext(c.Output) != ".gz" {
		return write(f)
	}
	zip := gzip.NewWriter(f)
	return errors.Join(write(zip), zip.Close())
}

// exportMistake is a mistake in what was asked for, in the words of the command line.
func exportMistake(err error) error {
	if invalid, ok := errors.AsType[*crm.InvalidError](err); ok {
		return &usageError{errors.New(invalid.Message())}
	}
	if errors.Is(err, cursor.ErrBad) {
		return &usageError{errors.New("--after is no cursor of this list: give the same --search, --filter and --order-by")}
	}
	return err
}

// withExports calls f with the service of an existing database, which reads and makes cursors as the server does.
func (p *program) withExports(ctx context.Context, workspace string, f func(*service.Service, crm.Viewer) error) error {
	return p.inWorkspace(ctx, workspace, storage.Store.FindWorkspace, func(store storage.Store, v crm.Viewer) error {
		cursors, err := wiring{store: store}.cursors(ctx)
		if err != nil {
			return err
		}
		return f(service.New(store, service.Options{Now: p.now, Region: p.config.DefaultRegion, Cursors: cursors}), v)
	})
}
