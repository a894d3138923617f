package api

import (
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// signal sends a signal.
func (s *server) signal(t *testing.T, sig syscall.Signal) {
	t.Helper()
	if err := s.process.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
}

// await waits for the end of the process.
func (s *server) await(t *testing.T) {
	t.Helper()
	select {
	case <-s.ended:
	case <-time.After(30 * time.Second):
		t.Fatal("kith does not stop")
	}
}

// untilUnready returns when the server says that it is.
func (s *server) untilUnready(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if status, _ := get(t, s.url+"/readyz"); status == http.StatusServiceUnavailable {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("still ready")
		}
	}
}

func TestAHangupStopsKithAsSIGTERMDoes(t *testing.T) {
	t.Parallel()
	env := database{"sqlite:" + t.TempDir() + "/kith.db"}.env()
	for _, sig := range []syscall.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM} {
		s := start(t, binary(t), env)
		s.signal(t, sig)
		s.await(t)
		if code := s.process.ProcessState.ExitCode(); code != 0 || !strings.Contains(s.output.String(), "msg=stopped") {
			t.Errorf("%s: exit %d\n%s", sig, code, s.output)
		}
	}
}

func TestNohupKeepsKithFromBeingHungUp(t *testing.T) {
	t.Parallel()
	nohup, err := exec.LookPath("nohup")
	if err != nil {
		t.Skip("there is no nohup")
	}
	s := start(t, nohup, database{"sqlite:" + t.TempDir() + "/kith.db"}.env(), binary(t))
	s.signal(t, syscall.SIGHUP)
	if status, _ := get(t, s.url+"/readyz"); status != http.StatusOK {
		t.Errorf("after the hangup: %d", status)
	}
}

func TestKithGoesOnUnreadyBeforeItStops(t *testing.T) {
	t.Parallel()
	env := database{"sqlite:" + t.TempDir() + "/kith.db"}.env("KITH_SHUTDOWN_DELAY", "1h")
	s := start(t, binary(t), env)
	_, staff, _ := clientsOf(t, s, env, "acme")
	s.signal(t, syscall.SIGTERM)
	s.untilUnready(t)
	for _, path := range []string{"/livez", "/staff/contacts"} {
		if status, _ := get(t, s.url+path); status != http.StatusOK {
			t.Errorf("%s while about to stop: %d", path, status)
		}
	}
	counted(t, staff)
	s.signal(t, syscall.SIGTERM) // the second ends it at once
	s.await(t)
	if s.process.ProcessState.Success() {
		t.Error("ended as if nothing was cut off")
	}
}

func TestKithStopsWhenTheDelayIsOver(t *testing.T) {
	t.Parallel()
	s := start(t, binary(t), database{"sqlite:" + t.TempDir() + "/kith.db"}.env("KITH_SHUTDOWN_DELAY", "1s"))
	s.signal(t, syscall.SIGHUP)
	s.untilUnready(t)
	s.await(t)
	if code := s.process.ProcessState.ExitCode(); code != 0 || !strings.Contains(s.output.String(), "msg=stopped") {
		t.Errorf("exit %d\n%s", code, s.output)
	}
}
