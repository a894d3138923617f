package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"kith/storage/postgres/pgtest"
)

// part is a program of the system, which ends and is started again. Its output is appended to a file.
type part struct {
	name    string
	log     string
	command func() *exec.Cmd // a new one for each life
	process *exec.Cmd
	ended   chan struct{}
}

func (p *part) start() error {
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	c := p.command()
	c.Stdout, c.Stderr = log, log
	if c.SysProcAttr == nil {
		c.SysProcAttr = &syscall.SysProcAttr{}
	}
	c.SysProcAttr.Setpgid = true
	if err := c.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	ended := make(chan struct{})
	p.process, p.ended = c, ended
	go func() {
		defer close(ended)
		_ = c.Wait()
	}()
	return nil
}

// kill ends the program and those that it has started as a power cut would.
func (p *part) kill() {
	if p.process != nil {
		_ = syscall.Kill(-p.process.Process.Pid, syscall.SIGKILL)
		<-p.ended
	}
}

// stop asks the program to end, which has to end with 0 within patience.
func (p *part) stop(patience time.Duration) error {
	if err := p.process.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.kill()
		return fmt.Errorf("%s does not stop within %s", p.name, patience)
	}
	if code := p.process.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("%s stops with exit code %d", p.name, code)
	}
	return nil
}

// gone reports whether the program has ended.
func (p *part) gone() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// installed is where a program is. Debian keeps servers where only root looks.
func installed(name string) (path string, err error) {
	for _, at := range []string{name, "/usr/sbin/" + name} {
		if path, err = exec.LookPath(at); err == nil {
			return path, nil
		}
	}
	return "", err
}

// freePort is a port of this machine that is free now.
func freePort() (port string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	_, port, err = net.SplitHostPort(l.Addr().String())
	return port, err
}

// unprivileged is the account for programs that refuse to run as root; nil for anybody else, who runs them themselves.
func unprivileged() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil //nolint:nilnil // there is nothing to change
	}
	return pgtest.FindAccount()
}

// disk is a folder with a file system in memory, which can be full. Where mounting is not allowed it is a plain folder.
type disk struct {
	path    string
	mounted bool
}

const (
	diskSize = "size=8g" // at most: it takes what it holds
	diskLeft = 64 << 10  // bytes that are free on a full disk
)

func newDisk(path string, owner *syscall.Credential) (*disk, error) {
	if err := os.Mkdir(path, 0o700); err != nil {
		return nil, err
	}
	d := &disk{path: path, mounted: syscall.Mount("kith-chaos", path, "tmpfs", 0, diskSize+",mode=0700") == nil}
	if owner != nil {
		return d, os.Chown(path, int(owner.Uid), int(owner.Gid))
	}
	return d, nil
}

// fill leaves nearly no room, until free.
func (d *disk) fill() error {
	var s syscall.Statfs_t
	if err := syscall.Statfs(d.path, &s); err != nil {
		return err
	}
	used := (s.Blocks-s.Bfree)*uint64(s.Bsize) + diskLeft
	return syscall.Mount("kith-chaos", d.path, "tmpfs", syscall.MS_REMOUNT, fmt.Sprintf("size=%d", used))
}

func (d *disk) free() error {
	return syscall.Mount("kith-chaos", d.path, "tmpfs", syscall.MS_REMOUNT, diskSize)
}

// empty removes everything on it.
func (d *disk) empty() error {
	all, err := filepath.Glob(d.path + "/*")
	for _, path := range all {
		err = errors.Join(err, os.RemoveAll(path))
	}
	return err
}

func (d *disk) remove() error {
	if d.mounted {
		if err := syscall.Unmount(d.path, 0); err != nil {
			return err
		}
	}
	return os.RemoveAll(d.path)
}
