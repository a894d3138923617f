// Crowd fills the workspace acme of a kith database with contacts that have very many sessions, for the tests of the
// binary. It is a program of its own so that it runs without the race detector, which would make it slow. Its output is
// for the tests to read: a line for each contact, with its id and that of one of its sessions.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"kith/internal/crm"
	"kith/storage"
	"kith/storage/postgres"
	"kith/storage/sqlite"
)

func main() {
	url := flag.String("database", "", "as in KITH_DATABASE_URL; its workspace acme must have a channel")
	contacts := flag.Int("contacts", 1, "how many contacts")
	sessions := flag.Int("sessions", 1, "how many sessions each of them has")
	flag.Parse()
	if err := fill(context.Background(), *url, *contacts, *sessions); err != nil {
		fmt.Fprintln(os.Stderr, "crowd:", err)
		os.Exit(1)
	}
}

func open(ctx context.Context, url string) (storage.Store, error) {
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		return sqlite.Open(ctx, path)
	}
	return postgres.Open(ctx, url, postgres.Options{})
}

func fill(ctx context.Context, url string, contacts, sessions int) (err error) {
	store, err := open(ctx, url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	w, err := store.Workspace(ctx, "acme")
	if err != nil {
		return err
	}
	channels, err := store.Channels(ctx, w)
	if err != nil {
		return err
	}
	if len(channels) == 0 {
		return errors.New("the workspace has no channel")
	}
	var all []storage.Loaded
	for i := range contacts {
		l := busy(i, channels[0].ID, sessions)
		all = append(all, l)
		fmt.Println(l.Contact.ID, l.Sessions[sessions/2].ID)
	}
	return store.Load(ctx, w, slices.Values(all))
}

// busy is a contact who had so many closed sessions, one a second, up to now.
func busy(number int, ch crm.ChannelID, sessions int) storage.Loaded {
	now := time.Now().UTC().Truncate(time.Microsecond)
	begun := now.Add(-time.Duration(sessions-1) * time.Second)
	id := crm.NewContactID(begun)
	l := storage.Loaded{
		Contact: crm.Contact{
			ID: id, Name: new(fmt.Sprint("Busy ", number)), NameFrom: crm.Provenance{Origin: crm.Staff},
			Version: 1, CreatedAt: begun, UpdatedAt: begun, LastActivityAt: &now,
		},
		Identities: []crm.Identity{{ContactID: id, ChannelID: ch, ExternalID: fmt.Sprint("busy ", number), CreatedAt: begun}},
	}
	for n := range sessions {
		at := begun.Add(time.Duration(n) * time.Second)
		l.Sessions = append(l.Sessions, crm.Session{
			ID: crm.NewSessionID(at), ContactID: &id, ChannelID: ch, Status: crm.Closed, LastMessageAt: at, StartedAt: at,
		})
	}
	return l
}
