package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"kith/internal/crm"
	"kith/internal/cursor"
	"kith/internal/vault"
	"kith/storage"
)

// WebhookSender sends to webhook endpoints.
type WebhookSender interface {
	// CheckURL refuses a URL that nothing can be sent to, with a *[crm.InvalidError].
	CheckURL(url string) error
	// Test sends a message of no event to an endpoint, and returns what became of it.
	Test(ctx context.Context, w crm.WorkspaceID, e crm.WebhookEndpoint) (crm.WebhookDelivery, error)
}

// endpointList names the list of webhook endpoints, of which there is one in a workspace.
var endpointList = cursor.ListOf("webhook endpoints")

// EndpointPage is a page of webhook endpoints.
type EndpointPage struct {
	Endpoints []crm.WebhookEndpoint
	Total     int
	PageInfo
}

// List names the list that the page is of, for cursors.
func (EndpointPage) List() cursor.List { return endpointList }

// Count is the length of the whole list, as far as most.
func (p EndpointPage) Count(most int) (storage.Count, error) {
	return storage.Counted(p.Total, most), checkMost(most)
}

// Endpoints returns a page of the workspace's webhook endpoints, the oldest first. There are so few that all are read.
func (s *Service) Endpoints(ctx context.Context, v crm.Viewer, p Paging) (EndpointPage, error) {
	if err := Authorize(v, crm.ManageWebhooks); err != nil {
		return EndpointPage{}, err
	}
	page, err := p.page(endpointList)
	if err != nil {
		return EndpointPage{}, err
	}
	all, err := s.store.Endpoints(ctx, v.Workspace)
	if err != nil {
		return EndpointPage{}, fmt.Errorf("list webhook endpoints: %w", err)
	}
	found, more := storage.PageOf(page, all, storage.EndpointPosition, storage.OldestFirst)
	return EndpointPage{Endpoints: found, Total: len(all), PageInfo: p.pageInfo(more)}, nil
}

// EndpointsByID returns the webhook endpoints that exist among ids. For those who may not manage webhooks none does.
func (s *Service) EndpointsByID(
	ctx context.Context, v crm.Viewer, ids []crm.EndpointID,
) (map[crm.EndpointID]crm.WebhookEndpoint, error) {
	if !v.Role.Can(crm.ManageWebhooks) || len(ids) == 0 {
		return nil, Authorize(v, crm.ReadContacts)
	}
	all, err := s.store.Endpoints(ctx, v.Workspace)
	found := make(map[crm.EndpointID]crm.WebhookEndpoint, len(ids))
	for _, e := range all {
		if slices.Contains(ids, e.ID) {
			found[e.ID] = e
		}
	}
	return found, err
}

// DeliveryPage is a page of deliveries to a webhook endpoint.
type DeliveryPage struct {
	Deliveries []crm.WebhookDelivery
	Of         cursor.List
	PageInfo
}

// List names the list that the page is of, for cursors.
func (p DeliveryPage) List() cursor.List { return p.Of }

func deliveryList(id crm.EndpointID, status crm.DeliveryStatus) cursor.List {
	return cursor.ListOf("webhook deliveries", id.String(), string(status))
}

// Deliveries returns a page of an endpoint's deliveries, the newest first; with a status only those. An endpoint that is not
// there has none.
func (s *Service) Deliveries(
	ctx context.Context, v crm.Viewer, id crm.EndpointID, status crm.DeliveryStatus, p Paging,
) (DeliveryPage, error) {
	if err := Authorize(v, crm.ManageWebhooks); err != nil {
		return DeliveryPage{}, err
	}
	list := deliveryList(id, status)
	page, err := p.page(list)
	if err != nil {
		return DeliveryPage{}, err
	}
	found, err := s.store.Deliveries(ctx, v.Workspace, storage.DeliveryQuery{Endpoint: id, Status: status, Page: page})
	if err != nil {
		return DeliveryPage{}, fmt.Errorf("list webhook deliveries: %w", err)
	}
	return DeliveryPage{Deliveries: found.Deliveries, Of: list, PageInfo: p.pageInfo(found.More)}, nil
}

// CountDeliveries counts these deliveries as far as most.
func (s *Service) CountDeliveries(
	ctx context.Context, v crm.Viewer, id crm.EndpointID, status crm.DeliveryStatus, most int,
) (storage.Count, error) {
	if err := Authorize(v, crm.ManageWebhooks); err != nil {
		return storage.Count{}, err
	}
	if err := checkMost(most); err != nil {
		return storage.Count{}, err
	}
	return s.store.CountDeliveries(ctx, v.Workspace, storage.DeliveryQuery{Endpoint: id, Status: status}, most)
}

