package postgres

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"kith/internal/crm"
	"kith/storage"
)

// activity checks that each activity is a contact's.
func (c *checkup) activity(ctx context.Context) error {
	type row struct {
		contact crm.ContactID
		there   bool
	}
	var last row
	for {
		rows, err := c.pool.Query(ctx, fmt.Sprintf(`
			SELECT a.contact_id, (SELECT true FROM contacts c WHERE c.workspace_id = @workspace AND c.id = a.contact_id) IS NOT NULL
			FROM contact_activity a
			WHERE a.workspace_id = @workspace AND a.contact_id > @id
			ORDER BY a.contact_id
			LIMIT %d`, checkRows), c.args(last.contact))
		batch, err := all(ctx, rows, err, func(from pgx.CollectableRow) (r row, err error) {
			return r, from.Scan((*[16]byte)(&r.contact), &r.there)
		})
		if err != nil || len(batch) == 0 {
			return err
		}
		last = batch[len(batch)-1]
		for _, r := range batch {
			if r.there {
				continue
			}
			err := c.report(ctx, storage.Finding{Kind: storage.OrphanActivity, Contact: &r.contact}, c.statement(`
				DELETE FROM contact_activity
				WHERE workspace_id = @workspace AND contact_id = @id
				  AND NOT EXISTS (SELECT FROM contacts WHERE workspace_id = @workspace AND id = @id)`, c.args(r.contact)))
			if err != nil {
				return err
			}
		}
		c.progress(len(batch))
	}
}

// identities checks that each identity leads to a contact and, unless it has none yet, to a session.
func (c *checkup) identities(ctx context.Context) error {
	type row struct {
		channel          crm.ChannelID
		external         string
		contact          crm.ContactID
		session          pgtype.UUID
		hasContact, open bool
	}
	var last row
	for {
		rows, err := c.pool.Query(ctx, fmt.Sprintf(`
			SELECT
			  i.channel_id, i.external_id, i.contact_id, i.session_id,
			  (SELECT true FROM contacts c WHERE c.workspace_id = @workspace AND c.id = i.contact_id) IS NOT NULL,
			  i.session_id IS NULL
			    OR (SELECT true FROM sessions s WHERE s.workspace_id = @workspace AND s.id = i.session_id) IS NOT NULL
			FROM identities i
			WHERE i.workspace_id = @workspace AND (i.channel_id, i.external_id) > (@channel, @external)
			ORDER BY i.channel_id, i.external_id
			LIMIT %d`, checkRows),
			pgx.NamedArgs{"workspace": c.workspace, "channel": [16]byte(last.channel), "external": last.external})
		batch, err := all(ctx, rows, err, func(from pgx.CollectableRow) (r row, err error) {
			err = from.Scan((*[16]byte)(&r.channel), &r.external, (*[16]byte)(&r.contact), &r.session, &r.hasContact, &r.open)
			return r, err
		})
		if err != nil || len(batch) == 0 {
			return err
		}
		last = batch[len(batch)-1]
		for _, r := range batch {
			args := pgx.NamedArgs{
				"workspace": c.workspace, "channel": [16]byte(r.channel), "external": r.external,
				"contact": [16]byte(r.contact), "session": r.session,
			}
			f := storage.Finding{Contact: &r.contact}
			var sql string
			switch {
			case !r.hasContact:
				f.Kind, sql = storage.OrphanIdentity, `
					DELETE FROM identities
					WHERE workspace_id = @workspace AND channel_id = @channel AND external_id = @external AND contact_id = @contact`
			case !r.open:
				f.Kind, sql = storage.LostSession, `
					UPDATE identities SET session_id = NULL
					WHERE workspace_id = @workspace AND channel_id = @channel AND external_id = @external AND session_id = @session`
			default:
				continue
			}
			if err := c.report(ctx, f, c.statement(sql, args)); err != nil {
				return err
			}
		}
		c.progress(len(batch))
	}
}

