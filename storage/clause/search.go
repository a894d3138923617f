package clause

import (
	"fmt"
	"strings"
	"unicode/utf8"

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
	for i := 0; i < len(f.With); {
		name, times := fmt.Sprint("with", i), 1
		for i+times < len(f.With) && f.With[i+times] == f.With[i] {
			times++
		}
		args[name] = f.With[i]
		if times == 1 {
			fmt.Fprintf(&b, ` AND %s(%s, @%s) > 0`, position, column, name)
		} else { // found as many times: so much shorter is the text without
			characters := times * utf8.RuneCountInString(f.With[i])
			fmt.Fprintf(&b, ` AND length(%[1]s) - length(replace(%[1]s, @%[2]s, '')) >= %[3]d`, column, name, characters)
		}
		i += times
	}
	for i, t := range f.Without {
		name := fmt.Sprint("without", i)
		args[name] = t
		fmt.Fprintf(&b, ` AND %s(%s, @%s) = 0`, position, column, name)
	}
	return b.String()
}
