package channels

import (
	"context"
	"errors"
	"fmt"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"

	"kith/internal/crm"
	"kith/internal/vault"
)

const (
	// remembered is how many channels are known at a time, and rememberedFor how long one is before it is looked up again:
	// what changes of a channel takes effect within that time.
	remembered    = 8 << 10
	rememberedFor = time.Second
	// rememberedMissing and missingFor are the same of ids that are no channel's.
	rememberedMissing = 8 << 10
	missingFor        = 5 * time.Second

	lookupTimeout = 5 * time.Second
)

// channel is a channel with its secrets opened.
type channel struct {
	crm.Channel
	workspace crm.WorkspaceID
	secrets   vault.Secrets
	provider  provider
	loaded    time.Time
	of        uint64 // the database's generation
}

// viewer is the channel as one who reports.
func (c channel) viewer() crm.Viewer {
	return crm.Viewer{Workspace: c.workspace, Role: crm.RoleChannel, Channel: c.ID, Subject: c.ID.String()}
}

// lookup finds channels, and remembers active ones for a moment, so that a burst of messages is one look at the
// database. An inactive channel is not remembered: a message that comes right after its activation is not to be lost.
// That a channel is not there is remembered, too: nobody knows the id of one that is still to come.
type lookup struct {
	store interface {
		ChannelByID(ctx context.Context, id crm.ChannelID) (crm.WorkspaceID, crm.Channel, error)
		Generation() uint64
	}
	open    func(crm.WorkspaceID, crm.ChannelID, crm.Sealed) (vault.Secrets, error)
	now     func() time.Time
	known   *lru.Cache[crm.ChannelID, channel]
	missing *lru.Cache[crm.ChannelID, time.Time] // since when
	loading singleflight.Group
}

func newLookup(o Options) *lookup {
	l := &lookup{store: o.Channels, open: o.Open, now: o.Now}
	var err error
	if l.known, err = lru.New[crm.ChannelID, channel](remembered); err == nil {
		l.missing, err = lru.New[crm.ChannelID, time.Time](rememberedMissing)
	}
	if err != nil {
		panic(err) // only for a size below one
	}
	return l
}

// recall returns what is cached about a channel; known is false when nothing is.
func (l *lookup) recall(ctx context.Context, id crm.ChannelID) (ch channel, old, known bool, err error) {
	if ch, ok := l.known.Get(id); ok {
		if young(l.now().Sub(ch.loaded), rememberedFor) && ch.of == l.store.Generation() {
			return ch, true, true, nil
		}
		ch, err = l.load(ctx, id) // it was there a moment ago
		return ch, false, true, err
	}
	if since, ok := l.missing.Get(id); ok && young(l.now().Sub(since), missingFor) {
		return channel{}, false, false, crm.ErrNotFound
	}
	return channel{}, false, false, nil
}

// young reports whether an age is below a limit. A clock that was set back makes nothing younger.
func young(age, limit time.Duration) bool { return age >= 0 && age < limit }

// load looks a channel up, once for all who ask for it while it is looked up.
func (l *lookup) load(ctx context.Context, id crm.ChannelID) (channel, error) {
	found, err, _ := l.loading.Do(string(id[:]), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookupTimeout) // others may wait for it
		defer cancel()
		ch, err := l.read(ctx, id)
		if err == nil && ch.Active {
			l.known.Add(id, ch)
		} else {
			l.known.Remove(id)
		}
		if errors.Is(err, crm.ErrNotFound) {
			l.missing.Add(id, l.now())
		} else {
			l.missing.Remove(id)
		}
		return ch, err
	})
	if err != nil {
		return channel{}, err
	}
	return found.(channel), nil
}

func (l *lookup) read(ctx context.Context, id crm.ChannelID) (channel, error) {
	ch := channel{loaded: l.now(), of: l.store.Generation()}
	var err error
	if ch.workspace, ch.Channel, err = l.store.ChannelByID(ctx, id); err != nil {
		return channel{}, err
	}
	var ok bool
	if ch.provider, ok = providers[ch.Type]; !ok {
		return channel{}, fmt.Errorf("channel %s is of the unknown type %s", id, ch.Type)
	}
	if len(ch.Secrets) > 0 {
		if ch.secrets, err = l.open(ch.workspace, id, ch.Secrets); err != nil {
			return channel{}, fmt.Errorf("open the secrets of channel %s: %w", id, err)
		}
	}
	ch.Secrets = nil
	return ch, nil
}
