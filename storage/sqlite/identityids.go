package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/pressly/goose/v3"

	"kith/internal/crm"
)

// identityIDs is the migration that stores what clients know an identity by, see [crm.IdentityKey.ID].
var identityIDs = goose.NewGoMigration(14, &goose.GoFunc{RunTx: func(ctx context.Context, db *sql.Tx) (err error) {
	_, err = db.ExecContext(ctx, `
		ALTER TABLE identities ADD COLUMN id BLOB NOT NULL DEFAULT X'00000000000000000000000000000000';
		CREATE TABLE identity_ids (
		  workspace_id INTEGER NOT NULL, channel_id BLOB NOT NULL, external_id TEXT NOT NULL, id BLOB NOT NULL
		)`)
	if err != nil {
		return err
	}
	if err := addIdentityIDs(ctx, db); err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, `
		UPDATE identities SET id = n.id
		FROM identity_ids n
		WHERE identities.workspace_id = n.workspace_id AND identities.channel_id = n.channel_id
		  AND identities.external_id = n.external_id;
		DROP TABLE identity_ids;
		CREATE INDEX identities_by_id ON identities (workspace_id, id)`)
	return err
}}, nil)

// addIdentityIDs fills the table of ids, from which they are taken in one statement: rows that are being read stay as they are.
func addIdentityIDs(ctx context.Context, db *sql.Tx) (err error) {
	rows, err := db.QueryContext(ctx, `SELECT workspace_id, channel_id, external_id FROM identities`)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	insert, err := db.PrepareContext(ctx, `INSERT INTO identity_ids VALUES (?, ?, ?, ?)`)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, insert.Close()) }()
	for rows.Next() {
		var w crm.WorkspaceID
		var key crm.IdentityKey
		if err := rows.Scan(&w, idTarget[crm.ChannelID]{&key.ChannelID}, &key.ExternalID); err != nil {
			return err
		}
		id := key.ID()
		if _, err := insert.ExecContext(ctx, w, key.ChannelID[:], key.ExternalID, id[:]); err != nil {
			return err
		}
	}
	return rows.Err()
}
