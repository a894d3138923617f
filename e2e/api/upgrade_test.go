package api

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kith/storage/postgres/pgtest"
	"kith/storage/storagetest"
)

// buildNext makes the binary of a next version: this one with the files of testdata/next, which are migrations and the code
// that needs them. Nothing of them is in this version.
var buildNext = sync.OnceValues(func() (string, error) {
	here, err := os.Getwd()
	if err != nil {
		return "", err
	}
	added, err := filepath.Glob(filepath.Join(here, "testdata", "next", "*"))
	if err != nil {
		return "", err
	}
	postgres := filepath.Join(here, "..", "..", "storage", "postgres")
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for _, path := range added {
		dir := postgres
		if strings.HasSuffix(path, ".sql") {
			dir = filepath.Join(postgres, "migrations")
		}
		overlay.Replace[filepath.Join(dir, filepath.Base(path))] = path
	}
	text, err := json.Marshal(overlay)
	if err != nil {
		return "", err
	}
	file := filepath.Join(binaries, "next.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return "", err
	}
	return build("kith", "kith-next", "-overlay", file)()
})

// writers report messages and edit contacts without a pause. No answer may be an error.
type writers struct {
	mu      sync.RWMutex
	clients []client // that they may ask
	written atomic.Int64
	stop    context.CancelFunc
	done    chan error
}

// startWriters begins to write to a channel.
func startWriters(t *testing.T, channel string, clients ...client) *writers {
	t.Helper()
	const customers = 20
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	w := &writers{clients: clients, stop: stop, done: make(chan error, 1)}
	go func() {
		w.done <- together(4, func(i int) error {
			for n := 0; ctx.Err() == nil; n++ {
				err := w.write(context.WithoutCancel(ctx), channel, fmt.Sprint("customer ", (4*n+i)%customers), fmt.Sprint(i, " ", n))
				if err != nil {
					return err
				}
			}
			return nil
		})
	}()
	return w
}

// write reports a message, and has staff name its contact.
func (w *writers) write(ctx context.Context, channel, customer, message string) error {
	w.mu.RLock() // a client that is taken away is not asked any more
	defer w.mu.RUnlock()
	n := w.written.Add(1)
	c := w.clients[int(n)%len(w.clients)]
	got, err := ask[struct{ RecordInteraction report }](ctx, c, recordInteraction, vars{"input": vars{
		"channelId": channel, "externalId": customer, "messageId": message, "text": "Hello",
	}})
	if err != nil || len(got.RecordInteraction.UserErrors) > 0 {
		return fmt.Errorf("report: %v %w", got.RecordInteraction.UserErrors, err)
	}
	type updated struct {
		UpdateContact struct {
			UserErrors []struct{ Code, Message string }
		}
	}
	edit, err := ask[updated](ctx, c, `mutation ($input: UpdateContactInput!) { updateContact(input: $input) { userErrors { code message } } }`,
		vars{"input": vars{"id": got.RecordInteraction.Contact.ID, "name": "Ann " + message}})
	if err != nil || len(edit.UpdateContact.UserErrors) > 0 {
		return fmt.Errorf("edit: %v %w", edit.UpdateContact.UserErrors, err)
	}
	return nil
}

// use has the writers ask these clients from now on.
func (w *writers) use(clients ...client) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clients = clients
}

// more waits until some more has been written, and fails the test when a write failed.
func (w *writers) more(t *testing.T) {
	t.Helper()
	for target := w.written.Load() + 40; w.written.Load() < target; {
		select {
		case err := <-w.done:
			t.Fatalf("the writers ended: %v", err)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// Two versions serve one database, before, during and after the migration, while a long transaction is in its way.
func TestSlowAnUpgradeWithoutDowntime(t *testing.T) {
	storagetest.MarkSlow(t) // it builds a second binary
	t.Parallel()
	old := quickBinary(t)
	newer := built(t, buildNext)
	url := pgtest.Database(t)
	env := database{url}.env()
	one, two := start(t, old, env), start(t, old, env)
	admin, _, _ := clientsOf(t, one, env, "acme")
	shop := channel(t, admin, "Shop", "HTML_EMBED")
	through := func(servers ...*server) (out []client) {
		for _, s := range servers {
			out = append(out, s.client(admin.token))
		}
		return out
	}
	w := startWriters(t, shop, through(one, two)...)
	w.more(t)

	// The next version refuses the older schema, and says what to do.
	if _, log, code := env.runWith(t, newer); code != 1 || !strings.Contains(log, "kith migrate") {
		t.Errorf("serving the older schema: exit %d, %s", code, log)
	}

	release := holdTable(t, url, "contacts")
	migrated := make(chan error, 1)
	go func() {
		out, log, code := env.runWith(t, newer, "migrate")
		if code != 0 || !strings.Contains(out, "Migrated the database") {
			migrated <- fmt.Errorf("exit %d: %s%s", code, out, log)
			return
		}
		migrated <- nil
	}()
	for waits := 0; waits == 0; { // the migration, for the table
		waits = database{url}.number(t, `
			SELECT count(*) FROM pg_locks WHERE relation = 'contacts'::regclass AND mode = 'AccessExclusiveLock' AND NOT granted`)
	}
	w.more(t)
	release()
	w.more(t) // while it works
	if err := <-migrated; err != nil {
		t.Fatalf("migrate: %v", err)
	}
	w.more(t)

	// A process of the old version restarts on the newer schema.
	w.use(through(two)...)
	one.stop(t)
	one = start(t, old, env)
	w.use(through(one, two)...)
	w.more(t)

	// The next version takes over, process by process.
	three := start(t, newer, env)
	w.use(through(one, two, three)...)
	w.more(t)
	w.use(through(two, three)...)
	one.stop(t)
	w.more(t)

	// It is taken back, and comes again.
	w.use(through(two)...)
	three.stop(t)
	w.more(t)
	three = start(t, newer, env)
	w.use(through(three)...)
	two.stop(t)
	w.more(t)
	w.stop()
	if err := <-w.done; err != nil {
		t.Errorf("the writers: %v", err)
	}
	for version, binary := range map[string]string{"old": old, "next": newer} {
		if out, log, code := env.runWith(t, binary, "check"); code != 0 || !strings.Contains(out, "sound") {
			t.Errorf("check by the %s version: exit %d, %s%s", version, code, out, log)
		}
	}
	if n := (database{url}).number(t, `SELECT count(*) FROM contacts WHERE next <> 0`); n != 0 {
		t.Errorf("%d contacts", n)
	}
}

// holdTable reads a table in a transaction that stays open until it is released, as a backup does.
func holdTable(t *testing.T, url, table string) (release func()) {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := tx.QueryRowContext(t.Context(), `SELECT count(*) FROM `+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return func() { _ = tx.Rollback() }
}
