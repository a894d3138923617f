package crm_test

import (
	"testing"

	"kith/internal/crm"
)

func TestInvalidErrorIsOneSentence(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]crm.InvalidError{
		"first must be between 1 and 100":        {Field: "first", Reason: "must be between 1 and 100"},
		"Phone number needs its country code":    {Field: "phone", Subject: "Phone number", Reason: "needs its country code"},
		"Invalid email format":                   {Field: "email", Subject: "Invalid email format"},
		"must be a whole number of 32 bits":      {Reason: "must be a whole number of 32 bits"}, // the caller knows the field
		"The body must be valid UTF-8":           {Subject: "The body", Reason: "must be valid UTF-8"},
		"Only HTML_EMBED channels have a domain": {Field: "allowedDomains", Subject: "Only HTML_EMBED channels", Reason: "have a domain"},
	} {
		if got := err.Message(); got != want {
			t.Errorf("%+v: %q, not %q", err, got, want)
		}
	}
}
