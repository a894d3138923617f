package resolve

import (
	"context"

	"kith/graph/model"
	"kith/graph/problem"
	"kith/internal/auth"
	"kith/internal/crm"
	"kith/internal/service"
)

func (r queryResolver) AuditLog(
	ctx context.Context, first *int, after *string, last *int, before *string,
) (model.AuditConnection, error) {
	page, err := r.service.Audit(ctx, auth.Viewer(ctx), service.Paging{First: first, After: after, Last: last, Before: before})
	return model.AuditConnection{AuditPage: page}, err
}

func (r mutationResolver) ExportContact(
	ctx context.Context, in model.ExportContactInput,
) (model.ExportContactPayload, error) {
	id, _ := crm.ParseContactID(in.ID)
	document, err := r.service.ExportContact(ctx, auth.Viewer(ctx), id)
	problems, other := problem.UserErrors(err, problem.ContactGone)
	payload := model.ExportContactPayload{UserErrors: problems}
	if err == nil {
		payload.Document = new(string(document))
	}
	return payload, other
}
