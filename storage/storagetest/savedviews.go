package storagetest

import (
	"errors"
	"fmt"

	"kith/internal/crm"
)

// view is a saved view that is not stored yet.
func (w *world) view(name string) crm.SavedView {
	return crm.SavedView{
		ID: crm.NewViewID(w.tick()), Name: name, Address: "/staff/contacts?search=Ann", Version: 1, CreatedBy: "ann", CreatedAt: w.now,
	}
}

func (w *world) views() []crm.SavedView {
	w.t.Helper()
	found, err := w.Views(w.ctx, w.id)
	w.check(err)
	return found
}

var savedViewCases = []testCase{
	{"saved views come back as they were, the oldest first, in their workspace alone", func(w *world) {
		first, second := w.view("Ünread 😀"), w.view("unread")
		w.check(w.CreateView(w.ctx, w.id, second))
		w.check(w.CreateView(w.ctx, w.id, first))
		w.same("views", w.views(), []crm.SavedView{first, second})
		other := w.neighbour()
		w.same("a neighbour's", other.views(), []crm.SavedView{})
		w.wantErr("deleting a neighbour's", other.DeleteView(other.ctx, other.id, first.ID), crm.ErrNotFound)
		_, err := other.UpdateView(other.ctx, other.id, first.ID, func(*crm.SavedView) error { return nil })
		w.wantErr("editing a neighbour's", err, crm.ErrNotFound)
		w.check(other.CreateView(other.ctx, other.id, other.view("unread")))
	}},
	{"no two views have a name", func(w *world) {
		first, second := w.view("mine"), w.view("yours")
		w.check(w.CreateView(w.ctx, w.id, first))
		w.check(w.CreateView(w.ctx, w.id, second))
		w.wantErr("a new one", w.CreateView(w.ctx, w.id, w.view("mine")), crm.ErrViewTaken)
		_, err := w.UpdateView(w.ctx, w.id, second.ID, func(v *crm.SavedView) error { v.Name = "mine"; return nil })
		w.wantErr("a renamed one", err, crm.ErrViewTaken)
		w.same("views", w.views(), []crm.SavedView{first, second})
		w.check(w.DeleteView(w.ctx, w.id, first.ID))
		w.wantErr("deleted again", w.DeleteView(w.ctx, w.id, first.ID), crm.ErrNotFound)
		w.check(w.CreateView(w.ctx, w.id, w.view("mine")))
	}},
	{"an edit of a view is refused with the view", func(w *world) {
		v := w.view("mine")
		w.check(w.CreateView(w.ctx, w.id, v))
		refusal := errors.New("no")
		now, err := w.UpdateView(w.ctx, w.id, v.ID, func(*crm.SavedView) error { return refusal })
		w.wantErr("refused", err, refusal)
		w.same("the view", now, v)
		v.Name, v.Address, v.Version = "ours", "/staff/chat", 2
		now, err = w.UpdateView(w.ctx, w.id, v.ID, func(into *crm.SavedView) error { *into = v; return nil })
		w.check(err)
		w.same("edited", now, v)
		w.same("views", w.views(), []crm.SavedView{v})
	}},
	{"simultaneous edits of a view each see the one before", func(w *world) {
		v := w.view("counted")
		w.check(w.CreateView(w.ctx, w.id, v))
		const n = 8
		w.check(together(n, func(int) error {
			_, err := w.UpdateView(w.ctx, w.id, v.ID, func(v *crm.SavedView) error { v.Version++; return nil })
			return err
		}))
		w.same("version", w.views()[0].Version, 1+n)
	}},
	{"a workspace has room for so many views", func(w *world) {
		for i := range crm.MaxViews {
			w.check(w.CreateView(w.ctx, w.id, w.view(fmt.Sprint("view ", i))))
		}
		w.wantErr("one more", w.CreateView(w.ctx, w.id, w.view("one more")), crm.ErrTooManyViews)
		w.check(w.DeleteView(w.ctx, w.id, w.views()[0].ID))
		w.check(w.CreateView(w.ctx, w.id, w.view("one more")))
	}},
}
