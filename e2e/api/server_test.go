package api

import (
	"bytes"
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// server is a running kith.
type server struct {
	url     string
	process *exec.Cmd
	output  *output
	// ended is closed when the process is gone.
	ended chan struct{}
	// tolerated are lines that the server may write besides the expected ones; nil for none.
	tolerated *regexp.Regexp
}

// output is what a process writes.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{}
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.more <- struct{}{}:
	default:
	}
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// start serves on a port of its own, and returns when the server is ready. At the end of the test it is stopped, which
// must go well; what it wrote is shown when the test fails.
func start(t *testing.T, path string, env environment, args ...string) *server {
	t.Helper()
	s := &server{output: &output{more: make(chan struct{}, 1)}, ended: make(chan struct{})}
	s.process = exec.Command(path, args...)
	s.process.Env = env.with("KITH_ADDR", "127.0.0.1:0").list()
	s.process.Stdout, s.process.Stderr = s.output, s.output
	if err := s.process.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = s.process.Wait() // its state tells
		close(s.ended)
	}()
	t.Cleanup(func() {
		s.stop(t)
		if t.Failed() {
			t.Logf("kith wrote:\n%s", tail(s.output.String(), 200))
		}
	})
	at := regexp.MustCompile(`http://\S+/readyz`)
	patience := time.After(time.Minute)
	for s.url == "" {
		select {
		case <-s.output.more:
			s.url = strings.TrimSuffix(at.FindString(s.output.String()), "/readyz")
		case <-s.ended:
			t.Fatalf("kith ended:\n%s", s.output)
		case <-patience:
			t.Fatalf("kith does not say where it listens:\n%s", s.output)
		}
	}
	if status, body := get(t, s.url+"/readyz"); status != http.StatusOK {
		t.Fatalf("not ready: %d %s", status, body)
	}
	return s
}

// logs waits until the server has written a text so many times: clients may see what it does a moment before.
func (s *server) logs(t *testing.T, text string, times int) {
	t.Helper()
	for patience := time.After(10 * time.Second); strings.Count(s.output.String(), text) < times; {
		select {
		case <-s.output.more:
		case <-patience:
			t.Errorf("the log does not say %d times %s:\n%s", times, text, tail(s.output.String(), 20))
			return
		}
	}
}

// stop asks the server to stop. It must exit with 0 within ten seconds and have had nothing to complain about.
func (s *server) stop(t *testing.T) {
	t.Helper()
	if s.gone() {
		return
	}
	begun := time.Now()
	if err := s.process.Process.Signal(syscall.SIGTERM); err != nil {
		t.Errorf("stop kith: %v", err)
	}
	select {
	case <-s.ended:
	case <-time.After(20 * time.Second):
		t.Error("kith does not stop")
		s.kill(t)
		return
	}
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("kith took %s to stop", took)
	}
	if code := s.process.ProcessState.ExitCode(); code != 0 {
		t.Errorf("kith exited with %d", code)
	}
	s.checkLog(t)
	if !strings.Contains(s.output.String(), "msg=stopped") {
		t.Error("kith does not say that it stopped")
	}
}

// kill ends the server as a power cut would.
func (s *server) kill(t *testing.T) {
	t.Helper()
	if err := s.process.Process.Kill(); err != nil {
		t.Errorf("kill kith: %v", err)
	}
	<-s.ended
	s.checkLog(t)
}

func (s *server) gone() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

// expected are the lines of a server that is well: what it prints to a person, and its log up to INFO. It tells of the
// missing auth settings where there are none.
var expected = regexp.MustCompile(`^((Playground|Contacts|GraphQL|Health) +http://|time=\S+ level=INFO |time=\S+ level=WARN msg="no auth settings:)`)

// checkLog fails the test for each line that a server that is well does not write: warnings, panics, data races.
func (s *server) checkLog(t *testing.T) {
	t.Helper()
	text := strings.TrimSuffix(s.output.String(), "\n")
	for line := range strings.SplitSeq(text, "\n") {
		if !expected.MatchString(line) && (s.tolerated == nil || !s.tolerated.MatchString(line)) {
			t.Errorf("kith wrote: %s", line)
		}
	}
}

func tail(text string, lines int) string {
	all := strings.Split(text, "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}
