package transport

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"kith/graph/answer"
	"kith/graph/operation"
	"kith/graph/problem"
	"kith/graph/subscribe"
	"kith/internal/auth"
	"kith/internal/crm"
	"kith/internal/events"
	"kith/internal/jobs"
)

// sharedSubscriptions are those that have members.
type sharedSubscriptions struct {
	mu    sync.Mutex
	byKey map[string]*sharedSubscription
}

// sharedSubscription is the streams that get the same answers, because everything that an answer depends on is the same:
// document, operation, variables, workspace and role. An answer for a thousand screens is executed and written as JSON once.
type sharedSubscription struct {
	h      *Handler
	key    string
	op     *graphql.OperationContext
	viewer crm.Viewer // without a name: an answer must not depend on it
	about  func(e *crm.Event) bool

	members int // guarded by sharedSubscriptions
}

// join returns the shared subscription of an operation whose only field is given, with one more member.
func (h *Handler) join(
	op *graphql.OperationContext, field *ast.Field, v crm.Viewer, about func(e *crm.Event) bool,
) *sharedSubscription {
	key := sharingKey(op, field, v)
	h.shared.mu.Lock()
	defer h.shared.mu.Unlock()
	s := h.shared.byKey[key]
	if s == nil {
		if h.shared.byKey == nil {
			h.shared.byKey = make(map[string]*sharedSubscription)
		}
		viewer := crm.Viewer{Workspace: v.Workspace, WorkspaceName: v.WorkspaceName, Role: v.Role}
		s = &sharedSubscription{h: h, key: key, op: op, viewer: viewer, about: about}
		h.shared.byKey[key] = s
	}
	s.members++
	return s
}

func (s *sharedSubscription) leave() {
	s.h.shared.mu.Lock()
	defer s.h.shared.mu.Unlock()
	if s.members--; s.members == 0 {
		delete(s.h.shared.byKey, s.key)
	}
}

// sharingKey holds all that an answer depends on, which leaves out where a subscription begins.
func sharingKey(op *graphql.OperationContext, field *ast.Field, v crm.Viewer) string {
	variables := maps.Clone(op.Variables)
	if arg := field.Arguments.ForName("after"); arg != nil && arg.Value.Kind == ast.Variable &&
		uses(op.Doc, arg.Value.Raw) == 1 {
		delete(variables, arg.Value.Raw)
	}
	key, err := json.Marshal([]any{v.Workspace, v.Role, op.OperationName, variables, op.RawQuery})
	if err != nil { // variables came from JSON
		return fmt.Sprintf("%p", op)
	}
	return string(key)
}

// uses counts how often a document uses a variable.
func uses(doc *ast.QueryDocument, name string) int {
	n := 0
	var value func(v *ast.Value)
	value = func(v *ast.Value) {
		if v.Kind == ast.Variable && v.Raw == name {
			n++
		}
		for _, c := range v.Children {
			value(c.Value)
		}
	}
	directives := func(list ast.DirectiveList) {
		for _, d := range list {
			for _, a := range d.Arguments {
				value(a.Value)
			}
		}
	}
	var selections func(set ast.SelectionSet)
	selections = func(set ast.SelectionSet) {
		for _, selection := range set {
			switch s := selection.(type) {
			case *ast.Field:
				for _, a := range s.Arguments {
					value(a.Value)
				}
				directives(s.Directives)
				selections(s.SelectionSet)
			case *ast.InlineFragment:
				directives(s.Directives)
				selections(s.SelectionSet)
			case *ast.FragmentSpread:
				directives(s.Directives)
			}
		}
	}
	for _, o := range doc.Operations {
		directives(o.Directives)
		selections(o.SelectionSet)
	}
	for _, f := range doc.Fragments {
		directives(f.Directives)
		selections(f.SelectionSet)
	}
	return n
}

// answered is a batch of events with the answers of one shared subscription. One member at a time makes them, within the quota
// of its subject: when that has to rest, another member continues.
type answered struct {
	events  []crm.Event
	sem     chan struct{} // held by the member that makes answers
	done    chan struct{} // closed when all answers are made, or cannot be
	answers [][]byte      // of each event; nil for events that are not sent
	err     error

	// The fields below belong to the holder of the semaphore.
	next   int       // the first event that is not answered
	failed time.Time // when storage first failed for it; zero while it does not
	wait   time.Duration
	again  time.Time // when to try again, after a failure
}

// answers returns the answers to the events of a batch, which are made once.
func (s *sharedSubscription) answers(ctx context.Context, b *events.Batch, mine *quota) ([][]byte, error) {
	a, _ := b.Share(s, func() any {
		return &answered{
			events: b.Events, answers: make([][]byte, len(b.Events)),
			sem: make(chan struct{}, 1), done: make(chan struct{}),
		}
	}).(*answered)
	for {
		ok, err := mine.begin(ctx, a.done)
		if err != nil {
			return nil, err
		}
		if !ok {
			return a.answers, a.err
		}
		select {
		case a.sem <- struct{}{}:
		default: // another member has it
			mine.end()
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-a.done:
				return a.answers, a.err
			case a.sem <- struct{}{}:
			}
			if !mine.tryBegin() {
				<-a.sem
				continue
			}
		}
		made := make(chan time.Time, 1)
		go func() { // not canceled: the subscriber may leave
			again := s.makeAnswers(a, mine)
			mine.end()
			<-a.sem
			made <- again
		}()
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case again := <-made:
			if err := a.pause(ctx, again); err != nil {
				return nil, err
			}
		}
	}
}