// DeliveriesByID returns the deliveries that exist among ids. For those who may not manage webhooks none does.
func (s *Service) DeliveriesByID(
	ctx context.Context, v crm.Viewer, ids []crm.DeliveryID,
) (map[crm.DeliveryID]crm.WebhookDelivery, error) {
	if !v.Role.Can(crm.ManageWebhooks) || len(ids) == 0 {
		return nil, Authorize(v, crm.ReadContacts)
	}
	return s.store.DeliveriesByID(ctx, v.Workspace, ids)
}

// CreateEndpoint adds a webhook endpoint, which gets the events from now on, and returns it with its secret, which cannot be read
// again. An error that the viewer can correct is of *[crm.InvalidError] or [crm.ErrTooManyEndpoints].
func (s *Service) CreateEndpoint(
	ctx context.Context, v crm.Viewer, url string, events []string, description string,
) (e crm.WebhookEndpoint, secret string, err error) {
	if err := s.mayManageWebhooks(v); err != nil {
		return crm.WebhookEndpoint{}, "", err
	}
	now := s.clock()
	e = crm.WebhookEndpoint{ID: crm.NewEndpointID(now), CreatedBy: v.Subject, CreatedAt: now, Enabled: true}
	patch := crm.EndpointPatch{URL: crm.To(url), Events: crm.To(events), Description: crm.To(description)}
	_, patchErr := patch.Apply(&e, now)
	err = errors.Join(s.options.Webhooks.CheckURL(url), patchErr, s.webhookSecretsStorable())
	if err == nil {
		secret = vault.NewWebhookSecret()
		e.Secrets, err = s.options.WebhookVault.Seal(v.Workspace, e.ID, vault.WebhookSecrets{Current: secret})
	}
	if err == nil {
		err = s.store.CreateEndpoint(ctx, v.Workspace, e, auditOfEndpoint(crm.EndpointCreated, v, e.ID, now))
	}
	if err != nil {
		return crm.WebhookEndpoint{}, "", fmt.Errorf("create webhook endpoint: %w", err)
	}
	return e, secret, nil
}

// mayManageWebhooks is [crm.ErrForbidden] for viewers who may not.
func (s *Service) mayManageWebhooks(v crm.Viewer) error {
	if err := Authorize(v, crm.ManageWebhooks); err != nil {
		return err
	}
	if s.options.Webhooks == nil {
		return errors.New("webhooks are not wired")
	}
	return nil
}

// webhookSecretsStorable refuses a server without a key to seal secrets with.
func (s *Service) webhookSecretsStorable() error {
	if s.options.WebhookVault.Ready() {
		return nil
	}
	return &crm.InvalidError{
		Field: "url", Subject: "This server", Reason: "cannot keep the secret of a webhook endpoint yet: its operator has to set KITH_SECRET_KEY",
	}
}

func auditOfEndpoint(action crm.AuditAction, v crm.Viewer, id crm.EndpointID, now time.Time) crm.AuditEntry {
	a := crm.NewAudit(action, v.Subject, now)
	a.EndpointID = &id
	return a
}

// UpdateEndpoint edits a webhook endpoint. One that is switched on goes on where it was, as far as the events are still kept. The
// errors are those of [Service.CreateEndpoint], and [crm.ErrNotFound].
func (s *Service) UpdateEndpoint(
	ctx context.Context, v crm.Viewer, id crm.EndpointID, p crm.EndpointPatch,
) (crm.WebhookEndpoint, error) {
	if err := s.mayManageWebhooks(v); err != nil {
		return crm.WebhookEndpoint{}, err
	}
	var urlErr error
	if url, ok := p.URL.Value(); ok {
		urlErr = s.options.Webhooks.CheckURL(url)
	}
	now := s.clock()
	audit := auditOfEndpoint("", v, id, now)
	e, err := s.store.UpdateEndpoint(ctx, v.Workspace, id, func(e *crm.WebhookEndpoint) error {
		edited := *e
		fields, err := p.Apply(&edited, now)
		if err := errors.Join(urlErr, err); err != nil {
			return err
		}
		*e = edited
		if audit.Action = ""; len(fields) > 0 {
			audit.Action, audit.Fields = crm.EndpointEdited, fields
		}
		return nil
	}, &audit)
	if err != nil {
		return e, fmt.Errorf("update webhook endpoint: %w", err)
	}
	return e, nil
}

// DeleteEndpoint removes a webhook endpoint for good. One that is not there is [crm.ErrNotFound].
func (s *Service) DeleteEndpoint(ctx context.Context, v crm.Viewer, id crm.EndpointID) error {
	if err := Authorize(v, crm.ManageWebhooks); err != nil {
		return err
	}
	return s.store.DeleteEndpoint(ctx, v.Workspace, id, auditOfEndpoint(crm.EndpointDeleted, v, id, s.clock()))
}

