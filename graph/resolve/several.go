package resolve

import (
	"context"
	"strconv"

	"github.com/99designs/gqlgen/graphql"

	"kith/graph/model"
	"kith/internal/service"
)

func (r mutationResolver) UpdateContacts(
	ctx context.Context, in model.UpdateContactsInput,
) (*model.UpdateContactsPayload, error) {
	defer LoadersOf(ctx).reset()
	results, err := several(ctx, "edits", in.Edits, func(i int, edit model.UpdateContactInput) (*model.UpdateContactPayload, error) {
		done, err := r.updateContact(ctx, edit)
		inBatch(done.UserErrors, "edits", i)
		return done, err
	})
	return &model.UpdateContactsPayload{Results: results}, err
}

func (r mutationResolver) DeleteContacts(
	ctx context.Context, in model.DeleteContactsInput,
) (*model.DeleteContactsPayload, error) {
	defer LoadersOf(ctx).reset()
	results, err := several(ctx, "ids", in.Ids, func(i int, id string) (*model.DeleteContactPayload, error) {
		done, err := r.deleteContact(ctx, id)
		for e := range done.UserErrors {
			done.UserErrors[e].Field = []string{"input", "ids", strconv.Itoa(i)}
		}
		return done, err
	})
	return &model.DeleteContactsPayload{Results: results}, err
}

func (r mutationResolver) UpdateSessions(
	ctx context.Context, in model.UpdateSessionsInput,
) (*model.UpdateSessionsPayload, error) {
	defer LoadersOf(ctx).reset()
	results, err := several(ctx, "edits", in.Edits, func(i int, edit model.UpdateSessionInput) (*model.UpdateSessionPayload, error) {
		done, err := r.updateSession(ctx, edit)
		inBatch(done.UserErrors, "edits", i)
		return done, err
	})
	return &model.UpdateSessionsPayload{Results: results}, err
}

// several makes a change of each item, in order. An error of the first is that of the whole mutation, for nothing was made;
// one of a later item is an error of its result and of those that follow, which are not tried.
func several[I, P any](ctx context.Context, field string, items []I, change func(i int, item I) (*P, error)) ([]*P, error) {
	if err := service.FewNamed(field, "items", items); err != nil {
		return nil, err
	}
	results := make([]*P, len(items))
	for i, item := range items {
		done, err := change(i, item)
		if err == nil {
			results[i] = done
			continue
		}
		if i == 0 {
			return nil, err
		}
		for rest := i; rest < len(items); rest++ {
			failResult(ctx, rest, err)
		}
		break
	}
	return results, nil
}

// failResult adds an error to the result of an item, wherever it is asked for.
func failResult(ctx context.Context, i int, err error) {
	op, batch := graphql.GetOperationContext(ctx), graphql.GetFieldContext(ctx).Field
	for _, of := range graphql.CollectFields(op, batch.Selections, []string{batch.Definition.Type.Name()}) {
		if of.Name == "results" {
			results := graphql.WithFieldContext(ctx, &graphql.FieldContext{Field: of})
			graphql.AddError(graphql.WithFieldContext(results, &graphql.FieldContext{Index: &i}), err)
		}
	}
}

// inBatch has the paths of problems begin at the item of a batch that they are about.
func inBatch(problems []model.UserError, list string, i int) {
	for e, p := range problems {
		if len(p.Field) > 0 {
			problems[e].Field = append([]string{p.Field[0], list, strconv.Itoa(i)}, p.Field[1:]...)
		}
	}
}