// pause waits until then, or for the answers.
func (a *answered) pause(ctx context.Context, until time.Time) error {
	d := time.Until(until)
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-a.done:
	case <-timer.C:
	}
	return nil
}

// answerPatience is how long an event is retried while storage is unavailable. After that its subscriptions end; a client that
// subscribes after the last event it has seen gets the event all the same.
const answerPatience = 30 * time.Second

// firstWait and lastWait are how long to wait after the first failure, and at most.
const (
	firstWait = 50 * time.Millisecond
	lastWait  = 2 * time.Second
)

// makeAnswers makes answers until all are made, the subject has to rest, or storage is unavailable; then it returns when to try
// again, because a client would take an incomplete answer for the truth. Contacts and sessions are read for all events
// together. The caller holds both semaphores.
func (s *sharedSubscription) makeAnswers(a *answered, mine *quota) (again time.Time) {
	select {
	case <-a.done:
		return time.Time{}
	default:
	}
	if time.Now().Before(a.again) {
		return a.again
	}
	if err := s.h.quotas.limiter.Wait(s.h.lifetime); err != nil {
		a.finish(err)
		return time.Time{}
	}
	defer s.h.quotas.limiter.Leave()
	var (
		ctx       = auth.WithViewer(s.h.lifetime, s.viewer)
		answering context.Context
	)
	for ; a.next < len(a.events); a.next++ {
		e := &a.events[a.next]
		if !s.about(e) {
			continue
		}
		began := time.Now()
		if answering == nil {
			answering = s.expect(ctx, a.events[a.next:]) //nolint:fatcontext // once, for the first event that counts
		}
		json, err := s.answer(subscribe.WithEvent(answering, e))
		mine.took(time.Since(began))
		if err != nil {
			return a.fail(ctx, err)
		}
		a.answers[a.next], a.failed = json, time.Time{}
		if mine.rest() > 0 && a.next+1 < len(a.events) {
			a.next++
			return time.Time{}
		}
	}
	a.finish(nil)
	return time.Time{}
}

// fail returns when to try an event again, or gives up.
func (a *answered) fail(ctx context.Context, err error) (again time.Time) {
	now := time.Now()
	if a.failed.IsZero() {
		a.failed, a.wait = now, firstWait
	}
	if ctx.Err() != nil || now.Sub(a.failed) > answerPatience {
		a.finish(err)
		return time.Time{}
	}
	a.again = now.Add(a.wait)
	a.wait = min(2*a.wait, lastWait)
	return a.again
}

func (a *answered) finish(err error) {
	if a.err = err; err != nil {
		a.answers = nil
	}
	close(a.done)
}

// expect returns a context in which the contacts and sessions of events are read together.
func (s *sharedSubscription) expect(ctx context.Context, list []crm.Event) context.Context {
	var (
		contacts = make([]crm.ContactID, 0, len(list))
		sessions = make([]crm.SessionID, 0, len(list))
	)
	for i := range list {
		switch e := &list[i]; {
		case !s.about(e):
		case e.SessionID != nil:
			sessions = append(sessions, *e.SessionID)
		case e.ContactID != nil && e.Kind != crm.Deleted:
			contacts = append(contacts, *e.ContactID)
		}
	}
	return s.h.expect(ctx, s.viewer, contacts, sessions)
}

// answer executes the operation for what the context has: an event, or how far a job is. It is nil for an event that the field's
// filter leaves out. It fails while storage is unavailable.
func (s *sharedSubscription) answer(ctx context.Context) (json []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, operation.Timeout)
	defer cancel()
	defer func() {
		if value := recover(); value != nil {
			refused := s.h.report.Refuse(ctx, s.h.report.Recovered(ctx, value))
			json, err = answer.AppendJSON(nil, &graphql.Response{Errors: refused.Errors, Data: []byte("null")}), nil
		}
	}()
	ctx, a := answer.New(ctx, s.h.run.AnswerLimit())
	responses, ctx := s.h.run.Dispatch(ctx, s.op)
	resp := responses(ctx)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if resp == nil {
		return nil, nil
	}
	for _, failed := range resp.Errors {
		if failed.Extensions["code"] == problem.Unavailable {
			return nil, crm.ErrUnavailable
		}
	}
	resp = a.Checked(s.op, resp)
	resp.Errors = resp.Errors[:min(len(resp.Errors), problem.MaxErrors)]
	if resp.Data == nil {
		resp.Data = []byte("null")
	}
	return answer.AppendJSON(nil, resp), nil
}

// progressed is the answer of a shared subscription to how far a job is.
type progressed struct {
	sem  chan struct{} // held by the member that makes it
	json []byte
}

// progress returns the answer to how far a job is, which is made once, or to that it does not exist.
func (s *sharedSubscription) progress(ctx context.Context, p *jobs.Progress, exists bool, mine *quota) ([]byte, error) {
	a, _ := p.Share(s, func() any { return &progressed{sem: make(chan struct{}, 1)} }).(*progressed)
	if _, err := mine.begin(ctx, nil); err != nil {
		return nil, err
	}
	defer mine.end()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case a.sem <- struct{}{}:
	}
	defer func() { <-a.sem }()
	if a.json != nil {
		return a.json, nil
	}
	if err := s.h.quotas.limiter.Wait(ctx); err != nil {
		return nil, err
	}
	defer s.h.quotas.limiter.Leave()
	var job *crm.Job
	if exists {
		job = &p.Job
	}
	began := time.Now()
	json, err := s.answer(subscribe.WithJob(auth.WithViewer(ctx, s.viewer), job))
	mine.took(time.Since(began))
	a.json = json
	return json, err
}
