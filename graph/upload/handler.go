// Package upload takes in files of contacts for imports, and gives out what an import refused.
package upload

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"kith/graph/model"
	"kith/graph/problem"
	"kith/internal/auth"
	"kith/internal/contactfile"
	"kith/internal/crm"
	"kith/internal/httpd"
	"kith/internal/service"
)

// The paths, as patterns of [http.ServeMux].
const (
	Pattern        = "/import/contacts"
	RefusedPattern = "GET /import/contacts/{id}/refused.csv"
)

const (
	atOnce  = 4                // uploads in a process
	stalled = 30 * time.Second // how long a client may send nothing, or read nothing

	// discarded is how much is read of a file that was refused, in files of the largest size.
	discarded = 4
)

// Options are what the handler needs.
type Options struct {
	Service *service.Service
	// Authenticate returns the viewer of an Authorization header, as [auth.Authenticator.Authenticate] does.
	Authenticate func(ctx context.Context, header string) (crm.Viewer, error)
	Report       *problem.Reporter
	// Limit is how many bytes a file can have.
	Limit int64
}

// Handler takes in files.
type Handler struct {
	Options
	places chan struct{}
}

// New makes a handler.
func New(o Options) *Handler { return &Handler{o, make(chan struct{}, atOnce)} }

// ServeHTTP implements [http.Handler], for [Pattern].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		httpd.WriteError(w, r, http.StatusMethodNotAllowed, problem.BadUserInput, "Send a file by POST")
		return
	}
	v, err := h.viewer(r)
	if err != nil {
		h.refuse(w, r, v, err)
		return
	}
	body := &patient{r: http.MaxBytesReader(w, r.Body, h.Limit), rc: http.NewResponseController(w)}
	defer func() {
		rest := &patient{r: io.LimitReader(r.Body, discarded*h.Limit), rc: body.rc}
		rest.readOn(r.Context())
	}()
	kind, parameters, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if strings.HasPrefix(kind, "multipart/") || kind == "application/x-www-form-urlencoded" {
		httpd.WriteError(w, r, http.StatusUnsupportedMediaType, problem.BadUserInput, "Send the file alone as the content, not within a form")
		return
	}
	if r.ContentLength > h.Limit {
		h.tooLarge(w, r)
		return
	}
	select {
	case h.places <- struct{}{}:
		defer func() { <-h.places }()
	default:
		w.Header().Set("Retry-After", "5")
		httpd.WriteError(w, r, http.StatusServiceUnavailable, problem.Unavailable, "Other files are being uploaded: try again in a moment")
		return
	}
	u, err := uploadOf(r.URL.Query(), parameters["charset"])
	if err != nil {
		h.refuse(w, r, v, err)
		return
	}
	u.Body = body
	done, err := h.Service.UploadImport(r.Context(), v, u)
	if err != nil {
		h.refuse(w, r, v, err)
		return
	}
	j := model.NewImportJob(done)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"id": j.ID(), "rows": j.Rows(), "form": done.ImportFile.Form, "columns": done.ImportFile.Columns, "mapping": done.Plan.Fields,
	})
}

func uploadOf(q url.Values, charset string) (service.Upload, error) {
	u := service.Upload{Name: q.Get("name"), Options: contactfile.Options{
		Format: q.Get("format"), Separator: q.Get("separator"), Encoding: q.Get("encoding"),
	}}
	if strings.EqualFold(charset, contactfile.Windows1252) || strings.EqualFold(charset, "iso-8859-1") {
		u.Options.Encoding = contactfile.Windows1252
	}
	if v := q.Get("header"); v != "" {
		header, err := strconv.ParseBool(v)
		if err != nil {
			return u, &crm.InvalidError{Field: "header", Reason: "must be true or false"}
		}
		u.Options.Header = &header
	}
	for name := range q {
		switch name {
		case "name", "format", "separator", "encoding", "header":
		default:
			return u, &crm.InvalidError{Field: "query", Subject: "The parameters", Reason: "can be name, format, separator, encoding and header"}
		}
	}
	return u, nil
}

// viewer is who asks, if they may import.
func (h *Handler) viewer(r *http.Request) (crm.Viewer, error) {
	v, err := h.Authenticate(r.Context(), r.Header.Get("Authorization"))
	if err == nil {
		err = service.Authorize(v, crm.ImportContacts)
	}
	return v, err
}

func (h *Handler) tooLarge(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Connection", "close")
	httpd.WriteError(w, r, http.StatusRequestEntityTooLarge, problem.BadUserInput,
		fmt.Sprintf("A file can have at most %d MiB: split it, or leave out columns that are not imported", h.Limit>>20))
}

