package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/pressly/goose/v3"

	"kith/internal/crm"
)

// regram is the migration that rebuilds the gram index with a table that erases the words of an entry when it is removed.
// The first one only marked entries as removed, and kept their words until a later merge. It takes minutes per million
// contacts.
var regram = goose.NewGoMigration(9, &goose.GoFunc{RunTx: func(ctx context.Context, db *sql.Tx) (err error) {
	_, err = db.ExecContext(ctx, `
		DROP TABLE contact_grams;
		CREATE VIRTUAL TABLE contact_grams USING fts5 (grams, content = '', detail = none, tokenize = 'ascii');
		INSERT INTO contact_grams (contact_grams, rank) VALUES ('secure-delete', 1);
		CREATE VIRTUAL TABLE contact_gram_words USING fts5vocab (contact_grams, instance); -- doc is contacts.n`)
	if err != nil {
		return err
	}
	rows, err := db.QueryContext(ctx, `SELECT n, workspace_id, name_key, search_text FROM contacts ORDER BY n`)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	insert, err := db.PrepareContext(ctx, `INSERT INTO contact_grams (rowid, grams) VALUES (?, ?)`)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, insert.Close()) }()
	for rows.Next() {
		var n int64
		var w crm.WorkspaceID
		var nameKey, searchText string
		if err := rows.Scan(&n, &w, &nameKey, &searchText); err != nil {
			return err
		}
		if _, err := insert.ExecContext(ctx, n, gramWords(w, nameKey, searchText)); err != nil {
			return err
		}
	}
	return rows.Err()
}}, nil)
