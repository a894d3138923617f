package service_test

import (
	"errors"
	"testing"

	"kith/internal/crm"
	"kith/internal/service"
	"kith/storage"
)

func TestPageSize(t *testing.T) {
	t.Parallel()
	n := func(i int) *int { return &i }
	for name, c := range map[string]struct {
		paging service.Paging
		size   int
		field  string // at fault
	}{
		"without a wish it is 25":        {service.Paging{}, 25, ""},
		"one row":                        {service.Paging{First: n(1)}, 1, ""},
		"a hundred rows":                 {service.Paging{Last: n(100)}, 100, ""},
		"no row is refused":              {service.Paging{First: n(0)}, 0, "first"},
		"fewer than none is refused":     {service.Paging{Last: n(-5)}, 0, "last"},
		"a hundred and one is refused":   {service.Paging{First: n(101)}, 0, "first"},
		"both ends at once are refused":  {service.Paging{First: n(1), Last: n(1)}, 0, "last"},
		"both ends and wrong is refused": {service.Paging{First: n(-1), Last: n(1)}, 0, "last"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			size, err := c.paging.Size()
			if size != c.size || (err == nil) != (c.field == "") {
				t.Fatalf("%d, %v", size, err)
			}
			if invalid, ok := errors.AsType[*crm.InvalidError](err); err != nil && (!ok || invalid.Field != c.field) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestDifferentRequestsForSessionsHaveDifferentKeys(t *testing.T) {
	t.Parallel()
	n, yes := 5, true
	a, b, none := "a", `"|`, ""
	id := crm.ContactID{1}
	seen := map[string]int{}
	for i, l := range []service.SessionList{
		{},
		{Paging: service.Paging{First: &n}},
		{Paging: service.Paging{Last: &n}},
		{Paging: service.Paging{After: &a}},
		{Paging: service.Paging{Before: &a}},
		{Paging: service.Paging{After: &b}},
		{Paging: service.Paging{After: &none}},
		{Filter: storage.SessionFilter{Anonymous: &yes}},
		{Filter: storage.SessionFilter{Contact: &id}},
		{Filter: storage.SessionFilter{Channels: []crm.ChannelID{}}},
		{Filter: storage.SessionFilter{Statuses: []crm.SessionStatus{}}},
		{Filter: storage.SessionFilter{Tags: []crm.SessionTag{}}},
		{Filter: storage.SessionFilter{Statuses: []crm.SessionStatus{crm.Active}}},
		{Filter: storage.SessionFilter{Statuses: []crm.SessionStatus{crm.Active, crm.Closed}}},
	} {
		if j, ok := seen[l.Key()]; ok {
			t.Errorf("%d and %d are both %q", i, j, l.Key())
		}
		seen[l.Key()] = i
	}
}
