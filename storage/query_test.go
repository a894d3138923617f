package storage_test

import (
	"errors"
	"testing"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
)

func TestOrdersThatASearchMayHave(t *testing.T) {
	t.Parallel()
	const (
		neither = "can be RELEVANCE only under a search; without one LAST_ACTIVITY, NAME, CREATED or EMAIL"
		under   = "must be RELEVANCE or NAME under a search"
	)
	for name, c := range map[string]struct {
		order   storage.Order
		text    string
		refused string
	}{
		"last activity without a search": {storage.LastActivity, "", ""},
		"names without a search":         {storage.Name, "", ""},
		"creation without a search":      {storage.Created, "", ""},
		"relevance needs a search":       {storage.Relevance, "", neither},
		"spaces are no search":           {storage.Relevance, " \t", neither},
		"spaces list by last activity":   {storage.LastActivity, " \t", ""},
		"relevance under a search":       {storage.Relevance, "ann", ""},
		"names under a search":           {storage.Name, "ann", ""},
		"last activity refuses a search": {storage.LastActivity, "ann", under},
		"creation refuses a search":      {storage.Created, "ann", under},
		"an order that is not there":     {storage.Relevance + 1, "", neither},
		"nor under a search":             {storage.Relevance + 1, "ann", under},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := c.order.Check(search.Parse(c.text, ""))
			invalid, _ := errors.AsType[*crm.InvalidError](err)
			if err == nil && c.refused != "" || err != nil && (invalid == nil || invalid.Field != "orderBy" || invalid.Reason != c.refused) {
				t.Errorf("%v, want %q", err, c.refused)
			}
		})
	}
}
