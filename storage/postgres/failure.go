package postgres

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

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
	digest [16]byte
}

var failureColumns = failureTable.Select("f")

// scanFailure scans rows of failureColumns, one after the other.
func scanFailure() pgx.RowToFunc[crm.Failure] {
	var r failureRow
	targets := failureTable.Targets(&r)
	return func(row pgx.CollectableRow) (crm.Failure, error) {
		err := row.Scan(targets...)
		return r.Failure, err
	}
}

// AddFailure keeps a failure. The digest identifies a payload that is kept already.
func (s *Store) AddFailure(ctx context.Context, w crm.WorkspaceID, f crm.Failure) error {
	h := sha256.New()
	h.Write(f.ChannelID[:])
	h.Write(f.Payload)
	f.ExternalID, f.Reason = identifying(f.ExternalID), storable(f.Reason)
	f.Payload = append([]byte{}, f.Payload...) // never NULL
	tag, err := s.pool.Exec(ctx, `
		WITH channel AS (
		  SELECT id FROM channels WHERE workspace_id = @workspace AND id = @channel_id
		), added AS (
		  INSERT INTO ingest_failures (`+failureTable.Insert()+`)
		  SELECT `+failureTable.Values()+` FROM channel
		  ON CONFLICT DO NOTHING
		)
		SELECT FROM channel`, rowArgs(w, failureTable, &failureRow{f, [16]byte(h.Sum(nil)[:16])}))
	switch {
	case err != nil:
		return fmt.Errorf("add failure: %w", translate(ctx, err))
	case tag.RowsAffected() == 0:
		return fmt.Errorf("add failure: %w", crm.ErrNotFound)
	}
	return nil
}

// storable is a text as PostgreSQL takes it: UTF-8, without the zero byte.
func storable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}

// identifying is an external id that an identity may have; nil for another.
func identifying(id *string) *string {
	if id == nil || storable(*id) != *id {
		return nil
	}
	return id
}

// Failures returns one page of the failures, newest first.
func (s *Store) Failures(ctx context.Context, w crm.WorkspaceID, p storage.Page) (storage.FailurePage, error) {
	beyond, order := newestFirst(p)
	rows, err := s.pool.Query(ctx, `
		SELECT `+failureColumns+`
		FROM ingest_failures f
		WHERE workspace_id = @workspace`+beyond+`
		`+order, pageArgs(w, p))
	found, err := all(ctx, rows, err, scanFailure())
	if err != nil {
		return storage.FailurePage{}, fmt.Errorf("list failures: %w", err)
	}
	failures, more := storage.Window(p, found, storage.FailurePosition, storage.NewestFirst)
	return storage.FailurePage{Failures: failures, More: more}, nil
}

// newestFirst is the condition and the order of a list by id, the newest first, that is read from the page's starting
// bound on. See [pageArgs].
func newestFirst(p storage.Page) (beyond, order string) {
	d := clause.Reading(!p.FromEnd)
	if p.From() != nil {
		beyond = fmt.Sprintf(" AND id %s @id", d.Beyond)
	}
	return beyond, fmt.Sprintf("ORDER BY id %s LIMIT %d", d.Order, p.Size+1)
}

// pageArgs are the parameters of a list by id.
func pageArgs(w crm.WorkspaceID, p storage.Page) pgx.NamedArgs {
	args := pgx.NamedArgs{"workspace": w}
	if from := p.From(); from != nil {
		args["id"] = [16]byte(from.ID)
	}
	return args
}

