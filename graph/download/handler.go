package download

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/klauspost/compress/gzip"

	"kith/graph/problem"
	"kith/internal/auth"
	"kith/internal/compress"
	"kith/internal/crm"
	"kith/internal/cursor"
	"kith/internal/export"
	"kith/internal/httpd"
	"kith/internal/service"
)

// Pattern is the path of the files, as a pattern of [http.ServeMux].
const Pattern = "/export/{file}"

// names are the names of the files.
var names = map[string]export.Format{"contacts.csv": export.CSV, "contacts.jsonl": export.JSONL}

// Each export keeps a connection to the database and old versions of what others write, so few may run.
const (
	atOnce      = 2                // in a process, of a workspace one
	longest     = 30 * time.Minute // an export that takes longer is broken off; a cursor continues it
	stalled     = 30 * time.Second // how long a client may read nothing
	busyAgain   = 5 * time.Second
	flushedEach = time.Second
)

// Trailer is the header behind the content: how many contacts it has. It comes with a whole list alone.
const Trailer = "Kith-Export-Rows"

// Options are what the handler needs.
type Options struct {
	Service *service.Service
	// Authenticate returns the viewer of an Authorization header, as [auth.Authenticator.Authenticate] does.
	Authenticate func(ctx context.Context, header string) (crm.Viewer, error)
	Report       *problem.Reporter
	Now          func() time.Time
}

// Handler answers requests for exports.
type Handler struct {
	Options
	running running
}

// New makes a handler.
func New(o Options) *Handler { return &Handler{Options: o} }

// ServeHTTP implements [http.Handler]. The request's path has [Pattern].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	format, is := names[r.PathValue("file")]
	switch {
	case !is:
		httpd.WriteError(w, r, http.StatusNotFound, problem.BadUserInput, "There is /export/contacts.csv and /export/contacts.jsonl")
		return
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		httpd.WriteError(w, r, http.StatusMethodNotAllowed, problem.BadUserInput, "Ask for an export by GET")
		return
	case !r.ProtoAtLeast(1, 1): // whose content ends with the connection, however that ends
		w.Header().Set("Upgrade", "HTTP/1.1")
		httpd.WriteError(w, r, http.StatusUpgradeRequired, problem.BadUserInput,
			"An export needs HTTP/1.1, in which a file that is cut short can be told from a whole one: have the proxy speak it")
		return
	}
	v, err := h.Authenticate(r.Context(), r.Header.Get("Authorization"))
	if err == nil {
		err = h.Service.AuthorizeExport(r.Context(), v)
	}
	if err != nil {
		h.refuse(w, r, v, err)
		return
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		err = &crm.InvalidError{Field: "query", Subject: "The query of the address", Reason: "is not valid"}
	}
	var asked Request
	if err == nil {
		asked, err = Parse(query)
	}
	if err == nil && r.Method == http.MethodHead {
		_, err = h.Service.CountExport(r.Context(), v, asked.ContactExport, 1)
	}
	if err != nil {
		h.refuse(w, r, v, err)
		return
	}
	if r.Method == http.MethodHead {
		h.head(w, r, format, asked)
		return
	}
	done, err := h.running.begin(v.Workspace)
	if err != nil {
		h.refuse(w, r, v, err)
		return
	}
	defer done()
	h.write(w, r, v, format, asked)
}

