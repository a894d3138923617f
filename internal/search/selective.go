package search

// Selective reports whether the gram index knows few contacts with the tokens.
func Selective(tokens []string) bool { return Indexable(tokens) && selective(tokens) > 0 }