// FailuresByID returns the failures that exist among ids.
func (s *Store) FailuresByID(ctx context.Context, w crm.WorkspaceID, ids []crm.FailureID) (map[crm.FailureID]crm.Failure, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT `+failureColumns+`
		FROM ingest_failures f
		WHERE workspace_id = @workspace AND id = ANY(@ids)`, pgx.NamedArgs{"workspace": w, "ids": uuids(ids)})
	found, err := all(ctx, rows, err, scanFailure())
	if err != nil {
		return nil, fmt.Errorf("look up failures: %w", err)
	}
	out := make(map[crm.FailureID]crm.Failure, len(found))
	for _, f := range found {
		out[f.ID] = f
	}
	return out, nil
}

// CountFailures counts the workspace's failures as far as most.
func (s *Store) CountFailures(ctx context.Context, w crm.WorkspaceID, most int) (storage.Count, error) {
	var n int
	err := s.pool.QueryRow(ctx, `
		SELECT count(*)
		FROM (SELECT FROM ingest_failures WHERE workspace_id = @workspace LIMIT @n) f`,
		pgx.NamedArgs{"workspace": w, "n": most + 1}).Scan(&n)
	if err != nil {
		return storage.Count{}, fmt.Errorf("count failures: %w", translate(ctx, err))
	}
	return storage.Counted(n, most), nil
}

// FailuresOfContact returns the failures of a contact's identities, oldest first.
func (s *Store) FailuresOfContact(ctx context.Context, w crm.WorkspaceID, id crm.ContactID) ([]crm.Failure, error) {
	identities, err := s.IdentitiesByContact(ctx, w, []crm.ContactID{id})
	if err != nil {
		return nil, fmt.Errorf("list failures of a contact: %w", err)
	}
	list, err := mentioning(ctx, s.pool, w, identities[id])
	if err != nil {
		return nil, fmt.Errorf("list failures of a contact: %w", translate(ctx, err))
	}
	rows, err := s.pool.Query(ctx, `
		SELECT `+failureColumns+`
		FROM ingest_failures f
		WHERE workspace_id = @workspace AND id IN (
		  SELECT f.id
		  FROM identities y
		  JOIN ingest_failures f
		    ON f.workspace_id = y.workspace_id AND f.channel_id = y.channel_id AND f.external_id = y.external_id
		  WHERE y.workspace_id = @workspace AND y.contact_id = @contact
		  UNION ALL
		  SELECT unnest(@mentioning::uuid[])
		)
		ORDER BY id`, pgx.NamedArgs{"workspace": w, "contact": [16]byte(id), "mentioning": uuids(list)})
	found, err := all(ctx, rows, err, scanFailure())
	if err != nil {
		return nil, fmt.Errorf("list failures of a contact: %w", err)
	}
	return found, nil
}

// RemoveFailure removes a failure.
func (s *Store) RemoveFailure(ctx context.Context, w crm.WorkspaceID, id crm.FailureID, audit ...*crm.AuditEntry) error {
	err := s.tx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `DELETE FROM ingest_failures WHERE workspace_id = @workspace AND id = @id`,
			pgx.NamedArgs{"workspace": w, "id": [16]byte(id)})
		switch {
		case err != nil:
			return err
		case tag.RowsAffected() == 0:
			return crm.ErrNotFound
		}
		return addAudits(ctx, tx, w, audit)
	})
	if err != nil {
		return fmt.Errorf("remove failure %s: %w", id, err)
	}
	return nil
}

// searchAtOnce is how many payloads are held at a time.
const searchAtOnce = 50

// mentioning are the failures of no customer who is known whose payloads name one of the identities.
func mentioning(ctx context.Context, q queryer, w crm.WorkspaceID, identities []crm.Identity) ([]crm.FailureID, error) {
	return storage.Mentioning(identities, func(ch crm.ChannelID, after crm.FailureID) ([]crm.Failure, error) {
		rows, err := q.Query(ctx, `
			SELECT `+failureColumns+`
			FROM ingest_failures f
			WHERE f.workspace_id = @workspace AND f.channel_id = @channel AND f.id > @after AND NOT EXISTS (
			  SELECT FROM identities y
			  WHERE y.workspace_id = @workspace AND y.channel_id = @channel AND y.external_id = f.external_id
			)
			ORDER BY f.id
			LIMIT @n`, pgx.NamedArgs{"workspace": w, "channel": [16]byte(ch), "after": [16]byte(after), "n": searchAtOnce})
		return all(ctx, rows, err, scanFailure())
	})
}

// dropFailures queues that the failed reports of identities go.
func dropFailures(b *pgx.Batch, w crm.WorkspaceID, identities []crm.Identity, mentioning []crm.FailureID) {
	if len(identities) == 0 {
		return
	}
	channels, externals := make([][16]byte, len(identities)), make([]string, len(identities))
	for n, i := range identities {
		channels[n], externals[n] = i.ChannelID, i.ExternalID
	}
	b.Queue(`
		DELETE FROM ingest_failures
		WHERE workspace_id = @workspace AND (channel_id, external_id) IN (
		  SELECT i.channel_id, i.external_id FROM unnest(@channels::uuid[], @externals::text[]) i(channel_id, external_id)
		)`, pgx.NamedArgs{"workspace": w, "channels": channels, "externals": externals})
	b.Queue(`DELETE FROM ingest_failures WHERE workspace_id = @workspace AND id = ANY(@mentioning)`,
		pgx.NamedArgs{"workspace": w, "mentioning": uuids(mentioning)})
}
