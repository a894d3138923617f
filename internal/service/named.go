package service

import (
	"fmt"

	"kith/internal/crm"
)

// MaxNamed is how many objects or values a list of an operation may name.
const MaxNamed = 100

// FewNamed refuses a list of more than [MaxNamed]: field is what the client called it, kind what it names, in the plural.
func FewNamed[T any](field, kind string, list []T) error {
	if len(list) <= MaxNamed {
		return nil
	}
	return &crm.InvalidError{Field: field, Reason: fmt.Sprintf("can name at most %d %s", MaxNamed, kind)}
}
