package resolve

import (
	"context"

	"kith/graph/model"
	"kith/internal/crm"
	"kith/storage"
)

func (r contactResolver) History(
	ctx context.Context, c *crm.Contact, first *int, after *string, last *int, before *string,
) (model.ContactChangeConnection, error) {
	loaders := LoadersOf(ctx)
	found, err := loaders.historyByContact(paging(first, after, last, before)).load(ctx, c.ID)
	if err != nil || found == nil {
		return model.ContactChangeConnection{}, err
	}
	count := func(most int) (storage.Count, error) {
		return countOf(loaders.historyCounts(most).load(ctx, c.ID))
	}
	return model.ContactChangeConnection{HistoryPage: found.Page, Count: count}, found.Err
}

func (r contactChangeConnectionResolver) TotalCount(
	_ context.Context, c *model.ContactChangeConnection, most *int,
) (storage.Count, error) {
	return c.Count(Most(most))
}

// countOf is the length of a contact's list, which is absent where it is empty.
func countOf(found *storage.Count, err error) (storage.Count, error) {
	if err != nil || found == nil {
		return storage.Count{Exact: true}, err
	}
	return *found, nil
}
