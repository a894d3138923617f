package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"kith/storage/postgres/pgtest"
)

// server is one PostgreSQL. What has reached the operating system outlives it: it does not wait for the disk.
type server struct {
	part

	bin, port string
	account   *syscall.Credential
	disk      *disk
}

// postgres is a primary with a synchronous standby, and PgBouncer in transaction mode in front of the primary.
type postgres struct {
	dir              string
	primary, standby *server
	pooler           part
	poolerPort       string
}

// newPostgres starts all three.
func newPostgres(ctx context.Context, dir string) (p *postgres, err error) {
	bouncer, err := installed("pgbouncer")
	if err != nil {
		return nil, err
	}
	p = &postgres{dir: dir}
	if p.primary, err = newServer(dir, "postgres0"); err != nil {
		return nil, err
	}
	if p.standby, err = newServer(dir, "postgres1"); err != nil {
		return p, err
	}
	err = p.primary.run("initdb", "-D", p.primary.data(), "-U", "kith", "--auth=trust", "--encoding=UTF8", "--locale=C",
		"--no-sync", "--wal-segsize=1") // small ones, so that a full disk soon meets the next
	if err != nil {
		return p, err
	}
	if err := p.primary.up(ctx); err != nil {
		return p, err
	}
	for _, statement := range []string{
		`CREATE DATABASE kith`, `ALTER ROLE kith SET statement_timeout = '10s'`, `ALTER ROLE kith SET jit = off`,
	} {
		if err := p.primary.do(ctx, statement); err != nil {
			return p, err
		}
	}
	if err := p.follow(ctx); err != nil {
		return p, err
	}
	if p.poolerPort, err = freePort(); err != nil {
		return p, err
	}
	account := p.primary.account
	if err := p.configurePooler(); err != nil {
		return p, err
	}
	p.pooler = part{name: "PgBouncer", log: dir + "/pgbouncer.log", command: func() *exec.Cmd {
		c := exec.Command(bouncer, p.poolerConfig()) //nolint:gosec,noctx // it is ended in its own way
		c.Env, c.SysProcAttr = []string{"HOME=" + dir}, &syscall.SysProcAttr{Credential: account}
		return c
	}}
	return p, p.pooler.start()
}

// url is the database through the pooler, and direct past it, at whichever server is the primary.
func (p *postgres) url() string {
	return fmt.Sprintf("postgres://kith@127.0.0.1:%s/kith?sslmode=disable", p.poolerPort)
}

func (p *postgres) direct() string {
	return fmt.Sprintf("postgres://kith@127.0.0.1:%s,127.0.0.1:%s/kith?sslmode=disable&target_session_attrs=read-write",
		p.primary.port, p.standby.port)
}

func (p *postgres) poolerConfig() string { return p.dir + "/pgbouncer.ini" }

// configurePooler points PgBouncer to the primary.
func (p *postgres) configurePooler() error {
	users := p.dir + "/users.txt"
	if err := os.WriteFile(users, []byte(`"kith" ""`+"\n"), 0o644); err != nil { //nolint:gosec // another account reads it
		return err
	}
	config := fmt.Sprintf(`[databases]
* = host=127.0.0.1 port=%s

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %s
unix_socket_dir =
auth_type = trust
auth_file = %s
pool_mode = transaction
default_pool_size = 20
max_client_conn = 500
server_login_retry = 1
ignore_startup_parameters = extra_float_digits
`, p.primary.port, p.poolerPort, users)
	return os.WriteFile(p.poolerConfig(), []byte(config), 0o644) //nolint:gosec // another account reads it
}

// follow makes the standby again from the primary, and has commits wait for it.
func (p *postgres) follow(ctx context.Context) error {
	if err := p.standby.disk.empty(); err != nil {
		return err
	}
	err := p.standby.run("pg_basebackup", "-D", p.standby.data(), "-R", "-X", "stream", "-c", "fast", "--no-sync",
		"-h", "127.0.0.1", "-p", p.primary.port, "-U", "kith")
	if err != nil {
		return err
	}
	if err := p.standby.up(ctx); err != nil {
		return err
	}
	return errors.Join(p.primary.do(ctx, `ALTER SYSTEM SET synchronous_standby_names = '*'`), p.primary.do(ctx, `SELECT pg_reload_conf()`),
		p.caughtUp(ctx))
}

// caughtUp waits until the standby has everything that the primary has, and commits wait for it.
func (p *postgres) caughtUp(ctx context.Context) error {
	var lsn string
	if err := p.primary.ask(ctx, `SELECT pg_current_wal_flush_lsn()::text`, &lsn); err != nil {
		return err
	}
	return until(ctx, time.Minute, "the standby has everything", func() error {
		var synchronous bool
		err := p.primary.ask(ctx, `
			SELECT coalesce(bool_or(sync_state = 'sync' AND state = 'streaming' AND flush_lsn >= '`+lsn+`'), false)
			FROM pg_stat_replication`, &synchronous)
		if err == nil && !synchronous {
			err = errors.New("it does not follow")
		}
		return err
	})
}

