package app

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"kith/storage/postgres/pgtest"
)

// isReady reports whether the server says so, and what it says.
func (s *server) isReady(t *testing.T) (ready bool, body string) {
	t.Helper()
	status, body := s.get(t, "/readyz")
	return status == 200, strings.TrimSpace(body)
}

// tellsOf fails the test unless log and metrics name the cause.
func (s *server) tellsOf(t *testing.T, cause string) {
	t.Helper()
	if !regexp.MustCompile(`level=ERROR msg="the database is failing" cause=` + cause + ` call=`).MatchString(s.log.String()) {
		t.Errorf("the log does not name the cause:\n%s", s.log)
	}
	_, metrics := s.get(t, "/metrics")
	if !regexp.MustCompile(`kith_storage_failures_total\{call="\w+",reason="` + cause + `"\}`).MatchString(metrics) {
		t.Errorf("the metrics do not name the cause %s", cause)
	}
}

// write makes a contact, or returns what it came to.
func (s *server) write(t *testing.T, channel, id string) string {
	t.Helper()
	_, body := s.ask(t, "", fmt.Sprintf(`mutation { recordInteraction(input: {channelId: %q, externalId: %q, messageId: "1", text: %q,
		profile: {name: "Ann"}}) { userErrors { message } } }`, channel, id, strings.Repeat("long ", 40)))
	return body
}

func TestAFullDiskTurnsReadinessUntilThereIsRoom(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=6291456"); err != nil {
		t.Skipf("a small disk takes the right to mount: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	env := environment{"KITH_DATABASE_URL": "sqlite:" + filepath.Join(dir, "kith.db"), "KITH_DEMO": "off", "KITH_SECRET_KEY": newKey}
	s := start(t, env)
	channel := s.connect(t, "", `name: "Shop", type: WHATSAPP`).Channel.ID
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 2<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	body := ""
	for n := 0; !strings.Contains(body, "UNAVAILABLE"); n++ {
		if body = s.write(t, channel, fmt.Sprint(n)); n > 20_000 {
			t.Fatal("the disk does not fill")
		}
	}
	if ready, body := s.isReady(t); ready || body != "the disk is full" {
		t.Errorf("ready: %t, %s", ready, body)
	}
	if _, body := s.ask(t, "", `{ contacts(first: 1) { nodes { id } } }`); !strings.Contains(body, "contact_") {
		t.Errorf("reading: %s", body)
	}
	s.tellsOf(t, "full")
	_, _, err := execute(t, env, "demo", "--contacts=5000", "--workspace=acme")
	if err == nil || !strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("a command says: %v", err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	await(t, "readiness", func() bool { ready, _ := s.isReady(t); return ready })
	if !strings.Contains(s.log.String(), "the database can be written to again") {
		t.Error("the log does not mention the recovery")
	}
	if body := s.write(t, channel, "last"); strings.Contains(body, "errors\"") {
		t.Errorf("writing: %s", body)
	}
}

func TestADiskThatIsReadOnlyIsNamed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	env := environment{"KITH_DATABASE_URL": "sqlite:" + filepath.Join(dir, "kith.db"), "KITH_ADDR": "127.0.0.1:0"}
	if _, _, err := execute(t, env, "migrate"); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount(dir, dir, "", syscall.MS_BIND, ""); err != nil {
		t.Skipf("a read-only disk takes the right to mount: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	if err := syscall.Mount("", dir, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"serve", "migrate", "demo"} {
		if _, _, err := execute(t, env, command); exitCode(err) != 1 || !strings.Contains(err.Error(), "read-only") {
			t.Errorf("%s: %v", command, err)
		}
	}
}

func TestAPostgreSQLThatIsReadOnlyTurnsReadinessUntilItIsNot(t *testing.T) {
	t.Parallel()
	address := pgtest.Database(t)
	s := start(t, environment{"KITH_DATABASE_URL": address, "KITH_DEMO": "off", "KITH_SECRET_KEY": newKey})
	channel := s.connect(t, "", `name: "Shop", type: WHATSAPP`).Channel.ID
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	set := func(value string) {
		// Connections that are open keep their settings, so they have to go.
		pgtest.Exec(t, address, fmt.Sprintf(`
			BEGIN READ WRITE;
			ALTER DATABASE %q SET default_transaction_read_only = %s;
			COMMIT;
			SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
			strings.TrimPrefix(u.Path, "/"), value))
	}
	set("on")
	await(t, "a write that fails for it", func() bool {
		s.write(t, channel, "ann")
		ready, body := s.isReady(t)
		return !ready && body == "the database is read-only"
	})
	s.tellsOf(t, "read_only")
	if _, body := s.ask(t, "", `{ contacts(first: 1) { nodes { id } } }`); strings.Contains(body, "UNAVAILABLE") {
		t.Errorf("reading: %s", body)
	}
	set("off")
	await(t, "readiness", func() bool { ready, _ := s.isReady(t); return ready })
	await(t, "a write", func() bool { return !strings.Contains(s.write(t, channel, "ann"), `"errors"`) })
}

func TestAPostgreSQLWithAFullDiskTurnsReadiness(t *testing.T) {
	t.Parallel()
	address := pgtest.Database(t)
	s := start(t, environment{"KITH_DATABASE_URL": address, "KITH_DEMO": "off", "KITH_SECRET_KEY": newKey})
	channel := s.connect(t, "", `name: "Shop", type: WHATSAPP`).Channel.ID
	pgtest.Exec(t, address, `
		CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53100'; END $$;
		CREATE TRIGGER full_disk BEFORE INSERT ON contacts FOR EACH ROW EXECUTE FUNCTION full_disk();
		CREATE TRIGGER full_disk BEFORE UPDATE ON workspaces FOR EACH ROW EXECUTE FUNCTION full_disk()`)
	if body := s.write(t, channel, "ann"); !strings.Contains(body, "UNAVAILABLE") {
		t.Errorf("writing: %s", body)
	}
	if ready, body := s.isReady(t); ready || body != "the disk is full" {
		t.Errorf("ready: %t, %s", ready, body)
	}
	s.tellsOf(t, "full")
	pgtest.Exec(t, address, `DROP FUNCTION full_disk CASCADE`)
	await(t, "readiness", func() bool { ready, _ := s.isReady(t); return ready })
}
