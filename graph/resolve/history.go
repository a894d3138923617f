package resolve

import (
	"context"

	"kith/graph/model"
	"kith/internal/crm"
	"kith/internal/service"
)

func (r contactResolver) History(
	ctx context.Context, c *crm.Contact, first *int, after *string, last *int, before *string,
) (model.ContactChangeConnection, error) {
	found, err := LoadersOf(ctx).historyByContact(service.Paging{First: first, After: after, Last: last, Before: before}).load(ctx, c.ID)
	if err != nil || found == nil {
		return model.ContactChangeConnection{}, err
	}
	return model.ContactChangeConnection{HistoryPage: found.Page}, found.Err
}
