package crm_test

import (
	"testing"
	"time"

	"kith/internal/crm"
)

func TestActivityDue(t *testing.T) {
	for name, tc := range map[string]struct {
		ago, want time.Duration
	}{
		"just now":         {0, time.Second},
		"a while ago":      {300 * time.Millisecond, 700 * time.Millisecond},
		"a second ago":     {time.Second, 0},
		"long ago":         {time.Hour, 0},
		"by a wrong clock": {-time.Hour, 0},
	} {
		if got := crm.ActivityDue(noon.Add(-tc.ago), noon, crm.ActivityInterval); got != tc.want {
			t.Errorf("%s: got %v, want %v", name, got, tc.want)
		}
	}
}

// pending is activity of Ann and of her session.
func pending(id byte, ann crm.ContactID, session crm.SessionID, received time.Time) crm.PendingActivity {
	return crm.PendingActivity{
		ID: [16]byte{id}, ChannelID: telegram, ContactID: ann, SessionID: &session, Moved: true, Received: received, Version: new(3),
	}
}

func TestTheThrottlePublishesEachSubjectOnceAnInterval(t *testing.T) {
	ann, session, throttle := crm.NewContactID(noon), crm.NewSessionID(noon), crm.ActivityThrottle{}
	publish := func(now time.Time, p ...crm.PendingActivity) crm.ThrottledActivity {
		out := throttle.Decide(p, now)
		for _, e := range out.Events {
			throttle.Published(e.Subject(), now, now)
		}
		return out
	}
	first := publish(noon, pending(1, ann, session, noon.Add(-2)), pending(2, ann, session, noon.Add(-1)))
	if len(first.Events) != 2 || len(first.Done) != 2 || len(first.Left) > 0 || !first.Next.IsZero() {
		t.Fatalf("the first: %+v", first)
	}
	for _, e := range first.Events {
		if e.Kind != crm.Activity || !e.At.Equal(noon.Add(-1)) {
			t.Errorf("the event is not of the newest message: %+v", e)
		}
	}
	now := noon.Add(400 * time.Millisecond)
	early := publish(now, pending(3, ann, session, now), pending(4, ann, session, now))
	if len(early.Events) > 0 || len(early.Done) != 1 || early.Done[0] != [16]byte{4} || len(early.Left) > 0 {
		t.Errorf("too early: %+v", early)
	}
	if want := noon.Add(crm.ActivityInterval); !early.Next.Equal(want) {
		t.Errorf("next at %v, want %v", early.Next, want)
	}
	if late := publish(noon.Add(time.Second), pending(3, ann, session, now)); len(late.Events) != 2 || len(late.Done) != 1 {
		t.Errorf("after the interval: %+v", late)
	}
}

func TestTheThrottleKeepsThePartThatHasToWait(t *testing.T) {
	ann, session, throttle := crm.NewContactID(noon), crm.NewSessionID(noon), crm.ActivityThrottle{}
	throttle.Published(ann, noon, noon)
	out := throttle.Decide([]crm.PendingActivity{pending(1, ann, session, noon)}, noon)
	if len(out.Events) != 1 || out.Events[0].SessionID == nil || len(out.Done) != 1 || len(out.Left) != 1 {
		t.Fatalf("%+v", out)
	}
	if left := out.Left[0]; left.SessionID != nil || !left.Moved || left.ID == [16]byte{1} {
		t.Errorf("what is left: %+v", left)
	}
}

func TestActivityOfAContactThatIsGoneIsTheSessionsAlone(t *testing.T) {
	p := pending(1, crm.NewContactID(noon), crm.NewSessionID(noon), noon)
	p.Version = nil
	out := crm.ActivityThrottle{}.Decide([]crm.PendingActivity{p}, noon)
	if len(out.Events) != 1 || out.Events[0].ContactID != nil || out.Events[0].SessionID == nil || len(out.Done) != 1 {
		t.Errorf("%+v", out)
	}
}

func TestAClockThatIsAheadDoesNotDelayActivityForLong(t *testing.T) {
	ann, throttle := crm.NewContactID(noon), crm.ActivityThrottle{}
	throttle.Published(ann, noon.Add(time.Hour), noon)
	if last := throttle[ann]; !last.Equal(noon) {
		t.Errorf("remembered %v, want %v", last, noon)
	}
}
