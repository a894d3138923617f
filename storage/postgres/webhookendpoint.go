package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"kith/internal/crm"
	"kith/storage"
	"kith/storage/clause"
)

// endpointTable are the columns of webhook_endpoints, but for those of the lease.
var endpointTable = clause.Table[crm.WebhookEndpoint]{
	{Name: "id", As: id(func(e *crm.WebhookEndpoint) *crm.EndpointID { return &e.ID })},
	{Name: "url", Edited: true, As: text(func(e *crm.WebhookEndpoint) *string { return &e.URL })},
	{Name: "events", Edited: true, As: texts(func(e *crm.WebhookEndpoint) *[]string { return &e.Events })},
	{Name: "description", Edited: true, As: text(func(e *crm.WebhookEndpoint) *string { return &e.Description })},
	{Name: "secrets", Edited: true, As: clause.Plain(func(e *crm.WebhookEndpoint) *[]byte { return (*[]byte)(&e.Secrets) })},
	{Name: "former_secret_until", Edited: true, As: optionalInstant(func(e *crm.WebhookEndpoint) **time.Time { return &e.FormerSecretUntil })},
	{Name: "created_by", As: text(func(e *crm.WebhookEndpoint) *string { return &e.CreatedBy })},
	{Name: "created_at", As: instant(func(e *crm.WebhookEndpoint) *time.Time { return &e.CreatedAt })},
	{Name: "enabled", Edited: true, As: clause.Plain(func(e *crm.WebhookEndpoint) *bool { return &e.Enabled })},
	{Name: "disabled_at", Edited: true, As: optionalInstant(func(e *crm.WebhookEndpoint) **time.Time { return &e.DisabledAt })},
	{Name: "disabled_reason", Edited: true, As: text(func(e *crm.WebhookEndpoint) *crm.WebhookDisabledReason { return &e.DisabledReason })},
	{Name: "read_to", As: number(func(e *crm.WebhookEndpoint) *crm.Sequence { return &e.ReadTo })},
	{Name: "skipped", As: number(func(e *crm.WebhookEndpoint) *int { return &e.Skipped })},
	{Name: "failures", As: number(func(e *crm.WebhookEndpoint) *int { return &e.Failures })},
	{Name: "failing_since", As: optionalInstant(func(e *crm.WebhookEndpoint) **time.Time { return &e.FailingSince })},
	{Name: "hold_until", As: optionalInstant(func(e *crm.WebhookEndpoint) **time.Time { return &e.HoldUntil })},
	{Name: "next_at", As: optionalInstant(func(e *crm.WebhookEndpoint) **time.Time { return &e.NextAt })},
	{Name: "revision", As: number(func(e *crm.WebhookEndpoint) *int { return &e.Revision })},
}

// deliveryTable are the columns of webhook_deliveries.
var deliveryTable = clause.Table[crm.WebhookDelivery]{
	{Name: "id", As: id(func(d *crm.WebhookDelivery) *crm.DeliveryID { return &d.ID })},
	{Name: "endpoint_id", As: id(func(d *crm.WebhookDelivery) *crm.EndpointID { return &d.EndpointID })},
	{Name: "event_id", As: optionalID(func(d *crm.WebhookDelivery) **crm.EventID { return &d.EventID })},
	{Name: "seq", As: number(func(d *crm.WebhookDelivery) *crm.Sequence { return &d.Sequence })},
	{Name: "type", As: text(func(d *crm.WebhookDelivery) *string { return &d.Type })},
	{Name: "status", Edited: true, As: text(func(d *crm.WebhookDelivery) *crm.DeliveryStatus { return &d.Status })},
	{Name: "attempts", Edited: true, As: number(func(d *crm.WebhookDelivery) *int { return &d.Attempts })},
	{Name: "created_at", As: instant(func(d *crm.WebhookDelivery) *time.Time { return &d.CreatedAt })},
	{Name: "last_at", Edited: true, As: optionalInstant(func(d *crm.WebhookDelivery) **time.Time { return &d.LastAt })},
	{Name: "next_at", Edited: true, As: optionalInstant(func(d *crm.WebhookDelivery) **time.Time { return &d.NextAt })},
	{Name: "response_status", Edited: true, As: number(func(d *crm.WebhookDelivery) *int { return &d.ResponseStatus })},
	{Name: "error", Edited: true, As: text(func(d *crm.WebhookDelivery) *string { return &d.Error })},
	{Name: "took", Edited: true, As: number(func(d *crm.WebhookDelivery) *int { return &d.Took })},
}

