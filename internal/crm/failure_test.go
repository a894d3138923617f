package crm

import "testing"

func TestAFailureMentionsACustomerByTheWholeID(t *testing.T) {
	t.Parallel()
	for payload, want := range map[string]bool{
		`{"from": {"id": 4711}}`:              true,
		`{"from": "4711"}`:                    true,
		`{"4711": 1}`:                         true,
		`{"content": "{\"user\": \"4711\"}"}`: true,
		`{"from": "\u0034711"}`:               true,
		`{"from": "4711`:                      true,
		"from=4711&x=1":                       true,
		`{"from": "47110"}`:                   false,
		`{"text": "my number is 4711"}`:       false,
		`{"from": 14711`:                      false,
		"":                                    false,
		`{"from": "a/b"}`:                     false,
	} {
		if got := (Failure{Payload: []byte(payload)}).Mentions([]string{"0815", "4711"}); got != want {
			t.Errorf("%s: %v", payload, got)
		}
	}
	if !(Failure{Payload: []byte(`{"user": "a\/b=="}`)}).Mentions([]string{"a/b=="}) {
		t.Error("an escaped id was not found")
	}
}
