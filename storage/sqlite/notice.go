package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"

	"kith/internal/crm"
)

// saveNotice keeps an announcement that waits for its customer, and forgets one that has been taken in.
func (r recording) saveNotice(ctx context.Context, out crm.Outcome) error {
	i := r.message
	if i.Kind != crm.Announced || i.Previous == "" {
		return nil
	}
	a := args{"workspace": r.workspace, "channel": i.ChannelID[:], "previous": i.Previous}
	if !out.Waits {
		_, err := r.exec(ctx, `
			DELETE FROM notices WHERE workspace_id = @workspace AND channel_id = @channel AND previous = @previous`, a)
		return err
	}
	profile, err := json.Marshal(i.Profile)
	if err != nil {
		return err
	}
	a["external"], a["alias"], a["account"], a["profile"] = i.ExternalID, i.Alias, i.Account, string(profile)
	a["at"], a["day"], a["most"] = i.At.UnixMicro(), crm.Day(i.Received), crm.MaxWaiting
	_, err = r.exec(ctx, `
		INSERT INTO notices (workspace_id, channel_id, previous, external_id, alias, account, profile, at, day)
		SELECT @workspace, @channel, @previous, @external, @alias, @account, @profile, @at, @day
		WHERE @most > (SELECT count(*) FROM notices WHERE workspace_id = @workspace AND channel_id = @channel)
		ON CONFLICT DO UPDATE SET
		  external_id = excluded.external_id, alias = excluded.alias, account = excluded.account, profile = excluded.profile,
		  at = excluded.at, day = excluded.day`, a)
	return err
}

// waiting are the announcements that wait for the identities that the interaction makes.
func (r recording) waiting(ctx context.Context, out crm.Outcome) ([]crm.Interaction, error) {
	if len(out.NewIdentities) == 0 {
		return nil, nil
	}
	var ids []string
	for _, i := range out.NewIdentities {
		ids = append(ids, i.ExternalID)
	}
	return all(ctx, r.conn, `
		SELECT previous, external_id, alias, account, profile, at
		FROM notices
		WHERE workspace_id = @workspace AND channel_id = @channel AND at >= @at
		  AND previous IN (SELECT value FROM json_each(@ids))
		ORDER BY previous`, args{
		"workspace": r.workspace, "channel": r.message.ChannelID[:], "at": r.message.At.UnixMicro(), "ids": jsonList(ids),
	}, func(rows *sql.Rows) (crm.Interaction, error) {
		i := crm.Interaction{Kind: crm.Announced, ChannelID: r.message.ChannelID, Direction: crm.Inbound}
		err := rows.Scan(&i.Previous, &i.ExternalID, &i.Alias, &i.Account, jsonTarget[crm.Profile]{&i.Profile}, instantTarget{&i.At})
		return i, err
	})
}

// dropNotices removes the announcements about a contact that is to be deleted.
func (t *tx) dropNotices(ctx context.Context, w crm.WorkspaceID, id crm.ContactID) error {
	_, err := t.exec(ctx, `
		DELETE FROM notices
		WHERE workspace_id = @workspace AND EXISTS (
		  SELECT 1
		  FROM identities i INDEXED BY identities_by_contact
		  WHERE i.workspace_id = @workspace AND i.contact_id = @id AND i.channel_id = notices.channel_id
		    AND i.external_id IN (notices.previous, notices.external_id, notices.alias)
		)`, args{"workspace": w, "id": id[:]})
	return err
}
