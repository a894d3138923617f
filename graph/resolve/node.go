package resolve

import (
	"context"

	"kith/graph/model"
	"kith/internal/auth"
	"kith/internal/crm"
)

// maxNodes is how many objects one field may ask for by id.
const maxNodes = 100

func (r queryResolver) Node(ctx context.Context, id string) (model.Node, error) {
	nodes, err := r.nodes(ctx, []string{id})
	if err != nil {
		return nil, err
	}
	return nodes[0], nil
}

func (r queryResolver) Nodes(ctx context.Context, ids []string) ([]model.Node, error) {
	if len(ids) > maxNodes {
		return nil, &crm.InvalidError{Field: "ids", Reason: "can name at most 100 objects"}
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
	var (
		v          = auth.Viewer(ctx)
		contactIDs = parseAll(ids, crm.ParseContactID)
		sessionIDs = parseAll(ids, crm.ParseSessionID)
		channelIDs = parseAll(ids, crm.ParseChannelID)
		failureIDs = parseAll(ids, crm.ParseFailureID)
		pairIDs    = parseAll(ids, crm.ParseDuplicateID)
	)
	contacts, err := r.service.ContactsByID(ctx, v, contactIDs)
	if err != nil {
		return nil, err
	}
	sessions, err := r.service.SessionsByID(ctx, v, sessionIDs)
	if err != nil {
		return nil, err
	}
	channels, err := r.service.ChannelsByID(ctx, v, channelIDs)
	if err != nil {
		return nil, err
	}
	failures, err := r.service.FailuresByID(ctx, v, failureIDs)
	if err != nil {
		return nil, err
	}
	duplicates, err := r.service.DuplicatesByID(ctx, v, pairIDs)
	if err != nil {
		return nil, err
	}
	LoadersOf(ctx).expectDuplicates(values(duplicates))
	LoadersOf(ctx).expectContacts(contactIDs)
	LoadersOf(ctx).expectSessions(values(sessions))
	LoadersOf(ctx).expectFailures(values(failures))
	keys := map[string]model.Node{}
	if err := r.keyNodes(ctx, v, ids, keys); err != nil {
		return nil, err
	}
	nodes := make([]model.Node, len(ids))
	for i, s := range ids {
		if id, ok := crm.ParseContactID(s); ok {
			nodes[i] = node(contacts, id)
		} else if id, ok := crm.ParseSessionID(s); ok {
			nodes[i] = node(sessions, id)
		} else if id, ok := crm.ParseChannelID(s); ok {
			nodes[i] = node(channels, id)
		} else if id, ok := crm.ParseFailureID(s); ok {
			nodes[i] = node(failures, id)
		} else if id, ok := crm.ParseDuplicateID(s); ok {
			nodes[i] = node(duplicates, id)
		} else {
			nodes[i] = keys[s]
		}
	}
	return nodes, nil
}

func node[K comparable, V any](found map[K]V, id K) model.Node {
	if v, ok := found[id]; ok {
		return v
	}
	return nil
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
