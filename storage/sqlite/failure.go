package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"time"

	"github.com/google/uuid"

	"kith/internal/crm"
	"kith/storage"
	"kith/storage/clause"
)

// failureTable are the columns of ingest_failures.
var failureTable = clause.Table[failureRow]{
	{Name: "id", As: id(func(f *failureRow) *crm.FailureID { return &f.ID })},
	{Name: "channel_id", As: id(func(f *failureRow) *crm.ChannelID { return &f.ChannelID })},
	{Name: "external_id", As: optionalText(func(f *failureRow) **string { return &f.ExternalID })},
	{Name: "at", As: instant(func(f *failureRow) *time.Time { return &f.At })},
	{Name: "position", As: number(func(f *failureRow) *int { return &f.Position })},
	{Name: "reason", As: text(func(f *failureRow) *string { return &f.Reason })},
	{Name: "payload", As: clause.Plain(func(f *failureRow) *[]byte { return &f.Payload })},
	{Name: "digest", As: clause.Written(func(f *failureRow) any { return f.digest })},
}

// failureRow is a row of ingest_failures. The digest is written and not read.
type failureRow struct {
	crm.Failure
	digest []byte
}

var failureColumns = failureTable.Select("f")

// AddFailure keeps a failure. The digest identifies a payload that is kept already.
func (s *Store) AddFailure(ctx context.Context, w crm.WorkspaceID, f crm.Failure) error {
	digest := sha256.Sum256(f.Payload)
	return wrap("add failure", s.write(ctx, func(ctx context.Context, t *tx) error {
		_, found, err := channelByID(ctx, t.conn, w, f.ChannelID)
		if err != nil {
			return err
		}
		if !found {
			return crm.ErrNotFound
		}
		f.Payload = append([]byte{}, f.Payload...) // never NULL
		_, err = t.exec(ctx, `
			INSERT INTO ingest_failures (`+failureTable.Insert()+`)
			VALUES (`+failureTable.Values()+`)
			ON CONFLICT (workspace_id, channel_id, digest) DO NOTHING`,
			rowArgs(w, failureTable, &failureRow{f, digest[:]}))
		return err
	}))
}

// Failures returns one page of the failures, newest first.
func (s *Store) Failures(ctx context.Context, w crm.WorkspaceID, p storage.Page) (storage.FailurePage, error) {
	d, beyond := clause.Reading(!p.FromEnd), ""
	a := args{"workspace": w, "n": p.Size + 1}
	if from := p.From(); from != nil {
		beyond = fmt.Sprintf(` AND id %s @id`, d.Beyond)
		a["id"] = from.ID[:]
	}
	found, err := read(ctx, s, func(c *conn) ([]crm.Failure, error) {
		return all(ctx, c, fmt.Sprintf(`
			SELECT `+failureColumns+`
			FROM ingest_failures f
			WHERE workspace_id = @workspace%s
			ORDER BY id %s
			LIMIT @n`, beyond, d.Order), a, scanFailure())
	})
	if err != nil {
		return storage.FailurePage{}, wrap("list failures", err)
	}
	failures, more := storage.Window(p, found, storage.FailurePosition, storage.NewestFirst)
	return storage.FailurePage{Failures: failures, More: more}, nil
}

// FailuresByID returns the failures that exist among ids.
func (s *Store) FailuresByID(ctx context.Context, w crm.WorkspaceID, ids []crm.FailureID) (map[crm.FailureID]crm.Failure, error) {
	found, err := read(ctx, s, func(c *conn) ([]crm.Failure, error) {
		return all(ctx, c, `
			SELECT `+failureColumns+`
			FROM ingest_failures f
			WHERE workspace_id = @workspace AND id IN (SELECT unhex(value) FROM json_each(@ids))`,
			args{"workspace": w, "ids": idList(ids)}, scanFailure())
	})
	if err != nil {
		return nil, wrap("look up failures", err)
	}
	byID := make(map[crm.FailureID]crm.Failure, len(found))
	for _, f := range found {
		byID[f.ID] = f
	}
	return byID, nil
}

// CountFailures counts the workspace's failures as far as most.
func (s *Store) CountFailures(ctx context.Context, w crm.WorkspaceID, most int) (storage.Count, error) {
	n, err := read(ctx, s, func(c *conn) (int, error) {
		n, _, err := first(ctx, c, `
			SELECT count(*)
			FROM (SELECT 1 FROM ingest_failures WHERE workspace_id = @workspace LIMIT @n)`,
			args{"workspace": w, "n": most + 1}, scanInt)
		return n, err
	})
	if err != nil {
		return storage.Count{}, wrap("count failures", err)
	}
	return storage.Counted(n, most), nil
}

