package transport

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"kith/graph/answer"
	"kith/graph/operation"
	"kith/graph/problem"
	"kith/internal/auth"
	"kith/internal/compress"
)

// maxURL is how many bytes the target of a request can have: path and query.
const maxURL = 8 << 10

// ServeHTTP answers one request, or many over one socket.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	switch {
	case wantsSocket(r):
		h.serveSocket(w, r)
	case r.Method == http.MethodPost, isSafe(r):
		h.serveRequest(w, r)
	case r.Method == http.MethodOptions:
		w.Header().Set("Allow", allMethods)
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Allow", allMethods)
		refuse(w, typeGraphQL, http.StatusMethodNotAllowed, "Send the operation by POST, or a query by GET")
	}
}

const allMethods = "GET, HEAD, POST"

// isSafe reports whether a request may only read (RFC 9110, section 9.2.1).
func isSafe(r *http.Request) bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

// serveRequest answers one operation.
func (h *Handler) serveRequest(w http.ResponseWriter, r *http.Request) {
	w.Header().Add("Vary", "Accept, Accept-Encoding")
	accept := r.Header.Values("Accept")
	types, ok := negotiate(accept)
	stream := acceptsEvents(accept)
	if r.Method == http.MethodHead {
		stream = no // it would have no end
	}
	switch {
	case len(r.RequestURI) > maxURL:
		refuse(w, types.refusal, http.StatusRequestURITooLong, "The URL can have at most 8 KiB: send the operation by POST")
		return
	case isSafe(r) && r.URL.RawQuery == "" && acceptsHTML(accept):
		describe(w)
		return
	case !ok && stream == no:
		refuse(w, typeJSON, http.StatusNotAcceptable, "Accept "+typeGraphQL+" or "+typeJSON+", or "+typeEvents+" for events")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), operation.Timeout)
	defer cancel()
	viewer, err := h.authenticate(ctx, r.Header.Get("Authorization"))
	if err != nil {
		h.refuseCredential(ctx, w, types.refusal, err)
		return
	}
	asked, refused := read(w, r)
	if refused != nil {
		writeRefusal(w, types, refused)
		return
	}
	ctx = auth.WithViewer(ctx, viewer)
	op, refused := h.run.Prepare(ctx, asked)
	switch {
	case refused != nil && refused.Status == http.StatusMethodNotAllowed:
		w.Header().Set("Allow", http.MethodPost)
		writeRefusal(w, types, refused)
		return
	case !ok, refused == nil && (stream == preferred || stream == welcome && operation.IsSubscription(op)):
		h.serveEvents(w, r, viewer, op, refused)
		return
	case refused == nil && operation.IsSubscription(op):
		refuse(w, types.refusal, http.StatusNotAcceptable, "A subscription is answered as "+typeEvents+", or over a WebSocket")
		return
	}
	var (
		json    *answer.Buffer
		partial bool
	)
	if refused == nil {
		json, partial, refused = h.run.Execute(ctx, op)
	}
	if refused != nil {
		writeRefusal(w, types, refused)
		return
	}
	status := http.StatusOK
	if partial {
		status = types.partial
	}
	json.B = append(json.B, '\n')
	if !operation.IsMutation(op) {
		json = compressed(w, r, json)
	}
	h.send(w, types.data, status, viewer, json)
}

// compressed is an answer in a coding that the client accepts, if it is worth it; then the answer given is freed. Answers of
// mutations are not compressed: they alone hold secrets, and the length of a secret compressed beside other text says something
// about both.
func compressed(w http.ResponseWriter, r *http.Request, json *answer.Buffer) *answer.Buffer {
	if len(json.B) < compress.MinSize {
		return json
	}
	coding := compress.Pick(r.Header.Values("Accept-Encoding"), compress.Gzip, compress.Brotli)
	if coding == "" {
		return json
	}
	defer json.Free()
	packed := answer.NewBuffer()
	packed.B = compress.Append(packed.B, coding, json.B)
	w.Header().Set("Content-Encoding", coding)
	return packed
}

