package postgres

import (
	"context"
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
	rows, err := s.pool.Query(ctx, `SELECT workspace_id FROM identities WHERE id IS NULL LIMIT 1`)
	found, err := all(ctx, rows, err, pgx.RowTo[crm.WorkspaceID])
	if err != nil || len(found) == 0 {
		return false, err
	}
	err = s.tx(ctx, func(tx pgx.Tx) error { return identify(ctx, tx, found[0]) })
	if err == nil {
		s.unidentified.again()
	}
	return err == nil, err
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
