package storagetest

import (
	"strings"
	"sync/atomic"
	"time"

	"kith/internal/crm"
)

var channelCases = []testCase{
	{"channels come oldest first, with every field", func(w *world) {
		var want []crm.Channel
		for i, typ := range crm.ChannelTypes {
			at := w.tick()
			c := crm.Channel{
				ID: crm.NewChannelID(at), Name: strings.Repeat("Zyxé'\\😀", 6-i), Type: typ, Active: i%2 == 0, CreatedAt: at,
				RequireSignedIdentity: i%3 == 0,
			}
			want = append(want, c)
		}
		for _, i := range []int{3, 0, 5, 1, 4, 2} {
			w.check(w.CreateChannel(w.ctx, w.id, want[i]))
		}
		w.neighbour().channel("Another workspace's")
		got, err := w.Channels(w.ctx, w.id)
		w.check(err)
		w.same("channels", got, want)
	}},
	{"channels are found by id, and unknown ids are absent", func(w *world) {
		web, shop := w.channel("Web"), w.channel("Shop")
		got, err := w.ChannelsByID(w.ctx, w.id, []crm.ChannelID{shop.ID, crm.NewChannelID(w.now), web.ID, shop.ID})
		w.check(err)
		w.same("channels", got, map[crm.ChannelID]crm.Channel{web.ID: web, shop.ID: shop})
	}},
	{"a channel's identity, type and age cannot be changed", func(w *world) {
		ch := w.channel("Web")
		got, err := w.UpdateChannel(w.ctx, w.id, ch.ID, func(c *crm.Channel) error {
			w.same("handed to change", *c, ch)
			c.ID, c.Type, c.CreatedAt = crm.NewChannelID(w.now), crm.TikTok, w.now.Add(time.Hour)
			c.Name, c.Active = "Shop", false
			return nil
		})
		w.check(err)
		ch.Name, ch.Active = "Shop", false
		w.same("answer", got, ch)
		all, err := w.Channels(w.ctx, w.id)
		w.check(err)
		w.same("channels", all, []crm.Channel{ch})
	}},
	{"whether a channel requires signed identities can be changed, and is found by who knows no workspace", func(w *world) {
		ch := w.channel("Web")
		for _, required := range []bool{true, true, false} {
			got, err := w.UpdateChannel(w.ctx, w.id, ch.ID, func(c *crm.Channel) error {
				c.RequireSignedIdentity = required
				return nil
			})
			w.check(err)
			ch.RequireSignedIdentity = required
			w.same("answer", got, ch)
			w.same("by id", w.byID(ch.ID), ch)
		}
	}},
	{"an error from change leaves the channel as it was and comes back as it is", func(w *world) {
		ch := w.channel("Web")
		_, err := w.UpdateChannel(w.ctx, w.id, ch.ID, func(c *crm.Channel) error {
			c.Name = "Shop"
			return errRefused
		})
		w.wantErr("UpdateChannel", err, errRefused)
		if err != nil && err.Error() != errRefused.Error() {
			w.t.Errorf("the error came back as %q", err)
		}
		all, err := w.Channels(w.ctx, w.id)
		w.check(err)
		w.same("channels", all, []crm.Channel{ch})
	}},
	{"a channel that is not there cannot be changed", func(w *world) {
		_, err := w.UpdateChannel(w.ctx, w.id, crm.NewChannelID(w.now), func(*crm.Channel) error {
			w.t.Error("change was called")
			return nil
		})
		w.wantErr("UpdateChannel", err, crm.ErrNotFound)
	}},
	{"changes of one channel at the same time are all saved", func(w *world) {
		ch := w.channel("x")
		const n = 16
		var calls atomic.Int32
		w.check(together(n, func(int) error {
			_, err := w.UpdateChannel(w.ctx, w.id, ch.ID, func(c *crm.Channel) error {
				calls.Add(1)
				c.Name += "x"
				return nil
			})
			return err
		}))
		got, err := w.ChannelsByID(w.ctx, w.id, []crm.ChannelID{ch.ID})
		w.check(err)
		w.same("name", got[ch.ID].Name, strings.Repeat("x", n+1))
		if calls.Load() < n {
			w.t.Errorf("change was called %d times for %d changes", calls.Load(), n)
		}
	}},
	{"a channel's id is taken once", func(w *world) {
		ch := w.channel("Web")
		other := ch
		other.Name = "Secret name"
		err := w.CreateChannel(w.ctx, w.id, other)
		if err == nil {
			w.t.Error("a second channel of the same id was stored")
		} else if strings.Contains(err.Error(), "Secret") || strings.Contains(strings.ToUpper(err.Error()), "INSERT") {
			w.t.Errorf("the error says too much: %v", err)
		}
		all, err := w.Channels(w.ctx, w.id)
		w.check(err)
		w.same("channels", all, []crm.Channel{ch})
	}},
}
