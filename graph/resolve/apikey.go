package resolve

import (
	"context"

	"kith/graph/generated"
	"kith/graph/model"
	"kith/graph/problem"
	"kith/internal/auth"
	"kith/internal/crm"
	"kith/internal/service"
	"kith/storage"
)

type (
	apiKeyResolver           struct{ *resolver }
	apiKeyConnectionResolver struct{ *resolver }
)

func (r *resolver) ApiKey() generated.ApiKeyResolver { return apiKeyResolver{r} }
func (r *resolver) ApiKeyConnection() generated.ApiKeyConnectionResolver {
	return apiKeyConnectionResolver{r}
}

func (r queryResolver) APIKeys(
	ctx context.Context, first *int, after *string, last *int, before *string,
) (*model.APIKeyConnection, error) {
	v := auth.Viewer(ctx)
	page, err := r.service.APIKeys(ctx, v, paging(first, after, last, before))
	if err != nil {
		return nil, err
	}
	return &model.APIKeyConnection{
		APIKeyPage: page,
		Count:      service.CountOnce(func(most int) (storage.Count, error) { return r.service.CountAPIKeys(ctx, v, most) }),
	}, nil
}

func (r apiKeyConnectionResolver) TotalCount(
	_ context.Context, c *model.APIKeyConnection, most *int,
) (storage.Count, error) {
	return c.Count(Most(most))
}

func (r apiKeyResolver) Channel(ctx context.Context, k *crm.APIKey) (*crm.Channel, error) {
	if k.ChannelID == nil {
		return nil, nil
	}
	c, err := LoadersOf(ctx).channel(ctx, *k.ChannelID)
	return &c, err
}

func (r mutationResolver) CreateAPIKey(ctx context.Context, in model.CreateAPIKeyInput) (*model.CreateAPIKeyPayload, error) {
	n := service.NewAPIKey{Name: in.Name, Role: in.Role, ExpiresAt: in.ExpiresAt}
	if in.ChannelID != nil {
		id, _ := crm.ParseChannelID(*in.ChannelID)
		n.Channel = &id
	}
	k, secret, err := r.service.CreateAPIKey(ctx, auth.Viewer(ctx), n)
	problems, err := problem.UserErrors(err, problem.ChannelUnknown)
	if err != nil {
		return nil, err
	}
	payload := &model.CreateAPIKeyPayload{UserErrors: problems}
	if len(problems) == 0 {
		payload.APIKey, payload.Secret = &k, &secret
	}
	return payload, nil
}

func (r mutationResolver) RevokeAPIKey(ctx context.Context, in model.RevokeAPIKeyInput) (*model.RevokeAPIKeyPayload, error) {
	id, _ := crm.ParseKeyID(in.ID)
	problems, err := problem.UserErrors(r.service.RevokeAPIKey(ctx, auth.Viewer(ctx), id), problem.KeyGone)
	if err != nil {
		return nil, err
	}
	payload := &model.RevokeAPIKeyPayload{UserErrors: problems}
	if len(problems) == 0 {
		payload.RevokedAPIKeyID = new(id.String())
	}
	return payload, nil
}

// keyNodes finds API keys by the ids that clients know them by.
func (r queryResolver) keyNodes(ctx context.Context, v crm.Viewer, ids []string, into map[string]model.Node) error {
	found, err := r.service.APIKeysByID(ctx, v, parseAll(ids, crm.ParseKeyID))
	addNodes(into, found)
	return err
}
