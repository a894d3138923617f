package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
)

const (
	// identifyAtOnce is how many identities get their ids in one transaction.
	identifyAtOnce = 500
	// unidentifiedCheck is how often identities without an id are looked for, which processes of an older version write.
	unidentifiedCheck = time.Minute
)

// identifySome gives ids to some identities that have none, and reports whether there may be more.
func (s *Store) identifySome(ctx context.Context) (more bool, err error) {
	if !s.unidentified.due(unidentifiedCheck) {
		return false, nil
	}
	found, err := everywhere(ctx, s, `SELECT workspace_id FROM identities WHERE %[1]s AND id IS NULL LIMIT 1`, nil, pgx.RowTo[crm.WorkspaceID])
	if len(found) == 0 {
		return false, err
	}
	failed := s.inTurn(ctx, found[0], func(ctx context.Context) error {
		return s.tx(ctx, func(tx pgx.Tx) error { return identify(ctx, tx, found[0]) })
	})
	if failed == nil {
		s.unidentified.again()
	}
	return failed == nil, errors.Join(err, failed)
}

// identify gives ids to some identities of a workspace. It skips those that somebody else is changing.
func identify(ctx context.Context, tx pgx.Tx, w crm.WorkspaceID) error {
	rows, err := tx.Query(ctx, `
		SELECT channel_id, external_id FROM identities
		WHERE workspace_id = @workspace AND id IS NULL
		LIMIT @n
		FOR NO KEY UPDATE SKIP LOCKED`, pgx.NamedArgs{"workspace": w, "n": identifyAtOnce})
	var channels, ids [][16]byte
	var externals []string
	_, err = all(ctx, rows, err, func(row pgx.CollectableRow) (k crm.IdentityKey, err error) {
		err = row.Scan((*[16]byte)(&k.ChannelID), &k.ExternalID)
		channels, externals, ids = append(channels, k.ChannelID), append(externals, k.ExternalID), append(ids, k.ID())
		return k, err
	})
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		UPDATE identities i SET id = n.id
		FROM unnest(@channels::uuid[], @externals::text[], @ids::uuid[]) n(channel_id, external_id, id)
		WHERE i.workspace_id = @workspace AND i.channel_id = n.channel_id AND i.external_id = n.external_id`,
		pgx.NamedArgs{"workspace": w, "channels": channels, "externals": externals, "ids": ids})
	return err
}