var (
	endpointColumns = endpointTable.Select("e")
	deliveryColumns = deliveryTable.Select("d")
)

// saveDelivery writes a delivery, in the place of what was known of it.
var saveDelivery = `
	INSERT INTO webhook_deliveries (` + deliveryTable.Insert() + `)
	VALUES (` + deliveryTable.Values() + `)
	ON CONFLICT (workspace_id, id) DO UPDATE SET ` + deliveryTable.Set()

// trimDeliveries drops the oldest deliveries of an endpoint that are over, beyond @kept.
const trimDeliveries = `
	DELETE FROM webhook_deliveries
	WHERE workspace_id = @workspace AND endpoint_id = @endpoint AND status <> 'PENDING' AND id <= (
	  SELECT id FROM webhook_deliveries
	  WHERE workspace_id = @workspace AND endpoint_id = @endpoint AND status <> 'PENDING'
	  ORDER BY id DESC
	  LIMIT 1 OFFSET @kept
	)`

// saveProgress stores how far an endpoint has come that @owner has leased. Where somebody else made something due meanwhile,
// that counts.
const saveProgress = `
	UPDATE webhook_endpoints SET
	  read_to = @read_to,
	  skipped = @skipped,
	  failures = CASE WHEN revision = @revision THEN @failures::integer ELSE 0 END,
	  failing_since = CASE WHEN revision = @revision THEN @failing_since::timestamptz END,
	  hold_until = CASE WHEN revision = @revision THEN @hold_until::timestamptz END,
	  next_at = CASE WHEN revision = @revision THEN @next_at::timestamptz ELSE @now END
	WHERE workspace_id = @workspace AND id = @endpoint AND lease_owner = @owner`

// disableEndpoint switches an endpoint off.
const disableEndpoint = `
	UPDATE webhook_endpoints
	SET enabled = false, disabled_at = @now, disabled_reason = @reason
	WHERE workspace_id = @workspace AND id = @endpoint AND revision = @revision AND enabled`

// retryDeliveries makes what an endpoint has not got pending and due.
const retryDeliveries = `
	UPDATE webhook_deliveries
	SET status = 'PENDING', attempts = 0, next_at = @now
	WHERE workspace_id = @workspace AND endpoint_id = @endpoint AND status <> 'DELIVERED' AND event_id IS NOT NULL`

// wakeEndpoint makes an endpoint due.
const wakeEndpoint = `
	UPDATE webhook_endpoints
	SET failures = 0, failing_since = NULL, hold_until = NULL, next_at = @now, revision = revision + 1
	WHERE workspace_id = @workspace AND id = @endpoint`

// leaseEndpoint gives an endpoint to @owner.
var leaseEndpoint = `
	UPDATE webhook_endpoints AS e SET lease_owner = @owner, lease_until = @until
	WHERE e.workspace_id = @workspace AND e.id = @endpoint AND e.enabled
	  AND (e.lease_owner = @owner OR coalesce(e.lease_until < @now, true))
	RETURNING ` + endpointColumns

// extendLease changes until when @owner has an endpoint.
const extendLease = `
	UPDATE webhook_endpoints SET lease_until = @until
	WHERE workspace_id = @workspace AND id = @endpoint AND lease_owner = @owner`

func scanEndpoint(row pgx.CollectableRow) (e crm.WebhookEndpoint, err error) {
	err = row.Scan(endpointTable.Targets(&e)...)
	return e, err
}

func scanDelivery(row pgx.CollectableRow) (d crm.WebhookDelivery, err error) {
	err = row.Scan(deliveryTable.Targets(&d)...)
	return d, err
}

