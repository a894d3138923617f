package transport

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"kith/graph/operation"
	"kith/graph/problem"
	"kith/internal/crm"
)

// The bounds of what subscriptions may take.
const (
	// defaultSubscriptions is how many subscriptions a subject may have.
	defaultSubscriptions = 200
	// answersPerRunning is how many queries may run for each answer of a subscription that is made at a time.
	answersPerRunning = 4
	// machineShare is the part of the machine, one in so many, that one subject's answers may take while others are active.
	machineShare = 8
	// answerBurst is how long answers may be made without a rest.
	answerBurst = 50 * time.Millisecond
	// overdraft is how much of the time taken while nobody else was active is rested for once somebody is.
	overdraft = 250 * time.Millisecond
	// quiet is how long everybody else must have been inactive for a subject to need no rest.
	quiet = 200 * time.Millisecond
	// restStep is how often a resting subject checks whether it still has to.
	restStep = 25 * time.Millisecond
)

// quotas bound the part of the machine that the answers to one subject's subscriptions take, however many they are and whatever
// an event costs them. They are made one at a time for each subject, and after each the subject rests,
// unless nobody else is active.
type quotas struct {
	most     int                 // subscriptions of a subject
	cores    float64             // that a subject may keep at work
	limiter  *operation.Limiter  // answers of all subjects
	activity *operation.Activity // of all subjects

	refused atomic.Int64
	rested  atomic.Int64 // nanoseconds

	mu        sync.Mutex
	bySubject map[operation.Subject]*quota
}

func newQuotas(most, concurrency int, activity *operation.Activity) *quotas {
	return &quotas{
		most: most, cores: min(1, float64(runtime.GOMAXPROCS(0))/machineShare),
		limiter: operation.NewLimiter(max(1, concurrency/answersPerRunning)), activity: activity,
		bySubject: make(map[operation.Subject]*quota),
	}
}

// quota is the quota of one subject.
type quota struct {
	of      *quotas
	subject operation.Subject
	members int           // subscriptions; guarded by quotas
	sem     chan struct{} // held while an answer is made for the subject

	mu  sync.Mutex
	due time.Time // when the subject has rested for what it took
}

// join counts a subscription until leave, or refuses it.
func (s *quotas) join(v crm.Viewer) (*quota, error) {
	who := operation.SubjectOf(v)
	s.mu.Lock()
	defer s.mu.Unlock()
	mine := s.bySubject[who]
	if mine == nil {
		mine = &quota{of: s, subject: who, sem: make(chan struct{}, 1)}
		s.bySubject[who] = mine
	}
	if mine.members >= s.most {
		s.refused.Add(1)
		return nil, &problem.TooManyError{Reason: fmt.Sprintf("A subject can have at most %d subscriptions at a time", s.most)}
	}
	mine.members++
	return mine, nil
}

func (m *quota) leave() {
	m.of.mu.Lock()
	defer m.of.mu.Unlock()
	if m.members--; m.members == 0 {
		delete(m.of.bySubject, m.subject)
	}
}

// begin waits until no other answer is made for the subject, and until it has rested; end ends it. It is false when done is
// closed first.
func (m *quota) begin(ctx context.Context, done <-chan struct{}) (bool, error) {
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case <-done:
		return false, nil
	case m.sem <- struct{}{}:
	}
	for rest := m.rest(); rest > 0; rest = m.rest() {
		rest = min(rest, restStep)
		timer := time.NewTimer(rest)
		select {
		case <-ctx.Done():
			timer.Stop()
			<-m.sem
			return false, ctx.Err()
		case <-done:
			timer.Stop()
			<-m.sem
			return false, nil
		case <-timer.C:
			m.of.rested.Add(int64(rest))
		}
	}
	return true, nil
}

// tryBegin is begin that does not wait.
func (m *quota) tryBegin() bool {
	select {
	case m.sem <- struct{}{}:
	default:
		return false
	}
	if m.rest() > 0 {
		<-m.sem
		return false
	}
	return true
}

func (m *quota) end() { <-m.sem }

// rest is how long the subject still has to rest.
func (m *quota) rest() time.Duration {
	now := time.Now()
	m.mu.Lock()
	rest := m.due.Add(-m.of.pay(answerBurst)).Sub(now) // far below zero for one that has taken nothing
	m.mu.Unlock()
	if rest <= 0 || now.Sub(m.of.activity.ByOthers(m.subject)) >= quiet {
		return 0
	}
	return rest
}

// took records how long an answer took.
func (m *quota) took(d time.Duration) {
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
	m.of.activity.Done(m.subject)
}

// pay is how long it takes a subject to earn that much time of the machine.
func (s *quotas) pay(d time.Duration) time.Duration { return time.Duration(float64(d) / s.cores) }

// SubscriptionsRefused is how many subscriptions were refused so far because their subjects had too many.
func (h *Handler) SubscriptionsRefused() int64 { return h.quotas.refused.Load() }

// AnswersRested is how long the answers of subscriptions have waited for others so far, in total.
func (h *Handler) AnswersRested() time.Duration { return time.Duration(h.quotas.rested.Load()) }
