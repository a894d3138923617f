package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// subscribed opens a WebSocket with a token that hears of contacts, and returns when it was closed, and with which code.
func (s *server) subscribed(t *testing.T, token string) (closed <-chan websocket.StatusCode) {
	t.Helper()
	ws, _, err := websocket.Dial(t.Context(), s.url+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ws.CloseNow() })
	for _, m := range []string{
		`{"type":"connection_init","payload":{"authorization":"Bearer ` + token + `"}}`,
		`{"id":"1","type":"subscribe","payload":{"query":"subscription { contactEvents { kind } }"}}`, `{"type":"ping"}`,
	} {
		if err := ws.Write(t.Context(), websocket.MessageText, []byte(m)); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{`"connection_ack"`, `"pong"`} {
		if _, text, err := ws.Read(t.Context()); err != nil || !strings.Contains(string(text), want) {
			t.Fatalf("%s %v", text, err)
		}
	}
	out := make(chan websocket.StatusCode, 1)
	go func() {
		for {
			if _, _, err := ws.Read(context.WithoutCancel(t.Context())); err != nil {
				out <- websocket.CloseStatus(err)
				return
			}
		}
	}()
	return out
}

// TestAWorkspaceIsDeletedBesideARunningServer deletes a workspace that somebody writes to and listens to, by a command that is
// killed and run again.
func TestAWorkspaceIsDeletedBesideARunningServer(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db database) {
		env := db.env("KITH_UNKNOWN_WORKSPACES", "refuse")
		for _, w := range []string{"acme", "other"} {
			env.mustRun(t, "demo", "--contacts=3000", "--seed=7", "--workspace="+w)
		}
		s := start(t, binary(t), env)
		token, others := env.token(t, "acme", "admin"), env.token(t, "other", "admin")
		c, other := s.client(token), s.client(others)
		number := db.number(t, `SELECT workspace_id FROM workspaces WHERE name = 'acme'`)
		key := strings.TrimSpace(env.mustRun(t, "key", "create", "--workspace=acme", "--name=Robot", "--role=admin"))
		closed, kept := s.subscribed(t, token), s.subscribed(t, others)
		ofKey := s.subscribed(t, key)

		ctx, cancel := context.WithCancel(t.Context())
		var writing sync.WaitGroup
		defer writing.Wait()
		defer cancel()
		for n, who := range []client{c, s.client(key), other} {
			writing.Go(func() {
				for i := 0; ctx.Err() == nil; i++ {
					_, _ = who.send(ctx, `mutation ($name: String!) { createChannel(input: {name: $name, type: WHATSAPP}) { channel { id } } }`,
						vars{"name": fmt.Sprint(n, " ", i)})
					time.Sleep(20 * time.Millisecond)
				}
			})
		}

		deletion := exec.CommandContext(t.Context(), binary(t), "workspace", "delete", "acme", "--yes")
		deletion.Env = env.list()
		if err := deletion.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(1500 * time.Millisecond)
		if err := deletion.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = deletion.Wait()
		if out := env.mustRun(t, "workspace", "list"); !strings.Contains(out, "acme") || !strings.Contains(out, "being deleted") {
			t.Errorf("listed as\n%s", out)
		}
		for what, of := range map[string]<-chan websocket.StatusCode{"a socket": closed, "a key's socket": ofKey} {
			select {
			case code := <-of:
				if code != 4401 && code != 4403 {
					t.Errorf("%s was closed with %d", what, code)
				}
			case <-time.After(10 * time.Second):
				t.Errorf("%s is still open", what)
			}
		}
		if a, err := c.send(t.Context(), `{ viewer { role } }`, nil); err != nil || a.Status != http.StatusUnauthorized {
			t.Errorf("while it is deleted: %d %v", a.Status, err)
		}
		if out, _, code := env.run(t, "workspace", "show", "acme"); code != 1 {
			t.Errorf("shown while it is deleted: exit %d, %s", code, out)
		}

		env.mustRun(t, "workspace", "delete", "acme", "--yes")
		if out := env.mustRun(t, "workspace", "list"); strings.Contains(out, "acme") || !strings.Contains(out, "other") {
			t.Errorf("listed as\n%s", out)
		}
		time.Sleep(time.Second)
		tables := `SELECT m.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c ON c.name = 'workspace_id' WHERE m.type = 'table'`
		if db.isPostgres() {
			tables = `SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'workspace_id'`
		}
		for _, table := range db.names(t, tables) {
			if n := db.number(t, fmt.Sprintf(`SELECT count(*) FROM %s WHERE workspace_id = %d`, table, number)); n != 0 {
				t.Errorf("%d rows are left in %s", n, table)
			}
		}
		a, err := c.send(t.Context(), `{ viewer { role } }`, nil)
		if err != nil || a.Status != http.StatusUnauthorized || !strings.Contains(a.Header.Get("WWW-Authenticate"), "does not exist") {
			t.Errorf("once it is deleted: %d %s %v", a.Status, a.Header.Get("WWW-Authenticate"), err)
		}
		if n := db.number(t, `SELECT count(*) FROM workspaces WHERE name = 'acme'`); n != 0 {
			t.Error("a token has brought the workspace to life again")
		}
		if n := counted(t, other); n != 3000 {
			t.Errorf("the other workspace has %d contacts", n)
		}
		select {
		case code := <-kept:
			t.Errorf("the other workspace's socket was closed with %d", code)
		default:
		}

		// The name is free, and a workspace that gets it begins empty.
		cancel()
		writing.Wait()
		env.mustRun(t, "workspace", "set", "acme", "display-name=Acme again")
		type workspace struct{ Workspace struct{ DisplayName string } }
		var again workspace
		for begun := time.Now(); time.Since(begun) < 10*time.Second && again.Workspace.DisplayName == ""; time.Sleep(200 * time.Millisecond) {
			again, _ = ask[workspace](t.Context(), c, `{ workspace { displayName } }`, nil)
		}
		if n := counted(t, c); n != 0 || again.Workspace.DisplayName != "Acme again" {
			t.Errorf("set up again: %d contacts, %+v", n, again)
		}
	})
}

