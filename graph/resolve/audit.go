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

func (r queryResolver) AuditLog(
	ctx context.Context, first *int, after *string, last *int, before *string,
) (*model.AuditConnection, error) {
	v := auth.Viewer(ctx)
	page, err := r.service.Audit(ctx, v, paging(first, after, last, before))
	if err != nil {
		return nil, err
	}
	return &model.AuditConnection{
		AuditPage: page,
		Count:     service.CountOnce(func(most int) (storage.Count, error) { return r.service.CountAudit(ctx, v, most) }),
	}, nil
}

func (r auditConnectionResolver) TotalCount(
	_ context.Context, c *model.AuditConnection, most *int,
) (storage.Count, error) {
	return c.Count(Most(most))
}

func (r mutationResolver) ExportContact(
	ctx context.Context, in model.ExportContactInput,
) (*model.ExportContactPayload, error) {
	id, _ := crm.ParseContactID(in.ID)
	document, err := r.service.ExportContact(ctx, auth.Viewer(ctx), id)
	problems, other := problem.UserErrors(err, problem.ContactGone)
	payload := &model.ExportContactPayload{UserErrors: problems}
	if err == nil {
		payload.Document = new(string(document))
	}
	return payload, other
}
