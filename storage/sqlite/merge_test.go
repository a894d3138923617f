package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kith/storage/sqlite/sqlitetest"
)

// Merging, undoing, splitting and deleting have to know every column that has the id of a contact or an account.
func TestWhereIDsOfContactsAndAccountsAreStored(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "kith.db")
	sqlitetest.OpenFile(t, path)
	got := column(t, raw(t, path), `
		SELECT m.name || '.' || c.name
		FROM sqlite_schema m
		CROSS JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND c.type = 'BLOB' AND m.name NOT LIKE 'contact_grams%'
		  AND c.name NOT IN ('session_id', 'channel_id', 'name_channel', 'email_channel', 'phone_channel', 'dirty_channel', 'failure_id', 'key_id', 'endpoint_id')
		ORDER BY 1`)
	want := []string{
		"account_deletions.account_id", // a tombstone of a deletion
		"accounts.account_id",          // moves
		"accounts.contact_id",          // moves
		"api_keys.hash",
		"api_keys.id",
		"audit.contact_id", // stays: who was meant then
		"audit.id",
		"audit.other_id",     // stays
		"changes.contact_id", // stays: the survivor's history spans its old ids
		"changes.id",
		"changes.into_id", // stays
		"channels.id",
		"channels.secrets",
		"contact_activity.contact_id",   // goes with the row
		"contact_terms.contact_id",      // goes with the row
		"contacts.id",                   // goes, and comes back
		"dismissals.a",                  // moves
		"dismissals.b",                  // moves
		"duplicate_progress.contact_id", // a position
		"duplicates.a",                  // moves
		"duplicates.b",                  // moves
		"duplicates.id",
		"gram_leftovers.contact_id", // stays: goes soon, at the latest with the survivor
		"identities.account_id",     // stays
		"identities.contact_id",     // moves
		"identities.id",
		"ingest_failures.digest",
		"ingest_failures.id",
		"ingest_failures.payload",
		"job_rows.data", // an id: what is refused then, because it is not there
		"job_rows.job_id",
		"jobs.id",
		"match_keys.contact_id", // goes with the row
		"merges.id",
		"merges.survivor_id", // stays: goes with the survivor or one that has its id
		"messages.message_key",
		"proofs.a",              // moves
		"proofs.b",              // moves
		"redirects.contact_id",  // comes, and goes
		"redirects.survivor_id", // moves
		"saved_views.id",
		"secrets.value",
		"sessions.account_id", // stays, but for sessions that are split off one by one
		"sessions.id",
		"sessions.last_message",
		"stale_keys.contact_id", // a position
		"upsert_results.digest",
		"upsert_results.key",
		"webhook_deliveries.event_id",
		"webhook_deliveries.id",
		"webhook_endpoints.id",
		"webhook_endpoints.lease_owner",
		"webhook_endpoints.secrets",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("columns (-known +found); think of what becomes of new ones:\n%s", diff)
	}
}
