package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// memoryMB is how much memory the machine has; a guess where Linux does not say.
func memoryMB() int {
	if kb, ok := kilobytes("/proc/meminfo", "MemTotal:"); ok {
		return kb / 1024
	}
	return 4096
}

// memory is what a process holds, in kB; zero where Linux does not say.
type memory struct {
	resident int
	own      int // without pages of files, such as SQLite's, which the system takes back when it needs them
}

// see keeps the greater values.
func (m *memory) see(now memory) {
	m.resident, m.own = max(m.resident, now.resident), max(m.own, now.own)
}

func memoryOf(pid int) (m memory) {
	path := fmt.Sprintf("/proc/%d/status", pid)
	m.resident, _ = kilobytes(path, "VmRSS:")
	m.own, _ = kilobytes(path, "RssAnon:")
	return m
}

// machine describes what the measurement ran on.
func machine() string {
	s := fmt.Sprintf("%d processors, %d GB of memory, %s/%s, %s",
		runtime.NumCPU(), (memoryMB()+512)/1024, runtime.GOOS, runtime.GOARCH, runtime.Version())
	if model, ok := field("/proc/cpuinfo", "model name"); ok {
		s += ", " + strings.TrimSpace(strings.TrimPrefix(model, "\t:"))
	}
	return s
}

func kilobytes(path, name string) (int, bool) {
	s, ok := field(path, name)
	n, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(s, "kB")))
	return n, ok && err == nil
}

// field is what follows a name at the beginning of a line of one of Linux's tables.
func field(path, name string) (string, bool) {
	f, err := os.Open(path) //nolint:gosec // below /proc
	if err != nil {
		return "", false
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), name); ok {
			return rest, true
		}
	}
	return "", false
}
