package api

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"kith/internal/auth"
)

func TestEachCredentialMayDoWhatItsRoleMay(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db database) {
		env := db.env()
		o := open(t, start(t, binary(t), env), env)
		_, elsewhere, elsewhereChannel := clientsOf(t, o.server, env, "globex")

		message := o.message(0, "another", nil)
		newChannel := vars{"name": "More", "type": "TELEGRAM"}
		for name, refused := range map[string]string{
			"a channel lists contacts":       o.channel.refused(t, getContacts, nil),
			"a channel reads a contact":      o.channel.refused(t, getContact, vars{"id": o.people[0].ID}),
			"a channel lists sessions":       o.channel.refused(t, getSessions, nil),
			"a channel edits":                o.channel.refused(t, updateContact, vars{"input": vars{"id": o.people[0].ID, "notes": "x"}}),
			"a channel deletes":              o.channel.refused(t, deleteContact, vars{"id": o.people[0].ID}),
			"a channel makes a channel":      o.channel.refused(t, createChannel, newChannel),
			"a staff member makes a channel": o.staff.refused(t, createChannel, newChannel),
			"a staff member reports":         o.staff.refused(t, recordInteraction, vars{"input": message}),
		} {
			if refused != "FORBIDDEN" {
				t.Errorf("%s: %s", name, refused)
			}
		}

		if list := contacts(t, elsewhere, nil); len(list.Nodes) != 0 || list.WorkspaceHasContacts {
			t.Errorf("another workspace lists %+v", list)
		}
		if c := must[struct{ Contact *contact }](t, elsewhere, getContact, vars{"id": o.people[0].ID}).Contact; c != nil {
			t.Errorf("another workspace reads %+v", c)
		}
		if got := update(t, elsewhere, vars{"id": o.people[0].ID, "notes": "x"}); got.Contact != nil || got.UserErrors[0].Code != "NOT_FOUND" {
			t.Errorf("another workspace edits: %+v", got)
		}
		foreign := must[struct{ RecordInteraction report }](t, elsewhereChannel, recordInteraction, vars{"input": message}).RecordInteraction
		if foreign.Contact != nil || len(foreign.UserErrors) != 1 || foreign.UserErrors[0].Code != "NOT_FOUND" {
			t.Errorf("another workspace reports: %+v", foreign)
		}
	})
}

func TestNobodyComesInWithoutAGoodToken(t *testing.T) {
	t.Parallel()
	db := database{"sqlite:" + t.TempDir() + "/kith.db"}
	env := db.env()
	s := start(t, binary(t), env)
	expired, err := auth.Sign(secret, auth.Grant{
		Workspace: "acme", Role: "staff", Subject: "ann", IssuedAt: time.Now().Add(-2 * time.Hour), ExpiresAt: time.Now().Add(-time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	good := env.token(t, "acme", "staff")
	for name, token := range map[string]string{
		"no token":                  "",
		"no token but a word":       "nonsense",
		"an expired token":          expired,
		"a token of another secret": env.with("KITH_AUTH_SECRET", strings.Repeat("x", 32)).token(t, "acme", "staff"),
		"a token without signature": good[:strings.LastIndex(good, ".")+1],
	} {
		a, err := s.client(token).send(t.Context(), getContacts, nil)
		if err != nil {
			t.Fatal(err)
		}
		if a.Status != http.StatusUnauthorized || a.codes() != "UNAUTHENTICATED" || !strings.HasPrefix(a.Header.Get("WWW-Authenticate"), "Bearer") {
			t.Errorf("%s: %d %q %v", name, a.Status, a.Header.Get("WWW-Authenticate"), a.Errors)
		}
	}
	if c := contacts(t, s.client(good), nil); c.WorkspaceHasContacts {
		t.Error("an empty workspace has contacts")
	}
	if out := s.output.String(); strings.Contains(out, secret) || strings.Contains(out, good) {
		t.Error("a secret is in the log")
	}
}
