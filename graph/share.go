package graph

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"kith/graph/problem"
	"kith/internal/crm"
)

// The bounds of what subscriptions may take.
const (
	// usualSubscriptions is how many subscriptions a subject may have.
	usualSubscriptions = 200
	// answersPerRunning is how many queries may run for each answer of a subscription that is made at a time.
	answersPerRunning = 4
	// machineShare is the part of the machine that one subject's answers may take while others are at work: one in so many.
	machineShare = 8
	// answerBurst is how long answers may be made without a rest.
	answerBurst = 50 * time.Millisecond
	// overdraft is how much of what was taken while nobody else was at work is rested for once somebody is.
	overdraft = 250 * time.Millisecond
	// quiet is how long nobody else has been at work when a subject need not rest.
	quiet = 200 * time.Millisecond
	// restStep is how often a resting subject looks whether it still has to.
	restStep = 25 * time.Millisecond
)

// shares see to it that the answers to one subject's subscriptions take a bounded part of the machine, however many they
// are and whatever an event makes of them. They are made one at a time for each subject, and after each the subject rests,
// unless nobody else is at work.
type shares struct {
	most  int     // subscriptions of a subject
	cores float64 // that a subject may keep at work
	gate  *gate   // answers of all subjects
	work  *work   // activity of all subjects

	refused atomic.Int64
	rested  atomic.Int64 // nanoseconds

	mu        sync.Mutex
	bySubject map[subject]*share
}

func newShares(most, concurrency int) *shares {
	return &shares{
		most: most, cores: min(1, float64(runtime.GOMAXPROCS(0))/machineShare),
		gate: newGate(max(1, concurrency/answersPerRunning)), work: newWork(),
		bySubject: make(map[subject]*share),
	}
}

// share is one subject's.
type share struct {
	of      *shares
	subject subject
	members int           // subscriptions; guarded by shares
	turn    chan struct{} // held while an answer is made for the subject

	mu  sync.Mutex
	due time.Time // when the subject has rested for what it took
}

// join counts a subscription in until leave, or says why there is no room for it.
func (s *shares) join(v crm.Viewer) (*share, error) {
	who := subjectOf(v)
	s.mu.Lock()
	defer s.mu.Unlock()
	mine := s.bySubject[who]
	if mine == nil {
		mine = &share{of: s, subject: who, turn: make(chan struct{}, 1)}
		s.bySubject[who] = mine
	}
	if mine.members >= s.most {
		s.refused.Add(1)
		return nil, &problem.TooManyError{Reason: fmt.Sprintf("A subject can have at most %d subscriptions at a time", s.most)}
	}
	mine.members++
	return mine, nil
}

func (m *share) leave() {
	m.of.mu.Lock()
	defer m.of.mu.Unlock()
	if m.members--; m.members == 0 {
		delete(m.of.bySubject, m.subject)
	}
}

// begin waits for the subject's turn, and until it has rested; end gives the turn back. It is false when done is closed
// before that.
func (m *share) begin(ctx context.Context, done <-chan struct{}) (bool, error) {
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case <-done:
		return false, nil
	case m.turn <- struct{}{}:
	}
	for rest := m.rest(); rest > 0; rest = m.rest() {
		rest = min(rest, restStep)
		timer := time.NewTimer(rest)
		select {
		case <-ctx.Done():
			timer.Stop()
			<-m.turn
			return false, ctx.Err()
		case <-done:
			timer.Stop()
			<-m.turn
			return false, nil
		case <-timer.C:
			m.of.rested.Add(int64(rest))
		}
	}
	return true, nil
}

// tryBegin is begin that does not wait.
func (m *share) tryBegin() bool {
	select {
	case m.turn <- struct{}{}:
	default:
		return false
	}
	if m.rest() > 0 {
		<-m.turn
		return false
	}
	return true
}

func (m *share) end() { <-m.turn }

// rest is how long the subject has to rest now.
func (m *share) rest() time.Duration {
	now := time.Now()
	m.mu.Lock()
	rest := m.due.Add(-m.of.pay(answerBurst)).Sub(now) // far below zero for one that has taken nothing
	m.mu.Unlock()
	if rest <= 0 || now.Sub(m.of.work.byOthers(m.subject)) >= quiet {
		return 0
	}
	return rest
}

// took notes that an answer took so long.
func (m *share) took(d time.Duration) {
	now := time.Now()
	m.mu.Lock()
	if m.due.Before(now) {
		m.due = now
	}
	m.due = m.due.Add(m.of.pay(d))
	if most := now.Add(m.of.pay(answerBurst + max(d, overdraft))); m.due.After(most) {
		m.due = most
	}
	m.mu.Unlock()
	m.of.work.done(m.subject)
}

// pay is how long it takes for a subject to come by so much of the machine.
func (s *shares) pay(d time.Duration) time.Duration { return time.Duration(float64(d) / s.cores) }

// SubscriptionsRefused is how many subscriptions were refused so far because their subjects had enough.
func (h *Handler) SubscriptionsRefused() int64 { return h.shares.refused.Load() }

// AnswersRested is how long the answers of subscriptions have waited so far, in all, for the sake of others.
func (h *Handler) AnswersRested() time.Duration { return time.Duration(h.shares.rested.Load()) }
