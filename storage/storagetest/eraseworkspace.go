package storagetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"kith/internal/crm"
	"kith/storage"
)

// ErasedWorkspace shows that nothing is left of a workspace that is erased, in any table, and that others lose nothing. fill puts
// rows of a workspace into every table that has rows of workspaces, with [Secret] in every text, and returns the names of these
// tables. dump is that of [Erased].
func ErasedWorkspace(t *testing.T, s storage.Store, fill func(crm.WorkspaceID) []string, dump func() [][]string) {
	t.Helper()
	const loaded, recorded = 2100, 20 // more than one step
	w := newWorld(t, s)
	other := w.neighbour()
	for _, each := range []*world{w, other} {
		each.now = each.now.AddDate(0, 0, 1)
		ch := each.channel("Shop")
		name := "Name of "
		if each == w {
			name += Secret
		}
		people := make([]person, loaded)
		for n := range people {
			people[n] = person{name: fmt.Sprint(name, n)}
		}
		each.add(people...)
		for n := range recorded {
			i := each.message(ch, fmt.Sprint("customer", n), "1")
			i.Profile.Name = new(fmt.Sprint(name, loaded+n))
			each.record(i)
		}
		each.maintain()
	}
	tables := fill(w.id)
	of := func(table string) bool {
		return slices.ContainsFunc(dump(), func(row []string) bool { return row[0] == table && slices.Contains(row, fmt.Sprint(w.id)) })
	}
	for _, table := range append(tables, "workspaces") {
		if !of(table) {
			t.Errorf("the dump shows nothing of the workspace in %s", table)
		}
	}

	_, err := w.EraseWorkspace(w.ctx, w.id, true)
	w.wantErr("one that is not marked", err, crm.ErrNotFound)
	if _, err := w.BeginErasing(w.ctx, w.name+"?", w.now); !errors.Is(err, crm.ErrNotFound) || errors.Is(err, crm.ErrWorkspaceGone) {
		t.Errorf("one that is not there: %v", err)
	}
	for range 2 {
		id, err := w.BeginErasing(w.ctx, w.name, w.tick())
		w.check(err)
		w.same("number", id, w.id)
	}
	_, err = w.Workspace(w.ctx, w.name)
	w.wantErr("its name while it is erased", err, crm.ErrWorkspaceGone)
	_, err = w.FindWorkspace(w.ctx, w.name)
	w.wantErr("its name looked for while it is erased", err, crm.ErrWorkspaceGone)
	_, err = w.Settings(w.ctx, w.id)
	w.wantErr("its settings", err, crm.ErrWorkspaceGone)
	guard := storage.Guard(s, storage.NewSettingsCache(s))
	_, err = guard.HasContacts(w.ctx, w.id)
	w.wantErr("reading", err, crm.ErrWorkspaceGone)
	w.wantErr("writing", guard.CreateView(w.ctx, w.id, w.view("late")), crm.ErrWorkspaceGone)
	if has, err := guard.HasContacts(other.ctx, other.id); err != nil || !has {
		t.Errorf("a neighbour: %v, %v", has, err)
	}

	steps := 0
	for more := true; more; steps++ {
		more, err = w.EraseWorkspace(w.ctx, w.id, false)
		w.check(err)
		w.maintain() // goes on meanwhile
	}
	if steps < 2 {
		t.Errorf("it took %d steps", steps)
	}
	for more := true; more; {
		more, err = w.EraseWorkspace(w.ctx, w.id, true)
		w.check(err)
	}
	w.maintain()
	w.sequencesSettle()
	more, err := w.EraseWorkspace(w.ctx, w.id, true)
	if w.check(err); more {
		t.Error("there is more of a workspace that is gone")
	}
	for _, row := range dump() {
		if slices.Contains(row, fmt.Sprint(w.id)) || holds([][]string{row}, Secret) {
			t.Errorf("left of a workspace that is gone: %q", row)
		}
	}

	// What a process that was frozen meanwhile writes afterwards is found, and removed.
	fill(w.id)
	for _, repair := range []bool{false, true} {
		found := other.findings(repair)
		want := storage.Finding{Kind: storage.DeletedWorkspace, Part: fmt.Sprint(w.id), Repaired: repair}
		if !slices.Contains(found, want) || repair && len(found) > 1 {
			t.Errorf("findings of late rows, repair %v: %v", repair, found)
		}
	}
	w.maintain()
	for _, row := range dump() {
		if slices.Contains(row, fmt.Sprint(w.id)) || holds([][]string{row}, Secret) {
			t.Errorf("left of late rows: %q", row)
		}
	}
	w.same("a neighbour's contacts", other.count("").Value, loaded+recorded)
	again, err := w.Workspace(w.ctx, w.name)
	w.check(err)
	if again == w.id {
		t.Error("a new workspace of the name has the number of the one that is gone")
	}
	w.id = again
	w.same("contacts of the new one", w.count("").Value, 0)
	other.sound("after its neighbour was erased")
}

// sequencesSettle waits until what was recorded has been published, as far as it is.
func (w *world) sequencesSettle() {
	w.t.Helper()
	other := w.neighbour()
	other.sequenceOf(other.marker())
}
