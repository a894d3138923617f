package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

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
	  failures = CASE WHEN revision = @revision THEN @failures ELSE 0 END,
	  failing_since = CASE WHEN revision = @revision THEN @failing_since END,
	  hold_until = CASE WHEN revision = @revision THEN @hold_until END,
	  next_at = CASE WHEN revision = @revision THEN @next_at ELSE @now END
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
	UPDATE webhook_endpoints SET lease_owner = @owner, lease_until = @until
	WHERE workspace_id = @workspace AND id = @endpoint AND enabled
	  AND (lease_owner = @owner OR coalesce(lease_until < @now, true))
	RETURNING ` + endpointTable.Select("webhook_endpoints")

// extendLease changes until when @owner has an endpoint.
const extendLease = `
	UPDATE webhook_endpoints SET lease_until = @until
	WHERE workspace_id = @workspace AND id = @endpoint AND lease_owner = @owner`

func scanEndpoint(rows *sql.Rows) (e crm.WebhookEndpoint, err error) {
	err = rows.Scan(endpointTable.Targets(&e)...)
	return e, err
}

func scanDelivery(rows *sql.Rows) (d crm.WebhookDelivery, err error) {
	err = rows.Scan(deliveryTable.Targets(&d)...)
	return d, err
}

// CreateEndpoint stores a new endpoint.
func (s *Store) CreateEndpoint(ctx context.Context, w crm.WorkspaceID, e crm.WebhookEndpoint, audit crm.AuditEntry) error {
	return wrap("create webhook endpoint", s.write(ctx, func(ctx context.Context, t *tx) error {
		n, _, err := first(ctx, t.conn, `SELECT count(*) FROM webhook_endpoints WHERE workspace_id = @workspace`,
			args{"workspace": w}, scanInt)
		switch {
		case err != nil:
			return err
		case n >= crm.MaxEndpoints:
			return crm.ErrTooManyEndpoints
		}
		head, _, err := first(ctx, t.conn, `SELECT seq FROM event_heads WHERE workspace_id = @workspace`, args{"workspace": w}, scanInt)
		if err != nil {
			return err
		}
		e.ReadTo = crm.Sequence(head)
		_, err = t.exec(ctx, `
			INSERT INTO webhook_endpoints (`+endpointTable.Insert()+`)
			VALUES (`+endpointTable.Values()+`)`, rowArgs(w, endpointTable, &e))
		if err != nil {
			return err
		}
		return t.addAudit(ctx, w, audit)
	}))
}

// UpdateEndpoint edits an endpoint.
func (s *Store) UpdateEndpoint(
	ctx context.Context, w crm.WorkspaceID, id crm.EndpointID, change func(*crm.WebhookEndpoint) error, audit *crm.AuditEntry,
) (e crm.WebhookEndpoint, err error) {
	var refused error
	err = s.write(ctx, func(ctx context.Context, t *tx) error {
		var found bool
		e, found, err = first(ctx, t.conn, `
			SELECT `+endpointColumns+`
			FROM webhook_endpoints e
			WHERE e.workspace_id = @workspace AND e.id = @id`, args{"workspace": w, "id": id[:]}, scanEndpoint)
		switch {
		case err != nil:
			return err
		case !found:
			return crm.ErrNotFound
		}
		was := e.Enabled
		if refused = change(&e); refused != nil {
			return refused
		}
		_, err = t.exec(ctx, `
			UPDATE webhook_endpoints
			SET `+endpointTable.Set()+`
			WHERE workspace_id = @workspace AND id = @id`, rowArgs(w, endpointTable, &e))
		if err == nil && e.Enabled && !was {
			a := args{"workspace": w, "endpoint": id[:], "now": time.Now().UTC().UnixMicro()}
			if _, err = t.exec(ctx, wakeEndpoint, a); err == nil {
				_, err = t.exec(ctx, retryDeliveries, a)
			}
		}
		if err != nil {
			return err
		}
		return t.addAudits(ctx, w, []*crm.AuditEntry{audit})
	})
	switch {
	case refused != nil:
		return e, refused
	case err != nil:
		return crm.WebhookEndpoint{}, fmt.Errorf("update %s: %w", id, err)
	}
	return e, nil
}

// DeleteEndpoint removes an endpoint and its deliveries.
func (s *Store) DeleteEndpoint(ctx context.Context, w crm.WorkspaceID, id crm.EndpointID, audit crm.AuditEntry) error {
	return wrap("delete webhook endpoint", s.write(ctx, func(ctx context.Context, t *tx) error {
		a := args{"workspace": w, "endpoint": id[:]}
		n, err := t.exec(ctx, `DELETE FROM webhook_endpoints WHERE workspace_id = @workspace AND id = @endpoint`, a)
		switch {
		case err != nil:
			return err
		case n == 0:
			return crm.ErrNotFound
		}
		_, err = t.exec(ctx, `DELETE FROM webhook_deliveries WHERE workspace_id = @workspace AND endpoint_id = @endpoint`, a)
		if err != nil {
			return err
		}
		return t.addAudit(ctx, w, audit)
	}))
}

// Endpoints returns every endpoint of the workspace, the oldest first.
func (s *Store) Endpoints(ctx context.Context, w crm.WorkspaceID) ([]crm.WebhookEndpoint, error) {
	found, err := read(ctx, s, func(c *conn) ([]crm.WebhookEndpoint, error) {
		return all(ctx, c, `
			SELECT `+endpointColumns+`
			FROM webhook_endpoints e
			WHERE e.workspace_id = @workspace
			ORDER BY e.id`, args{"workspace": w}, scanEndpoint)
	})
	return found, wrap("list webhook endpoints", err)
}

// endpointsAtOnce is how many endpoints EachEndpoint reads in one statement.
const endpointsAtOnce = 500

// EachEndpoint calls f for every endpoint of every workspace. No connection is held meanwhile, so that f may write.
func (s *Store) EachEndpoint(ctx context.Context, f func(crm.WorkspaceID, crm.WebhookEndpoint) error) error {
	type owned struct {
		workspace crm.WorkspaceID
		endpoint  crm.WebhookEndpoint
	}
	var last owned
	for {
		batch, err := read(ctx, s, func(c *conn) ([]owned, error) {
			return all(ctx, c, `
				SELECT e.workspace_id, `+endpointColumns+`
				FROM webhook_endpoints e
				WHERE (e.workspace_id, e.id) > (@workspace, @id)
				ORDER BY e.workspace_id, e.id
				LIMIT @n`, args{"workspace": last.workspace, "id": last.endpoint.ID[:], "n": endpointsAtOnce},
				func(rows *sql.Rows) (o owned, err error) {
					err = rows.Scan(endpointTable.Targets(&o.endpoint, &o.workspace)...)
					return o, err
				})
		})
		if err != nil {
			return wrap("each webhook endpoint", err)
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
	p := q.Page
	d, a := clause.Reading(!p.FromEnd), args{"workspace": w, "endpoint": q.Endpoint[:], "n": p.Size + 1}
	beyond := ofStatus(q.Status, a)
	if from := p.From(); from != nil {
		beyond += fmt.Sprintf(` AND d.id %s @id`, d.Beyond)
		a["id"] = from.ID[:]
	}
	found, err := read(ctx, s, func(c *conn) ([]crm.WebhookDelivery, error) {
		return all(ctx, c, fmt.Sprintf(`
			SELECT `+deliveryColumns+`
			FROM webhook_deliveries d
			WHERE d.workspace_id = @workspace AND d.endpoint_id = @endpoint%s
			ORDER BY d.id %s
			LIMIT @n`, beyond, d.Order), a, scanDelivery)
	})
	if err != nil {
		return storage.DeliveryPage{}, wrap("list webhook deliveries", err)
	}
	deliveries, more := storage.Window(p, found, storage.DeliveryPosition, storage.NewestFirst)
	return storage.DeliveryPage{Deliveries: deliveries, More: more}, nil
}

// ofStatus is the condition that deliveries have a status, whose argument it adds.
func ofStatus(s crm.DeliveryStatus, a args) string {
	if s == "" {
		return ""
	}
	a["status"] = string(s)
	return ` AND d.status = @status`
}

// CountDeliveries counts an endpoint's deliveries as far as most.
func (s *Store) CountDeliveries(
	ctx context.Context, w crm.WorkspaceID, q storage.DeliveryQuery, most int,
) (storage.Count, error) {
	a := args{"workspace": w, "endpoint": q.Endpoint[:], "n": most + 1}
	of := ofStatus(q.Status, a)
	n, err := read(ctx, s, func(c *conn) (int, error) {
		n, _, err := first(ctx, c, `
			SELECT count(*)
			FROM (
			  SELECT 1 FROM webhook_deliveries d
			  WHERE d.workspace_id = @workspace AND d.endpoint_id = @endpoint`+of+`
			  LIMIT @n
			)`, a, scanInt)
		return n, err
	})
	if err != nil {
		return storage.Count{}, wrap("count webhook deliveries", err)
	}
	return storage.Counted(n, most), nil
}

// DeliveriesByID returns the deliveries that exist among ids.
func (s *Store) DeliveriesByID(
	ctx context.Context, w crm.WorkspaceID, ids []crm.DeliveryID,
) (map[crm.DeliveryID]crm.WebhookDelivery, error) {
	found, err := read(ctx, s, func(c *conn) ([]crm.WebhookDelivery, error) {
		return all(ctx, c, `
			SELECT `+deliveryColumns+`
			FROM webhook_deliveries d
			WHERE d.workspace_id = @workspace AND d.id IN (SELECT unhex(value) FROM json_each(@ids))`,
			args{"workspace": w, "ids": idList(ids)}, scanDelivery)
	})
	if err != nil {
		return nil, wrap("look up webhook deliveries", err)
	}
	byID := make(map[crm.DeliveryID]crm.WebhookDelivery, len(found))
	for _, d := range found {
		byID[d.ID] = d
	}
	return byID, nil
}

// AddDelivery stores a delivery that is over.
func (s *Store) AddDelivery(ctx context.Context, w crm.WorkspaceID, d crm.WebhookDelivery, audit crm.AuditEntry) error {
	return wrap("add webhook delivery", s.write(ctx, func(ctx context.Context, t *tx) error {
		_, found, err := first(ctx, t.conn, `SELECT 1 FROM webhook_endpoints WHERE workspace_id = @workspace AND id = @id`,
			args{"workspace": w, "id": d.EndpointID[:]}, scanInt)
		switch {
		case err != nil:
			return err
		case !found:
			return crm.ErrNotFound
		}
		if _, err := t.exec(ctx, saveDelivery, rowArgs(w, deliveryTable, &d)); err != nil {
			return err
		}
		_, err = t.exec(ctx, trimDeliveries, args{"workspace": w, "endpoint": d.EndpointID[:], "kept": crm.KeptDeliveries})
		if err != nil {
			return err
		}
		return t.addAudit(ctx, w, audit)
	}))
}

// Redeliver makes a delivery pending and due.
func (s *Store) Redeliver(
	ctx context.Context, w crm.WorkspaceID, id crm.DeliveryID, audit crm.AuditEntry,
) (d crm.WebhookDelivery, err error) {
	err = s.write(ctx, func(ctx context.Context, t *tx) error {
		var found bool
		d, found, err = first(ctx, t.conn, `
			SELECT `+deliveryColumns+`
			FROM webhook_deliveries d
			WHERE d.workspace_id = @workspace AND d.id = @id AND EXISTS (
			  SELECT 1 FROM changes c WHERE c.workspace_id = @workspace AND c.id = d.event_id
			)`, args{"workspace": w, "id": id[:]}, scanDelivery)
		switch {
		case err != nil:
			return err
		case !found:
			return crm.ErrNotFound
		}
		enabled, _, err := first(ctx, t.conn, `SELECT enabled FROM webhook_endpoints WHERE workspace_id = @workspace AND id = @id`,
			args{"workspace": w, "id": d.EndpointID[:]}, scanInt)
		switch {
		case err != nil:
			return err
		case enabled == 0:
			return crm.ErrEndpointOff
		}
		d.Status, d.Attempts, d.NextAt = crm.DeliveryPending, 0, &audit.At
		if _, err := t.exec(ctx, saveDelivery, rowArgs(w, deliveryTable, &d)); err != nil {
			return err
		}
		_, err = t.exec(ctx, wakeEndpoint, args{"workspace": w, "endpoint": d.EndpointID[:], "now": audit.At.UnixMicro()})
		if err != nil {
			return err
		}
		audit.EndpointID = &d.EndpointID
		return t.addAudit(ctx, w, audit)
	})
	if err != nil {
		return crm.WebhookDelivery{}, fmt.Errorf("redeliver %s: %w", id, err)
	}
	return d, nil
}

// DueEndpoints returns endpoints of any workspace that have something to do.
func (s *Store) DueEndpoints(ctx context.Context, now time.Time, n int) ([]storage.OwnedEndpoint, error) {
	found, err := read(ctx, s, func(c *conn) ([]storage.OwnedEndpoint, error) {
		return all(ctx, c, `
			SELECT e.workspace_id, e.id
			FROM webhook_endpoints e
			LEFT JOIN event_heads h ON h.workspace_id = e.workspace_id
			WHERE e.enabled AND coalesce(e.lease_until < @now, true) AND (
			  e.next_at <= @now OR coalesce(h.seq, 0) > e.read_to AND coalesce(e.hold_until <= @now, true)
			)
			LIMIT @n`, args{"now": now.UnixMicro(), "n": n}, func(rows *sql.Rows) (o storage.OwnedEndpoint, err error) {
			return o, rows.Scan(&o.Workspace, idTarget[crm.EndpointID]{&o.ID})
		})
	})
	return found, wrap("find due webhook endpoints", err)
}

func leaseArgs(w crm.WorkspaceID, id crm.EndpointID, l storage.EndpointLease) args {
	return args{"workspace": w, "endpoint": id[:], "owner": l.Owner[:], "now": l.Now.UnixMicro(), "until": l.Until.UnixMicro()}
}

// LeaseEndpoint gives an endpoint to an owner.
func (s *Store) LeaseEndpoint(
	ctx context.Context, w crm.WorkspaceID, id crm.EndpointID, l storage.EndpointLease,
) (leased storage.LeasedEndpoint, err error) {
	err = s.write(ctx, func(ctx context.Context, t *tx) error {
		var found bool
		leased.Endpoint, found, err = first(ctx, t.conn, leaseEndpoint, leaseArgs(w, id, l), scanEndpoint)
		switch {
		case err != nil:
			return err
		case !found:
			return crm.ErrLeaseLost
		}
		leased.Pending, err = all(ctx, t.conn, `
			SELECT `+deliveryColumns+`
			FROM webhook_deliveries d
			WHERE d.workspace_id = @workspace AND d.endpoint_id = @endpoint AND d.status = 'PENDING'
			ORDER BY d.seq`, args{"workspace": w, "endpoint": id[:]}, scanDelivery)
		return err
	})
	if err != nil {
		return storage.LeasedEndpoint{}, fmt.Errorf("lease %s: %w", id, err)
	}
	return leased, nil
}

// ExtendLease changes until when an owner has an endpoint.
func (s *Store) ExtendLease(ctx context.Context, w crm.WorkspaceID, id crm.EndpointID, l storage.EndpointLease) error {
	return wrap("extend lease", s.write(ctx, func(ctx context.Context, t *tx) error {
		n, err := t.exec(ctx, extendLease, leaseArgs(w, id, l))
		if err == nil && n == 0 {
			err = crm.ErrLeaseLost
		}
		return err
	}))
}

// SaveRound stores what an owner has done.
func (s *Store) SaveRound(ctx context.Context, w crm.WorkspaceID, id crm.EndpointID, r storage.WebhookRound) error {
	return wrap("save webhook round", s.write(ctx, func(ctx context.Context, t *tx) error {
		p := r.Progress
		a := args{
			"workspace": w, "endpoint": id[:], "owner": r.Owner[:], "now": r.At.UnixMicro(), "revision": p.Revision,
			"read_to": int64(p.ReadTo), "skipped": p.Skipped, "failures": p.Failures,
			"failing_since": optionalMicros(p.FailingSince), "hold_until": optionalMicros(p.HoldUntil), "next_at": optionalMicros(p.NextAt),
		}
		n, err := t.exec(ctx, saveProgress, a)
		switch {
		case err != nil:
			return err
		case n == 0:
			return crm.ErrLeaseLost
		}
		for i := range r.Deliveries {
			if _, err := t.exec(ctx, saveDelivery, rowArgs(w, deliveryTable, &r.Deliveries[i])); err != nil {
				return err
			}
		}
		if len(r.Dropped) > 0 {
			_, err := t.exec(ctx, `
				DELETE FROM webhook_deliveries
				WHERE workspace_id = @workspace AND id IN (SELECT unhex(value) FROM json_each(@ids))`,
				args{"workspace": w, "ids": idList(r.Dropped)})
			if err != nil {
				return err
			}
		}
		if r.Disabled != "" {
			_, err := t.exec(ctx, disableEndpoint, args{
				"workspace": w, "endpoint": id[:], "now": r.At.UnixMicro(), "reason": string(r.Disabled), "revision": p.Revision,
			})
			if err != nil {
				return err
			}
		}
		_, err = t.exec(ctx, trimDeliveries, args{"workspace": w, "endpoint": id[:], "kept": crm.KeptDeliveries})
		return err
	}))
}

// neededFrom is the sequence number before the first event that an enabled endpoint of the workspace h has yet to get; NULL where
// there is no such endpoint.
const neededFrom = `(
	SELECT min(min(e.read_to, coalesce((
	  SELECT min(d.seq) - 1 FROM webhook_deliveries d
	  WHERE d.workspace_id = e.workspace_id AND d.endpoint_id = e.id AND d.status = 'PENDING'
	), e.read_to)))
	FROM webhook_endpoints e
	WHERE e.workspace_id = h.workspace_id AND e.enabled
	)`
