package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"kith/storage"
	"kith/storage/checkup"
)

// Structure checks the indexes.
func (d *checkedDatabase) Structure(ctx context.Context, r *checkup.Report) error {
	rows, err := d.pool.Query(ctx, `
		SELECT c.relname
		FROM pg_index i
		JOIN pg_class c ON c.oid = i.indexrelid
		WHERE i.indisvalid AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'contacts'::regclass)`)
	valid, err := all(ctx, rows, err, pgx.RowTo[string])
	if err != nil {
		return err
	}
	needed := func(name string, build func(context.Context) error) error {
		if slices.Contains(valid, name) {
			return nil
		}
		return r.Add(ctx, storage.Finding{Kind: storage.MissingIndex, Part: name}, build)
	}
	for _, name := range keyIndexes {
		if err := needed(name, nil); err != nil {
			return err
		}
	}
	for _, index := range indexes {
		if err := needed(index.name, func(ctx context.Context) error { return d.build(ctx, index) }); err != nil {
			return err
		}
	}
	var stage gramStage
	err = d.pool.QueryRow(ctx, `SELECT coalesce(max(gram_state), 0) FROM workspaces`).Scan(&stage)
	if err != nil || stage < gramsComplete {
		return translate(ctx, err)
	}
	return needed(gramIndex, d.buildGramIndex)
}

// build makes an index without holding writers up.
func (d *checkedDatabase) build(ctx context.Context, i index) error {
	return translate(ctx, d.withoutTimeout(ctx, func(c *pgx.Conn) error {
		return buildIndex(ctx, c, indexBuild{i.name, `CREATE ` + i.kind + ` CONCURRENTLY IF NOT EXISTS ` + i.name + ` ON ` + i.on})
	}))
}

func (d *checkedDatabase) buildGramIndex(ctx context.Context) error {
	ready, err := d.ensureGramIndex(ctx)
	if err == nil && !ready {
		err = fmt.Errorf("another process is building %s, or a node of the cluster is away", gramIndex)
	}
	return err
}

// gramIndex is there once a workspace is in it.
const gramIndex = "contacts_by_gram"

// keyIndexes are the indexes of primary keys and of the one unique constraint.
var keyIndexes = []string{
	"workspaces_pkey", "workspaces_name_key", "contacts_pkey", "contact_activity_pkey", "contact_terms_pkey", "contact_counts_pkey",
	"account_deletions_pkey", "channels_pkey", "channel_routes_pkey", "identities_pkey", "sessions_pkey", "session_counts_pkey",
	"messages_pkey", "secrets_pkey", "ingest_failures_pkey", "changes_pkey", "event_heads_pkey", "activity_marks_pkey", "audit_pkey",
	"ended_sign_ins_pkey", "api_keys_pkey", "accounts_pkey", "redirects_pkey", "merges_pkey", "proofs_pkey", "duplicates_pkey", "dismissals_pkey",
	"duplicate_progress_pkey", "match_keys_pkey", "stale_keys_pkey", "notices_pkey", "saved_views_pkey", "upsert_results_pkey",
	"jobs_pkey", "job_rows_pkey",
	"schema_support_pkey", "webhook_endpoints_pkey", "webhook_deliveries_pkey",
}

// index is an index as CREATE has it.
type index struct{ kind, name, on string }

