// Package answer holds one answer in the making: the memory it is written to, the limit of its size, and its JSON.
//
// It knows neither the request nor the viewer. Package fastlist writes lists into an answer, and gqlgen the rest.
package answer

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"kith/graph/problem"
	"kith/graph/scalar"
)

// DefaultLimit is how many bytes an answer can have by default.
const DefaultLimit = 8 << 20

// Answer is one answer in the making: its written lists, and its size so far, so that execution ends once it is too large. The
// fields of an answer are resolved concurrently.
type Answer struct {
	lists

	most int64
	// bytes are those of the written lists, and at least a lower bound of what gqlgen has resolved.
	bytes atomic.Int64
	// fields counts what gqlgen has resolved: each takes memory until the answer is written.
	fields atomic.Int64
	over   atomic.Bool
}

// bytesPerField is how many bytes of the limit there are for each field that gqlgen may resolve. A field of an ordinary answer
// takes more on average.
const bytesPerField = 16

type contextKey struct{}

// New returns a context for making one answer, of at most so many bytes. Free the answer when done.
func New(ctx context.Context, limit int) (context.Context, *Answer) {
	a := &Answer{most: int64(limit)}
	return context.WithValue(ctx, contextKey{}, a), a
}

// Of is the answer in the making; nil outside of one.
func Of(ctx context.Context) *Answer {
	a, _ := ctx.Value(contextKey{}).(*Answer)
	return a
}

// Take adds bytes and reports whether the answer is still within its limit.
func (a *Answer) Take(bytes int) bool {
	if a.bytes.Add(int64(bytes)) > a.most {
		a.over.Store(true)
	}
	return !a.over.Load()
}

// Over reports whether the answer is too large.
func (a *Answer) Over() bool { return a.over.Load() }

// TakeField adds a field that gqlgen has resolved.
func (a *Answer) TakeField(name string, value any) bool {
	if a.fields.Add(1) > a.most/bytesPerField {
		a.over.Store(true)
	}
	return a.Take(len(name) + len(`"":,`) + atLeast(value))
}

// Checked returns the response of gqlgen, or an error in its place if the answer is too large. The changes of a mutation are
// kept.
func (a *Answer) Checked(op *graphql.OperationContext, resp *graphql.Response) *graphql.Response {
	if !a.over.Load() && int64(len(resp.Data)+a.size()) <= a.most {
		return resp
	}
	message := fmt.Sprintf("The answer is too large: it can have at most %d bytes. Ask for fewer rows or fewer texts", a.most)
	if op.Operation.Operation == ast.Mutation {
		message += ". The mutation has been made"
	}
	return &graphql.Response{Data: []byte("null"), Errors: problem.Coded(message, problem.TooComplex)}
}

// PlaceList adds a written list and returns its placeholder in the data. It is not ok if the list must be copied there.
func (a *Answer) PlaceList(b *Buffer) (data [2]byte, ok bool) {
	position, ok := a.add(b)
	return [2]byte{placeholder, position}, ok
}

// JSON is the whole answer, written lists included, in a buffer to be freed.
func (a *Answer) JSON(resp *graphql.Response) *Buffer {
	b := NewBuffer()
	b.B = slices.Grow(b.B, len(resp.Data)+a.size()+512)
	b.B = AppendJSON(b.B, resp, a.written...)
	return b
}

// atLeast is a lower bound of the bytes that a value takes as JSON, close to the exact number for large values.
func atLeast(value any) int {
	switch v := value.(type) {
	case string:
		return scalar.StringSize(v)
	case *string:
		if v != nil {
			return scalar.StringSize(*v)
		}
	case []string:
		n := len("[]")
		for _, s := range v {
			n += scalar.StringSize(s)
		}
		return n
	}
	return 1
}
