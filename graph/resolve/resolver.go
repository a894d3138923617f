// Package resolve answers the fields of the schema that no struct holds: resolvers by noun, what inputs mean, and the loaders
// that gather the questions of many fields.
//
// Resolvers translate. They hold no rule, check no role and know no database: package service and package ingest do.
package resolve

import (
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"kith/graph/generated"
	"kith/internal/ingest"
	"kith/internal/service"
)

// resolver answers the fields of the roots and those that no struct holds. Its methods are in the files of their nouns.
type resolver struct {
	service   *service.Service
	ingest    *ingest.Ingest
	survivors survivors
}

// New returns the resolvers of all fields.
func New(s *service.Service, i *ingest.Ingest) generated.ResolverRoot {
	return &resolver{service: s, ingest: i}
}

type (
	queryResolver             struct{ *resolver }
	mutationResolver          struct{ *resolver }
	contactResolver           struct{ *resolver }
	contactConnectionResolver struct{ *resolver }
	identityResolver          struct{ *resolver }
	sessionResolver           struct{ *resolver }
	sessionCountsResolver     struct{ *resolver }
	channelSetupResolver      struct{ *resolver }
	mergePreviewResolver      struct{ *resolver }
	duplicateResolver         struct{ *resolver }
	failureResolver           struct{ *resolver }
	failureConnectionResolver struct{ *resolver }

	duplicateConnectionResolver struct{ *resolver }
	sessionConnectionResolver   struct{ *resolver }
	channelConnectionResolver   struct{ *resolver }
	auditConnectionResolver     struct{ *resolver }

	contactChangeConnectionResolver struct{ *resolver }

	subscriptionResolver struct{ *resolver }
	contactEventResolver struct{ *resolver }
	sessionEventResolver struct{ *resolver }
	viewerResolver       struct{ *resolver }
)

func (r *resolver) Query() generated.QueryResolver       { return queryResolver{r} }
func (r *resolver) Mutation() generated.MutationResolver { return mutationResolver{r} }
func (r *resolver) Contact() generated.ContactResolver   { return contactResolver{r} }
func (r *resolver) ContactConnection() generated.ContactConnectionResolver {
	return contactConnectionResolver{r}
}
func (r *resolver) Identity() generated.IdentityResolver { return identityResolver{r} }
func (r *resolver) Session() generated.SessionResolver   { return sessionResolver{r} }
func (r *resolver) SessionCounts() generated.SessionCountsResolver {
	return sessionCountsResolver{r}
}
func (r *resolver) MergePreview() generated.MergePreviewResolver { return mergePreviewResolver{r} }
func (r *resolver) Duplicate() generated.DuplicateResolver       { return duplicateResolver{r} }
func (r *resolver) DuplicateConnection() generated.DuplicateConnectionResolver {
	return duplicateConnectionResolver{r}
}
func (r *resolver) IngestFailure() generated.IngestFailureResolver { return failureResolver{r} }
func (r *resolver) IngestFailureConnection() generated.IngestFailureConnectionResolver {
	return failureConnectionResolver{r}
}
func (r *resolver) SessionConnection() generated.SessionConnectionResolver {
	return sessionConnectionResolver{r}
}
func (r *resolver) ChannelConnection() generated.ChannelConnectionResolver {
	return channelConnectionResolver{r}
}
func (r *resolver) AuditConnection() generated.AuditConnectionResolver {
	return auditConnectionResolver{r}
}
func (r *resolver) ContactChangeConnection() generated.ContactChangeConnectionResolver {
	return contactChangeConnectionResolver{r}
}
func (r *resolver) Viewer() generated.ViewerResolver             { return viewerResolver{r} }
func (r *resolver) ChannelSetup() generated.ChannelSetupResolver { return channelSetupResolver{r} }
func (r *resolver) Subscription() generated.SubscriptionResolver { return subscriptionResolver{r} }
func (r *resolver) ContactEvent() generated.ContactEventResolver { return contactEventResolver{r} }
func (r *resolver) SessionEvent() generated.SessionEventResolver { return sessionEventResolver{r} }

// countsAsked are the limits that a selection of a connection asks for a count with. One that is no number comes later, when
// the field is resolved.
func countsAsked(op *graphql.OperationContext, of ast.SelectionSet, connection string) (limits []int) {
	for _, f := range graphql.CollectFields(op, of, []string{connection}) {
		if f.Name != "totalCount" {
			continue
		}
		most, err := mostOf(f.ArgumentMap(op.Variables)["max"])
		if err == nil && !slices.Contains(limits, most) {
			limits = append(limits, most)
		}
	}
	return limits
}

// mostOf reads the argument max of a total.
func mostOf(v any) (int, error) {
	if v == nil {
		return service.DefaultMost, nil
	}
	return graphql.UnmarshalInt(v)
}

// Most is how far to count: so far, or as far as lists are counted by default.
func Most(limit *int) int {
	if limit == nil {
		return service.DefaultMost
	}
	return *limit
}

// asksFor reports whether a selection has one of the fields. It is of an object of the first of types; the others are its
// interfaces.
func asksFor(op *graphql.OperationContext, of ast.SelectionSet, types []string, fields ...string) bool {
	return slices.ContainsFunc(graphql.CollectFields(op, of, types), func(f graphql.CollectedField) bool {
		return slices.Contains(fields, f.Name)
	})
}
