package service_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"kith/internal/crm"
	"kith/internal/service"
	"kith/storage"
)

// twoContacts are two contacts of a workspace, over a store, with the clock in the hands of the test.
func twoContacts(t *testing.T, undo time.Duration) (s *service.Service, store storage.Store, v crm.Viewer, ids []crm.ContactID, now *time.Time) {
	t.Helper()
	store, v = openStore(t)
	clock := start
	s = service.New(store, service.Options{Now: func() time.Time { return clock }, UndoMerge: undo})
	made, err := s.CreateChannel(t.Context(), v, service.NewChannel{Name: "Shop", Type: crm.TikTok})
	if err != nil {
		t.Fatal(err)
	}
	for _, external := range []string{"1", "2"} {
		i, err := crm.Interaction{ChannelID: made.Channel.ID, ExternalID: external, MessageID: "1", Received: start}.Normalize("")
		if err != nil {
			t.Fatal(err)
		}
		done, err := store.RecordInteraction(t.Context(), v.Workspace, i)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, done.Contact.ID)
	}
	return s, store, v, ids, &clock
}

func mergeOf(ids []crm.ContactID) crm.Merge {
	return crm.Merge{
		Survivor: crm.MergePart{ID: ids[0], Version: new(1)}, Others: []crm.MergePart{{ID: ids[1], Version: new(1)}},
	}
}

func TestAMergeCanBeUndoneForAWhile(t *testing.T) {
	t.Parallel()
	s, _, v, ids, now := twoContacts(t, time.Hour)
	done, err := s.MergeContacts(t.Context(), v, mergeOf(ids))
	if err != nil {
		t.Fatal(err)
	}
	if until := service.UndoableUntil(done); until == nil || !until.Equal(start.Truncate(time.Microsecond).Add(time.Hour)) {
		t.Errorf("until %v", until)
	}
	*now = start.Add(time.Hour)
	if _, err := s.UndoMerge(t.Context(), v, done.Record.ID); !errors.Is(err, crm.ErrUndoExpired) {
		t.Errorf("after it: %v", err)
	}
	*now = start.Add(time.Hour - time.Microsecond)
	undone, err := s.UndoMerge(t.Context(), v, done.Record.ID)
	if err != nil || len(undone.Restored) != 1 || undone.Restored[0].Contact.ID != ids[1] || len(undone.Kept) != 0 {
		t.Errorf("before: %+v, %v", undone, err)
	}
}

func TestWithoutUndoingAMergeIsForGood(t *testing.T) {
	t.Parallel()
	s, _, v, ids, _ := twoContacts(t, 0)
	done, err := s.MergeContacts(t.Context(), v, mergeOf(ids))
	if err != nil || service.UndoableUntil(done) != nil {
		t.Fatalf("%+v, %v", done.Record, err)
	}
	if _, err := s.UndoMerge(t.Context(), v, done.Record.ID); !errors.Is(err, crm.ErrUndoExpired) {
		t.Errorf("%v", err)
	}
}

func TestAPreviewWritesNothing(t *testing.T) {
	t.Parallel()
	s, store, v, ids, _ := twoContacts(t, time.Hour)
	preview, err := s.PreviewMerge(t.Context(), v, mergeOf(ids))
	if err != nil || preview.Refusal != nil || preview.Contact.ID != ids[0] || preview.Contact.Version != 2 || len(preview.Fields) != 3 {
		t.Errorf("%+v, %v", preview, err)
	}
	found, err := store.ContactsByID(t.Context(), v.Workspace, ids)
	if err != nil || len(found) != 2 || found[ids[0]].Version != 1 {
		t.Errorf("%+v, %v", found, err)
	}
	if _, err := s.MergeContacts(t.Context(), v, mergeOf(ids)); err != nil {
		t.Fatal(err)
	}
	// Of a contact that has become part of another, the preview shows that one, and says so.
	preview, err = s.PreviewMerge(t.Context(), v, mergeOf([]crm.ContactID{ids[1], ids[0]}))
	if err != nil || preview == nil || preview.Contact.ID != ids[0] {
		t.Fatalf("%+v, %v", preview, err)
	}
	if about, ok := errors.AsType[*service.FieldError](preview.Refusal); !ok || about.Field != "survivorId" {
		t.Errorf("%v", preview.Refusal)
	}
}

// TestWhatIsTooMuchForOneContact is about values that are each right, and too many together.
func TestWhatIsTooMuchForOneContact(t *testing.T) {
	t.Parallel()
	s, _, v, ids, _ := twoContacts(t, time.Hour)
	notes := strings.Repeat("x", crm.MaxNotes-1)
	for _, id := range ids {
		if _, err := s.UpdateContact(t.Context(), v, id, crm.ContactPatch{Notes: crm.To(&notes)}); err != nil {
			t.Fatal(err)
		}
		notes += "y"
	}
	m := mergeOf(ids)
	m.Survivor.Version, m.Others[0].Version = new(2), new(2)
	if _, err := s.MergeContacts(t.Context(), v, m); !errors.Is(err, crm.ErrNotesTooLong) {
		t.Errorf("%v", err)
	}
	if preview, err := s.PreviewMerge(t.Context(), v, m); err != nil || !errors.Is(preview.Refusal, crm.ErrNotesTooLong) {
		t.Errorf("%+v, %v", preview, err)
	}
	m.Notes = new("Short")
	if done, err := s.MergeContacts(t.Context(), v, m); err != nil || done.Contact.Notes != "Short" {
		t.Errorf("%+v, %v", done, err)
	}
	for len(m.Others) <= crm.MaxMerged {
		m.Others = append(m.Others, crm.MergePart{ID: crm.NewContactID(start)})
	}
	if _, err := s.MergeContacts(t.Context(), v, m); !errors.Is(err, crm.ErrTooMany) {
		t.Errorf("%v", err)
	}
}
