package profiles

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"golang.org/x/time/rate"

	"kith/internal/crm"
	"kith/internal/ingest"
)

// line is the customers of one channel who wait, and what is known about the channel. One goroutine serves it while anybody
// waits, so that a channel whose provider is slow or refuses holds up no other.
type line struct {
	id      crm.ChannelID
	limiter *rate.Limiter

	// The lock of [Lookups] guards these.
	queue   []request
	running bool
	off     time.Time       // until then the channel has no token
	kind    crm.ChannelType // empty until the channel was read

	// The goroutine that serves has these for itself.
	channel   channel
	read      time.Time // when channel was
	refused   string    // the token that the provider refused
	until     time.Time // until when refused is not tried again
	unproven  string    // the token that the provider takes without a proof alone
	limits    int       // how often the provider was asked too often, in a row
	complaint string    // the last one in the log; empty since an answer
}

// channel is what is needed of one.
type channel struct {
	workspace     crm.WorkspaceID
	kind          crm.ChannelType
	token, secret string
}

// serve looks up all who wait in a line.
func (l *Lookups) serve(line *line) {
	for {
		r, ok := l.next(line)
		if !ok {
			return
		}
		if pause := l.lookUp(line, r); pause > 0 {
			select {
			case <-time.After(pause):
			case <-l.ctx.Done():
			}
		}
	}
}

// next takes the first who waits out of the line. Without one the line is no longer served.
func (l *Lookups) next(line *line) (r request, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ctx.Err() != nil || len(line.queue) == 0 {
		l.waiting -= len(line.queue)
		line.queue, line.running = nil, false
		return request{}, false
	}
	r, line.queue = line.queue[0], line.queue[1:]
	l.waiting--
	return r, true
}

// lookUp looks one customer up, and says how long the line has to pause then.
func (l *Lookups) lookUp(line *line, r request) (pause time.Duration) {
	defer func() {
		if p := recover(); p != nil {
			l.options.Panicked()
			l.options.Logger.Error("panic", "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			pause = l.pace.retry
		}
	}()
	now := l.options.Now()
	if now.Sub(r.since) > l.pace.waits {
		l.restFor(r.customer, 0)
		l.counts.count(line.channel.kind, dropped)
		return 0
	}
	if err := l.renew(line, now); err != nil {
		return l.fail(line, r, reply{result: failed, err: err})
	}
	ch := line.channel
	if ch.token == "" || ch.token == line.refused && now.Before(line.until) {
		l.restFor(r.customer, 0)
		return 0
	}
	if line.limiter.Wait(l.ctx) != nil {
		return 0
	}
	answer := l.call(line, r.external)
	if l.ctx.Err() != nil {
		return 0
	}
	if answer.result == learned {
		answer = l.learn(ch, r.customer, answer)
	}
	l.counts.count(ch.kind, answer.result)
	return l.settle(line, r, answer)
}

// settle does what an answer calls for.
func (l *Lookups) settle(line *line, r request, answer reply) (pause time.Duration) {
	switch answer.result {
	case refused:
		l.complain(line, answer, "the provider refuses the access token of a channel: names are not looked up until it accepts it or there is another")
		line.refused, line.until = line.channel.token, l.options.Now().Add(l.pace.refused)
		l.restFor(r.customer, 0)
		return 0
	case limited:
		l.putBack(line, r)
		pause = max(min(answer.wait, l.pace.longest), l.pace.backoff(l.pace.limited, line.limits))
		line.limits++
		return pause
	case failed:
		return l.fail(line, r, answer)
	}
	line.limits, line.complaint = 0, ""
	return 0
}

// fail tries a look-up again that failed, unless it did so too often.
func (l *Lookups) fail(line *line, r request, answer reply) (pause time.Duration) {
	pause = l.pace.backoff(l.pace.retry, r.tries)
	if r.tries++; r.tries < maxTries {
		l.putBack(line, r)
		return pause
	}
	l.complain(line, answer, "names cannot be looked up")
	l.restFor(r.customer, l.pace.failed)
	return pause
}

// complain logs what is wrong with a channel's look-ups, once until one succeeds.
func (l *Lookups) complain(line *line, answer reply, what string) {
	if line.complaint == what {
		return
	}
	line.complaint = what
	cause := ""
	if answer.err != nil {
		cause = answer.err.Error()
	}
	l.options.Logger.Warn(what, //nolint:sloglint // one of two constants
		"channel", line.id.String(), "status", answer.status, "code", answer.code, "subcode", answer.subcode, "error", cause)
}

// putBack puts a customer at the end of the line again.
func (l *Lookups) putBack(line *line, r request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.enqueue(line, r)
}

// renew reads the channel, unless it was read lately. A channel that is not there, or whose secrets do not open, has no
// token.
func (l *Lookups) renew(line *line, now time.Time) error {
	if age := now.Sub(line.read); age >= 0 && age < l.pace.stale {
		return nil
	}
	ch, err := l.readChannel(line.id)
	if err != nil {
		return err
	}
	line.channel, line.read = ch, now
	l.mu.Lock()
	defer l.mu.Unlock()
	line.kind = ch.kind
	if ch.token == "" {
		line.off = now.Add(l.pace.stale)
	}
	return nil
}

func (l *Lookups) readChannel(id crm.ChannelID) (channel, error) {
	ctx, cancel := context.WithTimeout(l.ctx, l.pace.timeout)
	defer cancel()
	w, c, err := l.options.Channels.ChannelByID(ctx, id)
	switch {
	case errors.Is(err, crm.ErrNotFound):
		return channel{}, nil
	case err != nil:
		return channel{}, fmt.Errorf("read the channel: %w", err)
	}
	ch := channel{workspace: w, kind: c.Type}
	if !c.Active || !c.Type.Provider().TakesAccessToken || len(c.Secrets) == 0 {
		return ch, nil
	}
	secrets, err := l.options.Open(w, id, c.Secrets)
	if err == nil { // otherwise webhooks say so
		ch.token, ch.secret = secrets.AccessToken, secrets.Secret
	}
	return ch, nil
}

// learn hands a name to ingest. A contact that is gone, or a channel that was switched off meanwhile, needs none.
func (l *Lookups) learn(ch channel, c customer, answer reply) reply {
	ctx, cancel := context.WithTimeout(l.ctx, l.pace.timeout)
	defer cancel()
	v := crm.Viewer{Workspace: ch.workspace, Role: crm.RoleChannel, Channel: c.channel, Subject: c.channel.String()}
	_, err := l.options.Ingest.Record(ctx, v, ingest.Report{
		Kind: crm.Announced, ChannelID: c.channel, ExternalID: c.external, Profile: crm.Profile{Name: &answer.name},
	})
	if err == nil || errors.Is(err, crm.ErrNotFound) || errors.Is(err, crm.ErrInactive) {
		return answer
	}
	return reply{result: failed, err: err}
}