// CreateEndpoint stores a new endpoint.
func (s *Store) CreateEndpoint(ctx context.Context, w crm.WorkspaceID, e crm.WebhookEndpoint, audit crm.AuditEntry) error {
	err := s.tx(ctx, func(tx pgx.Tx) error {
		var n int
		err := tx.QueryRow(ctx, `SELECT count(*) FROM webhook_endpoints WHERE workspace_id = @workspace`,
			pgx.NamedArgs{"workspace": w}).Scan(&n)
		switch {
		case err != nil:
			return err
		case n >= crm.MaxEndpoints:
			return crm.ErrTooManyEndpoints
		}
		err = tx.QueryRow(ctx, `SELECT seq FROM event_heads WHERE workspace_id = @workspace`,
			pgx.NamedArgs{"workspace": w}).Scan((*int64)(&e.ReadTo))
		if err := optional(err); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO webhook_endpoints (`+endpointTable.Insert()+`)
			VALUES (`+endpointTable.Values()+`)`, rowArgs(w, endpointTable, &e))
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, insertAudit, auditArgs(w, audit))
		return err
	})
	if err != nil {
		return fmt.Errorf("create webhook endpoint: %w", err)
	}
	return nil
}

// UpdateEndpoint edits an endpoint.
func (s *Store) UpdateEndpoint(
	ctx context.Context, w crm.WorkspaceID, id crm.EndpointID, change func(*crm.WebhookEndpoint) error, audit *crm.AuditEntry,
) (e crm.WebhookEndpoint, err error) {
	var refused error
	err = s.tx(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT `+endpointColumns+`
			FROM webhook_endpoints e
			WHERE e.workspace_id = @workspace AND e.id = @id
			FOR UPDATE`, pgx.NamedArgs{"workspace": w, "id": [16]byte(id)})
		if err != nil {
			return err
		}
		if e, err = pgx.CollectExactlyOneRow(rows, scanEndpoint); err != nil {
			return err
		}
		was := e.Enabled
		if refused = change(&e); refused != nil {
			return refused
		}
		_, err = tx.Exec(ctx, `
			UPDATE webhook_endpoints
			SET `+endpointTable.Set()+`
			WHERE workspace_id = @workspace AND id = @id`, rowArgs(w, endpointTable, &e))
		if err == nil && e.Enabled && !was {
			a := pgx.NamedArgs{"workspace": w, "endpoint": [16]byte(id), "now": time.Now().UTC()}
			if _, err = tx.Exec(ctx, wakeEndpoint, a); err == nil {
				_, err = tx.Exec(ctx, retryDeliveries, a)
			}
		}
		if err != nil {
			return err
		}
		return addAudits(ctx, tx, w, []*crm.AuditEntry{audit})
	})
	switch {
	case refused != nil:
		return e, refused
	case errors.Is(err, pgx.ErrNoRows):
		return crm.WebhookEndpoint{}, crm.ErrNotFound
	case err != nil:
		return crm.WebhookEndpoint{}, fmt.Errorf("update %s: %w", id, err)
	}
	return e, nil
}

// DeleteEndpoint removes an endpoint and its deliveries.
func (s *Store) DeleteEndpoint(ctx context.Context, w crm.WorkspaceID, id crm.EndpointID, audit crm.AuditEntry) error {
	err := s.tx(ctx, func(tx pgx.Tx) error {
		a := pgx.NamedArgs{"workspace": w, "endpoint": [16]byte(id)}
		tag, err := tx.Exec(ctx, `DELETE FROM webhook_endpoints WHERE workspace_id = @workspace AND id = @endpoint`, a)
		switch {
		case err != nil:
			return err
		case tag.RowsAffected() == 0:
			return crm.ErrNotFound
		}
		_, err = tx.Exec(ctx, `DELETE FROM webhook_deliveries WHERE workspace_id = @workspace AND endpoint_id = @endpoint`, a)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, insertAudit, auditArgs(w, audit))
		return err
	})
	if err != nil {
		return fmt.Errorf("delete %s: %w", id, err)
	}
	return nil
}

