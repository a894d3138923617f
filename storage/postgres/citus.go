package postgres

import (
	"context"
	"errors"
	"fmt"
)

// ErrNoCitus says that a database has not the extension citus.
var ErrNoCitus = errors.New("the database has not the extension citus: CREATE EXTENSION citus")

// On Citus, the small tables that are joined across workspaces are on every node; all others are spread by workspace.
// Tables that refer to others come after them.
var (
	citusReference   = []string{"workspaces", "channel_routes", "ended_sign_ins", "secrets", "api_keys", "schema_support"}
	citusDistributed = []string{
		"contacts", "contact_activity", "contact_terms", "contact_counts", "account_deletions", "channels", "identities",
		"sessions", "session_counts", "messages", "ingest_failures", "changes", "event_heads", "activity_marks", "audit",
		"accounts", "redirects", "merges", "proofs", "duplicates", "dismissals", "duplicate_progress", "match_keys", "stale_keys",
		"notices", "saved_views", "upsert_results", "jobs", "job_rows", "webhook_endpoints", "webhook_deliveries",
	}
)

// Distribute spreads the tables of the database at url over the nodes of a Citus cluster. The schema must be up to date.
// Tables that are spread already stay as they are, so that it can be run again after each migration. Without the extension
// it is [ErrNoCitus].
func Distribute(ctx context.Context, url string, o Options) (tables []string, err error) {
	c, _, err := connectAside(ctx, url, o)
	if err != nil {
		return nil, fmt.Errorf("distribute: %w", translate(ctx, err))
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	var there bool
	err = c.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')`).Scan(&there)
	if err != nil {
		return nil, fmt.Errorf("distribute: %w", translate(ctx, err))
	}
	if !there {
		return nil, ErrNoCitus
	}
	for _, step := range []struct {
		tables []string
		sql    string
	}{
		{citusReference, `SELECT create_reference_table($1)`},
		{citusDistributed, `SELECT create_distributed_table($1, 'workspace_id')`},
	} {
		for _, table := range step.tables {
			var done bool
			err := c.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = $1::text::regclass)`, table).Scan(&done)
			if err == nil && !done {
				_, err = c.Exec(ctx, step.sql, table)
				tables = append(tables, table)
			}
			if err != nil {
				return tables, fmt.Errorf("distribute %s: %w", table, translate(ctx, err))
			}
		}
	}
	return tables, nil
}
