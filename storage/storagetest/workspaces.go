package storagetest

import (
	"errors"
	"strings"

	"github.com/google/uuid"

	"kith/internal/crm"
)

var workspaceCases = []testCase{
	{"a workspace keeps its number", func(w *world) {
		name := "keeps " + uuid.NewString()
		first, err := w.Workspace(w.ctx, name)
		w.check(err)
		again, err := w.Workspace(w.ctx, name)
		w.check(err)
		w.same("number of the second call", again, first)
	}},
	{"looking for a workspace does not create it", func(w *world) {
		name := "looked for " + uuid.NewString()
		for range 2 {
			if n, err := w.FindWorkspace(w.ctx, name); !errors.Is(err, crm.ErrNotFound) {
				w.t.Errorf("found %d, %v", n, err)
			}
		}
		created, err := w.Workspace(w.ctx, name)
		w.check(err)
		found, err := w.FindWorkspace(w.ctx, name)
		w.check(err)
		w.same("number", found, created)
	}},
	{"names that differ by a byte are different workspaces", func(w *world) {
		id := uuid.NewString()
		seen := map[crm.WorkspaceID]string{}
		for _, name := range []string{
			"é" + id, "e\u0301" + id, "e" + id, "E" + id, "É" + id, " e" + id, "e" + id + " ", "e" + id + "\t",
			"Ω" + id, "\u2126" + id, "'" + id, `"` + id, "%" + id, `\` + id, "日本" + id, "😀" + id,
		} {
			n, err := w.Workspace(w.ctx, name)
			w.check(err)
			if other, ok := seen[n]; ok {
				w.t.Errorf("%q and %q are both workspace %d", name, other, n)
			}
			seen[n] = name
		}
	}},
	{"a name may be as long as names may be", func(w *world) {
		id := uuid.NewString()
		for _, letter := range []string{"x", "é", "😀"} {
			name := id + strings.Repeat(letter, (crm.MaxWorkspaceName-len(id))/len(letter))
			first, err := w.Workspace(w.ctx, name)
			w.check(err)
			shorter, err := w.Workspace(w.ctx, strings.TrimSuffix(name, letter))
			w.check(err)
			if first == shorter {
				w.t.Errorf("%q and its longest prefix are one workspace", name)
			}
		}
	}},
	{"simultaneous first calls get the same number", func(w *world) {
		name := "race " + uuid.NewString()
		const n = 64
		var numbers [n]crm.WorkspaceID
		w.check(together(n, func(i int) (err error) {
			numbers[i], err = w.Workspace(w.ctx, name)
			return err
		}))
		for _, id := range numbers {
			if id != numbers[0] {
				w.t.Fatalf("one name got the numbers %d and %d", numbers[0], id)
			}
		}
	}},
	{"a new workspace is empty", func(w *world) {
		if has, err := w.HasContacts(w.ctx, w.id); err != nil || has {
			w.t.Errorf("HasContacts = %v, %v", has, err)
		}
		w.same("count", w.count("").Value, 0)
		channels, err := w.Channels(w.ctx, w.id)
		w.check(err)
		w.same("channels", len(channels), 0)
	}},
}