// indexes are the other indexes that the migrations make.
var indexes = []index{
	{"INDEX", "ended_sign_ins_by_time", `ended_sign_ins (at)`},
	{"INDEX", "webhook_deliveries_of_endpoint", `webhook_deliveries (workspace_id, endpoint_id, id)`},
	{"INDEX", "webhook_deliveries_pending", `webhook_deliveries (workspace_id, endpoint_id, seq) WHERE status = 'PENDING'`},
	{"INDEX", "api_keys_by_id", `api_keys (id)`},
	{"INDEX", "audit_by_time", `audit (at, workspace_id)`},
	{"INDEX", "changes_kept_by_time", `changes (at, workspace_id) WHERE seq = 0`},
	{"UNIQUE INDEX", "saved_views_by_name", `saved_views (workspace_id, name)`},
	{"INDEX", "upsert_results_by_time", `upsert_results (at, workspace_id)`},
	{"INDEX", "jobs_open", `jobs (lease_until, workspace_id) WHERE state IN ('PENDING', 'RUNNING')`},
	{"INDEX", "jobs_finished", `jobs (finished_at, workspace_id) WHERE finished_at IS NOT NULL`},
	{"INDEX", "jobs_leftover", `jobs (workspace_id) WHERE finished_at IS NOT NULL AND queued > position`},
	{"INDEX", "contacts_by_name", `contacts (workspace_id, name_key, id) INCLUDE (search_text)`},
	{"INDEX", "contacts_by_creation", `contacts (workspace_id, created_at, id)`},
	{"INDEX", "contacts_by_email", `contacts (workspace_id, coalesce(lower(email), chr(1114111)), id)`},
	{
		"INDEX", "contacts_by_kind",
		`contacts (workspace_id, ((email IS NOT NULL)::int + 2 * (phone IS NOT NULL)::int + 4 * (notes <> '')::int), id)`,
	},
	{"INDEX", "sessions_unread", `sessions (workspace_id, last_message_at, id) INCLUDE (account_id, status) WHERE unread_count > 0`},
	{"INDEX", "sessions_unread_by_start", `sessions (workspace_id, started_at, id) WHERE unread_count > 0`},
	{"INDEX", "sessions_open", `sessions (workspace_id, account_id) WHERE status IN ('ACTIVE', 'ESCALATED')`},
	{"INDEX", "contact_activity_by_time", `contact_activity (workspace_id, last_activity_at, contact_id)`},
	{"INDEX", "contact_activity_by_contact", `contact_activity USING hash (contact_id)`},
	{"INDEX", "identities_by_contact", `identities (workspace_id, contact_id)`},
	{"INDEX", "identities_by_id", `identities (workspace_id, id)`},
	{"INDEX", "identities_without_id", `identities (workspace_id) WHERE id IS NULL`},
	{"INDEX", "sessions_by_time", `sessions (workspace_id, last_message_at, id)`},
	{"INDEX", "sessions_by_account", `sessions (workspace_id, account_id, last_message_at, id)`},
	{
		"INDEX", "sessions_by_kind",
		`sessions (workspace_id, channel_id, status, coalesce(tag, ''), (account_id IS NULL), last_message_at, id)`,
	},
	{"INDEX", "sessions_by_start", `sessions (workspace_id, started_at, id)`},
	{
		"INDEX", "sessions_by_kind_and_start",
		`sessions (workspace_id, channel_id, status, coalesce(tag, ''), (account_id IS NULL), started_at, id)`,
	},
	{"UNIQUE INDEX", "ingest_failures_by_digest", `ingest_failures (workspace_id, digest)`},
	{
		"INDEX", "ingest_failures_by_customer",
		`ingest_failures (workspace_id, channel_id, external_id) WHERE external_id IS NOT NULL`,
	},
	{"INDEX", "ingest_failures_by_channel", `ingest_failures (workspace_id, channel_id, id)`},
	{"INDEX", "ingest_failures_by_time", `ingest_failures (at, workspace_id)`},
	{"INDEX", "messages_of_session", `messages (workspace_id, session_id) WHERE session_id IS NOT NULL`},
	{"INDEX", "messages_by_day", `messages (day, workspace_id)`},
	{"INDEX", "messages_unkeyed", `messages (workspace_id) WHERE NOT keyed`},
	{"UNIQUE INDEX", "changes_by_place", `changes (workspace_id, seq) WHERE seq > 0`},
	{"INDEX", "changes_without_place", `changes (workspace_id, stamp, id) WHERE seq IS NULL`},
	{"INDEX", "changes_of_contact", `changes (workspace_id, contact_id, id) WHERE ` + ownChanges},
	{"INDEX", "notices_by_day", `notices (day, workspace_id)`},
	{"INDEX", "accounts_by_contact", `accounts (workspace_id, contact_id)`},
	{"INDEX", "redirects_by_survivor", `redirects (workspace_id, survivor_id)`},
	{"INDEX", "merges_by_survivor", `merges (workspace_id, survivor_id, id)`},
	{"INDEX", "merges_undoable", `merges (until, workspace_id) WHERE undo IS NOT NULL`},
	{"UNIQUE INDEX", "duplicates_of_pair", `duplicates (workspace_id, a, b)`},
	{"INDEX", "duplicates_by_b", `duplicates (workspace_id, b)`},
	{"INDEX", "duplicates_by_reason", `duplicates (workspace_id, reasons, id)`},
	{"INDEX", "match_keys_of_contact", `match_keys (workspace_id, contact_id)`},
	{"INDEX", "dismissals_by_b", `dismissals (workspace_id, b)`},
	{"INDEX", "changes_activity_of_contact", `changes (workspace_id, contact_id) WHERE ` + ownActivity},
}
