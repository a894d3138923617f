package resolve

import (
	"context"
	"errors"

	"kith/graph/generated"
	"kith/graph/model"
	"kith/graph/problem"
	"kith/internal/auth"
	"kith/internal/contactfile"
	"kith/internal/crm"
	"kith/internal/service"
	"kith/storage"
)

type importJobConnectionResolver struct{ *resolver }

func (r *resolver) ImportJobConnection() generated.ImportJobConnectionResolver {
	return importJobConnectionResolver{r}
}

func (r queryResolver) ImportJob(ctx context.Context, id string) (*model.ImportJob, error) {
	key, _ := crm.ParseJobID(id)
	found, err := r.service.ImportsByID(ctx, auth.Viewer(ctx), []crm.JobID{key})
	return model.NewImportJob(found[key]), err
}

func (r queryResolver) ImportJobs(
	ctx context.Context, first *int, after *string, last *int, before *string,
) (*model.ImportJobConnection, error) {
	v := auth.Viewer(ctx)
	page, err := r.service.Imports(ctx, v, paging(first, after, last, before))
	if err != nil {
		return nil, err
	}
	return &model.ImportJobConnection{
		ImportPage: page,
		Count:      service.CountOnce(func(most int) (storage.Count, error) { return r.service.CountImports(ctx, v, most) }),
	}, nil
}

func (r importJobConnectionResolver) TotalCount(
	_ context.Context, c *model.ImportJobConnection, most *int,
) (storage.Count, error) {
	return c.Count(Most(most))
}

func (r queryResolver) ImportPreview(ctx context.Context, in model.StartImportInput, after int) (*model.ImportPreview, error) {
	id, _ := crm.ParseJobID(in.ID)
	p, err := r.service.PreviewImport(ctx, auth.Viewer(ctx), id, importPlan(in), after)
	switch {
	case errors.Is(err, crm.ErrNotFound):
		return nil, &crm.InvalidError{Field: "input.id", Subject: "This import", Reason: "does not exist"}
	case errors.Is(err, service.ErrImportStarted):
		return nil, &crm.InvalidError{Field: "input.id", Subject: "This import", Reason: "was started before"}
	case err != nil:
		return nil, err
	}
	out := &model.ImportPreview{
		Created: p.Counts.Created, Updated: p.Counts.Updated, Unchanged: p.Counts.Unchanged, Refused: p.Counts.Refused,
		Rows: []model.ImportPreviewRow{}, Last: p.Last, More: p.More,
	}
	for _, row := range p.Rows {
		if row.Outcome == crm.UpsertSkipped {
			row.Outcome = crm.UpsertUnchanged
		}
		shown := model.ImportPreviewRow{Row: row.Number, Outcome: model.UpsertOutcome(row.Outcome)}
		if row.Name != "" {
			shown.Name = &row.Name
		}
		if row.Refused != nil {
			shown.Reason = &row.Refused.Message
			if row.Refused.Column > 0 {
				shown.Column = &row.Refused.Column
			}
		}
		out.Rows = append(out.Rows, shown)
	}
	return out, nil
}

func (r mutationResolver) StartImport(ctx context.Context, in model.StartImportInput) (*model.StartImportPayload, error) {
	id, _ := crm.ParseJobID(in.ID)
	done, err := r.service.StartImport(ctx, auth.Viewer(ctx), id, importPlan(in))
	problems, err := importProblems(err)
	return &model.StartImportPayload{ImportJob: model.NewImportJob(done), UserErrors: problems}, err
}

func (r mutationResolver) CancelImport(ctx context.Context, in model.CancelImportInput) (*model.CancelImportPayload, error) {
	id, _ := crm.ParseJobID(in.ID)
	done, err := r.service.CancelImport(ctx, auth.Viewer(ctx), id)
	problems, err := importProblems(err)
	return &model.CancelImportPayload{ImportJob: model.NewImportJob(done), UserErrors: problems}, err
}

// importProblems are the problems of an import that the user can fix.
func importProblems(err error) ([]model.UserError, error) {
	conflict := func(message string) ([]model.UserError, error) {
		return []model.UserError{{Code: model.UserErrorCodeConflict, Field: []string{"input", "id"}, Message: message}}, nil
	}
	switch {
	case errors.Is(err, service.ErrImportStarted):
		return conflict("This import was started before")
	case errors.Is(err, crm.ErrJobEnded):
		return conflict("This import has ended")
	}
	return problem.UserErrors(err, problem.ImportGone)
}

func importPlan(in model.StartImportInput) service.ImportPlan {
	p := service.ImportPlan{Rules: crm.UpsertRules{
		SkipMatched: in.Matched == model.ImportMatchedSkip, SkipUnmatched: in.Unmatched == model.ImportUnmatchedSkip,
		ProtectStaff: in.ProtectStaff,
	}}
	p.AllowUnusual = in.AllowUnusual
	for _, f := range in.Mapping {
		p.Fields = append(p.Fields, contactfile.Field(f))
	}
	if in.ChannelID != nil {
		id, _ := crm.ParseChannelID(*in.ChannelID)
		p.Channel = &id
	}
	return p
}