// read reads the operation of a request: from its URL if it is safe, else from its body.
func read(w http.ResponseWriter, r *http.Request) (asked *operation.Request, refused *problem.Refusal) {
	started := time.Now()
	if isSafe(r) {
		asked, refused = operation.DecodeURL(r.URL.RawQuery)
	} else {
		asked, refused = readBody(w, r)
	}
	if refused == nil {
		asked.ReadTime = graphql.TraceTiming{Start: started, End: time.Now()}
	}
	return asked, refused
}

func readBody(w http.ResponseWriter, r *http.Request) (*operation.Request, *problem.Refusal) {
	if !isJSON(r.Header.Get("Content-Type")) {
		return nil, rejected(http.StatusUnsupportedMediaType, "Content-Type must be application/json in UTF-8")
	}
	b := answer.NewBuffer()
	defer b.Free()
	body, err := b.ReadAll(http.MaxBytesReader(w, r.Body, operation.MaxBody))
	if err == nil {
		return operation.Decode(body)
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, rejected(http.StatusRequestEntityTooLarge, "The body can have at most 128 KiB")
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, rejected(http.StatusRequestTimeout, "The body came too slowly")
	}
	return nil, rejected(http.StatusBadRequest, "The body could not be read")
}

// rejected refuses a request whose operation has not been read.
func rejected(status int, message string) *problem.Refusal {
	return &problem.Refusal{Status: status, Errors: problem.Coded(message, problem.BadUserInput)}
}

// describe answers a browser that opens the endpoint itself. No credential is needed: it shows nothing of a workspace.
func describe(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("This is the GraphQL endpoint of Kith. Send operations by POST as application/json, or queries by GET.\n" +
		"Where the playground is on, it is at /playground.\n"))
}

// refuseCredential answers a request without a valid credential.
func (h *Handler) refuseCredential(ctx context.Context, w http.ResponseWriter, mediaType string, err error) {
	message, ext := h.report.Describe(ctx, err)
	status := http.StatusInternalServerError
	switch ext["code"] {
	case problem.Unauthenticated:
		status = http.StatusUnauthorized
		w.Header().Set("WWW-Authenticate", auth.Challenge(err))
		if reason := auth.Reason(err); reason != "" {
			message += " (" + reason + ")"
		}
	case problem.Unavailable:
		status = http.StatusServiceUnavailable
		w.Header().Set("Retry-After", "1")
	}
	write(w, mediaType, status, &graphql.Response{Errors: problem.List(message, ext)})
}

// refuse answers a request that is not one of GraphQL.
func refuse(w http.ResponseWriter, mediaType string, status int, message string) {
	write(w, mediaType, status, &graphql.Response{Errors: problem.Coded(message, problem.BadUserInput)})
}

// writeRefusal answers an operation that is not executed.
func writeRefusal(w http.ResponseWriter, types answerTypes, refused *problem.Refusal) {
	refused.SetHeaders(w.Header())
	write(w, types.refusal, refused.Status, &graphql.Response{Errors: refused.Errors})
}

// write sends a small answer. If that fails, the client is gone.
func write(w http.ResponseWriter, mediaType string, status int, resp *graphql.Response) {
	b := answer.NewBuffer()
	defer b.Free()
	b.B = append(answer.AppendJSON(b.B, resp), '\n')
	head(w, mediaType, len(b.B))
	w.WriteHeader(status)
	_, _ = w.Write(b.B)
}

// head sets the type and length of an answer.
func head(w http.ResponseWriter, mediaType string, length int) {
	h := w.Header()
	h["Content-Type"] = contentTypes[mediaType]
	h.Set("Content-Length", strconv.Itoa(length))
}

// contentTypes are the media types as headers, which are not to be written to.
var contentTypes = map[string][]string{
	typeGraphQL: {typeGraphQL + "; charset=utf-8"},
	typeJSON:    {typeJSON + "; charset=utf-8"},
}
