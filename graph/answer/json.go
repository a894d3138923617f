package answer

import (
	"encoding/json"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Cost is the cost of an operation, as its answer reports it.
type Cost struct {
	Cost  int
	Limit int
}

// AppendJSON appends an answer as JSON. The data is JSON already and stays as it is, with the written lists in place of their
// placeholders; a refused operation has none. The cost comes last.
func AppendJSON(b []byte, resp *graphql.Response, written ...*Buffer) []byte {
	b = append(b, '{')
	if len(resp.Errors) > 0 {
		b = append(append(b, `"errors":`...), ErrorsJSON(resp.Errors)...)
	}
	if resp.Data != nil {
		if len(resp.Errors) > 0 {
			b = append(b, ',')
		}
		b = splice(append(b, `"data":`...), resp.Data, written)
	}
	if note, ok := resp.Extensions["cost"].(Cost); ok {
		b = append(b, `,"extensions":{"cost":{"cost":`...)
		b = strconv.AppendInt(b, int64(note.Cost), 10)
		b = append(b, `,"limit":`...)
		b = strconv.AppendInt(b, int64(note.Limit), 10)
		b = append(b, `}}`...)
	}
	return append(b, '}')
}

// ErrorsJSON is a list of errors as JSON.
func ErrorsJSON(list gqlerror.List) []byte {
	text, err := json.Marshal(list)
	if err != nil { // paths, positions and our own words: cannot be
		return []byte(`[{"message":"internal error","extensions":{"code":"INTERNAL"}}]`)
	}
	return text
}
