package sqlite

import (
	"context"
	"database/sql"

	"kith/internal/crm"
	"kith/storage"
)

// Proofs returns contacts that are to be dealt with, oldest first.
func (s *Store) Proofs(ctx context.Context) ([]storage.Proof, error) {
	found, err := read(ctx, s, func(c *conn) ([]storage.Proof, error) {
		return all(ctx, c, `SELECT workspace_id, a, b, channel_id, at, suggest FROM proofs ORDER BY at, workspace_id, a, b LIMIT @n`,
			args{"n": storage.ProofsAtOnce}, func(rows *sql.Rows) (p storage.Proof, err error) {
				err = rows.Scan(
					&p.Workspace, idTarget[crm.ContactID]{&p.Contacts[0]}, idTarget[crm.ContactID]{&p.Contacts[1]},
					idTarget[crm.ChannelID]{&p.Channel}, instantTarget{&p.At}, &p.Suggest,
				)
				return p, err
			})
	})
	return found, wrap("list proofs", err)
}

// SettleProven removes the proof. Where the contacts are still two, a person is to judge.
func (s *Store) SettleProven(ctx context.Context, w crm.WorkspaceID, p crm.Proven) error {
	a, b := p.Ordered()
	return wrap("settle proof", s.write(ctx, func(ctx context.Context, t *tx) error {
		_, err := t.exec(ctx, `DELETE FROM dismissals WHERE workspace_id = @workspace AND a = @a AND b = @b AND NOT proven`,
			args{"workspace": w, "a": a[:], "b": b[:]})
		if err != nil {
			return err
		}
		if err := t.suggest(ctx, w, a, b, crm.ReasonsOf(crm.ProvenSame), p.At); err != nil {
			return err
		}
		_, err = t.exec(ctx, `DELETE FROM proofs WHERE workspace_id = @workspace AND a = @a AND b = @b`,
			args{"workspace": w, "a": a[:], "b": b[:]})
		return err
	}))
}

// keepsProof returns crm.ErrNotFound for a proof that has been settled, or is for a person to judge.
func keepsProof(ctx context.Context, c *conn, w crm.WorkspaceID, p *crm.Proven) error {
	if p == nil {
		return nil
	}
	a, b := p.Ordered()
	_, kept, err := first(ctx, c, `SELECT 1 FROM proofs WHERE workspace_id = @workspace AND a = @a AND b = @b AND NOT suggest`,
		args{"workspace": w, "a": a[:], "b": b[:]}, scanInt)
	if err == nil && !kept {
		return crm.ErrNotFound
	}
	return err
}
