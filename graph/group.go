package graph

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
	"kith/graph/problem"
	"kith/graph/resolve"
	"kith/graph/subscribe"
	"kith/internal/auth"
	"kith/internal/crm"
	"kith/internal/events"
)

// groups are the groups that have members.
type groups struct {
	mu    sync.Mutex
	byKey map[string]*group
}

// group is the streams that get the same answers, because everything is the same that an answer depends on: document,
// operation, variables, workspace and role. What a thousand screens show is executed and written as JSON once.
type group struct {
	h      *Handler
	key    string
	op     *graphql.OperationContext
	viewer crm.Viewer // without a name: an answer must not depend on it
	about  func(e *crm.Event) bool

	members int // guarded by groups
}

// join returns the group of an operation whose only field is given, with one more member.
func (h *Handler) join(
	op *graphql.OperationContext, field *ast.Field, v crm.Viewer, about func(e *crm.Event) bool,
) *group {
	key := groupKey(op, field, v)
	h.groups.mu.Lock()
	defer h.groups.mu.Unlock()
	g := h.groups.byKey[key]
	if g == nil {
		if h.groups.byKey == nil {
			h.groups.byKey = make(map[string]*group)
		}
		viewer := crm.Viewer{Workspace: v.Workspace, WorkspaceName: v.WorkspaceName, Role: v.Role}
		g = &group{h: h, key: key, op: op, viewer: viewer, about: about}
		h.groups.byKey[key] = g
	}
	g.members++
	return g
}

func (g *group) leave() {
	g.h.groups.mu.Lock()
	defer g.h.groups.mu.Unlock()
	if g.members--; g.members == 0 {
		delete(g.h.groups.byKey, g.key)
	}
}

// groupKey writes down what an answer depends on. Where a subscription begins is not of it.
func groupKey(op *graphql.OperationContext, field *ast.Field, v crm.Viewer) string {
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
		for _, s := range set {
			switch s := s.(type) {
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

// answered is a batch of events with the answers of one group. Its members take turns at making them: each
// works within the share of its subject until that has to rest, then another member continues.
type answered struct {
	events  []crm.Event
	turn    chan struct{}
	done    chan struct{} // closed when all answers are made, or cannot be
	answers [][]byte      // of each event; nil for events that are not sent to the group
	err     error

	// The fields below belong to the holder of the turn.
	next   int       // the first event that is not answered
	failed time.Time // when storage was first away for it; zero while it is not
	wait   time.Duration
	again  time.Time // when to try again, after a failure
}

// answers returns the group's answers to the events of a batch, which are made once.
func (g *group) answers(ctx context.Context, b *events.Batch, mine *share) ([][]byte, error) {
	a, _ := b.Share(g, func() any {
		return &answered{
			events: b.Events, answers: make([][]byte, len(b.Events)),
			turn: make(chan struct{}, 1), done: make(chan struct{}),
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
		case a.turn <- struct{}{}:
		default: // another member has it
			mine.end()
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-a.done:
				return a.answers, a.err
			case a.turn <- struct{}{}:
			}
			if !mine.tryBegin() {
				<-a.turn
				continue
			}
		}
		made := make(chan time.Time, 1)
		go func() { // of nobody: the subscriber may leave
			again := g.makeAnswers(a, mine)
			mine.end()
			<-a.turn
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

// answerPatience is how long an event is tried that storage cannot answer for. After that its subscriptions end; whoever
// goes on after the last event seen gets it all the same.
const answerPatience = 30 * time.Second

// firstWait and lastWait are how long to wait after a failure, from the first one on.
const (
	firstWait = 50 * time.Millisecond
	lastWait  = 2 * time.Second
)

// makeAnswers makes answers until all are made, the subject has to rest, or storage is away; then it returns when to try
// again: an answer with a hole in it would be taken for the truth. What is looked up is looked up for all events together.
// The caller has the turn of both.
func (g *group) makeAnswers(a *answered, mine *share) (again time.Time) {
	select {
	case <-a.done:
		return time.Time{}
	default:
	}
	if time.Now().Before(a.again) {
		return a.again
	}
	if err := g.h.shares.gate.wait(g.h.lifetime); err != nil {
		a.finish(err)
		return time.Time{}
	}
	defer g.h.shares.gate.leave()
	var (
		ctx    = auth.WithViewer(g.h.lifetime, g.viewer)
		shared *resolve.Loaders
	)
	for ; a.next < len(a.events); a.next++ {
		e := &a.events[a.next]
		if !g.about(e) {
			continue
		}
		began := time.Now()
		if shared == nil {
			shared = g.lookUp(a.events[a.next:])
		}
		json, err := g.answer(ctx, shared, e)
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

// lookUp announces the contacts and sessions of events.
func (g *group) lookUp(list []crm.Event) *resolve.Loaders {
	var (
		l        = resolve.NewLoaders(g.h.service, g.viewer, g.h.report.Recovered)
		contacts = make([]crm.ContactID, 0, len(list))
		sessions = make([]crm.SessionID, 0, len(list))
	)
	for i := range list {
		switch e := &list[i]; {
		case !g.about(e):
		case e.SessionID != nil:
			sessions = append(sessions, *e.SessionID)
		case e.ContactID != nil && e.Kind != crm.Deleted:
			contacts = append(contacts, *e.ContactID)
		}
	}
	l.ExpectEvents(contacts, sessions)
	return l
}

// answer executes one event. There is none for an event that the field's filter leaves out. The error is of storage that
// is away.
func (g *group) answer(ctx context.Context, l *resolve.Loaders, e *crm.Event) (json []byte, err error) {
	ctx, cancel := context.WithTimeout(resolve.WithLoaders(ctx, l), operationTimeout)
	defer cancel()
	defer func() {
		if value := recover(); value != nil {
			refused := g.h.report.Refuse(ctx, g.h.report.Recovered(ctx, value))
			json, err = answer.AppendJSON(nil, &graphql.Response{Errors: refused.Errors, Data: []byte("null")}), nil
		}
	}()
	ctx, a := answer.New(ctx, g.h.answerLimit)
	responses, ctx := g.h.executor.DispatchOperation(subscribe.WithEvent(ctx, e), g.op)
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
	resp = a.Checked(g.op, resp)
	resp.Errors = resp.Errors[:min(len(resp.Errors), problem.MaxErrors)]
	if resp.Data == nil {
		resp.Data = []byte("null")
	}
	return answer.AppendJSON(nil, resp), nil
}
