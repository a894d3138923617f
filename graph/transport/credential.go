package transport

import (
	"context"
	"errors"
	"time"

	"kith/graph/operation"
	"kith/internal/auth"
	"kith/internal/crm"
	"kith/storage"
)

// A connection lasts, and its credential may be withdrawn meanwhile: somebody signs out, a key is taken from the JWKS, a
// role is lost. EndSignIn reports sign-outs; everything else is found by checking the credential regularly.

// The reasons for ending a connection, when the credential gives none.
const (
	whyChanged   = "credential changed"
	whyExpired   = "token expired"
	whySignedOut = "signed out"
	whyGone      = "workspace deleted"
)

// EndSignIn ends every socket and event stream whose credential a sign-in that is over covers, or that was opened with a key that
// is revoked.
func (h *Handler) EndSignIn(e crm.EndedSignIn) {
	why := whySignedOut
	if _, ok := crm.ParseKeyID(e.ID); ok {
		why = auth.ReasonAPIKey
	}
	h.connections.mu.Lock()
	defer h.connections.mu.Unlock()
	for c, p := range h.connections.open {
		if e.Covers(p.viewer) {
			go c.refuse(why)
		}
	}
}

// EndMoved ends every socket and event stream whose workspace has a different number now: the database has been put back to a
// time before it had this one.
func (h *Handler) EndMoved(ctx context.Context, workspaces storage.Workspaces) {
	h.connections.mu.Lock()
	viewers := make(map[connection]crm.Viewer, len(h.connections.open))
	for c, p := range h.connections.open {
		if p.viewer.WorkspaceName != "" {
			viewers[c] = p.viewer
		}
	}
	h.connections.mu.Unlock()
	numbers := make(map[string]crm.WorkspaceID) // there are many connections of each workspace
	for c, v := range viewers {
		w, known := numbers[v.WorkspaceName]
		if !known {
			var err error
			if w, err = workspaces.Workspace(ctx, v.WorkspaceName); err != nil {
				continue // lookAgain asks
			}
			numbers[v.WorkspaceName] = w
		}
		if w != v.Workspace {
			go c.refuse(whyChanged)
		}
	}
}

// EndGone ends every socket and event stream whose workspace is deleted: settings then fails with [crm.ErrWorkspaceGone].
func (h *Handler) EndGone(ctx context.Context, settings func(context.Context, crm.WorkspaceID) (crm.WorkspaceSettings, error)) {
	h.connections.mu.Lock()
	of := make(map[crm.WorkspaceID][]connection)
	for c, p := range h.connections.open {
		if w := p.viewer.Workspace; w != 0 {
			of[w] = append(of[w], c)
		}
	}
	h.connections.mu.Unlock()
	for w, connections := range of {
		if _, err := settings(ctx, w); !errors.Is(err, crm.ErrWorkspaceGone) {
			continue
		}
		for _, c := range connections {
			go c.refuse(whyGone)
		}
	}
}

// ended says why the credential of v is no longer valid; empty while it is valid or cannot be checked.
func (h *Handler) ended(ctx context.Context, header string, v crm.Viewer) (why string) {
	ctx, cancel := context.WithTimeout(ctx, operation.Timeout)
	defer cancel()
	now, err := h.again(ctx, header)
	switch {
	case err == nil && now.Workspace == v.Workspace && now.Subject == v.Subject && now.Role == v.Role:
		return ""
	case err == nil:
		return whyChanged
	case !errors.Is(err, auth.ErrUnauthenticated):
		return "" // asked again later
	}
	return auth.Reason(err)
}

// lookAgain asks again and again whether a credential is good, until ctx ends, and calls refuse once it is not. Stop the
// timer when done.
func (h *Handler) lookAgain(ctx context.Context, header string, v crm.Viewer, refuse func(why string)) *time.Timer {
	var t *time.Timer
	t = time.AfterFunc(time.Hour, func() {
		why := h.ended(ctx, header, v)
		switch {
		case ctx.Err() != nil:
		case why != "":
			refuse(why)
		default:
			t.Reset(h.times.Look)
		}
	})
	t.Reset(h.times.Look) // not before: what it calls takes it up
	return t
}

// missed says why a credential became invalid after it was checked but before the connection was registered, when
// EndSignIn could not find it.
func (h *Handler) missed(ctx context.Context, header string, v crm.Viewer) (why string) {
	if v.SignIn == "" {
		return ""
	}
	return h.ended(ctx, header, v)
}
