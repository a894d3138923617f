package resolve

import (
	"context"
	"errors"

	"github.com/99designs/gqlgen/graphql"

	"kith/graph/generated"
	"kith/graph/model"
	"kith/graph/problem"
	"kith/internal/auth"
	"kith/internal/crm"
	"kith/internal/service"
)

type (
	workspaceResolver      struct{ *resolver }
	serverDefaultsResolver struct{ *resolver }
)

func (r *resolver) Workspace() generated.WorkspaceResolver { return workspaceResolver{r} }

func (r *resolver) ServerDefaults() generated.ServerDefaultsResolver {
	return serverDefaultsResolver{r}
}

func (r queryResolver) Workspace(ctx context.Context) (*service.Workspace, error) {
	w, err := r.service.Workspace(ctx, auth.Viewer(ctx))
	if err != nil {
		return nil, err
	}
	return &w, nil
}

func (r workspaceResolver) DisplayName(_ context.Context, w *service.Workspace) (*string, error) {
	return unlessEmpty(w.DisplayName), nil
}

func (r workspaceResolver) DefaultRegion(_ context.Context, w *service.Workspace) (*string, error) {
	return unlessEmpty(w.DefaultRegion), nil
}

func (r serverDefaultsResolver) DefaultRegion(_ context.Context, d *service.ServerDefaults) (*string, error) {
	return unlessEmpty(d.DefaultRegion), nil
}

func unlessEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func (r mutationResolver) UpdateWorkspace(
	ctx context.Context, in model.UpdateWorkspaceInput,
) (*model.UpdateWorkspacePayload, error) {
	w, err := r.service.UpdateWorkspace(ctx, auth.Viewer(ctx), settingsPatch(in))
	problems, other := problem.UserErrors(err, problem.Missing{})
	payload := &model.UpdateWorkspacePayload{UserErrors: problems}
	if err == nil || errors.Is(err, crm.ErrSettingsChanged) {
		payload.Workspace = &w
	}
	return payload, other
}

// settingsPatch is what an input changes: null resets a setting.
func settingsPatch(in model.UpdateWorkspaceInput) crm.SettingsPatch {
	p := crm.SettingsPatch{
		DisplayName: reset(in.DisplayName, ""), DefaultRegion: reset(in.DefaultRegion, ""),
		ExportRole:  reset(in.ExportRole, crm.NewWorkspaceSettings().ExportRole),
		HistoryDays: optional(in.HistoryDays), AuditDays: optional(in.AuditDays), FailureDays: optional(in.FailureDays),
		ExpectedRevision: in.ExpectedRevision,
	}
	if roles, is := in.MaskedFor.ValueOK(); is {
		p.MaskedFor = crm.To(roles)
	}
	return p
}

// reset turns an omittable input into a change: absent leaves the field alone, null makes it the first value.
func reset[T any](in graphql.Omittable[*T], first T) crm.Change[T] {
	v, is := in.ValueOK()
	switch {
	case !is:
		return crm.Change[T]{}
	case v == nil:
		return crm.To(first)
	}
	return crm.To(*v)
}
