package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
	"kith/storage"
)

// Survivors returns the contact that each of the ids has become part of.
func (s *Store) Survivors(ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID) (map[crm.ContactID]crm.ContactID, error) {
	found, err := survivorsOf(ctx, s.pool, w, ids)
	if err != nil {
		return nil, fmt.Errorf("look up merged contacts: %w", err)
	}
	return found, nil
}

// OldIDs returns the ids of the contacts that have become part of each of the contacts.
func (s *Store) OldIDs(ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID) (map[crm.ContactID][]crm.ContactID, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT survivor_id, contact_id FROM redirects
		WHERE workspace_id = @workspace AND survivor_id = ANY(@ids)
		ORDER BY contact_id`, pgx.NamedArgs{"workspace": w, "ids": uuids(ids)})
	out := map[crm.ContactID][]crm.ContactID{}
	_, err = all(ctx, rows, err, func(row pgx.CollectableRow) (struct{}, error) {
		var survivor, old [16]byte
		err := row.Scan(&survivor, &old)
		out[survivor] = append(out[survivor], old)
		return struct{}{}, err
	})
	if err != nil {
		return nil, fmt.Errorf("look up old ids: %w", err)
	}
	return out, nil
}

// AccountIdentities returns the identities of each of the accounts, oldest first.
func (s *Store) AccountIdentities(ctx context.Context, w crm.WorkspaceID, ids []crm.AccountID) (map[crm.AccountID][]crm.Identity, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT `+identityTable.Select("i")+`
		FROM (
		  SELECT DISTINCT a.id, `+ownerOf("a.id")+` AS contact_id FROM unnest(@ids::uuid[]) a(id)
		) a
		JOIN identities i ON i.workspace_id = @workspace AND i.contact_id = a.contact_id AND i.account_id = a.id
		WHERE i.workspace_id = @workspace
		ORDER BY i.created_at, i.channel_id, i.external_id`, pgx.NamedArgs{"workspace": w, "ids": uuids(ids)})
	found, err := all(ctx, rows, err, scanIdentity())
	if err != nil {
		return nil, fmt.Errorf("look up identities of accounts: %w", err)
	}
	out := map[crm.AccountID][]crm.Identity{}
	for _, i := range found {
		out[i.AccountID] = append(out[i.AccountID], i)
	}
	return out, nil
}

// Proofs returns contacts that are to be dealt with, oldest first.
func (s *Store) Proofs(ctx context.Context) ([]storage.Proof, error) {
	found, err := everywhere(ctx, s, `
		SELECT workspace_id, a, b, channel_id, at, suggest FROM proofs WHERE %[1]s ORDER BY at, workspace_id, a, b LIMIT @n`,
		pgx.NamedArgs{"n": storage.ProofsAtOnce}, func(row pgx.CollectableRow) (p storage.Proof, err error) {
			err = row.Scan(
				&p.Workspace, (*[16]byte)(&p.Contacts[0]), (*[16]byte)(&p.Contacts[1]), (*[16]byte)(&p.Channel), &p.At, &p.Suggest,
			)
			p.At = p.At.UTC()
			return p, err
		})
	if err != nil {
		return nil, fmt.Errorf("list proofs: %w", err)
	}
	return found, nil
}

// SettleProven drops the proof. Where the contacts are still two, a person is to judge.
func (s *Store) SettleProven(ctx context.Context, w crm.WorkspaceID, p crm.Proven) error {
	first, second := p.Ordered()
	b := &pgx.Batch{}
	b.Queue(`DELETE FROM dismissals WHERE workspace_id = @workspace AND a = @a AND b = @b AND NOT proven`,
		pgx.NamedArgs{"workspace": w, "a": [16]byte(first), "b": [16]byte(second)})
	suggest(b, w, first, second, crm.ReasonsOf(crm.ProvenSame), p.At)
	b.Queue(`DELETE FROM proofs WHERE workspace_id = @workspace AND a = @a AND b = @b`,
		pgx.NamedArgs{"workspace": w, "a": [16]byte(first), "b": [16]byte(second)})
	err := s.tx(ctx, func(tx pgx.Tx) error { return tx.SendBatch(ctx, b).Close() })
	if err != nil {
		return fmt.Errorf("settle a proof: %w", err)
	}
	return nil
}

// keepsProof returns crm.ErrNotFound for a proof that has been settled, or is for a person to judge.
func keepsProof(ctx context.Context, tx pgx.Tx, w crm.WorkspaceID, p *crm.Proven) error {
	if p == nil {
		return nil
	}
	first, second := p.Ordered()
	var kept bool
	err := tx.QueryRow(ctx, `
		SELECT count(*) > 0 FROM proofs WHERE workspace_id = @workspace AND a = @a AND b = @b AND NOT suggest`,
		pgx.NamedArgs{"workspace": w, "a": [16]byte(first), "b": [16]byte(second)}).Scan(&kept)
	if err == nil && !kept {
		return crm.ErrNotFound
	}
	return err
}