// sessions checks that each session is of a contact, of one that is being deleted, or of nobody and without a preview.
func (c *checkup) sessions(ctx context.Context) error {
	type row struct {
		session             crm.SessionID
		contact             pgtype.UUID
		known, kept, traced bool
	}
	var last row
	for {
		rows, err := c.pool.Query(ctx, fmt.Sprintf(`
			SELECT
			  s.id, s.contact_id,
			  s.contact_id IS NULL
			    OR (SELECT true FROM contacts c WHERE c.workspace_id = @workspace AND c.id = s.contact_id) IS NOT NULL
			    OR (SELECT true FROM contact_deletions d WHERE d.workspace_id = @workspace AND d.contact_id = s.contact_id) IS NOT NULL,
			  s.contact_id IS NULL AND s.last_message_preview IS NOT NULL,
			  s.contact_id IS NULL
			    AND (SELECT true FROM messages m WHERE m.workspace_id = @workspace AND m.session_id = s.id LIMIT 1) IS NOT NULL
			FROM sessions s
			WHERE s.workspace_id = @workspace AND s.id > @id
			ORDER BY s.id
			LIMIT %d`, checkRows), pgx.NamedArgs{"workspace": c.workspace, "id": [16]byte(last.session)})
		batch, err := all(ctx, rows, err, func(from pgx.CollectableRow) (r row, err error) {
			return r, from.Scan((*[16]byte)(&r.session), &r.contact, &r.known, &r.kept, &r.traced)
		})
		if err != nil || len(batch) == 0 {
			return err
		}
		last = batch[len(batch)-1]
		for _, r := range batch {
			var err error
			switch {
			case !r.known:
				args := pgx.NamedArgs{
					"workspace": c.workspace, "session": [16]byte(r.session), "contact": r.contact, "slot": rand.IntN(sessionSlots),
				}
				err = c.report(ctx, storage.Finding{Kind: storage.OrphanSession, Contact: new(crm.ContactID(r.contact.Bytes))},
					func(ctx context.Context) error {
						return c.tx(ctx, func(tx pgx.Tx) error {
							b := &pgx.Batch{}
							b.Queue(anonymize, args)
							b.Queue(mendMessages, args)
							return tx.SendBatch(ctx, b).Close()
						})
					})
			case r.traced:
				err = c.report(ctx, storage.Finding{Kind: storage.KeptMessages}, c.statement(mendMessages,
					pgx.NamedArgs{"workspace": c.workspace, "session": [16]byte(r.session)}))
				fallthrough
			case r.kept:
				if err != nil || !r.kept {
					break
				}
				err = c.report(ctx, storage.Finding{Kind: storage.KeptPreview}, c.statement(`
					UPDATE sessions SET `+anonymized+`
					WHERE workspace_id = @workspace AND id = @session AND contact_id IS NULL`,
					pgx.NamedArgs{"workspace": c.workspace, "session": [16]byte(r.session)}))
			}
			if err != nil {
				return err
			}
		}
		c.progress(len(batch))
	}
}

// anonymize makes the session @session anonymous, and counts it so, unless it is somebody else's than @contact's by now.
const anonymize = `
	WITH mended AS (
	  UPDATE sessions SET ` + anonymized + `
	  WHERE workspace_id = @workspace AND id = @session AND contact_id = @contact
	  RETURNING channel_id, status, coalesce(tag, '') AS tag
	)
	INSERT INTO session_counts (workspace_id, channel_id, status, tag, anonymous, slot, sessions)
	SELECT @workspace, m.channel_id, m.status, m.tag, v.anonymous, @slot, v.sign
	FROM mended m
	CROSS JOIN (VALUES (false, -1), (true, 1)) AS v(anonymous, sign)
	ON CONFLICT (workspace_id, channel_id, status, tag, anonymous, slot)
	DO UPDATE SET sessions = session_counts.sessions + excluded.sessions`

// mendMessages takes the session @session, where it has no contact, from what its messages are known again by.
const mendMessages = `
	UPDATE messages SET session_id = NULL
	WHERE workspace_id = @workspace AND session_id = @session AND (
	  SELECT contact_id IS NULL FROM sessions WHERE workspace_id = @workspace AND id = @session
	)`
