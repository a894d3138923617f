package pgtest

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// PoolerSize is how many connections to the server a [Pooler] has.
const PoolerSize = 4

// Pooler starts a PgBouncer in transaction mode before the server of the database at address, stops it at the end of the
// test, and returns the database's URL through it. Without the program the test is skipped, or fails where CI is set.
func Pooler(t testing.TB, address string) string {
	t.Helper()
	program := pgbouncer(t)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal("the database's URL is none")
	}
	dir, err := os.MkdirTemp("", "kith-pooler-") //nolint:usetesting // another account is to enter it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	port := FreePort(t)
	password, _ := u.User.Password()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("users.txt", fmt.Sprintf("%q %q\n", u.User.Username(), password))
	write("pgbouncer.ini", fmt.Sprintf(`[databases]
* = host=%s port=%s

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %s
unix_socket_dir =
auth_type = trust
auth_file = %s
pool_mode = transaction
default_pool_size = %d
max_client_conn = 500
ignore_startup_parameters = extra_float_digits
`, u.Hostname(), u.Port(), port, filepath.Join(dir, "users.txt"), PoolerSize))
	var log bytes.Buffer
	c := exec.Command(program, filepath.Join(dir, "pgbouncer.ini")) //nolint:gosec,noctx // it outlives the test's context, for those who close stores
	c.Dir, c.Env, c.Stderr = dir, []string{"HOME=" + dir}, &log
	Unprivileged(t, c, dir)
	if err := c.Start(); err != nil {
		t.Fatalf("start %s: %v", program, err)
	}
	ended := make(chan struct{})
	go func() {
		_ = c.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		_ = c.Process.Kill()
		<-ended
	})
	u.Host = "127.0.0.1:" + port
	for {
		conn, err := pgx.Connect(t.Context(), u.String()+"&default_query_exec_mode=exec")
		if err == nil {
			_ = conn.Close(t.Context())
			return u.String()
		}
		select {
		case <-ended:
			t.Fatalf("PgBouncer ended:\n%s", log.String())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func pgbouncer(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"pgbouncer", "/usr/sbin/pgbouncer"} { // Debian's is not in everybody's PATH
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatal("PgBouncer is not installed, and CI must test behind it: make deps-go installs it")
	}
	t.Skip("PgBouncer is not installed: make deps-go installs it")
	return ""
}

// FreePort is a port of this machine that nobody listens on.
func FreePort(t testing.TB) string {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // at once
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(free.Addr().String())
	_ = free.Close()
	return port
}

// Unprivileged has a program run as an account without rights, and gives it dir and the files in it, where the test runs
// as root: PostgreSQL's programs refuse that.
func Unprivileged(t testing.TB, c *exec.Cmd, dir string) {
	t.Helper()
	if os.Getuid() != 0 {
		return
	}
	account := Account(t)
	c.SysProcAttr = &syscall.SysProcAttr{Credential: account}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	paths := []string{dir}
	for _, e := range entries {
		paths = append(paths, filepath.Join(dir, e.Name()))
	}
	for _, path := range paths {
		if err := os.Chown(path, int(account.Uid), int(account.Gid)); err != nil {
			t.Fatal(err)
		}
	}
}

// Account is that of [FindAccount]. Without one the test is skipped.
func Account(t testing.TB) *syscall.Credential {
	t.Helper()
	account, err := FindAccount()
	if err != nil {
		t.Skip(err)
	}
	return account
}

// Programs is the folder of the newest PostgreSQL server's programs, such as initdb.
func Programs() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	slices.Sort(found)
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil { // the others lie beside it
			found = append(found, path)
		}
	}
	if len(found) == 0 {
		return "", errors.New("no PostgreSQL server is installed")
	}
	return filepath.Dir(found[len(found)-1]), nil
}

// FindAccount is an account without rights, for PostgreSQL's programs, which refuse to run as root.
func FindAccount() (*syscall.Credential, error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, errors.New("there is no account that PostgreSQL's programs could run as")
}
