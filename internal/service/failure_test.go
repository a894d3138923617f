package service_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"kith/internal/crm"
	"kith/internal/cursor"
	"kith/internal/service"
	"kith/storage"
)

// replays answers for each payload what is to become of it, and notes what it was asked.
type replays struct {
	outcomes map[string]error
	asked    []string
}

func (r *replays) Replay(_ context.Context, _ crm.WorkspaceID, f crm.Failure) error {
	r.asked = append(r.asked, string(f.Payload))
	return r.outcomes[string(f.Payload)]
}

// failing is a service over a database with a channel that failed n times, the newest first.
func failing(t *testing.T, n int, r service.Replayer) (*service.Service, crm.Viewer, []crm.FailureID) {
	t.Helper()
	store, v := openStore(t)
	d := service.New(store, service.Options{Now: func() time.Time { return start }, Replayer: r})
	made, err := d.CreateChannel(t.Context(), v, service.NewChannel{Name: "Shop", Type: crm.WhatsApp})
	if err != nil {
		t.Fatal(err)
	}
	ids := make([]crm.FailureID, n)
	for i := range n {
		at := start.Add(time.Duration(i) * time.Second).Truncate(time.Microsecond)
		ids[i] = crm.NewFailureID(at)
		err := store.AddFailure(t.Context(), v.Workspace, crm.Failure{
			ID: ids[i], ChannelID: made.Channel.ID, At: at, Position: i, Reason: "It is wrong", Payload: fmt.Appendf(nil, "item %d", i),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Reverse(ids)
	return d, v, ids
}

func TestFailuresAreWalkedFromTheNewest(t *testing.T) {
	t.Parallel()
	d, v, want := failing(t, 5, nil)
	two := 2
	var got []crm.FailureID
	paging := service.Paging{First: &two}
	for range 10 {
		page, err := d.Failures(t.Context(), v, paging)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range page.Failures {
			got = append(got, f.ID)
		}
		if !page.HasNext {
			break
		}
		after := cursor.Encode(page.List(), storage.FailurePosition(page.Failures[len(page.Failures)-1]))
		paging.After = &after
	}
	if !slices.Equal(got, want) {
		t.Errorf("%v, not %v", got, want)
	}
	wrong := "nonsense"
	if _, err := d.Failures(t.Context(), v, service.Paging{After: &wrong}); err == nil {
		t.Error("a wrong cursor is taken")
	}
	count, err := d.CountFailures(t.Context(), v, service.DefaultMost)
	if err != nil || count != (storage.Count{Value: 5, Exact: true}) {
		t.Errorf("%+v, %v", count, err)
	}
}

func TestWhatIsReplayedWithSuccessIsNoFailureAnyMore(t *testing.T) {
	t.Parallel()
	r := &replays{outcomes: map[string]error{
		"item 1": &crm.InvalidError{Field: "payload", Reason: "It is still wrong"},
		"item 2": fmt.Errorf("replay: %w", crm.ErrInactive),
	}}
	d, v, ids := failing(t, 4, r)
	none := crm.NewFailureID(start)
	outcomes, err := d.ReplayFailures(t.Context(), v, []crm.FailureID{ids[0], none, ids[2], ids[1], ids[0]})
	if err != nil || len(outcomes) != 5 {
		t.Fatalf("%v, %v", outcomes, err)
	}
	if _, ok := errors.AsType[*crm.InvalidError](outcomes[2]); !ok || outcomes[0] != nil || outcomes[4] != nil ||
		!errors.Is(outcomes[1], crm.ErrNotFound) || !errors.Is(outcomes[3], crm.ErrInactive) {
		t.Errorf("%v", outcomes)
	}
	if !slices.Equal(r.asked, []string{"item 3", "item 1", "item 2"}) {
		t.Errorf("%q", r.asked)
	}
	left, err := d.FailuresByID(t.Context(), v, ids)
	if _, there := left[ids[0]]; err != nil || there || len(left) != 3 {
		t.Errorf("%v, %v", left, err)
	}
}

func TestAnErrorOfTheMomentEndsAReplay(t *testing.T) {
	t.Parallel()
	r := &replays{outcomes: map[string]error{"item 1": crm.ErrUnavailable}}
	d, v, ids := failing(t, 3, r)
	if outcomes, err := d.ReplayFailures(t.Context(), v, ids); !errors.Is(err, crm.ErrUnavailable) || outcomes != nil {
		t.Errorf("%v, %v", outcomes, err)
	}
	left, err := d.FailuresByID(t.Context(), v, ids)
	if err != nil || len(left) != 2 {
		t.Errorf("%v, %v", left, err)
	}
}

func TestWhatIsDismissedIsGone(t *testing.T) {
	t.Parallel()
	d, v, ids := failing(t, 3, nil)
	outcomes, err := d.DismissFailures(t.Context(), v, []crm.FailureID{ids[1], ids[1], crm.NewFailureID(start)})
	if err != nil || len(outcomes) != 3 || outcomes[0] != nil || outcomes[1] != nil || !errors.Is(outcomes[2], crm.ErrNotFound) {
		t.Errorf("%v, %v", outcomes, err)
	}
	left, err := d.FailuresByID(t.Context(), v, ids)
	if _, there := left[ids[1]]; err != nil || there || len(left) != 2 {
		t.Errorf("%v, %v", left, err)
	}
	for name, call := range map[string]func(context.Context, crm.Viewer, []crm.FailureID) ([]error, error){
		"replay": d.ReplayFailures, "dismiss": d.DismissFailures,
	} {
		_, err := call(t.Context(), v, make([]crm.FailureID, 101))
		if invalid, ok := errors.AsType[*crm.InvalidError](err); !ok || invalid.Field != "ids" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestStaffDoNotSeeFailures(t *testing.T) {
	t.Parallel()
	d, v, ids := failing(t, 1, nil)
	v.Role = crm.RoleStaff
	if found, err := d.FailuresByID(t.Context(), v, ids); err != nil || len(found) != 0 {
		t.Errorf("%v, %v", found, err)
	}
}
