package storagetest

import (
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"kith/internal/crm"
	"kith/storage"
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

// setting is an edit of settings, now.
func (w *world) setting(change func(*crm.WorkspaceSettings) error) (crm.WorkspaceSettings, error) {
	a := crm.NewAudit(crm.WorkspaceEdited, "eve", w.tick())
	a.Fields = []string{"displayName"}
	return w.UpdateSettings(w.ctx, w.id, change, &a)
}

// settings are those of the workspace.
func (w *world) settings() crm.WorkspaceSettings {
	w.t.Helper()
	s, err := w.Settings(w.ctx, w.id)
	w.check(err)
	return s
}

var settingsCases = []testCase{
	{"a workspace has settings from the start, and keeps what is changed, apart from others", func(w *world) {
		w.same("at first", w.settings(), crm.NewWorkspaceSettings())
		want := crm.WorkspaceSettings{
			DisplayName: "Müller & Söhne 😀", DefaultRegion: "CH", ExportRole: crm.RoleReader,
			MaskedFor: []crm.Role{crm.RoleStaff, crm.RoleReader},
			Retention: crm.WorkspaceRetention{History: new(crm.Forever), Audit: new(400), Failures: new(7)}, Revision: 1,
		}
		now, err := w.setting(func(s *crm.WorkspaceSettings) error { *s = want; return nil })
		w.check(err)
		w.same("as answered", now, want)
		w.same("as read", w.settings(), want)
		w.same("a neighbour's", w.neighbour().settings(), crm.NewWorkspaceSettings())
		audit := w.audited()
		w.same("entries", len(audit), 1)
		w.same("entry", audit[0].Action, crm.WorkspaceEdited)
		w.same("fields", audit[0].Fields, []string{"displayName"})

		back := crm.NewWorkspaceSettings()
		back.Revision = 2
		_, err = w.setting(func(s *crm.WorkspaceSettings) error { *s = back; return nil })
		w.check(err)
		w.same("set back", w.settings(), back)
	}},
	{"an edit of settings is refused with the settings, and leaves no trace", func(w *world) {
		refusal := errors.New("no")
		now, err := w.setting(func(s *crm.WorkspaceSettings) error { s.DisplayName = "Other"; return refusal })
		w.wantErr("refused", err, refusal)
		w.same("answered", now, crm.NewWorkspaceSettings())
		w.same("as read", w.settings(), crm.NewWorkspaceSettings())
		w.same("entries", len(w.audited()), 0)
	}},
	{"simultaneous edits of settings each see the one before", func(w *world) {
		const n = 8
		w.check(together(n, func(int) error {
			_, err := w.UpdateSettings(w.ctx, w.id, func(s *crm.WorkspaceSettings) error { s.Revision++; return nil }, &crm.AuditEntry{})
			return err
		}))
		w.same("revision", w.settings().Revision, n)
		w.same("entries without an action", len(w.audited()), 0)
	}},
	{"a workspace that is not there has no settings", func(w *world) {
		nowhere := crm.NewWorkspaceID()
		_, err := w.Settings(w.ctx, nowhere)
		w.wantErr("reading", err, crm.ErrNotFound)
		_, err = w.UpdateSettings(w.ctx, nowhere, func(*crm.WorkspaceSettings) error { return nil }, &crm.AuditEntry{})
		w.wantErr("editing", err, crm.ErrNotFound)
	}},
	{"a cache of settings knows what was changed through it immediately, and what others change in seconds", func(w *world) {
		named := func(name string) func(*crm.WorkspaceSettings) error {
			return func(s *crm.WorkspaceSettings) error { s.DisplayName = name; s.Revision++; return nil }
		}
		cache := storage.NewSettingsCache(w.Store)
		read := func() string {
			w.t.Helper()
			s, err := cache.Settings(w.ctx, w.id)
			w.check(err)
			return s.DisplayName
		}
		w.same("at first", read(), "")
		_, err := cache.Update(w.ctx, w.id, named("Mine"), &crm.AuditEntry{})
		w.check(err)
		w.same("after a change through it", read(), "Mine")
		begun := time.Now()
		_, err = w.setting(named("Others'"))
		w.check(err)
		w.until("the others' change is known", func() bool { return read() == "Others'" })
		if d := time.Since(begun); d > storage.SettingsAge+time.Second {
			w.t.Errorf("it took %v", d)
		}
		_, err = cache.Settings(w.ctx, crm.NewWorkspaceID())
		w.wantErr("a workspace that is not there", err, crm.ErrNotFound)
	}},
	{"workspaces that have set how long they keep records are found", func(w *world) {
		theirs := w.neighbour()
		_, err := w.setting(func(s *crm.WorkspaceSettings) error {
			s.Retention.Audit = new(crm.Forever)
			return nil
		})
		w.check(err)
		_, err = theirs.setting(func(s *crm.WorkspaceSettings) error { s.DisplayName = "Theirs"; return nil })
		w.check(err)
		found, err := w.Retentions(w.ctx)
		w.check(err)
		w.same("retention", found[w.id], crm.WorkspaceRetention{Audit: new(crm.Forever)})
		if _, is := found[theirs.id]; is {
			w.t.Error("one that has set nothing is among them")
		}
	}},
}
