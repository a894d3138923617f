package httpd

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// Reasons of refusals, as the log has them.
const (
	reasonOrigin = "origin"
	reasonHost   = "host"
	reasonProxy  = "proxy"
	reasonRate   = "rate"
)

// WriteError answers in the shape of a GraphQL error, so that a GraphQL client can read it wherever it comes from. The message is the
// reason in the log, unless another has been noted.
func WriteError(w http.ResponseWriter, r *http.Request, status int, code, message string) {
	Refused(r.Context(), message)
	type failure struct {
		Message    string            `json:"message"`
		Extensions map[string]string `json:"extensions"`
	}
	body, _ := json.Marshal(map[string][]failure{"errors": {{message, map[string]string{"code": code}}}}) // cannot fail
	media := "application/json"
	if strings.Contains(r.Header.Get("Accept"), "application/graphql-response+json") {
		media = "application/graphql-response+json"
	}
	h := w.Header()
	h.Set("Content-Type", media+"; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(body))) // so that it is whole for a client that is still sending
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