// RotateWebhookSecret gives an endpoint another secret, which it returns. The secret before it signs as well for
// [crm.FormerSecretFor], unless it is revoked. An endpoint that is not there is [crm.ErrNotFound].
func (s *Service) RotateWebhookSecret(
	ctx context.Context, v crm.Viewer, id crm.EndpointID, revokeFormer bool,
) (e crm.WebhookEndpoint, secret string, err error) {
	if err := s.mayManageWebhooks(v); err != nil {
		return crm.WebhookEndpoint{}, "", err
	}
	secret = vault.NewWebhookSecret()
	e, err = s.changeSecrets(ctx, v, id, crm.WebhookSecretRotated, func(before vault.WebhookSecrets, opened bool, now time.Time) vault.WebhookSecrets {
		next := vault.WebhookSecrets{Current: secret}
		if opened && !revokeFormer { // secrets that cannot be opened sign nothing
			next.Former, next.FormerUntil = before.Current, now.Add(crm.FormerSecretFor)
		}
		return next
	})
	return e, secret, err
}

// RevokeFormerWebhookSecret ends the time in which the secret before the last rotation signs as well. An endpoint that is not there
// is [crm.ErrNotFound].
func (s *Service) RevokeFormerWebhookSecret(ctx context.Context, v crm.Viewer, id crm.EndpointID) (crm.WebhookEndpoint, error) {
	if err := s.mayManageWebhooks(v); err != nil {
		return crm.WebhookEndpoint{}, err
	}
	return s.changeSecrets(ctx, v, id, crm.FormerSecretRevoked, func(before vault.WebhookSecrets, _ bool, _ time.Time) vault.WebhookSecrets {
		before.Former, before.FormerUntil = "", time.Time{}
		return before
	})
}

// changeSecrets replaces an endpoint's secrets. Where change returns what there was, nothing is written to the audit.
func (s *Service) changeSecrets(
	ctx context.Context, v crm.Viewer, id crm.EndpointID, action crm.AuditAction,
	change func(before vault.WebhookSecrets, opened bool, now time.Time) vault.WebhookSecrets,
) (crm.WebhookEndpoint, error) {
	if err := s.webhookSecretsStorable(); err != nil {
		return crm.WebhookEndpoint{}, err
	}
	now := s.clock()
	audit := auditOfEndpoint("", v, id, now)
	e, err := s.store.UpdateEndpoint(ctx, v.Workspace, id, func(e *crm.WebhookEndpoint) error {
		audit.Action = ""
		before, openErr := s.options.WebhookVault.Open(v.Workspace, id, e.Secrets)
		next := change(before, openErr == nil, now)
		if next == before {
			return nil
		}
		sealed, err := s.options.WebhookVault.Seal(v.Workspace, id, next)
		if err != nil {
			return fmt.Errorf("seal secrets: %w", err)
		}
		e.Secrets, e.FormerSecretUntil, audit.Action = sealed, nil, action
		if next.Former != "" {
			e.FormerSecretUntil = new(next.FormerUntil)
		}
		return nil
	}, &audit)
	if err != nil {
		return crm.WebhookEndpoint{}, fmt.Errorf("change webhook secret: %w", err)
	}
	return e, nil
}

// Redeliver sends a delivery once more, with the objects as they are then. It is [crm.ErrNotFound] for an unknown delivery or one
// whose event is no longer kept, and [crm.ErrEndpointOff] where the endpoint is switched off.
func (s *Service) Redeliver(ctx context.Context, v crm.Viewer, id crm.DeliveryID) (crm.WebhookDelivery, error) {
	if err := Authorize(v, crm.ManageWebhooks); err != nil {
		return crm.WebhookDelivery{}, err
	}
	return s.store.Redeliver(ctx, v.Workspace, id, crm.NewAudit(crm.WebhookRedelivered, v.Subject, s.clock()))
}

// TestEndpoint sends a message of no event to an endpoint and returns what became of it. An endpoint that is not there is
// [crm.ErrNotFound].
func (s *Service) TestEndpoint(ctx context.Context, v crm.Viewer, id crm.EndpointID) (crm.WebhookDelivery, error) {
	if err := s.mayManageWebhooks(v); err != nil {
		return crm.WebhookDelivery{}, err
	}
	found, err := s.EndpointsByID(ctx, v, []crm.EndpointID{id})
	if err != nil {
		return crm.WebhookDelivery{}, err
	}
	e, ok := found[id]
	if !ok {
		return crm.WebhookDelivery{}, fmt.Errorf("test webhook endpoint: %w", crm.ErrNotFound)
	}
	d, err := s.options.Webhooks.Test(ctx, v.Workspace, e)
	if err == nil {
		err = s.store.AddDelivery(ctx, v.Workspace, d, auditOfEndpoint(crm.WebhookTested, v, id, s.clock()))
	}
	if err != nil {
		return crm.WebhookDelivery{}, fmt.Errorf("test webhook endpoint: %w", err)
	}
	return d, nil
}