// Endpoints returns every endpoint of the workspace, the oldest first.
func (s *Store) Endpoints(ctx context.Context, w crm.WorkspaceID) ([]crm.WebhookEndpoint, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT `+endpointColumns+`
		FROM webhook_endpoints e
		WHERE e.workspace_id = @workspace
		ORDER BY e.id`, pgx.NamedArgs{"workspace": w})
	found, err := all(ctx, rows, err, scanEndpoint)
	if err != nil {
		return nil, fmt.Errorf("list webhook endpoints: %w", err)
	}
	return found, nil
}

// endpointsAtOnce is how many endpoints EachEndpoint reads in one statement.
const endpointsAtOnce = 500

// EachEndpoint calls f for every endpoint of every workspace.
func (s *Store) EachEndpoint(ctx context.Context, f func(crm.WorkspaceID, crm.WebhookEndpoint) error) error {
	type owned struct {
		workspace crm.WorkspaceID
		endpoint  crm.WebhookEndpoint
	}
	var last owned
	for {
		rows, err := s.pool.Query(ctx, `
			SELECT e.workspace_id, `+endpointColumns+`
			FROM webhook_endpoints e
			WHERE (e.workspace_id, e.id) > (@workspace, @id)
			ORDER BY e.workspace_id, e.id
			LIMIT @n`, pgx.NamedArgs{"workspace": last.workspace, "id": [16]byte(last.endpoint.ID), "n": endpointsAtOnce})
		batch, err := all(ctx, rows, err, func(row pgx.CollectableRow) (o owned, err error) {
			err = row.Scan(endpointTable.Targets(&o.endpoint, &o.workspace)...)
			return o, err
		})
		if err != nil {
			return fmt.Errorf("each webhook endpoint: %w", err)
		}
		for _, o := range batch {
			if err := f(o.workspace, o.endpoint); err != nil {
				return err
			}
		}
		if len(batch) < endpointsAtOnce {
			return nil
		}
		last = batch[len(batch)-1]
	}
}

// Deliveries returns one page of an endpoint's deliveries, newest first.
func (s *Store) Deliveries(ctx context.Context, w crm.WorkspaceID, q storage.DeliveryQuery) (storage.DeliveryPage, error) {
	beyond, order := newestFirst(q.Page)
	args := pageArgs(w, q.Page)
	args["endpoint"] = [16]byte(q.Endpoint)
	rows, err := s.pool.Query(ctx, `
		SELECT `+deliveryColumns+`
		FROM webhook_deliveries d
		WHERE workspace_id = @workspace AND endpoint_id = @endpoint`+ofStatus(q.Status, args)+beyond+`
		`+order, args)
	found, err := all(ctx, rows, err, scanDelivery)
	if err != nil {
		return storage.DeliveryPage{}, fmt.Errorf("list webhook deliveries: %w", err)
	}
	deliveries, more := storage.Window(q.Page, found, storage.DeliveryPosition, storage.NewestFirst)
	return storage.DeliveryPage{Deliveries: deliveries, More: more}, nil
}

// ofStatus is the condition that deliveries have a status, whose parameter it adds.
func ofStatus(s crm.DeliveryStatus, args pgx.NamedArgs) string {
	if s == "" {
		return ""
	}
	args["status"] = string(s)
	return ` AND status = @status`
}

// CountDeliveries counts an endpoint's deliveries as far as most.
func (s *Store) CountDeliveries(
	ctx context.Context, w crm.WorkspaceID, q storage.DeliveryQuery, most int,
) (storage.Count, error) {
	args := pgx.NamedArgs{"workspace": w, "endpoint": [16]byte(q.Endpoint), "n": most + 1}
	var n int
	err := s.pool.QueryRow(ctx, `
		SELECT count(*)
		FROM (
		  SELECT FROM webhook_deliveries
		  WHERE workspace_id = @workspace AND endpoint_id = @endpoint`+ofStatus(q.Status, args)+`
		  LIMIT @n
		) d`, args).Scan(&n)
	if err != nil {
		return storage.Count{}, fmt.Errorf("count webhook deliveries: %w", translate(ctx, err))
	}
	return storage.Counted(n, most), nil
}

// DeliveriesByID returns the deliveries that exist among ids.
func (s *Store) DeliveriesByID(
	ctx context.Context, w crm.WorkspaceID, ids []crm.DeliveryID,
) (map[crm.DeliveryID]crm.WebhookDelivery, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT `+deliveryColumns+`
		FROM webhook_deliveries d
		WHERE workspace_id = @workspace AND id = ANY(@ids)`, pgx.NamedArgs{"workspace": w, "ids": uuids(ids)})
	found, err := all(ctx, rows, err, scanDelivery)
	if err != nil {
		return nil, fmt.Errorf("look up webhook deliveries: %w", err)
	}
	byID := make(map[crm.DeliveryID]crm.WebhookDelivery, len(found))
	for _, d := range found {
		byID[d.ID] = d
	}
	return byID, nil
}

// AddDelivery stores a delivery that is over. It holds the row of the endpoint, so that the endpoint is not deleted meanwhile.
func (s *Store) AddDelivery(ctx context.Context, w crm.WorkspaceID, d crm.WebhookDelivery, audit crm.AuditEntry) error {
	err := s.tx(ctx, func(tx pgx.Tx) error {
		if _, err := lockedEndpoint(ctx, tx, w, d.EndpointID); err != nil {
			return err
		}
		b := &pgx.Batch{}
		b.Queue(saveDelivery, rowArgs(w, deliveryTable, &d))
		b.Queue(trimDeliveries, pgx.NamedArgs{"workspace": w, "endpoint": [16]byte(d.EndpointID), "kept": crm.KeptDeliveries})
		b.Queue(insertAudit, auditArgs(w, audit))
		return tx.SendBatch(ctx, b).Close()
	})
	if err != nil {
		return fmt.Errorf("add webhook delivery: %w", err)
	}
	return nil
}

