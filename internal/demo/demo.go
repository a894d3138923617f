// Package demo makes believable contacts, so that Kith shows something before the first customer has written: people of
// many countries and scripts, how they can be reached, and their conversations over the last two years.
//
// Everybody is made up. Names, addresses and numbers are put together at random, free-mail domains are named only
// because people search for them, companies live under .example, and the package sends nothing to anybody. The same
// [Options] always make the same data. It refuses to look at what a workspace holds: filling one that has contacts adds
// to them.
package demo

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"time"

	"kith/internal/crm"
	"kith/storage"
)

// MaxContacts is how many contacts can be made with emails, phones and ids on channels that are all different.
const MaxContacts = 10_000_000

// span is how far the past of a demo workspace reaches back.
const span = 2 * 365 * 24 * time.Hour

// Options say what to make.
type Options struct {
	Contacts int // at most MaxContacts
	Seed     uint64
	// Now is the present of the data: nothing in it is later, and the newest activity is shortly before.
	Now time.Time
	// Progress, where set, hears now and then, and at the end, how many contacts have been handed to the store.
	Progress func(done, total int)
}

// Fill makes the workspace of that name, gives it one channel of each type and loads o.Contacts contacts into it. They
// are made while the store takes them, at two to four bytes of memory for each. In a workspace without
// contacts the channels of an earlier, interrupted Fill are used again.
func Fill(ctx context.Context, store storage.Store, workspace string, o Options) error {
	if o.Contacts < 0 || o.Contacts > MaxContacts {
		return fmt.Errorf("demo data: %d contacts asked for, at most %d can be made", o.Contacts, MaxContacts)
	}
	w, err := store.Workspace(ctx, workspace)
	if err != nil {
		return fmt.Errorf("demo data: %w", err)
	}
	channels, err := createChannels(ctx, store, w, o)
	if err != nil {
		return fmt.Errorf("demo data: channels: %w", err)
	}
	if err := store.Load(ctx, w, reported(Contacts(o, channels), o)); err != nil {
		return fmt.Errorf("demo data: contacts: %w", err)
	}
	return nil
}

func createChannels(ctx context.Context, store storage.Store, w crm.WorkspaceID, o Options) ([]crm.Channel, error) {
	filled, err := store.HasContacts(ctx, w)
	if err != nil {
		return nil, err
	}
	type key struct {
		name string
		kind crm.ChannelType
	}
	left := make(map[key]crm.Channel)
	if !filled {
		there, err := store.Channels(ctx, w)
		if err != nil {
			return nil, err
		}
		for _, c := range there {
			left[key{c.Name, c.Type}] = c
		}
	}
	channels := Channels(o)
	for i, c := range channels {
		if old, ok := left[key{c.Name, c.Type}]; ok {
			channels[i] = old
			continue
		}
		if err := store.CreateChannel(ctx, w, c); err != nil {
			return nil, err
		}
	}
	return channels, nil
}

// reported passes contacts on and calls o.Progress.
func reported(contacts iter.Seq[storage.Loaded], o Options) iter.Seq[storage.Loaded] {
	if o.Progress == nil {
		return contacts
	}
	const step = 1000
	return func(yield func(storage.Loaded) bool) {
		done := 0
		for c := range contacts {
			if !yield(c) {
				return
			}
			done++
			if done%step == 0 && done < o.Contacts {
				o.Progress(done, o.Contacts)
			}
		}
		o.Progress(done, o.Contacts)
	}
}

// Channels makes one active channel of each type, older than every contact.
func Channels(o Options) []crm.Channel {
	r := rand.New(rand.NewPCG(o.Seed, channelStream))
	at := o.Now.UTC().Truncate(time.Microsecond).Add(-span - 14*24*time.Hour)
	var channels []crm.Channel
	for _, t := range crm.ChannelTypes {
		channels = append(channels, crm.Channel{
			ID:        crm.ChannelID(newID(at.UnixMicro(), r.Uint64())),
			Name:      products[t].channel,
			Type:      t,
			Active:    true,
			CreatedAt: at,
		})
		at = at.Add(time.Duration(20+r.IntN(3000)) * time.Minute)
	}
	return channels
}
