package sqlite

import (
	"context"
	"slices"

	"kith/storage"
	"kith/storage/checkup"
)

// Structure checks the file and its indexes.
func (d *checkedDatabase) Structure(ctx context.Context, r *checkup.Report) error {
	damage, err := d.damage(ctx)
	if err != nil {
		return err
	}
	for _, part := range damage {
		if err := r.Add(ctx, storage.Finding{Kind: storage.Damage, Part: part}, nil); err != nil {
			return err
		}
	}
	there, err := read(ctx, d.Store, func(c *conn) ([]string, error) {
		return all(ctx, c, `SELECT name FROM sqlite_schema WHERE type = 'index'`, nil, scanString)
	})
	if err != nil {
		return err
	}
	for _, index := range indexes {
		if slices.Contains(there, index.name) {
			continue
		}
		err := r.Add(ctx, storage.Finding{Kind: storage.MissingIndex, Part: index.name}, func(ctx context.Context) error {
			return d.write(ctx, func(ctx context.Context, t *tx) error {
				_, err := t.exec(ctx, `CREATE `+index.kind+` IF NOT EXISTS `+index.name+` ON `+index.on, nil)
				return err
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// damage is what SQLite itself finds wrong, in its words.
func (d *checkedDatabase) damage(ctx context.Context) ([]string, error) {
	// A connection remembers the gram index as its last query found it, and only the next query makes it look again. The
	// check of integrity does not: it would take for damage what others have written since.
	damage, err := readOnce(ctx, d.Store, func(c *conn) ([]string, error) {
		if _, _, err := first(ctx, c, `SELECT 1 FROM contact_grams WHERE contact_grams MATCH 'none'`, nil, scanInt); err != nil {
			return nil, err
		}
		return all(ctx, c, `SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'`, nil, scanString)
	})
	if err != nil {
		return nil, err
	}
	// What points at contacts is looked at row by row.
	orphans, err := read(ctx, d.Store, func(c *conn) ([]string, error) {
		return all(ctx, c, `
			SELECT "table" || ' without ' || parent || ', ' || count(*) || ' rows'
			FROM pragma_foreign_key_check
			WHERE parent <> 'contacts'
			GROUP BY "table", parent`, nil, scanString)
	})
	return append(damage, orphans...), err
}

// indexes are the indexes that the migrations make, besides those that come with a table.
var indexes = []struct{ kind, name, on string }{
	{"INDEX", "ended_sign_ins_by_time", `ended_sign_ins (at)`},
	{"INDEX", "webhook_deliveries_of_endpoint", `webhook_deliveries (workspace_id, endpoint_id, id)`},
	{"INDEX", "webhook_deliveries_pending", `webhook_deliveries (workspace_id, endpoint_id, seq) WHERE status = 'PENDING'`},
	{"INDEX", "api_keys_by_id", `api_keys (id)`},
	{"INDEX", "audit_by_time", `audit (at)`},
	{"INDEX", "changes_kept_by_time", `changes (at) WHERE seq = 0`},
	{"UNIQUE INDEX", "saved_views_by_name", `saved_views (workspace_id, name)`},
	{"INDEX", "upsert_results_by_time", `upsert_results (at)`},
	{"INDEX", "jobs_open", `jobs (lease_until) WHERE state IN ('PENDING', 'RUNNING')`},
	{"INDEX", "jobs_finished", `jobs (finished_at) WHERE finished_at IS NOT NULL`},
	{"INDEX", "jobs_leftover", `jobs (workspace_id) WHERE finished_at IS NOT NULL AND queued > position`},
	{"INDEX", "contacts_by_name", `contacts (workspace_id, name_key, id, search_text)`},
	{"INDEX", "contacts_by_creation", `contacts (workspace_id, created_at, id)`},
	{"INDEX", "contacts_by_email", `contacts (workspace_id, coalesce(lower(email), char(1114111)), id)`},
	{
		"INDEX", "contacts_by_kind",
		`contacts (workspace_id, (email IS NOT NULL) + 2 * (phone IS NOT NULL) + 4 * (notes <> ''), id)`,
	},
	{"INDEX", "sessions_unread", `sessions (workspace_id, last_message_at, id, account_id, status) WHERE unread_count > 0`},
	{"INDEX", "sessions_unread_by_start", `sessions (workspace_id, started_at, id) WHERE unread_count > 0`},
	{"INDEX", "sessions_open", `sessions (workspace_id, account_id) WHERE status IN ('ACTIVE', 'ESCALATED')`},
	{"INDEX", "contact_activity_by_time", `contact_activity (workspace_id, last_activity_at, contact_id)`},
	{"INDEX", "identities_by_contact", `identities (workspace_id, contact_id)`},
	{"INDEX", "identities_by_id", `identities (workspace_id, id)`},
	{"INDEX", "sessions_by_time", `sessions (workspace_id, last_message_at, id, status, channel_id, tag, account_id)`},
	{"INDEX", "sessions_by_account", `sessions (workspace_id, account_id, last_message_at, id, status, channel_id, tag)`},
	{"INDEX", "sessions_by_kind", `sessions (workspace_id, channel_id, status, tag, account_id IS NULL, last_message_at, id)`},
	{"INDEX", "sessions_by_start", `sessions (workspace_id, started_at, id)`},
	{
		"INDEX", "sessions_by_kind_and_start",
		`sessions (workspace_id, channel_id, status, tag, account_id IS NULL, started_at, id)`,
	},
	{"INDEX", "sessions_dirty", `sessions (told_at) WHERE dirty_at IS NOT NULL`},
	{"INDEX", "contact_activity_dirty", `contact_activity (told_at) WHERE dirty_at IS NOT NULL`},
	{"INDEX", "channels_by_id", `channels (id)`},
	{"INDEX", "ingest_failures_by_customer", `ingest_failures (workspace_id, channel_id, external_id) WHERE external_id IS NOT NULL`},
	{"INDEX", "ingest_failures_by_channel", `ingest_failures (workspace_id, channel_id, id)`},
	{"INDEX", "ingest_failures_by_time", `ingest_failures (at)`},
	{"INDEX", "messages_of_session", `messages (workspace_id, session_id) WHERE session_id IS NOT NULL`},
	{"INDEX", "messages_by_day", `messages (day)`},
	{"INDEX", "messages_unkeyed", `messages (workspace_id) WHERE keyed = 0`},
	{"INDEX", "changes_by_place", `changes (workspace_id, seq) WHERE seq > 0`},
	{"INDEX", "changes_of_contact", `changes (workspace_id, contact_id, id) WHERE session_id IS NULL AND ` + ownChanges},
	{"INDEX", "gram_leftovers_of_contact", `gram_leftovers (workspace_id, contact_id)`},
	{"INDEX", "notices_by_day", `notices (day)`},
	{"INDEX", "accounts_by_contact", `accounts (workspace_id, contact_id)`},
	{"INDEX", "redirects_by_survivor", `redirects (workspace_id, survivor_id)`},
	{"INDEX", "merges_by_survivor", `merges (workspace_id, survivor_id, id)`},
	{"INDEX", "merges_undoable", `merges (until) WHERE undo IS NOT NULL`},
	{"UNIQUE INDEX", "duplicates_of_pair", `duplicates (workspace_id, a, b)`},
	{"INDEX", "duplicates_by_b", `duplicates (workspace_id, b)`},
	{"INDEX", "duplicates_by_reason", `duplicates (workspace_id, reasons, id)`},
	{"INDEX", "match_keys_of_contact", `match_keys (workspace_id, contact_id)`},
	{"INDEX", "dismissals_by_b", `dismissals (workspace_id, b)`},
	{"INDEX", "changes_activity_of_contact", `changes (workspace_id, contact_id) WHERE session_id IS NULL AND kind = 'ACTIVITY'`},
}
