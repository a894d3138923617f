package graph

import (
	"context"

	"kith/graph/model"
	"kith/internal/auth"
	"kith/internal/crm"
	"kith/internal/desk"
)

func (r contactResolver) History(
	ctx context.Context, c *crm.Contact, first *int, after *string, last *int, before *string,
) (model.ContactChangeConnection, error) {
	page, err := r.desk.History(ctx, auth.Viewer(ctx), c.ID,
		desk.Paging{First: first, After: after, Last: last, Before: before})
	return model.ContactChangeConnection{HistoryPage: page}, err
}