// lockedEndpoint locks an endpoint and reports whether it is enabled. One that is not there is crm.ErrNotFound.
func lockedEndpoint(ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, id crm.EndpointID) (enabled bool, err error) {
	err = tx.QueryRow(ctx, `
		SELECT enabled FROM webhook_endpoints WHERE workspace_id = @workspace AND id = @id FOR UPDATE`,
		pgx.NamedArgs{"workspace": w, "id": [16]byte(id)}).Scan(&enabled)
	if errors.Is(err, pgx.ErrNoRows) {
		err = crm.ErrNotFound
	}
	return enabled, err
}

// Redeliver makes a delivery pending and due.
func (s *Store) Redeliver(
	ctx context.Context, w crm.WorkspaceID, id crm.DeliveryID, audit crm.AuditEntry,
) (d crm.WebhookDelivery, err error) {
	err = s.tx(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT `+deliveryColumns+`
			FROM webhook_deliveries d
			WHERE d.workspace_id = @workspace AND d.id = @id AND EXISTS (
			  SELECT FROM changes c WHERE c.workspace_id = @workspace AND c.id = d.event_id
			)`, pgx.NamedArgs{"workspace": w, "id": [16]byte(id)})
		if err != nil {
			return err
		}
		if d, err = pgx.CollectExactlyOneRow(rows, scanDelivery); err != nil {
			if errors.Is(err, pgx.ErrNoRows) {
				err = crm.ErrNotFound
			}
			return err
		}
		enabled, err := lockedEndpoint(ctx, tx, w, d.EndpointID)
		switch {
		case err != nil:
			return err
		case !enabled:
			return crm.ErrEndpointOff
		}
		d.Status, d.Attempts, d.NextAt = crm.DeliveryPending, 0, &audit.At
		audit.EndpointID = &d.EndpointID
		b := &pgx.Batch{}
		b.Queue(saveDelivery, rowArgs(w, deliveryTable, &d))
		b.Queue(wakeEndpoint, pgx.NamedArgs{"workspace": w, "endpoint": [16]byte(d.EndpointID), "now": audit.At.UTC()})
		b.Queue(insertAudit, auditArgs(w, audit))
		return tx.SendBatch(ctx, b).Close()
	})
	if err != nil {
		return crm.WebhookDelivery{}, fmt.Errorf("redeliver %s: %w", id, err)
	}
	return d, nil
}

// DueEndpoints returns endpoints of any workspace that have something to do.
func (s *Store) DueEndpoints(ctx context.Context, now time.Time, n int) ([]storage.OwnedEndpoint, error) {
	found, err := everywhere(ctx, s, `
		SELECT e.workspace_id, e.id
		FROM (SELECT * FROM webhook_endpoints WHERE %[1]s) e
		LEFT JOIN (SELECT workspace_id, seq FROM event_heads WHERE %[1]s) h ON h.workspace_id = e.workspace_id
		WHERE e.enabled AND coalesce(e.lease_until < @now, true) AND (
		  e.next_at <= @now OR coalesce(h.seq, 0) > e.read_to AND coalesce(e.hold_until <= @now, true)
		)
		LIMIT @n`, pgx.NamedArgs{"now": now.UTC(), "n": n}, func(row pgx.CollectableRow) (o storage.OwnedEndpoint, err error) {
		return o, row.Scan(&o.Workspace, (*[16]byte)(&o.ID))
	})
	if err != nil {
		return nil, fmt.Errorf("find due webhook endpoints: %w", err)
	}
	return found, nil
}

func leaseArgs(w crm.WorkspaceID, id crm.EndpointID, l storage.EndpointLease) pgx.NamedArgs {
	return pgx.NamedArgs{
		"workspace": w, "endpoint": [16]byte(id), "owner": [16]byte(l.Owner), "now": l.Now.UTC(), "until": l.Until.UTC(),
	}
}

// LeaseEndpoint gives an endpoint to an owner.
func (s *Store) LeaseEndpoint(
	ctx context.Context, w crm.WorkspaceID, id crm.EndpointID, l storage.EndpointLease,
) (leased storage.LeasedEndpoint, err error) {
	err = s.tx(ctx, func(tx pgx.Tx) error {
		leased = storage.LeasedEndpoint{}
		rows, err := tx.Query(ctx, leaseEndpoint, leaseArgs(w, id, l))
		if err != nil {
			return err
		}
		if leased.Endpoint, err = pgx.CollectExactlyOneRow(rows, scanEndpoint); err != nil {
			if errors.Is(err, pgx.ErrNoRows) {
				err = crm.ErrLeaseLost
			}
			return err
		}
		rows, err = tx.Query(ctx, `
			SELECT `+deliveryColumns+`
			FROM webhook_deliveries d
			WHERE d.workspace_id = @workspace AND d.endpoint_id = @endpoint AND d.status = 'PENDING'
			ORDER BY d.seq`, pgx.NamedArgs{"workspace": w, "endpoint": [16]byte(id)})
		if err != nil {
			return err
		}
		leased.Pending, err = pgx.CollectRows(rows, scanDelivery)
		return err
	})
	if err != nil {
		return storage.LeasedEndpoint{}, fmt.Errorf("lease %s: %w", id, err)
	}
	return leased, nil
}

// ExtendLease changes until when an owner has an endpoint.
func (s *Store) ExtendLease(ctx context.Context, w crm.WorkspaceID, id crm.EndpointID, l storage.EndpointLease) error {
	args := leaseArgs(w, id, l)
	delete(args, "now")
	tag, err := s.pool.Exec(ctx, extendLease, args)
	switch {
	case err != nil:
		return fmt.Errorf("extend lease: %w", translate(ctx, err))
	case tag.RowsAffected() == 0:
		return fmt.Errorf("extend lease: %w", crm.ErrLeaseLost)
	}
	return nil
}

// SaveRound stores what an owner has done.
func (s *Store) SaveRound(ctx context.Context, w crm.WorkspaceID, id crm.EndpointID, r storage.WebhookRound) error {
	at := func(t *time.Time) pgtype.Timestamptz {
		if t == nil {
			return pgtype.Timestamptz{}
		}
		return pgtype.Timestamptz{Time: t.UTC(), Valid: true}
	}
	err := s.tx(ctx, func(tx pgx.Tx) error {
		p := r.Progress
		tag, err := tx.Exec(ctx, saveProgress, pgx.NamedArgs{
			"workspace": w, "endpoint": [16]byte(id), "owner": [16]byte(r.Owner), "now": r.At.UTC(), "revision": p.Revision,
			"read_to": int64(p.ReadTo), "skipped": p.Skipped, "failures": p.Failures,
			"failing_since": at(p.FailingSince), "hold_until": at(p.HoldUntil), "next_at": at(p.NextAt),
		})
		switch {
		case err != nil:
			return err
		case tag.RowsAffected() == 0:
			return crm.ErrLeaseLost
		}
		b := &pgx.Batch{}
		for i := range r.Deliveries {
			b.Queue(saveDelivery, rowArgs(w, deliveryTable, &r.Deliveries[i]))
		}
		if len(r.Dropped) > 0 {
			b.Queue(`DELETE FROM webhook_deliveries WHERE workspace_id = @workspace AND id = ANY(@ids)`,
				pgx.NamedArgs{"workspace": w, "ids": uuids(r.Dropped)})
		}
		if r.Disabled != "" {
			b.Queue(disableEndpoint, pgx.NamedArgs{
				"workspace": w, "endpoint": [16]byte(id), "now": r.At.UTC(), "reason": string(r.Disabled), "revision": p.Revision,
			})
		}
		if len(r.Deliveries) > 0 {
			b.Queue(trimDeliveries, pgx.NamedArgs{"workspace": w, "endpoint": [16]byte(id), "kept": crm.KeptDeliveries})
		}
		return tx.SendBatch(ctx, b).Close()
	})
	if err != nil {
		return fmt.Errorf("save webhook round: %w", err)
	}
	return nil
}

// neededFrom is the sequence number before the first event that an enabled endpoint of the workspace has yet to get; NULL where
// there is no such endpoint. A statement about one workspace names its parameter: Citus locks rows only where each table is
// compared with it. also is a further condition on each table.
func neededFrom(workspace, also string) string {
	return `(
	SELECT min(least(e.read_to, (
	  SELECT min(d.seq) - 1 FROM webhook_deliveries d
	  WHERE d.workspace_id = ` + workspace + ` AND d.endpoint_id = e.id AND d.status = 'PENDING'` + also + `
	)))
	FROM webhook_endpoints e
	WHERE e.workspace_id = ` + workspace + ` AND e.enabled` + also + `
	)`
}