// failOver kills the primary and promotes the standby. The new primary has no standby until follow.
func (p *postgres) failOver(ctx context.Context) error {
	if err := p.caughtUp(ctx); err != nil {
		return err
	}
	p.primary.kill()
	p.primary, p.standby = p.standby, p.primary
	for _, statement := range []string{
		`SELECT pg_promote()`, `ALTER SYSTEM RESET synchronous_standby_names`, `SELECT pg_reload_conf()`,
	} {
		if err := p.primary.do(ctx, statement); err != nil {
			return err
		}
	}
	if err := p.configurePooler(); err != nil {
		return err
	}
	return p.pooler.process.Process.Signal(syscall.SIGHUP)
}

// killBackend ends one process that works for a connection. PostgreSQL then ends all others and recovers.
func (p *postgres) killBackend(ctx context.Context) error {
	var pid int
	err := p.primary.ask(ctx, `
		SELECT pid FROM pg_stat_activity
		WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
		ORDER BY state = 'active' DESC, pid LIMIT 1`, &pid)
	if err != nil {
		return err
	}
	return syscall.Kill(pid, syscall.SIGKILL)
}

func (p *postgres) remove() error {
	var err error
	if p.pooler.process != nil {
		p.pooler.kill()
	}
	for _, s := range []*server{p.standby, p.primary} {
		if s == nil {
			continue
		}
		if s.process != nil && !s.gone() {
			_ = s.process.Process.Signal(syscall.SIGQUIT) // so that its processes end with it
			select {
			case <-s.ended:
			case <-time.After(10 * time.Second):
				s.kill()
			}
		}
		err = errors.Join(err, until(context.Background(), 10*time.Second, "the disk is not in use", s.disk.remove))
	}
	return err
}

func newServer(dir, name string) (*server, error) {
	programs, err := pgtest.Programs()
	if err != nil {
		return nil, err
	}
	account, err := unprivileged()
	if err != nil {
		return nil, err
	}
	s := &server{bin: programs, account: account}
	if s.port, err = freePort(); err != nil {
		return nil, err
	}
	if s.disk, err = newDisk(filepath.Join(dir, name), account); err != nil {
		return nil, err
	}
	s.part = part{name: name, log: filepath.Join(dir, name+".log"), command: func() *exec.Cmd {
		return s.program("postgres", "-D", s.data(), "-p", s.port, "-k", s.disk.path, "-c", "listen_addresses=127.0.0.1",
			"-c", "fsync=off", "-c", "synchronous_commit=on", "-c", "max_connections=100", "-c", "max_wal_size=64MB",
			"-c", "min_wal_size=2MB", "-c", "wal_keep_size=64MB",
			"-c", "dynamic_shared_memory_type=mmap") // which a kill leaves in its folder, not in /dev/shm
	}}
	return s, nil
}

func (s *server) data() string { return s.disk.path + "/data" }

func (s *server) program(name string, args ...string) *exec.Cmd {
	c := exec.Command(filepath.Join(s.bin, name), args...) //nolint:gosec,noctx // of PostgreSQL; it is ended in its own way
	c.Dir, c.Env = s.disk.path, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.disk.path}
	c.SysProcAttr = &syscall.SysProcAttr{Credential: s.account}
	return c
}

func (s *server) run(name string, args ...string) error {
	if out, err := s.program(name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, out)
	}
	return nil
}

// up starts the server, and returns once it answers. After a kill its processes may take a moment to be gone: it tries again.
func (s *server) up(ctx context.Context) error {
	return until(ctx, time.Minute, s.name+" answers", func() error {
		if s.process == nil || s.gone() {
			if err := s.start(); err != nil {
				return err
			}
		}
		return s.do(ctx, `SELECT 1`)
	})
}

func (s *server) do(ctx context.Context, statement string) error {
	return s.with(ctx, func(c *pgx.Conn) error {
		_, err := c.Exec(ctx, statement)
		return err
	})
}

// ask asks the server for a value.
func (s *server) ask(ctx context.Context, query string, answer any) error {
	return s.with(ctx, func(c *pgx.Conn) error { return c.QueryRow(ctx, query).Scan(answer) })
}

func (s *server) with(ctx context.Context, do func(*pgx.Conn) error) error {
	c, err := pgx.Connect(ctx, fmt.Sprintf("postgres://kith@127.0.0.1:%s/postgres?sslmode=disable&connect_timeout=5", s.port))
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(ctx) }()
	return do(c)
}

// until repeats f until it succeeds.
func until(ctx context.Context, patience time.Duration, what string, f func() error) error {
	for end := time.Now().Add(patience); ; {
		err := f()
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case time.Now().After(end):
			return fmt.Errorf("not so after %s: %s: %w", patience, what, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}