// names asks the database itself for names.
func (db database) names(t *testing.T, query string) (names []string) {
	t.Helper()
	c := db.open(t, "&mode=ro")
	defer func() { _ = c.Close() }()
	rows, err := c.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return names
}

// TestUnknownWorkspaces sends tokens that name workspaces which do not exist.
func TestUnknownWorkspaces(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db database) {
		creating, refusing := db.env(), db.env("KITH_UNKNOWN_WORKSPACES", "refuse")
		token := creating.token(t, "new", "admin") // which creates nothing
		s := start(t, binary(t), refusing)
		if a, err := s.client(token).send(t.Context(), `{ viewer { role } }`, nil); err != nil || a.Status != http.StatusUnauthorized {
			t.Errorf("refused: %d %v", a.Status, err)
		}
		ws, _, err := websocket.Dial(t.Context(), s.url+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = ws.CloseNow() }()
		if err := ws.Write(t.Context(), websocket.MessageText, []byte(`{"type":"connection_init","payload":{"authorization":"Bearer `+token+`"}}`)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := ws.Read(t.Context()); websocket.CloseStatus(err) != 4401 && websocket.CloseStatus(err) != 4403 {
			t.Errorf("a WebSocket: %v", err)
		}
		s.logs(t, "the workspace does not exist", 1)
		if n := db.number(t, `SELECT count(*) FROM workspaces WHERE name = 'new'`); n != 0 {
			t.Error("the workspace was created")
		}
		type viewer struct{ Viewer struct{ Workspace string } }
		if v := must[viewer](t, s.client(refusing.token(t, "made", "admin")), `{ viewer { workspace } }`, nil); v.Viewer.Workspace != "made" {
			t.Errorf("with a token of the command line: %+v", v)
		}
		s.stop(t)
		s = start(t, binary(t), creating)
		if v := must[viewer](t, s.client(token), `{ viewer { workspace } }`, nil); v.Viewer.Workspace != "new" {
			t.Errorf("created: %+v", v)
		}
	})
}

