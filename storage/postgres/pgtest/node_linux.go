package pgtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Node is a PostgreSQL server on this machine that a test may stop and start. At the end of the test it runs again.
type Node struct {
	t       testing.TB
	url     string
	pid     int
	command []string
	folder  string
	owner   *syscall.Credential
	still   bool // it is silent
}

// NodeAt is the server of a URL, whose user must be a superuser. Where it does not run on this machine the test is skipped.
func NodeAt(t testing.TB, url string) *Node {
	t.Helper()
	n := &Node{t: t, url: url}
	ctx := context.Background()
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatalf("connect to the node: %v", err)
	}
	defer func() { _ = c.Close(ctx) }()
	var pid string
	err = c.QueryRow(ctx, `SELECT current_setting('data_directory'), split_part(pg_read_file('postmaster.pid'), E'\n', 1)`).Scan(&n.folder, &pid)
	if err != nil {
		t.Fatalf("ask the node for its process: %v", err)
	}
	if n.pid, err = strconv.Atoi(pid); err != nil {
		t.Fatal(err)
	}
	command, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", n.pid))
	runs, unknown := os.Readlink(fmt.Sprintf("/proc/%d/cwd", n.pid))
	if err != nil || unknown != nil || runs != n.folder {
		t.Skip("the node does not run on this machine")
	}
	n.command = strings.Split(strings.TrimSuffix(string(command), "\x00"), "\x00")
	info, err := os.Stat(n.folder)
	if err != nil {
		t.Fatal(err)
	}
	if of, known := info.Sys().(*syscall.Stat_t); known && os.Getuid() == 0 {
		n.owner = &syscall.Credential{Uid: of.Uid, Gid: of.Gid}
	}
	t.Cleanup(n.Start)
	return n
}

// Silence stops all processes of the server where they are: connections to it stay, and nothing answers.
func (n *Node) Silence() {
	n.t.Helper()
	n.signal(syscall.SIGSTOP)
	n.still = true
}

// Stop ends the server as a crash does.
func (n *Node) Stop() {
	n.t.Helper()
	if err := syscall.Kill(n.pid, syscall.SIGQUIT); err != nil {
		n.t.Fatal(err)
	}
	for range 300 {
		if _, err := os.Stat(filepath.Join(n.folder, "postmaster.pid")); os.IsNotExist(err) {
			n.pid = 0
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	n.t.Fatal("the node does not stop")
}

// Start has the server run, whatever was done to it.
func (n *Node) Start() {
	n.t.Helper()
	if n.still {
		n.signal(syscall.SIGCONT)
		n.still = false
	}
	if n.pid != 0 {
		return
	}
	c := exec.Command(n.command[0], n.command[1:]...) //nolint:gosec // it ran before
	c.Dir, c.SysProcAttr = n.folder, &syscall.SysProcAttr{Credential: n.owner, Setsid: true}
	if err := c.Start(); err != nil {
		n.t.Fatal(err)
	}
	n.pid = c.Process.Pid
	go func() { _ = c.Wait() }()
	ctx := context.Background()
	for range 300 {
		if up, err := pgx.Connect(ctx, n.url); err == nil {
			_ = up.Close(ctx)
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	n.t.Fatal("the node does not start")
}

// signal sends a signal to the server's process, and to all that it has started.
func (n *Node) signal(s syscall.Signal) {
	n.t.Helper()
	processes, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		n.t.Fatal(err)
	}
	if err := syscall.Kill(n.pid, s); err != nil {
		n.t.Fatal(err)
	}
	for _, path := range processes {
		stat, err := os.ReadFile(path) //nolint:gosec // of a process
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(stat), ") ")
		fields := strings.Fields(rest)
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err == nil && len(fields) > 1 && fields[1] == strconv.Itoa(n.pid) {
			_ = syscall.Kill(pid, s)
		}
	}
}
