package resolve

import (
	"context"
	"errors"

	"kith/graph/generated"
	"kith/graph/model"
	"kith/graph/problem"
	"kith/internal/auth"
	"kith/internal/crm"
	"kith/storage"
)

type savedViewConnectionResolver struct{ *resolver }

func (r *resolver) SavedViewConnection() generated.SavedViewConnectionResolver {
	return savedViewConnectionResolver{r}
}

func (r queryResolver) SavedViews(
	ctx context.Context, first *int, after *string, last *int, before *string,
) (*model.SavedViewConnection, error) {
	page, err := r.service.Views(ctx, auth.Viewer(ctx), paging(first, after, last, before))
	return &model.SavedViewConnection{ViewPage: page}, err
}

func (r savedViewConnectionResolver) TotalCount(
	_ context.Context, c *model.SavedViewConnection, most *int,
) (storage.Count, error) {
	return c.Count(Most(most))
}

func (r mutationResolver) CreateSavedView(
	ctx context.Context, in model.CreateSavedViewInput,
) (*model.CreateSavedViewPayload, error) {
	view, err := r.service.CreateView(ctx, auth.Viewer(ctx), in.Name, in.Address)
	problems, other := problem.UserErrors(err, problem.ViewGone)
	payload := &model.CreateSavedViewPayload{UserErrors: problems}
	if err == nil {
		payload.SavedView = &view
	}
	return payload, other
}

func (r mutationResolver) UpdateSavedView(
	ctx context.Context, in model.UpdateSavedViewInput,
) (*model.UpdateSavedViewPayload, error) {
	id, _ := crm.ParseViewID(in.ID)
	patch, err := viewPatch(in)
	if err != nil {
		return nil, err
	}
	view, err := r.service.UpdateView(ctx, auth.Viewer(ctx), id, patch)
	problems, other := problem.UserErrors(err, problem.ViewGone)
	payload := &model.UpdateSavedViewPayload{UserErrors: problems}
	if err == nil || errors.Is(err, crm.ErrViewChanged) {
		payload.SavedView = &view
	}
	return payload, other
}

func viewPatch(in model.UpdateSavedViewInput) (p crm.ViewPatch, err error) {
	p.ExpectedVersion = in.ExpectedVersion
	if p.Name, err = required("input.name", in.Name); err == nil {
		p.Address, err = required("input.address", in.Address)
	}
	return p, err
}

func (r mutationResolver) DeleteSavedView(
	ctx context.Context, in model.DeleteSavedViewInput,
) (*model.DeleteSavedViewPayload, error) {
	id, _ := crm.ParseViewID(in.ID)
	err := r.service.DeleteView(ctx, auth.Viewer(ctx), id)
	problems, other := problem.UserErrors(err, problem.ViewGone)
	payload := &model.DeleteSavedViewPayload{UserErrors: problems}
	if err == nil {
		payload.DeletedSavedViewID = new(id.String())
	}
	return payload, other
}

// viewNodes finds saved views by the ids that clients know them by.
func (r queryResolver) viewNodes(ctx context.Context, v crm.Viewer, ids []string, into map[string]model.Node) error {
	found, err := r.service.ViewsByID(ctx, v, parseAll(ids, crm.ParseViewID))
	addNodes(into, found)
	return err
}
