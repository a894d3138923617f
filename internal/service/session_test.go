package service_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kith/internal/crm"
	"kith/internal/service"
	"kith/storage"
)

// oneSession is the session of a message that was recorded in the workspace.
func oneSession(t *testing.T, d *service.Service, v crm.Viewer) crm.Session {
	t.Helper()
	page, err := d.Sessions(t.Context(), v, service.SessionList{})
	if err != nil || len(page.Sessions) != 1 {
		t.Fatal(page, err)
	}
	return page.Sessions[0]
}

func TestAnEditOfASessionTellsItsEventOnlyIfItChangedSomething(t *testing.T) {
	t.Parallel()
	d, v, _ := openService(t)
	s := oneSession(t, d, v)
	escalated, complaint := crm.Escalated, crm.Complaint
	for _, c := range []struct {
		name    string
		patch   crm.SessionPatch
		changed bool
	}{
		{"nothing is asked for", crm.SessionPatch{}, false},
		{"a new status", crm.SessionPatch{Status: crm.To(&escalated)}, true},
		{"the status it has", crm.SessionPatch{Status: crm.To(&escalated)}, false},
		{"a tag", crm.SessionPatch{Tag: crm.To(&complaint)}, true},
		{"no tag", crm.SessionPatch{Tag: crm.To[*crm.SessionTag](nil)}, true},
		{"no tag again", crm.SessionPatch{Tag: crm.To[*crm.SessionTag](nil)}, false},
		{"all read", crm.SessionPatch{Read: true}, true},
		{"all read again", crm.SessionPatch{Read: true}, false},
	} {
		before := oneSession(t, d, v)
		done, err := d.UpdateSession(t.Context(), v, s.ID, c.patch)
		if err != nil || (done.Event != nil) != c.changed {
			t.Errorf("%s: %+v, %v", c.name, done, err)
		}
		if diff := cmp.Diff(oneSession(t, d, v), *done.Now); diff != "" {
			t.Errorf("%s: stored and told: %s", c.name, diff)
		}
		if cmp.Equal(before, *done.Now) == c.changed {
			t.Errorf("%s: %+v is %+v", c.name, before, *done.Now)
		}
	}
	refused, err := d.UpdateSession(t.Context(), v, s.ID, crm.SessionPatch{Status: crm.To[*crm.SessionStatus](nil)})
	if _, ok := errors.AsType[*crm.InvalidError](err); !ok || refused.Now == nil || refused.Now.ID != s.ID || refused.Event != nil {
		t.Errorf("without a status: %+v, %v", refused, err)
	}
	if gone, err := d.UpdateSession(t.Context(), v, crm.SessionID{}, crm.SessionPatch{Read: true}); !errors.Is(err, crm.ErrNotFound) || gone.Now != nil {
		t.Errorf("of nobody: %+v, %v", gone, err)
	}
}

func TestAnEditOfAContactTellsItsEventOnlyIfItChangedSomething(t *testing.T) {
	t.Parallel()
	d, v, c := openService(t)
	name := "Ann"
	for i, changed := range []bool{true, false} {
		done, err := d.UpdateContact(t.Context(), v, c.ID, crm.ContactPatch{Name: crm.To(&name)})
		if err != nil || (done.Event != nil) != changed || done.Now.Version != 2 {
			t.Errorf("time %d: %+v, %v", i, done, err)
		}
	}
	if event, err := d.DeleteContact(t.Context(), v, c.ID); err != nil || event == (crm.EventID{}) {
		t.Errorf("%v, %v", event, err)
	}
	if event, err := d.DeleteContact(t.Context(), v, c.ID); !errors.Is(err, crm.ErrNotFound) || event != (crm.EventID{}) {
		t.Errorf("%v, %v", event, err)
	}
}

func TestCountsNameEveryValue(t *testing.T) {
	t.Parallel()
	d, v, _ := openService(t)
	s := oneSession(t, d, v)
	got, err := d.CountSessions(t.Context(), v, storage.SessionFilter{Statuses: []crm.SessionStatus{crm.Closed}})
	if err != nil {
		t.Fatal(err)
	}
	tags := []service.TagCount{}
	for _, tag := range crm.SessionTags {
		tags = append(tags, service.TagCount{Tag: &tag})
	}
	want := service.SessionCounts{
		Total: 0,
		Statuses: []service.StatusCount{
			{Status: crm.Active, Count: 1}, {Status: crm.Escalated}, {Status: crm.Closed}, {Status: crm.Archived},
		},
		Tags:      append(tags, service.TagCount{}),
		ByChannel: map[crm.ChannelID]int{},
	}
	if diff := cmp.Diff(want.Statuses, got.Statuses) + cmp.Diff(want.Tags, got.Tags); diff != "" || got.Total != 0 || len(got.ByChannel) != 0 {
		t.Errorf("%+v %s", got, diff)
	}
	all, err := d.CountSessions(t.Context(), v, storage.SessionFilter{})
	if err != nil || all.Total != 1 || all.ByChannel[s.ChannelID] != 1 || all.Tags[len(all.Tags)-1].Count != 1 {
		t.Errorf("%+v, %v", all, err)
	}
	_, err = d.CountSessions(t.Context(), v, storage.SessionFilter{Channels: make([]crm.ChannelID, 101)})
	if invalid, ok := errors.AsType[*crm.InvalidError](err); !ok || invalid.Field != "filter.channelIds" {
		t.Errorf("%v", err)
	}
}
