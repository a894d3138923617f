package resolve

import (
	"context"
	"strconv"
	"strings"

	"kith/graph/model"
	"kith/graph/problem"
	"kith/internal/auth"
	"kith/internal/crm"
	"kith/internal/service"
	"kith/storage"
)

func (r queryResolver) IngestFailures(
	ctx context.Context, first *int, after *string, last *int, before *string,
) (*model.FailureConnection, error) {
	v := auth.Viewer(ctx)
	page, err := r.service.Failures(ctx, v, paging(first, after, last, before))
	if err != nil {
		return nil, err
	}
	LoadersOf(ctx).expectFailures(page.Failures)
	return &model.FailureConnection{
		FailurePage: page,
		Count:       service.CountOnce(func(most int) (storage.Count, error) { return r.service.CountFailures(ctx, v, most) }),
	}, nil
}

func (r failureConnectionResolver) TotalCount(
	_ context.Context, c *model.FailureConnection, most *int,
) (storage.Count, error) {
	return c.Count(Most(most))
}

func (r failureResolver) Channel(ctx context.Context, f *crm.Failure) (crm.Channel, error) {
	return LoadersOf(ctx).channel(ctx, f.ChannelID)
}

func (r failureResolver) Payload(_ context.Context, f *crm.Failure) (string, error) {
	return strings.ToValidUTF8(string(f.Payload), "\uFFFD"), nil
}

func (r mutationResolver) ReplayIngestFailures(
	ctx context.Context, in model.ReplayIngestFailuresInput,
) (*model.ReplayIngestFailuresPayload, error) {
	defer LoadersOf(ctx).reset()
	outcomes, err := r.service.ReplayFailures(ctx, auth.Viewer(ctx), failureIDs(in.Ids))
	done, problems, err := sortOut(in.Ids, outcomes, err, problem.FailureGone)
	return &model.ReplayIngestFailuresPayload{ReplayedIds: done, UserErrors: problems}, err
}

func (r mutationResolver) DismissIngestFailures(
	ctx context.Context, in model.DismissIngestFailuresInput,
) (*model.DismissIngestFailuresPayload, error) {
	defer LoadersOf(ctx).reset()
	outcomes, err := r.service.DismissFailures(ctx, auth.Viewer(ctx), failureIDs(in.Ids))
	done, problems, err := sortOut(in.Ids, outcomes, err, problem.FailureGone)
	return &model.DismissIngestFailuresPayload{DismissedIds: done, UserErrors: problems}, err
}

// sortOut returns the ids that succeeded, each once, and the problems of the others that the user can fix.
func sortOut(ids []string, outcomes []error, err error, gone problem.Missing) ([]string, []model.UserError, error) {
	done := []string{}
	problems, err := problem.UserErrors(err, gone)
	seen := make(map[string]bool, len(ids))
	for i, outcome := range outcomes {
		if seen[ids[i]] {
			continue
		}
		seen[ids[i]] = true
		if outcome == nil {
			done = append(done, ids[i])
			continue
		}
		about, other := problem.UserErrors(outcome, gone)
		if other != nil {
			return nil, nil, other
		}
		for _, e := range about {
			if e.Code == model.UserErrorCodeInvalid {
				e.Code = model.UserErrorCodeReplayFailed
			}
			e.Field = []string{"input", "ids", strconv.Itoa(i)}
			problems = append(problems, e)
		}
	}
	return done, problems, err
}

// failureIDs keeps the order of the ids.
func failureIDs(ids []string) []crm.FailureID {
	out := make([]crm.FailureID, len(ids))
	for i, s := range ids {
		out[i], _ = crm.ParseFailureID(s)
	}
	return out
}
