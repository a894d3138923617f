package graph_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kith/graph"
	"kith/internal/auth"
	"kith/internal/crm"
)

// lasting are a socket and an event stream that have a subscription, opened as staff.
func (s *server) lasting(t *testing.T) (*client, *stream) {
	t.Helper()
	c := s.join(t, "staff")
	c.subscribe("1", watchContacts, nil)
	c.barrier()
	e := s.sse(t, "staff", watchContacts, nil)
	if e.status != 200 {
		t.Fatal(e.status)
	}
	return c, e
}

// moved are workspaces whose numbers are other ones each time.
type moved struct{}

func (moved) Workspace(context.Context, string) (crm.WorkspaceID, error) {
	return crm.NewWorkspaceID(), nil
}

// endings notes the reasons that connections end for.
type endings struct {
	mu      sync.Mutex
	reasons []string
}

func (e *endings) note(o *graph.Options) {
	o.Ended = func(_ context.Context, reason string) {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.reasons = append(e.reasons, reason)
	}
}

// want checks the reasons, once the clients know that their connections have ended.
func (e *endings) want(t *testing.T, reasons ...string) {
	t.Helper()
	for range 100 { // a socket is closed before its end is reported
		e.mu.Lock()
		n := len(e.reasons)
		e.mu.Unlock()
		if n >= len(reasons) {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if !slices.Equal(e.reasons, reasons) {
		t.Errorf("ended because of %q, not %q", e.reasons, reasons)
	}
}

// wantRefused checks how both end.
func wantRefused(t *testing.T, c *client, e *stream, why string) {
	t.Helper()
	c.wantClose(4403, why)
	if data := e.next("next"); !strings.Contains(data, `"code":"UNAUTHENTICATED"`) {
		t.Error(data)
	}
	e.next("complete")
}

func TestConnectionsEndWithTheirCredential(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(v *crm.Viewer) error
		why    string
	}{
		"its key is withdrawn":       {func(*crm.Viewer) error { return auth.Refuse("token signed with an unknown key") }, "token signed with an unknown key"},
		"its role is another":        {func(v *crm.Viewer) error { v.Role = crm.RoleChannel; return nil }, "credential changed"},
		"it is of another workspace": {func(v *crm.Viewer) error { v.Workspace++; return nil }, "credential changed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var over atomic.Bool
			var ended endings
			s := serve(t, graph.QuickLook(20*time.Millisecond), ended.note, func(o *graph.Options) {
				o.Again = func(ctx context.Context, header string) (crm.Viewer, error) {
					v, err := o.Authenticate(ctx, header)
					if err == nil && over.Load() {
						err = c.change(&v)
					}
					return v, err
				}
			})
			socket, stream := s.lasting(t)
			over.Store(true)
			wantRefused(t, socket, stream, c.why)
			ended.want(t, c.why, c.why)
		})
	}
	t.Run("the database has been put back", func(t *testing.T) {
		t.Parallel()
		var h *graph.Handler
		s := serveHandler(t, &h, graph.QuickLook(time.Hour))
		socket, stream := s.lasting(t)
		h.EndMoved(t.Context(), s.store)
		socket.barrier() // its workspace is where it was
		h.EndMoved(t.Context(), moved{})
		wantRefused(t, socket, stream, "credential changed")
	})
	t.Run("not while nobody can tell", func(t *testing.T) {
		t.Parallel()
		var asked atomic.Int64
		var ended endings
		s := serve(t, graph.QuickLook(10*time.Millisecond), following(t), ended.note, func(o *graph.Options) {
			o.Again = func(context.Context, string) (crm.Viewer, error) {
				asked.Add(1)
				return crm.Viewer{}, crm.ErrUnavailable
			}
		})
		socket, stream := s.lasting(t)
		for asked.Load() < 20 {
			socket.barrier()
		}
		shop := s.channel("admin", "Shop", "WHATSAPP")
		s.record("channel", vars{"channelId": shop, "externalId": "1", "messageId": "1"})
		socket.want("next", "1")
		stream.next("next")
		ended.want(t)
	})
}

func TestSigningOutEndsConnections(t *testing.T) {
	t.Parallel()
	ended := crm.EndedSignIn{ID: "ann's", Before: start}
	var signIn atomic.Pointer[crm.Viewer] // what the next credential is of
	var over endings
	named := func(t *testing.T, h **graph.Handler) *server {
		t.Helper()
		return serveHandler(t, h, over.note, func(o *graph.Options) {
			authenticate := o.Authenticate
			o.Authenticate = func(ctx context.Context, header string) (crm.Viewer, error) {
				v, err := authenticate(ctx, header)
				if of := signIn.Load(); of != nil {
					v.SignIn, v.IssuedAt = of.SignIn, of.IssuedAt
				}
				return v, err
			}
		})
	}
	var h *graph.Handler
	s := named(t, &h)
	signIn.Store(&crm.Viewer{SignIn: "ann's", IssuedAt: start.Add(-time.Second)})
	socket, stream := s.lasting(t)
	signIn.Store(&crm.Viewer{SignIn: "ann's", IssuedAt: start})
	renewed, _ := s.lasting(t)
	signIn.Store(&crm.Viewer{SignIn: "ben's", IssuedAt: start.Add(-time.Second)})
	other, _ := s.lasting(t)
	signIn.Store(nil)
	bearer, _ := s.lasting(t)
	h.EndSignIn(ended)
	wantRefused(t, socket, stream, "signed out")
	over.want(t, "signed out", "signed out")
	for _, c := range []*client{renewed, other, bearer} {
		c.barrier()
	}
}

// TestSigningOutBeforeTheInit has somebody sign out between the upgrade, when the cookie is looked at, and connection_init.
func TestSigningOutBeforeTheInit(t *testing.T) {
	t.Parallel()
	s := serve(t, func(o *graph.Options) {
		o.Authenticate = func(context.Context, string) (crm.Viewer, error) {
			return crm.Viewer{Workspace: 1, Role: crm.RoleStaff, SignIn: "ann's"}, nil
		}
		o.Again = func(context.Context, string) (crm.Viewer, error) { return crm.Viewer{}, auth.Refuse("signed out") }
	})
	c := s.dial(t)
	c.say(`{"type":"connection_init"}`)
	c.wantClose(4403, "Forbidden: signed out")
	e := s.sse(t, "staff", watchContacts, nil)
	if data := e.next("next"); !strings.Contains(data, `"code":"UNAUTHENTICATED"`) {
		t.Error(data)
	}
	e.next("complete")
}
