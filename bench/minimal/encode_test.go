package main

import (
	"encoding/json"
	"testing"
)

func TestTextIsJSON(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "Ann", `"\`, "a\nb\tc\rd\x00e\x1f", "Zoë 😀", "</script>\u2028"} {
		var got string
		if err := json.Unmarshal(appendText(nil, s), &got); err != nil || got != s {
			t.Errorf("%q became %q, %v", s, got, err)
		}
	}
}
