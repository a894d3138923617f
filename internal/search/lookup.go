package search

import "kith/internal/crm"

// TermOf is the term that every contact has whose email or phone (in E.164) is the value. Others may have it too.
func TermOf(field, value string) string {
	if field == "phone" {
		digits, _, _ := crm.PhoneForms(value)
		return cut(Fold(digits), maxTerm)
	}
	return cut(Fold(crm.EmailKey(value)), maxTerm)
}
