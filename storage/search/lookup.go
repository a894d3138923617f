package search

import (
	"kith/internal/crm"
)

// EmailTerm is the term that every contact with this e-mail has. Others may have it too.
func EmailTerm(email string) string { return cut(cut(Fold(email), maxEmail), maxTerm) }

// PhoneTerm is the term that every contact with this phone, in E.164, has. Others may have it too.
func PhoneTerm(e164 string) string {
	digits, _, _ := crm.PhoneForms(e164)
	return cut(Fold(digits), maxTerm)
}