// head sets the headers of a file and returns the coding of its content.
func (h *Handler) head(w http.ResponseWriter, r *http.Request, format export.Format, asked Request) string {
	head := w.Header()
	head.Set("Content-Type", format.MediaType(asked.After == nil))
	head.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="contacts-%s.%s"`, h.Now().UTC().Format("2006-01-02"), format))
	head.Add("Vary", "Accept-Encoding")
	coding := compress.Pick(r.Header.Values("Accept-Encoding"), compress.Gzip)
	if coding != "" {
		head.Set("Content-Encoding", coding)
	}
	head.Set("Trailer", Trailer)
	return coding
}

// write reads the list and writes it. The head goes out with the first part, so that until then an error is answered.
func (h *Handler) write(w http.ResponseWriter, r *http.Request, v crm.Viewer, format export.Format, asked Request) {
	ctx, cancel := context.WithTimeout(r.Context(), longest)
	defer cancel()
	out := &answer{w: w, rc: http.NewResponseController(w)}
	var file *export.Writer
	begin := func() error {
		if file != nil {
			return nil
		}
		if err := out.begin(h.head(w, r, format, asked)); err != nil {
			return err
		}
		file = export.NewWriter(out, format, asked.Columns)
		if asked.After != nil {
			return nil
		}
		return file.Begin(asked.Mark)
	}
	n, err := h.Service.ExportContacts(ctx, v, asked.ContactExport, func(part service.ExportPart) error {
		if err := begin(); err != nil {
			return err
		}
		if err := file.Write(part.Contacts); err != nil {
			return err
		}
		return out.flush(false)
	})
	if err != nil && file == nil {
		h.refuse(w, r, v, err)
		return
	}
	if err == nil {
		if err = begin(); err == nil {
			err = out.close()
		}
	}
	if err != nil {
		if r.Context().Err() == nil {
			h.Report.Log.WarnContext(ctx, "an export was broken off", "error", err, "contacts", n)
		}
		panic(http.ErrAbortHandler)
	}
	w.Header().Set(Trailer, strconv.Itoa(n))
}

// refuse answers with an error.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, v crm.Viewer, err error) {
	if errors.Is(err, auth.ErrUnauthenticated) {
		w.Header().Set("WWW-Authenticate", auth.Challenge(err))
		httpd.WriteError(w, r, http.StatusUnauthorized, problem.Unauthenticated, auth.Reason(err))
		return
	}
	if errors.Is(err, crm.ErrForbidden) {
		httpd.Refused(r.Context(), "role "+string(v.Role))
	}
	refused := h.Report.Refuse(r.Context(), err)
	message, code := refused.Errors[0].Message, fmt.Sprint(refused.Errors[0].Extensions["code"])
	switch {
	case errors.Is(err, cursor.ErrBad):
		refused.Status, message = http.StatusBadRequest, "after is no cursor of this list: give the same search, filter and orderBy, or start without it"
	case code == problem.BadUserInput:
		refused.Status = http.StatusBadRequest
	}
	refused.SetHeaders(w.Header())
	httpd.WriteError(w, r, refused.Status, code, message)
}

// answer is the content that is sent, compressed or not. A client that reads nothing for a while is given up.
type answer struct {
	w       http.ResponseWriter
	rc      *http.ResponseController
	zip     *gzip.Writer // nil for plain content
	flushed time.Time
}

// begin sends no byte yet. An export takes longer than the server's time limits for a request.
func (a *answer) begin(coding string) error {
	if err := a.rc.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	a.flushed = time.Now()
	if coding == "" {
		return nil
	}
	var err error
	a.zip, err = gzip.NewWriterLevel(patient{a}, gzip.BestSpeed)
	return err
}

// Write implements [io.Writer].
func (a *answer) Write(b []byte) (int, error) {
	if a.zip != nil {
		return a.zip.Write(b)
	}
	return patient{a}.Write(b)
}

// flush sends what has been written, if that is due.
func (a *answer) flush(now bool) error {
	if !now && time.Since(a.flushed) < flushedEach {
		return nil
	}
	a.flushed = time.Now()
	if a.zip != nil {
		if err := a.zip.Flush(); err != nil {
			return err
		}
	}
	return a.rc.Flush()
}

// close ends the content.
func (a *answer) close() error {
	if a.zip != nil {
		if err := a.zip.Close(); err != nil {
			return err
		}
	}
	return a.rc.SetWriteDeadline(time.Now().Add(stalled))
}

// patient writes to the client, piece by piece.
type patient struct{ *answer }

var _ io.Writer = patient{}

// piece is how much a client must read in the time for one.
const piece = 64 << 10

func (p patient) Write(b []byte) (n int, err error) {
	for len(b) > 0 {
		if err := p.rc.SetWriteDeadline(time.Now().Add(stalled)); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return n, err
		}
		wrote, err := p.w.Write(b[:min(piece, len(b))])
		n += wrote
		if err != nil {
			return n, err
		}
		b = b[wrote:]
	}
	return n, nil
}
