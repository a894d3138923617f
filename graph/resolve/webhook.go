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
	webhookEndpointResolver           struct{ *resolver }
	webhookEndpointConnectionResolver struct{ *resolver }
	webhookDeliveryResolver           struct{ *resolver }
	webhookDeliveryConnectionResolver struct{ *resolver }
)

func (r *resolver) WebhookEndpoint() generated.WebhookEndpointResolver {
	return webhookEndpointResolver{r}
}

func (r *resolver) WebhookEndpointConnection() generated.WebhookEndpointConnectionResolver {
	return webhookEndpointConnectionResolver{r}
}

func (r *resolver) WebhookDelivery() generated.WebhookDeliveryResolver {
	return webhookDeliveryResolver{r}
}

func (r *resolver) WebhookDeliveryConnection() generated.WebhookDeliveryConnectionResolver {
	return webhookDeliveryConnectionResolver{r}
}

func (r queryResolver) WebhookEndpoints(
	ctx context.Context, first *int, after *string, last *int, before *string,
) (*model.WebhookEndpointConnection, error) {
	page, err := r.service.Endpoints(ctx, auth.Viewer(ctx), paging(first, after, last, before))
	if err != nil {
		return nil, err
	}
	return &model.WebhookEndpointConnection{EndpointPage: page}, nil
}

func (r webhookEndpointConnectionResolver) TotalCount(
	_ context.Context, c *model.WebhookEndpointConnection, most *int,
) (storage.Count, error) {
	return c.Count(Most(most))
}

func (r webhookEndpointResolver) DisabledReason(_ context.Context, e *crm.WebhookEndpoint) (*crm.WebhookDisabledReason, error) {
	if e.DisabledReason == "" {
		return nil, nil
	}
	return &e.DisabledReason, nil
}

func (r queryResolver) WebhookDeliveries(
	ctx context.Context, endpointID string, status *crm.DeliveryStatus, first *int, after *string, last *int, before *string,
) (*model.WebhookDeliveryConnection, error) {
	v := auth.Viewer(ctx)
	id, _ := crm.ParseEndpointID(endpointID)
	var of crm.DeliveryStatus
	if status != nil {
		of = *status
	}
	page, err := r.service.Deliveries(ctx, v, id, of, paging(first, after, last, before))
	if err != nil {
		return nil, err
	}
	return &model.WebhookDeliveryConnection{
		DeliveryPage: page,
		Count:        service.CountOnce(func(most int) (storage.Count, error) { return r.service.CountDeliveries(ctx, v, id, of, most) }),
	}, nil
}

func (r webhookDeliveryConnectionResolver) TotalCount(
	_ context.Context, c *model.WebhookDeliveryConnection, most *int,
) (storage.Count, error) {
	return c.Count(Most(most))
}

func (r webhookDeliveryResolver) ResponseStatus(_ context.Context, d *crm.WebhookDelivery) (*int, error) {
	if d.ResponseStatus == 0 {
		return nil, nil
	}
	return &d.ResponseStatus, nil
}

func (r webhookDeliveryResolver) Error(_ context.Context, d *crm.WebhookDelivery) (*string, error) {
	if d.Error == "" {
		return nil, nil
	}
	return &d.Error, nil
}

func (r webhookDeliveryResolver) DurationMs(_ context.Context, d *crm.WebhookDelivery) (*int, error) {
	if d.LastAt == nil {
		return nil, nil
	}
	return &d.Took, nil
}

func (r mutationResolver) CreateWebhookEndpoint(
	ctx context.Context, in model.CreateWebhookEndpointInput,
) (*model.CreateWebhookEndpointPayload, error) {
	e, secret, err := r.service.CreateEndpoint(ctx, auth.Viewer(ctx), in.URL, in.Events, in.Description)
	problems, other := problem.UserErrors(err, problem.EndpointGone)
	payload := &model.CreateWebhookEndpointPayload{UserErrors: problems}
	if err == nil {
		payload.WebhookEndpoint, payload.Secret = &e, &secret
	}
	return payload, other
}

func (r mutationResolver) UpdateWebhookEndpoint(
	ctx context.Context, in model.UpdateWebhookEndpointInput,
) (*model.UpdateWebhookEndpointPayload, error) {
	id, _ := crm.ParseEndpointID(in.ID)
	patch, err := endpointPatch(in)
	if err != nil {
		return nil, err
	}
	e, err := r.service.UpdateEndpoint(ctx, auth.Viewer(ctx), id, patch)
	problems, other := problem.UserErrors(err, problem.EndpointGone)
	payload := &model.UpdateWebhookEndpointPayload{UserErrors: problems}
	if err == nil {
		payload.WebhookEndpoint = &e
	}
	return payload, other
}