// refuse answers with an error.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, v crm.Viewer, err error) {
	if errors.Is(err, auth.ErrUnauthenticated) {
		w.Header().Set("WWW-Authenticate", auth.Challenge(err))
		httpd.WriteError(w, r, http.StatusUnauthorized, problem.Unauthenticated, auth.Reason(err))
		return
	}
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		h.tooLarge(w, r)
		return
	}
	if file, is := errors.AsType[*contactfile.Error](err); is {
		httpd.WriteError(w, r, http.StatusUnprocessableEntity, problem.BadUserInput, file.Error())
		return
	}
	if errors.Is(err, service.ErrUploadCancelled) {
		httpd.WriteError(w, r, http.StatusConflict, problem.BadUserInput, "The import was cancelled while the file was sent")
		return
	}
	if errors.Is(err, crm.ErrForbidden) {
		httpd.Refused(r.Context(), "role "+string(v.Role))
	}
	if errors.Is(err, errBrokenOff) {
		status, message := http.StatusBadRequest, "The file was not sent completely"
		if errors.Is(err, os.ErrDeadlineExceeded) {
			status, message = http.StatusRequestTimeout, fmt.Sprintf("Nothing more of the file came for %d seconds", stalled/time.Second)
		}
		w.Header().Set("Connection", "close")
		httpd.WriteError(w, r, status, problem.BadUserInput, message)
		return
	}
	if r.Context().Err() != nil {
		err = context.Canceled
	}
	refused := h.Report.Refuse(r.Context(), err)
	code := fmt.Sprint(refused.Errors[0].Extensions["code"])
	if code == problem.BadUserInput {
		refused.Status = http.StatusBadRequest
	}
	refused.SetHeaders(w.Header())
	httpd.WriteError(w, r, refused.Status, code, refused.Errors[0].Message)
}

// patient reads what a client sends. One that sends nothing for a while is given up.
type patient struct {
	r  io.Reader
	rc *http.ResponseController
}

func (p *patient) Read(b []byte) (int, error) {
	end := time.Now().Add(stalled)
	if err := errors.Join(p.rc.SetReadDeadline(end), p.rc.SetWriteDeadline(end.Add(stalled))); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	n, err := p.r.Read(b)
	if _, large := errors.AsType[*http.MaxBytesError](err); err != nil && !large && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("%w: %w", errBrokenOff, err)
	}
	return n, err
}

// errBrokenOff is that a client stopped sending.
var errBrokenOff = errors.New("broken off")

// readOn sends the answer and reads what still comes. Closing the connection while a client sends would reset it, and some systems
// then drop the answer that has arrived: people would not learn what is wrong with their file.
func (p *patient) readOn(ctx context.Context) {
	err := p.rc.Flush()
	for rest := make([]byte, 32<<10); err == nil && ctx.Err() == nil; {
		_, err = p.Read(rest)
	}
}

// Refused answers with what an import refused, for [RefusedPattern].
func (h *Handler) Refused(w http.ResponseWriter, r *http.Request) {
	v, err := h.viewer(r)
	if err != nil {
		h.refuse(w, r, v, err)
		return
	}
	id, _ := crm.ParseJobID(r.PathValue("id"))
	rc := http.NewResponseController(w)
	out := csv.NewWriter(w)
	began := false
	err = h.Service.RefusedRows(r.Context(), v, id, func(columns []string) error {
		began = true
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="refused.csv"`)
		_, _ = io.WriteString(w, "\ufeff") // for Excel
		return out.Write(append([]string{"refused row", "refused column", "refused because"}, safe(columns)...))
	}, func(row service.RefusedRow) error {
		_ = rc.SetWriteDeadline(time.Now().Add(stalled)) // not every connection has one
		return out.Write(append([]string{strconv.Itoa(row.Number), safe([]string{row.Column})[0], row.Reason}, safe(row.Cells)...))
	})
	if err == nil {
		out.Flush()
		err = out.Error()
	}
	switch {
	case err != nil && began:
		panic(http.ErrAbortHandler)
	case errors.Is(err, crm.ErrNotFound):
		httpd.WriteError(w, r, http.StatusNotFound, problem.BadUserInput, "This import does not exist")
	case err != nil:
		h.refuse(w, r, v, err)
	}
}

// safe are cells that no spreadsheet takes for formulas. An import takes the apostrophe away again.
func safe(cells []string) []string {
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = contactfile.Defuse(c)
	}
	return out
}
