package storagetest

import (
	"errors"
	"fmt"

	"kith/internal/crm"
)

// sealedChannel creates a channel with domains and secrets.
func (w *world) sealedChannel(name string) crm.Channel {
	w.t.Helper()
	at := w.tick()
	c := crm.Channel{
		ID: crm.NewChannelID(at), Name: name, Type: crm.HTMLEmbed, Active: true, CreatedAt: at,
		Domains: []string{"https://shop.example", `https://"ü',{}\.example`, "*"}, Secrets: crm.Sealed("\x00\xff sealed"),
	}
	w.check(w.CreateChannel(w.ctx, w.id, c))
	return c
}

// byID reads a channel as one who knows no workspace.
func (w *world) byID(id crm.ChannelID) crm.Channel {
	w.t.Helper()
	workspace, c, err := w.ChannelByID(w.ctx, id)
	w.check(err)
	w.same("workspace", workspace, w.id)
	return c
}

var webhookCases = []testCase{
	{"a channel is found by who knows no workspace, with its workspace", func(w *world) {
		ours, theirs := w.channel("Web"), w.neighbour()
		other := theirs.channel("Web")
		for range 2 {
			w.same("ours", w.byID(ours.ID), ours)
			w.same("theirs", theirs.byID(other.ID), other)
		}
		_, _, err := w.ChannelByID(w.ctx, crm.NewChannelID(w.now))
		w.wantErr("ChannelByID", err, crm.ErrNotFound)
	}},
	{"a channel is found as it is now", func(w *world) {
		ch := w.channel("Web")
		w.byID(ch.ID)
		_, err := w.UpdateChannel(w.ctx, w.id, ch.ID, func(c *crm.Channel) error { c.Name, c.Active = "Shop", false; return nil })
		w.check(err)
		ch.Name, ch.Active = "Shop", false
		w.same("channel", w.byID(ch.ID), ch)
	}},
	{"a channel keeps its domains and its secrets, to the byte", func(w *world) {
		ch, bare := w.sealedChannel("Web"), w.channel("Shop")
		want := map[crm.ChannelID]crm.Channel{ch.ID: ch, bare.ID: bare}
		read := func(when string) {
			w.t.Helper()
			all, err := w.Channels(w.ctx, w.id)
			w.check(err)
			w.same(when, all, []crm.Channel{want[ch.ID], want[bare.ID]})
			found, err := w.ChannelsByID(w.ctx, w.id, []crm.ChannelID{ch.ID, bare.ID})
			w.check(err)
			w.same(when, found, want)
			w.same(when, w.byID(ch.ID), want[ch.ID])
		}
		read("created")
		save := func(domains []string, secrets crm.Sealed) {
			w.t.Helper()
			got, err := w.UpdateChannel(w.ctx, w.id, ch.ID, func(c *crm.Channel) error {
				w.same("handed to change", *c, want[ch.ID])
				c.Domains, c.Secrets = domains, secrets
				return nil
			})
			w.check(err)
			ch.Domains, ch.Secrets = domains, secrets
			want[ch.ID] = ch
			w.same("answer", got, ch)
		}
		save([]string{"https://other.example"}, crm.Sealed("other"))
		read("changed")
		save(nil, nil)
		read("cleared")
		if got := w.byID(ch.ID); got.Secrets != nil || got.Domains != nil {
			w.t.Errorf("a channel without domains and secrets has %q and %v", got.Domains, []byte(got.Secrets))
		}
	}},
	{"an edit of a channel's name leaves its domains and secrets alone", func(w *world) {
		ch := w.sealedChannel("Web")
		_, err := w.UpdateChannel(w.ctx, w.id, ch.ID, func(c *crm.Channel) error { c.Name = "Shop"; return nil })
		w.check(err)
		ch.Name = "Shop"
		w.same("channel", w.byID(ch.ID), ch)
	}},
	{"every channel of every workspace is visited, also by who edits them", func(w *world) {
		theirs := w.neighbour()
		want := map[crm.ChannelID]crm.WorkspaceID{}
		for i := range 3 {
			want[w.sealedChannel(fmt.Sprint("Web ", i)).ID] = w.id
			want[theirs.channel(fmt.Sprint("Shop ", i)).ID] = theirs.id
		}
		got := map[crm.ChannelID]crm.WorkspaceID{}
		w.check(w.EachChannel(w.ctx, func(workspace crm.WorkspaceID, c crm.Channel) error {
			if _, ours := want[c.ID]; !ours {
				return nil // another case's
			}
			got[c.ID] = workspace
			_, err := w.UpdateChannel(w.ctx, workspace, c.ID, func(c *crm.Channel) error {
				c.Secrets = crm.Sealed("new")
				return nil
			})
			return err
		}))
		w.same("channels", got, want)
		for id, workspace := range want {
			found, err := w.ChannelsByID(w.ctx, workspace, []crm.ChannelID{id})
			w.check(err)
			w.same("secrets", []byte(found[id].Secrets), []byte("new"))
		}
	}},
	{"an error ends the visit of the channels and comes back as it is", func(w *world) {
		w.channel("Web")
		w.channel("Shop")
		calls := 0
		err := w.EachChannel(w.ctx, func(crm.WorkspaceID, crm.Channel) error { calls++; return errRefused })
		if !errors.Is(err, errRefused) || err.Error() != errRefused.Error() || calls != 1 {
			w.t.Errorf("%v after %d calls", err, calls)
		}
	}},
}
