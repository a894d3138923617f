package storage

import (
	"context"
	"sync"
	"time"

	"kith/internal/crm"
)

const (
	// SettingsAge is how old settings may be that a [SettingsCache] answers with: what another process changes is in force by
	// then.
	SettingsAge = 5 * time.Second
	// cachedSettings bounds how many workspaces a cache knows.
	cachedSettings = 10_000
)

// SettingsCache answers with settings of workspaces from memory. What is changed through it is in force immediately in all that
// share it. It is safe for concurrent use.
type SettingsCache struct {
	store interface {
		Settings
		Generations
	}

	mu         sync.Mutex
	generation uint64
	known      map[crm.WorkspaceID]knownSettings
}

type knownSettings struct {
	settings crm.WorkspaceSettings
	read     time.Time
}

// NewSettingsCache makes an empty cache.
func NewSettingsCache(store interface {
	Settings
	Generations
},
) *SettingsCache {
	return &SettingsCache{store: store, known: map[crm.WorkspaceID]knownSettings{}}
}

// Settings returns the settings of a workspace. One that is not there is crm.ErrNotFound.
func (c *SettingsCache) Settings(ctx context.Context, w crm.WorkspaceID) (crm.WorkspaceSettings, error) {
	generation, begun := c.store.Generation(), time.Now()
	c.mu.Lock()
	if c.generation != generation {
		c.generation = generation
		clear(c.known)
	}
	k, is := c.known[w]
	c.mu.Unlock()
	if is && begun.Sub(k.read) < SettingsAge {
		return k.settings, nil
	}
	s, err := c.store.Settings(ctx, w)
	if err != nil {
		return crm.WorkspaceSettings{}, err
	}
	c.keep(w, s, generation, begun)
	return s, nil
}

// Update edits the settings of a workspace, see [Settings.UpdateSettings].
func (c *SettingsCache) Update(
	ctx context.Context, w crm.WorkspaceID, change func(*crm.WorkspaceSettings) error, audit *crm.AuditEntry,
) (crm.WorkspaceSettings, error) {
	generation, begun := c.store.Generation(), time.Now()
	s, err := c.store.UpdateSettings(ctx, w, change, audit)
	if err == nil {
		c.keep(w, s, generation, begun)
	}
	return s, err
}

// keep remembers settings, unless later ones are known: a read that was slower than a change must not undo it.
func (c *SettingsCache) keep(w crm.WorkspaceID, s crm.WorkspaceSettings, generation uint64, read time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, is := c.known[w]
	if c.generation != generation || is && k.settings.Revision > s.Revision {
		return
	}
	if !is && len(c.known) >= cachedSettings {
		clear(c.known)
	}
	c.known[w] = knownSettings{s, read}
}
