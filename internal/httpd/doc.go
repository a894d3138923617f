// Package httpd is what every request passes on its way in, whatever it asks for: a request id, the log, the counters,
// recovery from panics, guards against other web pages, limits; and a server that stops calmly.
//
// It knows nothing of contacts or of GraphQL beyond the shape of an error, and no log line or metric of its holds
// personal data: no address, no query string, no header but the request id.
package httpd
