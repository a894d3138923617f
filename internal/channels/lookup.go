package channels

import (
	"context"
	"fmt"
	"net/http"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"

	"kith/internal/crm"
	"kith/internal/vault"
)

const (
	// remembered is how many channels are known at a time, and rememberedFor how long one is before it is looked up again:
	// what changes of a channel takes effect within that time.
	remembered    = 1024
	rememberedFor = time.Second

	lookupTimeout = 5 * time.Second
)

// channel is a channel with its secrets opened.
type channel struct {
	crm.Channel
	workspace crm.WorkspaceID
	secrets   vault.Secrets
	provider  provider
	loaded    time.Time
}

// viewer is the channel as one who reports.
func (c channel) viewer() crm.Viewer {
	return crm.Viewer{Workspace: c.workspace, Role: crm.RoleChannel, Channel: c.ID, Subject: c.ID.String()}
}

// verify refuses a delivery that the channel's provider did not send.
func (c channel) verify(header http.Header, body []byte, now time.Time) refusal {
	return c.provider.verify(delivery{header, body, c.secrets, now, c.RequireSignedIdentity})
}

// lookup finds channels, and remembers active ones for a moment, so that a burst of messages is one look at the
// database. An inactive channel is not remembered: a message that comes right after its activation is not to be lost.
type lookup struct {
	store interface {
		ChannelByID(ctx context.Context, id crm.ChannelID) (crm.WorkspaceID, crm.Channel, error)
	}
	open    func(crm.WorkspaceID, crm.ChannelID, crm.Sealed) (vault.Secrets, error)
	now     func() time.Time
	known   *lru.Cache[crm.ChannelID, channel]
	loading singleflight.Group
}

// find returns a channel, and whether it was remembered rather than looked up.
func (l *lookup) find(ctx context.Context, id crm.ChannelID) (ch channel, old bool, err error) {
	if ch, ok := l.known.Get(id); ok {
		if age := l.now().Sub(ch.loaded); age >= 0 && age < rememberedFor {
			return ch, true, nil
		}
	}
	ch, err = l.load(ctx, id)
	return ch, false, err
}

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
		return ch, err
	})
	if err != nil {
		return channel{}, err
	}
	return found.(channel), nil
}

func (l *lookup) read(ctx context.Context, id crm.ChannelID) (channel, error) {
	ch := channel{loaded: l.now()}
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
