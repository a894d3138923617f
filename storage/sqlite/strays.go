package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/google/uuid"

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
		a := c.args(last.contact)
		a["limit"] = checkRows
		batch, err := read(ctx, c.Store, func(conn *conn) ([]row, error) {
			return all(ctx, conn, `
				SELECT a.contact_id, EXISTS (SELECT 1 FROM contacts c WHERE c.workspace_id = @workspace AND c.id = a.contact_id)
				FROM contact_activity a
				WHERE a.workspace_id = @workspace AND a.contact_id > @id
				ORDER BY a.contact_id
				LIMIT @limit`, a, func(rows *sql.Rows) (r row, err error) {
				err = rows.Scan((*uuid.UUID)(&r.contact), &r.there)
				return r, err
			})
		})
		if err != nil || len(batch) == 0 {
			return err
		}
		last = batch[len(batch)-1]
		for _, r := range batch {
			if r.there {
				continue
			}
			err := c.report(ctx, storage.Finding{Kind: storage.OrphanActivity, Contact: &r.contact}, func(ctx context.Context, t *tx) error {
				_, err := t.exec(ctx, `
					DELETE FROM contact_activity
					WHERE workspace_id = @workspace AND contact_id = @id
					  AND NOT EXISTS (SELECT 1 FROM contacts WHERE workspace_id = @workspace AND id = @id)`, c.args(r.contact))
				return err
			})
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
		session          crm.SessionID
		hasContact, open bool
	}
	var last row
	for {
		a := args{"workspace": c.workspace, "channel": last.channel[:], "external": last.external, "none": make([]byte, 16), "limit": checkRows}
		batch, err := read(ctx, c.Store, func(conn *conn) ([]row, error) {
			return all(ctx, conn, `
				SELECT
				  i.channel_id, i.external_id, i.contact_id, i.session_id,
				  EXISTS (SELECT 1 FROM contacts c WHERE c.workspace_id = @workspace AND c.id = i.contact_id),
				  i.session_id = @none
				    OR EXISTS (SELECT 1 FROM sessions s WHERE s.workspace_id = @workspace AND s.id = i.session_id)
				FROM identities i
				WHERE i.workspace_id = @workspace AND (i.channel_id, i.external_id) > (@channel, @external)
				ORDER BY i.channel_id, i.external_id
				LIMIT @limit`, a, func(rows *sql.Rows) (r row, err error) {
				err = rows.Scan((*uuid.UUID)(&r.channel), &r.external, (*uuid.UUID)(&r.contact), (*uuid.UUID)(&r.session), &r.hasContact, &r.open)
				return r, err
			})
		})
		if err != nil || len(batch) == 0 {
			return err
		}
		last = batch[len(batch)-1]
		for _, r := range batch {
			a := args{"workspace": c.workspace, "channel": r.channel[:], "external": r.external, "contact": r.contact[:], "session": r.session[:]}
			f := storage.Finding{Contact: &r.contact}
			var query string
			switch {
			case !r.hasContact:
				f.Kind, query = storage.OrphanIdentity, `
					DELETE FROM identities
					WHERE workspace_id = @workspace AND channel_id = @channel AND external_id = @external AND contact_id = @contact`
				delete(a, "session")
			case !r.open:
				f.Kind, query = storage.LostSession, `
					UPDATE identities SET session_id = @none
					WHERE workspace_id = @workspace AND channel_id = @channel AND external_id = @external AND session_id = @session`
				delete(a, "contact")
				a["none"] = make([]byte, 16)
			default:
				continue
			}
			if err := c.report(ctx, f, func(ctx context.Context, t *tx) error {
				_, err := t.exec(ctx, query, a)
				return err
			}); err != nil {
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
		contact             uuid.NullUUID
		known, kept, traced bool
	}
	var last row
	for {
		a := args{"workspace": c.workspace, "id": last.session[:], "limit": checkRows}
		batch, err := read(ctx, c.Store, func(conn *conn) ([]row, error) {
			return all(ctx, conn, `
				SELECT
				  s.id, s.contact_id,
				  s.contact_id IS NULL
				    OR EXISTS (SELECT 1 FROM contacts c WHERE c.workspace_id = @workspace AND c.id = s.contact_id)
				    OR EXISTS (SELECT 1 FROM contact_deletions d WHERE d.workspace_id = @workspace AND d.contact_id = s.contact_id),
				  s.contact_id IS NULL AND s.last_message_preview IS NOT NULL,
				  s.contact_id IS NULL
				    AND EXISTS (SELECT 1 FROM messages m WHERE m.workspace_id = @workspace AND m.session_id = s.id)
				FROM sessions s
				WHERE s.workspace_id = @workspace AND s.id > @id
				ORDER BY s.id
				LIMIT @limit`, a, func(rows *sql.Rows) (r row, err error) {
				err = rows.Scan((*uuid.UUID)(&r.session), &r.contact, &r.known, &r.kept, &r.traced)
				return r, err
			})
		})
		if err != nil || len(batch) == 0 {
			return err
		}
		last = batch[len(batch)-1]
		for _, r := range batch {
			var err error
			switch id := crm.ContactID(r.contact.UUID); {
			case !r.known:
				err = c.report(ctx, storage.Finding{Kind: storage.OrphanSession, Contact: &id}, func(ctx context.Context, t *tx) error {
					return c.mendSession(ctx, t, r.session, id)
				})
			case r.traced:
				err = c.report(ctx, storage.Finding{Kind: storage.KeptMessages}, func(ctx context.Context, t *tx) error {
					return c.mendMessages(ctx, t, r.session)
				})
				fallthrough
			case r.kept:
				if err != nil || !r.kept {
					break
				}
				err = c.report(ctx, storage.Finding{Kind: storage.KeptPreview}, func(ctx context.Context, t *tx) error {
					_, err := t.exec(ctx, `
						UPDATE sessions SET `+anonymized+`
						WHERE workspace_id = @workspace AND id = @session AND contact_id IS NULL`,
						args{"workspace": c.workspace, "session": r.session[:]})
					return err
				})
			}
			if err != nil {
				return err
			}
		}
		c.progress(len(batch))
	}
}

// mendSession makes a session anonymous unless it is somebody else's by now.
func (c *checkup) mendSession(ctx context.Context, t *tx, id crm.SessionID, contact crm.ContactID) error {
	n, err := t.exec(ctx, `
		UPDATE sessions SET `+anonymized+`
		WHERE workspace_id = @workspace AND id = @session AND contact_id = @contact`,
		args{"workspace": c.workspace, "session": id[:], "contact": contact[:]})
	if err != nil || n == 0 {
		return err
	}
	v, err := sessionByID(ctx, t.conn, c.workspace, id)
	if err != nil {
		return err
	}
	was := storage.KindOf(v)
	was.Anonymous = false
	if err := moveSession(ctx, t.conn, c.workspace, was, storage.KindOf(v)); err != nil {
		return err
	}
	return c.mendMessages(ctx, t, id)
}

// mendMessages takes a session without a contact from what its messages are known again by.
func (c *checkup) mendMessages(ctx context.Context, t *tx, id crm.SessionID) error {
	_, err := t.exec(ctx, `
		UPDATE messages SET session_id = NULL
		WHERE workspace_id = @workspace AND session_id = @session AND EXISTS (
		  SELECT 1 FROM sessions WHERE workspace_id = @workspace AND id = @session AND contact_id IS NULL
		)`, args{"workspace": c.workspace, "session": id[:]})
	return err
}

// count checks the counter of contacts.
func (c *checkup) count(ctx context.Context) error {
	const off = `
		SELECT
		  (SELECT count(*) FROM contacts WHERE workspace_id = @workspace) -
		  (SELECT coalesce(sum(contacts), 0) FROM contact_counts WHERE workspace_id = @workspace)`
	by := func(ctx context.Context, conn *conn) (int, error) {
		n, _, err := first(ctx, conn, off, args{"workspace": c.workspace}, scanInt)
		return n, err
	}
	n, err := read(ctx, c.Store, func(conn *conn) (int, error) { return by(ctx, conn) })
	if err != nil || n == 0 {
		return err
	}
	return c.report(ctx, storage.Finding{Kind: storage.WrongCount}, func(ctx context.Context, t *tx) error {
		n, err := by(ctx, t.conn)
		if err != nil {
			return err
		}
		return addToCount(ctx, t.conn, c.workspace, n)
	})
}

// sessionCounts checks the counters of sessions.
func (c *checkup) sessionCounts(ctx context.Context) error {
	by := func(ctx context.Context, conn *conn) ([]storage.KindCount, error) {
		return all(ctx, conn, `
			SELECT channel_id, status, tag, anonymous, sum(n)
			FROM (
			  SELECT
			    s.channel_id, s.status, coalesce(s.tag, '') AS tag,
			    s.contact_id IS NULL OR EXISTS (
			      SELECT 1 FROM contact_deletions d WHERE d.workspace_id = @workspace AND d.contact_id = s.contact_id
			    ) AS anonymous,
			    count(*) AS n
			  FROM sessions s
			  WHERE s.workspace_id = @workspace
			  GROUP BY 1, 2, 3, 4
			  UNION ALL
			  SELECT channel_id, status, tag, anonymous, -sessions
			  FROM session_counts
			  WHERE workspace_id = @workspace
			)
			GROUP BY 1, 2, 3, 4
			HAVING sum(n) <> 0`, args{"workspace": c.workspace}, scanSessionCount)
	}
	off, err := read(ctx, c.Store, func(conn *conn) ([]storage.KindCount, error) { return by(ctx, conn) })
	if err != nil || len(off) == 0 {
		return err
	}
	return c.report(ctx, storage.Finding{Kind: storage.WrongSessionCount}, func(ctx context.Context, t *tx) error {
		off, err := by(ctx, t.conn)
		for _, v := range off {
			err = errors.Join(err, addToSessions(ctx, t.conn, c.workspace, v.SessionKind, v.N))
		}
		return err
	})
}

// values checks that no change but its deletion names a contact that is not there.
func (c *checkup) values(ctx context.Context) error {
	type row struct {
		event   crm.EventID
		contact crm.ContactID
		kept    bool
	}
	told := map[crm.ContactID]bool{}
	var last row
	for {
		a := args{"workspace": c.workspace, "id": last.event[:], "limit": checkRows}
		batch, err := read(ctx, c.Store, func(conn *conn) ([]row, error) {
			return all(ctx, conn, `
				SELECT
				  v.id, coalesce(v.contact_id, zeroblob(16)),
				  v.contact_id IS NOT NULL AND v.session_id IS NULL AND v.kind <> 'DELETED'
				    AND NOT EXISTS (SELECT 1 FROM contacts c WHERE c.workspace_id = @workspace AND c.id = v.contact_id)
				FROM changes v
				WHERE v.workspace_id = @workspace AND v.id > @id
				ORDER BY v.id
				LIMIT @limit`, a, func(rows *sql.Rows) (r row, err error) {
				err = rows.Scan((*uuid.UUID)(&r.event), (*uuid.UUID)(&r.contact), &r.kept)
				return r, err
			})
		})
		if err != nil || len(batch) == 0 {
			return err
		}
		last = batch[len(batch)-1]
		for _, r := range batch {
			if !r.kept || told[r.contact] {
				continue
			}
			told[r.contact] = true
			if err := c.report(ctx, storage.Finding{Kind: storage.KeptValues, Contact: &r.contact}, func(ctx context.Context, t *tx) error {
				_, err := contactByID(ctx, t.conn, c.workspace, r.contact)
				if !errors.Is(err, crm.ErrNotFound) {
					return err
				}
				return t.scrub(ctx, c.workspace, r.contact)
			}); err != nil {
				return err
			}
		}
		c.progress(len(batch))
	}
}
