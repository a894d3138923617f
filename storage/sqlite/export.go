package sqlite

import (
	"context"
	"errors"

	"kith/internal/crm"
	"kith/storage"
)

// ExportContacts reads a whole list from one snapshot.
func (s *Store) ExportContacts(
	ctx context.Context, w crm.WorkspaceID, q storage.ContactQuery, identities bool, each func(storage.Exported) error,
) error {
	if err := q.Order.Check(q.Search); err != nil {
		return err
	}
	_, err := readOnce(ctx, s, func(c *conn) (struct{}, error) {
		return struct{}{}, storage.ExportReader{
			Page: func(ctx context.Context, q storage.ContactQuery) (storage.ContactPage, error) {
				return s.listOn(ctx, c, w, q)
			},
			Identities: func(ctx context.Context, ids []crm.ContactID) (map[crm.ContactID][]crm.Identity, error) {
				return identitiesByContact(ctx, c, w, ids)
			},
		}.All(ctx, q, identities, each)
	})
	if refused, ok := errors.AsType[*storage.ExportRefusedError](err); ok {
		return refused.Err
	}
	return wrap("export contacts", err)
}
