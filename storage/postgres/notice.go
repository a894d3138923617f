package postgres

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
)

// saveNotice keeps an announcement that waits for its customer, and forgets one that has been taken in.
func saveNotice(ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, i crm.Interaction, out crm.Outcome) error {
	if i.Kind != crm.Announced || i.Previous == "" {
		return nil
	}
	args := pgx.NamedArgs{"workspace": w, "channel": [16]byte(i.ChannelID), "previous": i.Previous}
	if !out.Waits {
		_, err := tx.Exec(ctx, `
			DELETE FROM notices WHERE workspace_id = @workspace AND channel_id = @channel AND previous = @previous`, args)
		return err
	}
	var waiting int
	err := tx.QueryRow(ctx, `SELECT count(*) FROM notices WHERE workspace_id = @workspace AND channel_id = @channel`, args).Scan(&waiting)
	if err != nil || waiting >= crm.MaxWaiting {
		return err
	}
	profile, err := json.Marshal(i.Profile)
	if err != nil {
		return err
	}
	args["external"], args["alias"], args["account"], args["profile"] = i.ExternalID, i.Alias, i.Account, string(profile)
	args["at"], args["day"] = i.At.UTC(), crm.Day(i.Received)
	_, err = tx.Exec(ctx, `
		INSERT INTO notices (workspace_id, channel_id, previous, external_id, alias, account, profile, at, day)
		VALUES (@workspace, @channel, @previous, @external, @alias, @account, @profile, @at, @day)
		ON CONFLICT (workspace_id, channel_id, previous) DO UPDATE SET
		  external_id = excluded.external_id, alias = excluded.alias, account = excluded.account, profile = excluded.profile,
		  at = excluded.at, day = excluded.day`, args)
	return err
}

// findWaiting queues the look for announcements that wait for the identities that the interaction makes.
func findWaiting(b *pgx.Batch, w crm.WorkspaceID, i crm.Interaction, out crm.Outcome, found *[]crm.Interaction) {
	if len(out.NewIdentities) == 0 {
		return
	}
	var ids []string
	for _, i := range out.NewIdentities {
		ids = append(ids, i.ExternalID)
	}
	b.Queue(`
		SELECT previous, external_id, alias, account, profile, at
		FROM notices
		WHERE workspace_id = @workspace AND channel_id = @channel AND previous = ANY(@ids) AND at >= @at
		ORDER BY previous`, pgx.NamedArgs{
		"workspace": w, "channel": [16]byte(i.ChannelID), "ids": ids, "at": i.At.UTC(),
	}).Query(func(rows pgx.Rows) (err error) {
		*found, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (crm.Interaction, error) {
			n := crm.Interaction{Kind: crm.Announced, ChannelID: i.ChannelID, Direction: crm.Inbound}
			var profile string
			if err := row.Scan(&n.Previous, &n.ExternalID, &n.Alias, &n.Account, &profile, &n.At); err != nil {
				return n, err
			}
			n.At = n.At.UTC()
			return n, json.Unmarshal([]byte(profile), &n.Profile)
		})
		return err
	})
}

// dropNotices queues that the announcements about a contact that is deleted go, whose identities these were.
func dropNotices(b *pgx.Batch, w crm.WorkspaceID, gone []crm.Identity) {
	byChannel := map[crm.ChannelID][]string{}
	for _, i := range gone {
		byChannel[i.ChannelID] = append(byChannel[i.ChannelID], i.ExternalID)
	}
	for ch, ids := range byChannel {
		b.Queue(`
			DELETE FROM notices
			WHERE workspace_id = @workspace AND channel_id = @channel
			  AND (previous = ANY(@ids) OR external_id = ANY(@ids) OR alias = ANY(@ids))`,
			pgx.NamedArgs{"workspace": w, "channel": [16]byte(ch), "ids": ids})
	}
}