// RemoveFailure removes a failure.
func (s *Store) RemoveFailure(ctx context.Context, w crm.WorkspaceID, id crm.FailureID, audit ...*crm.AuditEntry) error {
	err := s.write(ctx, func(ctx context.Context, t *tx) error {
		n, err := t.exec(ctx, `DELETE FROM ingest_failures WHERE workspace_id = @workspace AND id = @id`,
			args{"workspace": w, "id": id[:]})
		switch {
		case err != nil:
			return err
		case n == 0:
			return crm.ErrNotFound
		}
		return t.addAudits(ctx, w, audit)
	})
	if err != nil {
		return fmt.Errorf("remove failure %s: %w", id, err)
	}
	s.eraser.ask()
	return nil
}

// FailuresOfContact returns the failures of a contact's identities, oldest first.
func (s *Store) FailuresOfContact(ctx context.Context, w crm.WorkspaceID, id crm.ContactID) ([]crm.Failure, error) {
	found, err := readOnce(ctx, s, func(c *conn) ([]crm.Failure, error) {
		list, err := mentioning(ctx, c, w, id)
		if err != nil {
			return nil, err
		}
		return all(ctx, c, `
			SELECT `+failureColumns+`
			FROM ingest_failures f
			WHERE n IN (`+failuresOf+`) OR workspace_id = @workspace AND id IN (SELECT unhex(value) FROM json_each(@mentioning))
			ORDER BY id`, args{"workspace": w, "id": id[:], "mentioning": idList(list)}, scanFailure())
	})
	return found, wrap("list failures of a contact", err)
}

// searchAtOnce is how many payloads are held at a time.
const searchAtOnce = 50

// mentioning are the failures of no customer who is known whose payloads name an identity of the contact.
func mentioning(ctx context.Context, c *conn, w crm.WorkspaceID, id crm.ContactID) ([]crm.FailureID, error) {
	identities, err := all(ctx, c, `
		SELECT channel_id, external_id FROM identities INDEXED BY identities_by_contact
		WHERE workspace_id = @workspace AND contact_id = @id`, args{"workspace": w, "id": id[:]},
		func(rows *sql.Rows) (i crm.Identity, err error) {
			return i, rows.Scan((*uuid.UUID)(&i.ChannelID), &i.ExternalID)
		})
	if err != nil {
		return nil, err
	}
	return storage.Mentioning(identities, func(ch crm.ChannelID, after crm.FailureID) ([]crm.Failure, error) {
		return all(ctx, c, `
			SELECT `+failureColumns+`
			FROM ingest_failures f
			WHERE f.workspace_id = @workspace AND f.channel_id = @channel AND f.id > @after AND NOT EXISTS (
			  SELECT 1 FROM identities y
			  WHERE y.workspace_id = @workspace AND y.channel_id = @channel AND y.external_id = f.external_id
			)
			ORDER BY f.id
			LIMIT @n`, args{"workspace": w, "channel": ch[:], "after": after[:], "n": searchAtOnce}, scanFailure())
	})
}

// failuresOf are the failed reports of the identities of contact @id.
const failuresOf = `
	SELECT f.n
	FROM identities y INDEXED BY identities_by_contact
	CROSS JOIN ingest_failures f INDEXED BY ingest_failures_by_customer
	  ON f.workspace_id = @workspace AND f.channel_id = y.channel_id AND f.external_id = y.external_id
	WHERE y.workspace_id = @workspace AND y.contact_id = @id`

// dropFailures removes the failed reports of a contact's identities.
func dropFailures(ctx context.Context, t *tx, w crm.WorkspaceID, id crm.ContactID) error {
	list, err := mentioning(ctx, t.conn, w, id)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, `
		DELETE FROM ingest_failures
		WHERE n IN (`+failuresOf+`) OR workspace_id = @workspace AND id IN (SELECT unhex(value) FROM json_each(@mentioning))`,
		args{"workspace": w, "id": id[:], "mentioning": idList(list)})
	return err
}

// scanFailure scans rows of failureColumns, one after the other.
func scanFailure() func(*sql.Rows) (crm.Failure, error) {
	var r failureRow
	targets := failureTable.Targets(&r)
	return func(rows *sql.Rows) (crm.Failure, error) {
		err := rows.Scan(targets...)
		return r.Failure, err
	}
}
