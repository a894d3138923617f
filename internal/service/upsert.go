package service

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"kith/internal/crm"
)

// MaxIdempotencyKey is the length in bytes that an idempotency key may have.
const MaxIdempotencyKey = 255

// UpsertContacts takes in contacts as another system knows them, [MaxNamed] at most. A call that repeats one with its key
// changes nothing and gets the same results, with the contacts as they are now. The key belongs to the subject of the viewer.
func (s *Service) UpsertContacts(
	ctx context.Context, v crm.Viewer, contacts []crm.Upsert, r crm.UpsertRules, key string,
) ([]crm.Upserted, error) {
	if err := Authorize(v, crm.ImportContacts); err != nil {
		return nil, err
	}
	if err := FewNamed("contacts", "items", contacts); err != nil {
		return nil, err
	}
	if key == "" || len(key) > MaxIdempotencyKey {
		return nil, &crm.InvalidError{Field: "idempotencyKey", Reason: fmt.Sprintf("must have 1 to %d bytes", MaxIdempotencyKey)}
	}
	region, err := s.region(ctx, v.Workspace)
	if err != nil {
		return nil, err
	}
	now := s.clock()
	batch := crm.UpsertBatch{
		Rules: r, At: now, Actor: v.Subject,
		Key: new(sha256.Sum256([]byte(v.Subject + "\x00" + key))), Digest: new(crm.UpsertDigest(contacts, r)),
	}
	for _, u := range contacts {
		batch.Upserts = append(batch.Upserts, u.Read(region, now))
	}
	done, err := s.store.UpsertContacts(ctx, v.Workspace, batch)
	if errors.Is(err, crm.ErrKeyReused) {
		return nil, &crm.InvalidError{Field: "idempotencyKey", Reason: "was used for other contacts: use another one"}
	}
	return done, err
}
