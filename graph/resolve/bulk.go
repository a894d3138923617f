package resolve

import (
	"context"
	"errors"
	"time"

	"kith/graph/generated"
	"kith/graph/model"
	"kith/graph/problem"
	"kith/internal/auth"
	"kith/internal/crm"
	"kith/internal/service"
	"kith/storage"
)

type (
	bulkJobResolver               struct{ *resolver }
	bulkJobConnectionResolver     struct{ *resolver }
	bulkRefusalConnectionResolver struct{ *resolver }
)

func (r *resolver) BulkJob() generated.BulkJobResolver { return bulkJobResolver{r} }
func (r *resolver) BulkJobConnection() generated.BulkJobConnectionResolver {
	return bulkJobConnectionResolver{r}
}
func (r *resolver) BulkRefusalConnection() generated.BulkRefusalConnectionResolver {
	return bulkRefusalConnectionResolver{r}
}

func (r mutationResolver) BulkDeleteContacts(
	ctx context.Context, in model.BulkDeleteContactsInput,
) (*model.BulkDeleteContactsPayload, error) {
	b, err := r.service.BulkDeleteContacts(ctx, auth.Viewer(ctx), service.BulkDeletion{
		Search: text(in.Search), Filter: ContactFilter(in.Filter), BulkRun: service.BulkRun{Dry: in.DryRun, Token: text(in.Token)},
	})
	answer, problems, err := bulkAnswer(b, err)
	return &model.BulkDeleteContactsPayload{
		Count: answer.count, Token: answer.token, ExpiresAt: answer.expires, Job: answer.job, UserErrors: problems,
	}, err
}

func (r mutationResolver) BulkUpdateSessions(
	ctx context.Context, in model.BulkUpdateSessionsInput,
) (*model.BulkUpdateSessionsPayload, error) {
	b, err := r.service.BulkUpdateSessions(ctx, auth.Viewer(ctx), service.BulkUpdate{
		Filter:  SessionFilter(in.Filter),
		Patch:   crm.SessionPatch{Status: optional(in.Status), Tag: optional(in.Tag), Read: in.MarkRead},
		BulkRun: service.BulkRun{Dry: in.DryRun, Token: text(in.Token)},
	})
	answer, problems, err := bulkAnswer(b, err)
	return &model.BulkUpdateSessionsPayload{
		Count: answer.count, Token: answer.token, ExpiresAt: answer.expires, Job: answer.job, UserErrors: problems,
	}, err
}

// bulk is what both payloads have.
type bulk struct {
	count   *int
	token   *string
	expires *time.Time
	job     *model.BulkJob
}

func bulkAnswer(b service.Bulk, err error) (out bulk, problems []model.UserError, other error) {
	problems, other = problem.UserErrors(err, problem.JobGone)
	if err == nil || b.Token != "" {
		out.count = &b.Count
	}
	if b.Token != "" {
		out.token, out.expires = &b.Token, &b.Expires
	}
	out.job = model.NewBulkJob(b.Job)
	return out, problems, other
}

func (r mutationResolver) CancelBulkJob(ctx context.Context, in model.CancelBulkJobInput) (*model.CancelBulkJobPayload, error) {
	id, _ := crm.ParseJobID(in.ID)
	j, err := r.service.CancelBulkJob(ctx, auth.Viewer(ctx), id)
	problems, other := problem.UserErrors(err, problem.JobGone)
	payload := &model.CancelBulkJobPayload{UserErrors: problems}
	if err == nil || errors.Is(err, crm.ErrJobEnded) {
		payload.Job = &model.BulkJob{Job: j}
	}
	return payload, other
}

func (r queryResolver) BulkJob(ctx context.Context, id string) (*model.BulkJob, error) {
	asked, _ := crm.ParseJobID(id)
	found, err := r.service.BulkJobsByID(ctx, auth.Viewer(ctx), []crm.JobID{asked})
	return model.NewBulkJob(one(found, asked)), err
}

func (r queryResolver) BulkJobs(
	ctx context.Context, first *int, after *string, last *int, before *string,
) (*model.BulkJobConnection, error) {
	v := auth.Viewer(ctx)
	page, err := r.service.BulkJobs(ctx, v, paging(first, after, last, before))
	return &model.BulkJobConnection{
		BulkJobPage: page,
		Count:       service.CountOnce(func(most int) (storage.Count, error) { return r.service.CountBulkJobs(ctx, v, most) }),
	}, err
}

func (r bulkJobConnectionResolver) TotalCount(_ context.Context, c *model.BulkJobConnection, most *int) (storage.Count, error) {
	return c.Count(Most(most))
}

func (r bulkJobResolver) Refusals(
	ctx context.Context, j *model.BulkJob, first *int, after *string, last *int, before *string,
) (model.BulkRefusalConnection, error) {
	page, err := r.service.BulkRefusals(ctx, auth.Viewer(ctx), j.Job, paging(first, after, last, before))
	return model.BulkRefusalConnection{BulkRefusalPage: page}, err
}

func (r bulkRefusalConnectionResolver) TotalCount(
	_ context.Context, c *model.BulkRefusalConnection, most *int,
) (storage.Count, error) {
	return c.Count(Most(most))
}

// jobNodes finds bulk jobs, and imports for those who may import, by the ids that clients know them by.
func (r queryResolver) jobNodes(ctx context.Context, v crm.Viewer, ids []string, into map[string]model.Node) error {
	asked := parseAll(ids, crm.ParseJobID)
	if len(asked) > 0 && v.Role.Can(crm.ImportContacts) {
		imports, err := r.service.ImportsByID(ctx, v, asked)
		if err != nil {
			return err
		}
		for id, i := range imports {
			into[id.String()] = model.NewImportJob(i)
		}
	}
	found, err := r.service.BulkJobsByID(ctx, v, asked)
	for id, j := range found {
		into[id.String()] = model.BulkJob{Job: j}
	}
	return err
}
