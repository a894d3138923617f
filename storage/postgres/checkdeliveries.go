package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
	"kith/storage/checkup"
)

// DeliveriesAfter reads webhook deliveries.
func (w *checkedWorkspace) DeliveriesAfter(ctx context.Context, after checkup.Delivery, n int) ([]checkup.Delivery, error) {
	return rowsAfter(ctx, w, `
		SELECT d.id, (SELECT true FROM webhook_endpoints e WHERE e.workspace_id = @workspace AND e.id = d.endpoint_id) IS NOT NULL
		FROM webhook_deliveries d
		WHERE d.workspace_id = @workspace AND d.id > @id
		ORDER BY d.id
		LIMIT %d`, pgx.NamedArgs{"id": [16]byte(after.ID)}, n, func(row pgx.CollectableRow) (d checkup.Delivery, err error) {
		return d, row.Scan((*[16]byte)(&d.ID), &d.HasEndpoint)
	})
}

// RemoveDelivery looks for the endpoint again.
func (w *checkedWorkspace) RemoveDelivery(ctx context.Context, id crm.DeliveryID) error {
	return w.exec(ctx, `
		DELETE FROM webhook_deliveries d
		WHERE d.workspace_id = @workspace AND d.id = @id AND NOT EXISTS (
		  SELECT FROM webhook_endpoints e WHERE e.workspace_id = @workspace AND e.id = d.endpoint_id
		)`, pgx.NamedArgs{"workspace": w.id, "id": [16]byte(id)})
}
