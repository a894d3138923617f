package storagetest

import (
	"crypto/sha256"
	"slices"
	"sync"
	"time"

	"kith/internal/crm"
	"kith/storage"
)

// key is a key to come, and the audit entry for it.
func (w *world) key(name string) (crm.APIKey, crm.AuditEntry) {
	at := w.tick()
	k := crm.APIKey{
		ID: crm.NewKeyID(at), Name: name, Role: crm.RoleReader, Hash: sha256.Sum256([]byte(name)), CreatedBy: "ann", CreatedAt: at,
	}
	audit := crm.NewAudit(crm.KeyCreated, "ann", at)
	audit.KeyID = &k.ID
	return k, audit
}

// newKey creates a key.
func (w *world) newKey(name string) crm.APIKey {
	w.t.Helper()
	k, audit := w.key(name)
	w.check(w.CreateAPIKey(w.ctx, w.id, k, audit))
	return k
}

// keys are the names of a page of keys.
func (w *world) keys(p storage.Page) (names []string, more bool) {
	w.t.Helper()
	page, err := w.APIKeys(w.ctx, w.id, p)
	w.check(err)
	for _, k := range page.Keys {
		names = append(names, k.Name)
	}
	return names, page.More
}

var apiKeyCases = []testCase{
	{"an API key is kept with everything that it has, and its audit entry", func(w *world) {
		ch := w.channel("Shop")
		k, audit := w.key("Robot 😀")
		k.Role, k.ChannelID, k.ExpiresAt = crm.RoleChannel, &ch.ID, new(w.now.Add(time.Hour))
		w.check(w.CreateAPIKey(w.ctx, w.id, k, audit))
		plain := w.newKey("Plain")
		found, err := w.APIKeysByID(w.ctx, w.id, []crm.KeyID{k.ID, plain.ID, crm.NewKeyID(w.now)})
		w.check(err)
		w.same("by id", found, map[crm.KeyID]crm.APIKey{k.ID: k, plain.ID: plain})
		owned, err := w.FindAPIKey(w.ctx, k.ID)
		w.check(err)
		w.same("found", owned, crm.OwnedKey{APIKey: k, Workspace: w.id, WorkspaceName: w.name})
		w.same("audit", w.audited()[1], audit)
	}},
	{"API keys of another workspace do not exist, except for who signs in with one", func(w *world) {
		k := w.newKey("Ours")
		other := w.neighbour()
		found, err := other.APIKeysByID(w.ctx, other.id, []crm.KeyID{k.ID})
		w.check(err)
		w.same("by id", found, map[crm.KeyID]crm.APIKey{})
		names, _ := other.keys(storage.Page{Size: everything})
		w.same("list", names, []string(nil))
		w.wantErr("revoke", other.RevokeAPIKey(w.ctx, other.id, k.ID, crm.NewAudit(crm.KeyRevoked, "eve", w.now)), crm.ErrNotFound)
		w.check(other.UseAPIKey(w.ctx, other.id, k.ID, w.now))
		owned, err := other.FindAPIKey(w.ctx, k.ID)
		w.check(err)
		w.same("found", owned, crm.OwnedKey{APIKey: k, Workspace: w.id, WorkspaceName: w.name})
	}},
	{"API keys are listed and counted, newest first", func(w *world) {
		for _, name := range []string{"a", "b", "c"} {
			w.newKey(name)
		}
		names, more := w.keys(storage.Page{Size: 2})
		w.same("first", names, []string{"c", "b"})
		w.same("more", more, true)
		page, err := w.APIKeys(w.ctx, w.id, storage.Page{Size: 2})
		w.check(err)
		after := storage.APIKeyPosition(page.Keys[1])
		names, more = w.keys(storage.Page{Size: 2, After: &after})
		w.same("rest", names, []string{"a"})
		w.same("no more", more, false)
		names, more = w.keys(storage.Page{Size: 3, FromEnd: true})
		w.same("from the end", names, []string{"c", "b", "a"})
		w.same("none before", more, false)
		for most, want := range map[int]storage.Count{2: {Value: 2}, 3: {Value: 3, Exact: true}, 10: {Value: 3, Exact: true}} {
			n, err := w.CountAPIKeys(w.ctx, w.id, most)
			w.check(err)
			w.same("count", n, want)
		}
	}},
	{"a revoked API key is gone, and what was signed in with it has ended", func(w *world) {
		k := w.newKey("Robot")
		audit := crm.NewAudit(crm.KeyRevoked, "ben", w.tick())
		audit.KeyID = &k.ID
		w.check(w.RevokeAPIKey(w.ctx, w.id, k.ID, audit))
		_, err := w.FindAPIKey(w.ctx, k.ID)
		w.wantErr("found", err, crm.ErrNotFound)
		names, _ := w.keys(storage.Page{Size: everything})
		w.same("list", names, []string(nil))
		w.same("ended", w.ended(w.now, k.ID.String()), []crm.EndedSignIn{k.ID.Revoked(w.now)})
		w.same("audit", w.audited()[0], audit)
		w.wantErr("again", w.RevokeAPIKey(w.ctx, w.id, k.ID, audit), crm.ErrNotFound)
		w.same("audit entries", len(w.audited()), 2)
	}},
	{"of several who revoke an API key one does", func(w *world) {
		k := w.newKey("Robot")
		var wg sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			wg.Go(func() {
				errs[i] = w.RevokeAPIKey(w.ctx, w.id, k.ID, crm.NewAudit(crm.KeyRevoked, "ben", w.now))
			})
		}
		wg.Wait()
		done := 0
		for _, err := range errs {
			if err == nil {
				done++
				continue
			}
			w.wantErr("the others", err, crm.ErrNotFound)
		}
		w.same("revoked", done, 1)
	}},
	{"the last use of an API key moves forward only", func(w *world) {
		k := w.newKey("Robot")
		for _, c := range []struct{ at, want time.Time }{
			{w.now, w.now}, {w.now.Add(time.Hour), w.now.Add(time.Hour)}, {w.now, w.now.Add(time.Hour)},
		} {
			w.check(w.UseAPIKey(w.ctx, w.id, k.ID, c.at))
			owned, err := w.FindAPIKey(w.ctx, k.ID)
			w.check(err)
			w.same("last use", owned.LastUsedAt, &c.want)
		}
		w.check(w.UseAPIKey(w.ctx, w.id, crm.NewKeyID(w.now), w.now))
	}},
	{"a canary is replaced by who knows the former one, and by one only", func(w *world) {
		former, err := w.Canary(w.ctx) // another case on the same store has none
		w.check(err)
		var wg sync.WaitGroup
		done := make([]bool, 8)
		for i := range done {
			wg.Go(func() { done[i], _ = w.SetCanary(w.ctx, former, []byte{byte(i + 1), byte(len(former) + 1)}) })
		}
		wg.Wait()
		first := slices.Index(done, true)
		if first < 0 || slices.Contains(done[first+1:], true) {
			w.t.Fatalf("replaced by %v", done)
		}
		kept, err := w.Canary(w.ctx)
		w.check(err)
		w.same("canary", kept[0], byte(first+1))
		again, err := w.SetCanary(w.ctx, nil, []byte("another"))
		w.check(err)
		w.same("beside one that is kept", again, false)
	}},
	{"a database has one key for its cursors, which the first who asks for it makes", func(w *world) {
		var wg sync.WaitGroup
		keys := make([][]byte, 8)
		for i := range keys {
			wg.Go(func() { keys[i], _ = w.CursorKey(w.ctx) })
		}
		wg.Wait()
		for _, key := range keys {
			w.same("key", key, keys[0])
		}
		w.same("bytes", len(keys[0]), 32)
	}},
}
