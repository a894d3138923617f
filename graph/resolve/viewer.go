package resolve

import (
	"context"

	"kith/internal/auth"
	"kith/internal/crm"
)

func (r queryResolver) Viewer(ctx context.Context) (*crm.Viewer, error) {
	return new(auth.Viewer(ctx)), nil
}

func (r viewerResolver) Name(_ context.Context, v *crm.Viewer) (*string, error) {
	if v.Name == "" {
		return nil, nil
	}
	return &v.Name, nil
}

func (r viewerResolver) Masked(ctx context.Context, v *crm.Viewer) (bool, error) {
	return r.service.Masks(ctx, *v)
}
