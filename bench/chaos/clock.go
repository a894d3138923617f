package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// clock is by how much the wall clock of one Kith is off. Its monotonic clock goes on, as where somebody sets the clock of a machine.
type clock struct {
	path    string
	seconds *int64 // shared with the processes that were started with the clock's environment
}

// clockVariable names the file of the clock to a Kith that was built with [slippingTime].
const clockVariable = "CHAOS_CLOCK"

func newClock(path string) (*clock, error) {
	if err := os.WriteFile(path, make([]byte, unsafe.Sizeof(int64(0))), 0o600); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // in our own directory
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	shared, err := syscall.Mmap(int(f.Fd()), 0, int(unsafe.Sizeof(int64(0))), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map the clock: %w", err)
	}
	return &clock{path: path, seconds: (*int64)(unsafe.Pointer(&shared[0]))}, nil //nolint:gosec // a page holds an int64
}

func (c *clock) environment() string { return clockVariable + "=" + c.path }

// step sets the clock forward, or back where by is negative.
func (c *clock) step(by time.Duration) { atomic.StoreInt64(c.seconds, int64(by/time.Second)) }

// A clock is set by more than clocks may differ, and by less than tokens last.
const (
	leastStep    = 10 * time.Minute
	furthestStep = 12 * time.Hour
)

func someStep(random *rand.Rand) time.Duration {
	by := leastStep + time.Duration(random.Int64N(int64(furthestStep-leastStep)))
	if random.IntN(2) == 0 {
		return -by
	}
	return by
}

// slipping is what is added to package time: by how many seconds the wall clock is off.
const slipping = `package time

import (
	"sync/atomic"
	"syscall"
	"unsafe"
)

var slipped = func() *int64 {
	path, found := syscall.Getenv("` + clockVariable + `")
	if !found {
		return new(int64)
	}
	f, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		panic("open the clock: " + err.Error())
	}
	shared, err := syscall.Mmap(f, 0, 8, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		panic("map the clock: " + err.Error())
	}
	return (*int64)(unsafe.Pointer(&shared[0]))
}()

func slip() int64 {
	if slipped == nil {
		return 0 // while package time is initialized
	}
	return atomic.LoadInt64(slipped)
}
`

// slippingTime is the flag of go build for a Kith whose clock can be stepped. Go programs read the clock themselves, so it has to be
// changed where they are built: in a copy of the standard library's time.Now.
func slippingTime(ctx context.Context, dir string) (flag string, err error) {
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return "", err
	}
	source := filepath.Join(strings.TrimSpace(string(root)), "src", "time")
	text, err := os.ReadFile(filepath.Join(source, "time.go")) //nolint:gosec // of the Go that builds
	if err != nil {
		return "", err
	}
	const read = "func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n"
	before, after, found := strings.Cut(string(text), read)
	if !found {
		return "", errors.New("time.Now is not as it was: see slippingTime")
	}
	overlay := filepath.Join(dir, "overlay")
	if err := os.Mkdir(overlay, 0o700); err != nil {
		return "", err
	}
	replaced := make(map[string]string)
	for name, content := range map[string]string{"time.go": before + read + "\tsec += slip()\n" + after, "slip.go": slipping} {
		replaced[filepath.Join(source, name)] = filepath.Join(overlay, name)
		if err := os.WriteFile(filepath.Join(overlay, name), []byte(content), 0o600); err != nil {
			return "", err
		}
	}
	list, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		return "", err
	}
	path := filepath.Join(overlay, "overlay.json")
	return "-overlay=" + path, os.WriteFile(path, list, 0o600)
}
