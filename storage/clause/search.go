package clause

import (
	"fmt"
	"strings"

	"kith/internal/search"
)

// Within is the condition that an index key, of two columns, is in a search.Range. Both ends are given and the cursor is one
// of them: with a range and a cursor as two conditions on one side, a database starts reading at the wrong place.
func Within(columns string) string {
	return columns + ` > (@after, @after_id) AND ` + columns + ` < (@before, @before_id)`
}

// Holding is the condition, with AND before it, that f lets a text through. Position is the function of the database that
// finds one text in another. The arguments are added to args.
func Holding(position, column string, f search.Filter, args map[string]any) string {
	var b strings.Builder
	add := func(kind, found string, texts []string) {
		for i, t := range texts {
			name := fmt.Sprint(kind, i)
			args[name] = t
			fmt.Fprintf(&b, ` AND %s(%s, @%s) %s 0`, position, column, name, found)
		}
	}
	add("with", ">", f.With)
	add("without", "=", f.Without)
	return b.String()
}
