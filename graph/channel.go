package graph

import (
	"context"

	"kith/graph/model"
	"kith/internal/auth"
	"kith/internal/crm"
)

func (r queryResolver) Channels(ctx context.Context) ([]crm.Channel, error) {
	return r.desk.Channels(ctx, auth.Viewer(ctx))
}

func (r mutationResolver) CreateChannel(
	ctx context.Context, in model.CreateChannelInput,
) (model.CreateChannelPayload, error) {
	defer loadersOf(ctx).reset()
	channel, err := r.desk.CreateChannel(ctx, auth.Viewer(ctx), in.Name, in.Type)
	mend, err := userErrors(err, channelGone)
	payload := model.CreateChannelPayload{UserErrors: mend}
	if err == nil && len(mend) == 0 {
		payload.Channel = &channel
	}
	return payload, err
}

func (r mutationResolver) UpdateChannel(
	ctx context.Context, in model.UpdateChannelInput,
) (model.UpdateChannelPayload, error) {
	defer loadersOf(ctx).reset()
	id, _ := crm.ParseChannelID(in.ID)
	patch, err := channelPatch(in)
	if err != nil {
		return model.UpdateChannelPayload{}, err
	}
	channel, err := r.desk.UpdateChannel(ctx, auth.Viewer(ctx), id, patch)
	mend, err := userErrors(err, channelGone)
	return model.UpdateChannelPayload{Channel: channel, UserErrors: mend}, err
}
