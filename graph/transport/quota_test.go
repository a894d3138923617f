package transport

import (
	"testing"
	"testing/synctest"
	"time"

	"kith/graph/operation"
	"kith/internal/crm"
)

// toil makes answers that take so long each, until the time given is over, and returns how long it worked.
func toil(t *testing.T, m *quota, each, during time.Duration) (worked time.Duration) {
	t.Helper()
	for end := time.Now().Add(during); time.Now().Before(end); worked += each {
		if ok, err := m.begin(t.Context(), nil); !ok || err != nil {
			t.Fatal(ok, err)
		}
		time.Sleep(each)
		m.took(each)
		m.end()
	}
	return worked
}

func TestASubjectTakesItsShareOfTheMachine(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		each time.Duration
		busy bool // whether queries run
		most time.Duration
	}{
		"short answers":         {time.Millisecond, true, 10*time.Second + answerBurst + time.Millisecond},
		"long answers":          {3 * time.Second, true, 10*time.Second + answerBurst + 3*time.Second},
		"while nobody else is":  {time.Millisecond, false, 40 * time.Second},
		"long ones, alone":      {time.Second, false, 40 * time.Second},
		"answers as the others": {answerBurst, true, 10*time.Second + 2*answerBurst},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newQuotas(10, 128, operation.NewActivity())
				s.cores = 0.25
				m, err := s.join(crm.Viewer{Subject: "ann"})
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Minute)
				s.activity.Begin(m.subject) // its own queries do not count
				if c.busy {
					s.activity.Begin(operation.SubjectOf(crm.Viewer{Subject: "ben"}))
				}
				got := toil(t, m, c.each, 40*time.Second)
				if got > c.most || got < c.most*9/10 {
					t.Errorf("worked for %s, want %s at most, and hardly less", got, c.most)
				}
			})
		})
	}
}

func TestASubjectRestsForAnotherOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newQuotas(10, 128, operation.NewActivity())
		s.cores = 0.25
		ann, err := s.join(crm.Viewer{Subject: "ann"})
		if err != nil {
			t.Fatal(err)
		}
		ben, err := s.join(crm.Viewer{Subject: "ben"})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if got := toil(t, ann, time.Millisecond, time.Minute); got < time.Minute {
			t.Errorf("rested alone: %s", got)
		}
		if got := toil(t, ben, time.Millisecond, time.Millisecond); got != time.Millisecond {
			t.Error(got)
		}
		begun := time.Now()
		if ok, err := ann.begin(t.Context(), nil); !ok || err != nil {
			t.Fatal(ok, err)
		}
		ann.end()
		if rested := time.Since(begun); rested != quiet {
			t.Errorf("rested for %s: not until the other has been quiet", rested)
		}
	})
}

func TestARestEndsWithWhatItIsFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newQuotas(10, 128, operation.NewActivity())
		s.activity.Begin(operation.SubjectOf(crm.Viewer{Subject: "ben"}))
		s.cores = 0.001
		m, err := s.join(crm.Viewer{Subject: "ann"})
		if err != nil {
			t.Fatal(err)
		}
		m.took(time.Second)
		if m.tryBegin() {
			t.Error("begins in the middle of its rest")
		}
		done := make(chan struct{})
		time.AfterFunc(time.Second, func() { close(done) })
		if ok, err := m.begin(t.Context(), done); ok || err != nil {
			t.Error(ok, err)
		}
		if len(m.sem) > 0 {
			t.Error("keeps the semaphore")
		}
	})
}
