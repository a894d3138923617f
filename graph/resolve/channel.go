package resolve

import (
	"context"

	"kith/graph/model"
	"kith/graph/problem"
	"kith/internal/auth"
	"kith/internal/crm"
	"kith/internal/service"
	"kith/storage"
)

func (r queryResolver) Channels(
	ctx context.Context, first *int, after *string, last *int, before *string,
) (*model.ChannelConnection, error) {
	page, err := r.service.ChannelsPage(ctx, auth.Viewer(ctx), paging(first, after, last, before))
	return &model.ChannelConnection{ChannelPage: page}, err
}

func (r channelConnectionResolver) TotalCount(
	_ context.Context, c *model.ChannelConnection, most *int,
) (storage.Count, error) {
	return c.Count(Most(most))
}

func (r channelSetupResolver) VerifyToken(ctx context.Context, s *service.ChannelSetup) (*string, error) {
	return r.service.ReadVerifyToken(ctx, auth.Viewer(ctx), *s)
}

func (r mutationResolver) CreateChannel(
	ctx context.Context, in model.CreateChannelInput,
) (*model.CreateChannelPayload, error) {
	defer LoadersOf(ctx).reset()
	made, err := r.service.CreateChannel(ctx, auth.Viewer(ctx), service.NewChannel{
		Name: in.Name, Type: in.Type, Secret: text(in.Secret), AccessToken: text(in.AccessToken),
		Domains: in.AllowedDomains, RequireSignedIdentity: in.RequireSignedIdentity,
	})
	problems, err := problem.UserErrors(err, problem.ChannelGone)
	payload := &model.CreateChannelPayload{UserErrors: problems}
	if err == nil && len(problems) == 0 {
		payload.Channel, payload.Setup = &made.Channel, &made.Setup
	}
	return payload, err
}

func (r mutationResolver) UpdateChannel(
	ctx context.Context, in model.UpdateChannelInput,
) (*model.UpdateChannelPayload, error) {
	defer LoadersOf(ctx).reset()
	id, _ := crm.ParseChannelID(in.ID)
	edit, err := channelEdit(in)
	if err != nil {
		return nil, err
	}
	now, err := r.service.UpdateChannel(ctx, auth.Viewer(ctx), id, edit)
	problems, err := problem.UserErrors(err, problem.ChannelGone)
	payload := &model.UpdateChannelPayload{UserErrors: problems}
	if now != nil {
		payload.Channel, payload.Setup = &now.Channel, &now.Setup
	}
	return payload, err
}
