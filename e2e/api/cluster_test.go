package api

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"kith/storage/postgres/pgtest"
	"kith/storage/storagetest"
)

// cluster is a PostgreSQL of a test's own, which may be killed. It does not wait for the disk: what has reached the
// operating system outlives a process, and no power is cut here.
type cluster struct {
	bin, dir, port string
	account        *syscall.Credential // PostgreSQL refuses to run as root
	process        *exec.Cmd
	ended          chan struct{}
}

// newCluster starts an empty cluster. Without a server's programs on this machine the test is skipped.
func newCluster(t *testing.T) *cluster {
	t.Helper()
	programs, err := pgtest.Programs()
	if err != nil {
		t.Skip(err)
	}
	dir, err := os.MkdirTemp("", "kith-cluster-") //nolint:usetesting // whose folders only their owner may enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	c := &cluster{bin: programs, dir: dir}
	if os.Getuid() == 0 {
		c.account = pgtest.Account(t)
		if err := os.Chown(dir, int(c.account.Uid), int(c.account.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	initdb := c.command("initdb", "-D", dir+"/data", "-U", "kith", "--auth=trust", "--encoding=UTF8", "--locale=C",
		"--no-sync")
	out, err := initdb.CombinedOutput()
	if err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	c.port = pgtest.FreePort(t)
	c.start(t)
	t.Cleanup(func() { c.kill(t) })
	return c
}

// standby starts a second server that follows the cluster.
func (c *cluster) standby(t *testing.T) *cluster {
	t.Helper()
	dir, err := os.MkdirTemp("", "kith-standby-") //nolint:usetesting // whose folders only their owner may enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if c.account != nil {
		if err := os.Chown(dir, int(c.account.Uid), int(c.account.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	s := &cluster{bin: c.bin, dir: dir, port: pgtest.FreePort(t), account: c.account}
	out, err := s.command("pg_basebackup", "-D", dir+"/data", "-R", "-X", "stream", "-c", "fast", "--no-sync",
		"-h", "127.0.0.1", "-p", c.port, "-U", "kith").CombinedOutput()
	if err != nil {
		t.Fatalf("pg_basebackup: %v\n%s", err, out)
	}
	s.start(t)
	t.Cleanup(func() { s.kill(t) })
	return s
}

// ask asks the server itself for a value.
func (c *cluster) ask(t *testing.T, query string) (answer string) {
	t.Helper()
	db, err := sql.Open("pgx", c.url())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := db.QueryRowContext(t.Context(), query).Scan(&answer); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return answer
}

// do runs a statement on the server itself.
func (c *cluster) do(t *testing.T, statement string) {
	t.Helper()
	db, err := sql.Open("pgx", c.url())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func (c *cluster) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(c.bin, name), args...)
	cmd.Dir, cmd.Env = c.dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + c.dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.account}
	return cmd
}

// start runs the server until it is ready. After a kill its processes may take a moment to be gone: it tries again.
func (c *cluster) start(t *testing.T) {
	t.Helper()
	for patience := time.Now().Add(time.Minute); time.Now().Before(patience); {
		c.process = c.command("postgres", "-D", c.dir+"/data", "-p", c.port, "-k", c.dir, "-c", "listen_addresses=127.0.0.1",
			"-c", "fsync=off", "-c", "synchronous_commit=on", "-c", "max_connections=100",
			"-c", "dynamic_shared_memory_type=mmap") // which a kill leaves in its folder, not in /dev/shm
		if err := c.process.Start(); err != nil {
			t.Fatal(err)
		}
		c.ended = make(chan struct{})
		go func(process *exec.Cmd, ended chan struct{}) {
			_ = process.Wait()
			close(ended)
		}(c.process, c.ended)
		if c.ready(t) {
			return
		}
	}
	t.Fatal("PostgreSQL does not start")
}

// ready waits until the server answers, and reports false when it has ended instead.
func (c *cluster) ready(t *testing.T) bool {
	t.Helper()
	db, err := sql.Open("pgx", c.url())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for {
		if db.PingContext(t.Context()) == nil {
			return true
		}
		select {
		case <-c.ended:
			return false
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (c *cluster) url() string {
	return fmt.Sprintf("postgres://kith@127.0.0.1:%s/postgres?sslmode=disable", c.port)
}

// kill ends the server's first process; the others end when they notice.
func (c *cluster) kill(t *testing.T) {
	t.Helper()
	if err := c.process.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("kill PostgreSQL: %v", err)
	}
	<-c.ended
}

// killBackend ends one process that works for a connection. PostgreSQL then ends all others and recovers by itself.
func (c *cluster) killBackend(t *testing.T) {
	t.Helper()
	db, err := sql.Open("pgx", c.url())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var pid int
	err = db.QueryRowContext(t.Context(), `
		SELECT pid FROM pg_stat_activity
		WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
		ORDER BY state = 'active' DESC LIMIT 1`).Scan(&pid)
	if err != nil {
		t.Errorf("find a process of PostgreSQL's: %v", err)
		return
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Errorf("kill a process of PostgreSQL's: %v", err)
	}
}

// unwell are the lines that Kith writes while its database is away.
var unwell = regexp.MustCompile(`^time=\S+ level=(WARN|ERROR) msg=`)

func TestSlowPostgreSQLIsKilledInABurst(t *testing.T) {
	storagetest.MarkSlow(t) // it sends thousands of messages
	t.Parallel()
	c := newCluster(t)
	env := database{c.url()}.env("KITH_SECRET_KEY", secretKey)
	servers := []*server{start(t, quickBinary(t), env), start(t, quickBinary(t), env)}
	for _, s := range servers {
		s.tolerated = unwell
	}
	admin, staff, _ := clientsOf(t, servers[0], env, "acme")
	b := newBurst(connect(t, admin, "WHATSAPP"))
	var turn atomic.Int64
	kills := 0
	b.during(t, func() string { return servers[turn.Add(1)%2].url }, func() {
		if kills++; kills%2 == 1 {
			c.killBackend(t)
			return
		}
		c.kill(t)
		c.start(t)
	}, 0.1, 0.3, 0.5, 0.7)
	b.check(t, staff)
}