func endpointPatch(in model.UpdateWebhookEndpointInput) (p crm.EndpointPatch, err error) {
	if p.URL, err = required("input.url", in.URL); err != nil {
		return p, err
	}
	if p.Description, err = required("input.description", in.Description); err != nil {
		return p, err
	}
	if p.Enabled, err = required("input.enabled", in.Enabled); err != nil {
		return p, err
	}
	if events, ok := in.Events.ValueOK(); ok {
		if events == nil {
			return p, &crm.InvalidError{Field: "input.events", Reason: "cannot be null"}
		}
		p.Events = crm.To(events)
	}
	return p, nil
}

func (r mutationResolver) DeleteWebhookEndpoint(
	ctx context.Context, in model.DeleteWebhookEndpointInput,
) (*model.DeleteWebhookEndpointPayload, error) {
	id, _ := crm.ParseEndpointID(in.ID)
	err := r.service.DeleteEndpoint(ctx, auth.Viewer(ctx), id)
	problems, other := problem.UserErrors(err, problem.EndpointGone)
	payload := &model.DeleteWebhookEndpointPayload{UserErrors: problems}
	if err == nil {
		payload.DeletedWebhookEndpointID = new(id.String())
	}
	return payload, other
}

func (r mutationResolver) RotateWebhookSecret(
	ctx context.Context, in model.RotateWebhookSecretInput,
) (*model.RotateWebhookSecretPayload, error) {
	id, _ := crm.ParseEndpointID(in.ID)
	e, secret, err := r.service.RotateWebhookSecret(ctx, auth.Viewer(ctx), id, in.RevokeFormer)
	problems, other := problem.UserErrors(err, problem.EndpointGone)
	payload := &model.RotateWebhookSecretPayload{UserErrors: problems}
	if err == nil {
		payload.WebhookEndpoint, payload.Secret = &e, &secret
	}
	return payload, other
}

func (r mutationResolver) RevokeFormerWebhookSecret(
	ctx context.Context, in model.RevokeFormerWebhookSecretInput,
) (*model.RevokeFormerWebhookSecretPayload, error) {
	id, _ := crm.ParseEndpointID(in.ID)
	e, err := r.service.RevokeFormerWebhookSecret(ctx, auth.Viewer(ctx), id)
	problems, other := problem.UserErrors(err, problem.EndpointGone)
	payload := &model.RevokeFormerWebhookSecretPayload{UserErrors: problems}
	if err == nil {
		payload.WebhookEndpoint = &e
	}
	return payload, other
}

func (r mutationResolver) Redeliver(ctx context.Context, in model.RedeliverInput) (*model.RedeliverPayload, error) {
	id, _ := crm.ParseDeliveryID(in.ID)
	d, err := r.service.Redeliver(ctx, auth.Viewer(ctx), id)
	problems, other := problem.UserErrors(err, problem.DeliveryGone)
	payload := &model.RedeliverPayload{UserErrors: problems}
	if err == nil {
		payload.WebhookDelivery = &d
	}
	return payload, other
}

func (r mutationResolver) SendTestWebhook(
	ctx context.Context, in model.SendTestWebhookInput,
) (*model.SendTestWebhookPayload, error) {
	id, _ := crm.ParseEndpointID(in.ID)
	d, err := r.service.TestEndpoint(ctx, auth.Viewer(ctx), id)
	problems, other := problem.UserErrors(err, problem.EndpointGone)
	payload := &model.SendTestWebhookPayload{UserErrors: problems}
	if err == nil {
		payload.WebhookDelivery = &d
	}
	return payload, other
}

// endpointNodes finds webhook endpoints by the ids that clients know them by.
func (r queryResolver) endpointNodes(ctx context.Context, v crm.Viewer, ids []string, into map[string]model.Node) error {
	found, err := r.service.EndpointsByID(ctx, v, parseAll(ids, crm.ParseEndpointID))
	addNodes(into, found)
	return err
}

// deliveryNodes finds deliveries to webhook endpoints by the ids that clients know them by.
func (r queryResolver) deliveryNodes(ctx context.Context, v crm.Viewer, ids []string, into map[string]model.Node) error {
	found, err := r.service.DeliveriesByID(ctx, v, parseAll(ids, crm.ParseDeliveryID))
	addNodes(into, found)
	return err
}
