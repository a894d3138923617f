package resolve

import (
	"context"
	"slices"

	"kith/graph/model"
	"kith/internal/auth"
	"kith/internal/crm"
	"kith/internal/service"
)

func (r queryResolver) Node(ctx context.Context, id string) (model.Node, error) {
	nodes, err := r.nodes(ctx, []string{id})
	if err != nil {
		return nil, err
	}
	return nodes[0], nil
}

func (r queryResolver) Nodes(ctx context.Context, ids []string) ([]model.Node, error) {
	if err := service.FewNamed("ids", "objects", ids); err != nil {
		return nil, err
	}
	seen := make(map[string]bool, len(ids))
	for _, id := range ids {
		if seen[id] { // each would be answered in full, with everything below it
			return nil, &crm.InvalidError{Field: "ids", Reason: "must name each object once"}
		}
		seen[id] = true
	}
	return r.nodes(ctx, ids)
}

// nodes finds the objects of ids, in the same order, with one call to storage for each type.
func (r queryResolver) nodes(ctx context.Context, ids []string) ([]model.Node, error) {
	v, byID := auth.Viewer(ctx), make(map[string]model.Node, len(ids))
	if id := v.ID(); slices.Contains(ids, id) {
		byID[id] = v
	}
	if id := crm.WorkspaceNodeID(v.WorkspaceName); slices.Contains(ids, id) {
		w, err := r.service.Workspace(ctx, v)
		if err != nil {
			return nil, err
		}
		byID[id] = w
	}
	for _, find := range []func(context.Context, crm.Viewer, []string, map[string]model.Node) error{
		r.contactNodes, r.identityNodes, r.sessionNodes, r.channelNodes, r.failureNodes, r.duplicateNodes, r.eventNodes, r.auditNodes,
		r.keyNodes, r.viewNodes, r.jobNodes, r.endpointNodes, r.deliveryNodes,
	} {
		if err := find(ctx, v, ids, byID); err != nil {
			return nil, err
		}
	}
	nodes := make([]model.Node, len(ids))
	for i, id := range ids {
		nodes[i] = byID[id]
	}
	return nodes, nil
}

func (r queryResolver) contactNodes(ctx context.Context, v crm.Viewer, ids []string, into map[string]model.Node) error {
	asked := parseAll(ids, crm.ParseContactID)
	found, err := r.service.ContactsByID(ctx, v, asked)
	LoadersOf(ctx).expectContacts(asked)
	addNodes(into, found)
	return err
}

func (r queryResolver) identityNodes(ctx context.Context, v crm.Viewer, ids []string, into map[string]model.Node) error {
	found, err := r.service.IdentitiesByID(ctx, v, parseAll(ids, crm.ParseIdentityID))
	addNodes(into, found)
	LoadersOf(ctx).expectIdentities(values(found))
	return err
}

func (r queryResolver) sessionNodes(ctx context.Context, v crm.Viewer, ids []string, into map[string]model.Node) error {
	found, err := r.service.SessionsByID(ctx, v, parseAll(ids, crm.ParseSessionID))
	LoadersOf(ctx).expectSessions(values(found))
	addNodes(into, found)
	return err
}

func (r queryResolver) channelNodes(ctx context.Context, v crm.Viewer, ids []string, into map[string]model.Node) error {
	found, err := r.service.ChannelsByID(ctx, v, parseAll(ids, crm.ParseChannelID))
	addNodes(into, found)
	return err
}

func (r queryResolver) failureNodes(ctx context.Context, v crm.Viewer, ids []string, into map[string]model.Node) error {
	found, err := r.service.FailuresByID(ctx, v, parseAll(ids, crm.ParseFailureID))
	LoadersOf(ctx).expectFailures(values(found))
	addNodes(into, found)
	return err
}

func (r queryResolver) duplicateNodes(ctx context.Context, v crm.Viewer, ids []string, into map[string]model.Node) error {
	found, err := r.service.DuplicatesByID(ctx, v, parseAll(ids, crm.ParseDuplicateID))
	LoadersOf(ctx).expectDuplicates(values(found))
	addNodes(into, found)
	return err
}

func (r queryResolver) auditNodes(ctx context.Context, v crm.Viewer, ids []string, into map[string]model.Node) error {
	found, err := r.service.AuditByID(ctx, v, parseAll(ids, crm.ParseAuditID))
	addNodes(into, found)
	return err
}

// eventNodes finds events and entries of histories. Several ids may lead to one event: each names another object.
func (r queryResolver) eventNodes(ctx context.Context, v crm.Viewer, ids []string, into map[string]model.Node) error {
	asked := parseAll(ids, func(s string) (crm.EventID, bool) {
		if id, ok := crm.ParseChangeID(s); ok {
			return crm.EventID(id), true
		}
		return crm.ParseEventID(s)
	})
	found, err := r.service.EventsByID(ctx, v, asked)
	if err != nil {
		return err
	}
	var contacts []crm.ContactID
	var sessions []crm.SessionID
	for _, e := range found {
		if e.IsHistory() {
			into[e.ChangeID().String()] = e
		}
		if model.ConcernsContacts(&e) {
			into[e.ID.String()], contacts = model.NewContactEvent(&e), append(contacts, *e.ContactID)
		}
		if e.SessionID != nil {
			sessions = append(sessions, *e.SessionID)
		}
		if model.ConcernsSessions(&e) {
			node := model.NewSessionEvent(&e)
			into[node.ID.String()] = node
		}
	}
	LoadersOf(ctx).ExpectEvents(contacts, sessions)
	return nil
}

// addNodes adds objects under the ids that clients know them by.
func addNodes[K interface {
	comparable
	String() string
}, V any](into map[string]model.Node, found map[K]V) {
	for id, v := range found {
		into[id.String()] = v
	}
}

// parseAll keeps the ids of one type, each once.
func parseAll[K comparable](ids []string, parse func(string) (K, bool)) []K {
	var out []K
	seen := make(map[K]bool)
	for _, s := range ids {
		if id, ok := parse(s); ok && !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

func values[K comparable, V any](m map[K]V) []V {
	out := make([]V, 0, len(m))
	for _, v := range m {
		out = append(out, v)
	}
	return out
}
