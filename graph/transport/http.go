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
)

// ServeHTTP answers one request, or many over one socket.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if r.Method != http.MethodPost {
		if wantsSocket(r) {
			h.serveSocket(w, r)
			return
		}
		w.Header().Set("Allow", http.MethodPost)
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		refuse(w, typeJSON, http.StatusMethodNotAllowed, "Send the operation by POST")
		return
	}
	accept := r.Header.Values("Accept")
	mediaType, stream := negotiate(accept), acceptsEvents(accept)
	if mediaType == "" && stream == no {
		refuse(w, typeJSON, http.StatusNotAcceptable, "Accept "+typeGraphQL+" or "+typeJSON+", or "+typeEvents+" for events")
		return
	}
	only := mediaType == "" // of HTTP itself, errors are JSON all the same
	if only {
		mediaType = typeJSON
	}
	ctx, cancel := context.WithTimeout(r.Context(), operation.Timeout)
	defer cancel()
	viewer, err := h.authenticate(ctx, r.Header.Get("Authorization"))
	if err != nil {
		h.refuseCredential(ctx, w, mediaType, err)
		return
	}
	if !isJSON(r.Header.Get("Content-Type")) {
		refuse(w, mediaType, http.StatusUnsupportedMediaType, "Content-Type must be application/json in UTF-8")
		return
	}
	asked, ok := h.read(ctx, w, r, mediaType)
	if !ok {
		return
	}
	ctx = auth.WithViewer(ctx, viewer)
	op, refused := h.run.Prepare(ctx, asked)
	switch {
	case only, refused == nil && (stream == preferred || stream == welcome && operation.IsSubscription(op)):
		h.serveEvents(w, r, viewer, op, refused)
		return
	case refused == nil && operation.IsSubscription(op):
		refuse(w, mediaType, http.StatusNotAcceptable, "A subscription is answered as "+typeEvents+", or over a WebSocket")
		return
	}
	var json *answer.Buffer
	if refused == nil {
		json, refused = h.run.Execute(ctx, op)
	}
	if refused != nil {
		status := refused.Status
		if status == http.StatusBadRequest && mediaType == typeJSON {
			status = http.StatusOK // what the specification asks of this media type, for the sake of old clients
		}
		refused.SetRetryAfter(w.Header())
		write(w, mediaType, status, &graphql.Response{Errors: refused.Errors})
		return
	}
	h.send(w, mediaType, viewer, json)
}

// read reads the body of a request, or refuses it.
func (h *Handler) read(
	ctx context.Context, w http.ResponseWriter, r *http.Request, mediaType string,
) (asked *operation.Request, ok bool) {
	started := time.Now()
	b := answer.NewBuffer()
	defer b.Free()
	body, err := b.ReadAll(http.MaxBytesReader(w, r.Body, operation.MaxBody))
	if err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			refuse(w, mediaType, http.StatusRequestEntityTooLarge, "The body can have at most 128 KiB")
			return nil, false
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			refuse(w, mediaType, http.StatusRequestTimeout, "The body came too slowly")
			return nil, false
		}
		refuse(w, mediaType, http.StatusBadRequest, "The body could not be read")
		return nil, false
	}
	asked, err = operation.Decode(body)
	if err != nil {
		write(w, mediaType, http.StatusBadRequest, &graphql.Response{Errors: h.report.Refuse(ctx, err).Errors})
		return nil, false
	}
	asked.ReadTime = graphql.TraceTiming{Start: started, End: time.Now()}
	return asked, true
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