// TestAWorkspaceIsExported writes a workspace as JSON Lines and looks for everything in it.
func TestAWorkspaceIsExported(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, db database) {
		env := db.env("KITH_SECRET_KEY", secret)
		env.mustRun(t, "demo", "--contacts=1200", "--seed=7", "--workspace=acme")
		s := start(t, binary(t), env)
		c := s.client(env.token(t, "acme", "admin"))
		type contacts struct {
			Contacts struct{ Nodes []struct{ ID string } }
		}
		id := must[contacts](t, c, `{ contacts(first: 1) { nodes { id } } }`, nil).Contacts.Nodes[0].ID
		for n := range 25 { // more than is read at first
			must[vars](t, c, `mutation ($in: UpdateContactInput!) { updateContact(input: $in) { contact { id } } }`,
				vars{"in": vars{"id": id, "notes": fmt.Sprint("Note ", n)}})
		}
		must[vars](t, c, `mutation { updateWorkspace(input: {displayName: "Acme <GmbH>"}) { workspace { id } } }`, nil)
		must[vars](t, c, `mutation { createChannel(input: {name: "Bot", type: WHATSAPP, secret: "hunter2hunter2hunter2"}) { channel { id } userErrors { message } } }`, nil)
		key := strings.TrimSpace(env.mustRun(t, "key", "create", "--workspace=acme", "--name=Robot", "--role=reader"))
		file := filepath.Join(t.TempDir(), "acme.jsonl")
		env.mustRun(t, "workspace", "export", "acme", "--output", file)
		if _, _, code := env.run(t, "workspace", "export", "acme", "--output", file); code != 2 {
			t.Errorf("over a file that is there: exit %d", code)
		}
		counts, changes := map[string]int{}, 0
		text := env.mustRun(t, "workspace", "export", "acme")
		for line := range strings.Lines(text) {
			var l struct {
				Type string
				Data struct{ ContactID string }
			}
			if err := json.Unmarshal([]byte(line), &l); err != nil {
				t.Fatal(err)
			}
			if counts[l.Type]++; l.Type == "change" && l.Data.ContactID == id {
				changes++
			}
		}
		sessions := db.number(t, `SELECT count(*) FROM sessions`)
		if counts["contact"] != 1200 || counts["session"] != sessions || counts["workspace"] != 1 || counts["channel"] != 7 || counts["apiKey"] != 1 ||
			counts["auditEntry"] < 28 || changes != 25 {
			t.Errorf("%v, %d sessions, %d changes", counts, sessions, changes)
		}
		for _, secret := range []string{key, key[5:30], "hunter2"} {
			if strings.Contains(text, secret) {
				t.Errorf("a secret is in the file: %s", secret)
			}
		}
		if !strings.Contains(text, "Acme <GmbH>") || !strings.Contains(text, "Note 24") {
			t.Error("settings or notes are missing")
		}
		if _, log, code := env.run(t, "workspace", "export", "nobody"); code != 1 || !strings.Contains(log, "there is no workspace") {
			t.Errorf("one that is not there: exit %d, %s", code, log)
		}
	})
}

func TestAllThatIsWrongWithSettingsOfAWorkspaceIsSaid(t *testing.T) {
	t.Parallel()
	env := database{"sqlite:" + filepath.Join(t.TempDir(), "kith.db")}.env()
	env.mustRun(t, "migrate")
	_, log, code := env.run(t, "workspace", "set", "acme", "export-role=king", "display-name=Acme", "history-days=-3", "colour=red", "default-region=Germany")
	for _, want := range []string{"export-role: ", "history-days must be", `"colour=red" is no setting`, "default-region: "} {
		if !strings.Contains(log, want) {
			t.Errorf("it does not say %q:\n%s", want, log)
		}
	}
	if code != 2 {
		t.Errorf("exit %d", code)
	}
	if out := env.mustRun(t, "workspace", "list"); strings.Contains(out, "acme") {
		t.Errorf("a part of it was done:\n%s", out)
	}
}
