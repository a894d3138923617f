package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"kith/bench/rig"
)

// system is everything that runs: nginx before Kith, and the database behind it. On PostgreSQL there are two processes of Kith.
type system struct {
	dir      string
	env      []string // of every Kith
	base     string   // where nginx listens
	proxy    part
	kith     []*part
	address  []string  // of each Kith
	clocks   []*clock  // of each Kith
	disk     *disk     // of the SQLite file
	postgres *postgres // nil on SQLite
}

// newSystem starts all parts in dir, which has the binary.
func newSystem(ctx context.Context, kind, dir, logLevel string) (s *system, err error) {
	s = &system{dir: dir}
	var database string
	processes := 1
	port, err := freePort()
	if err != nil {
		return s, err
	}
	s.base = "http://127.0.0.1:" + port
	settings := []string{"KITH_TRUSTED_PROXIES=127.0.0.1", "KITH_PUBLIC_URL=" + s.base, "KITH_LOG_FORMAT=json", "KITH_LOG_LEVEL=" + logLevel}
	if kind == "sqlite" {
		if s.disk, err = newDisk(filepath.Join(dir, "sqlite"), nil); err != nil {
			return s, err
		}
		database = "sqlite:" + s.disk.path + "/kith.db"
	} else {
		if s.postgres, err = newPostgres(ctx, dir); err != nil {
			return s, err
		}
		database, processes = s.postgres.url(), 2
		settings = append(settings, "KITH_DATABASE_DIRECT_URL="+s.postgres.direct(), "KITH_PG_EXEC_MODE=exec", "KITH_PG_CONNECTIONS=10")
	}
	s.env = rig.Environment(database, settings...)
	if out, err := rig.Run(ctx, dir, s.env, "migrate"); err != nil {
		return s, fmt.Errorf("migrate: %w: %s", err, out)
	}
	for n := range processes {
		if err := s.addKith(n); err != nil {
			return s, err
		}
	}
	if err := s.addProxy(port); err != nil {
		return s, err
	}
	return s, s.ready(ctx)
}

func (s *system) addKith(n int) error {
	port, err := freePort()
	if err != nil {
		return err
	}
	address := "127.0.0.1:" + port
	clock, err := newClock(fmt.Sprintf("%s/clock%d", s.dir, n))
	if err != nil {
		return err
	}
	p := &part{name: fmt.Sprint("Kith ", n), log: fmt.Sprintf("%s/kith%d.log", s.dir, n), command: func() *exec.Cmd {
		c := exec.Command(s.dir+"/kith", "serve") //nolint:gosec,noctx // our own; it is ended in its own way
		c.Env = append(append([]string{}, s.env...), "KITH_ADDR="+address, clock.environment())
		return c
	}}
	s.kith, s.address, s.clocks = append(s.kith, p), append(s.address, address), append(s.clocks, clock)
	return p.start()
}

// What is replaced in the configuration of nginx that operators get: ports, addresses and TLS.
var (
	redirection = regexp.MustCompile(`(?s)\nserver \{\n    listen 80;.*?\n\}\n`)
	encryption  = regexp.MustCompile(`(?m)^    (ssl_.*|listen \[::\]:443 .*)\n`)
)

func (s *system) addProxy(port string) error {
	program, err := installed("nginx")
	if err != nil {
		return err
	}
	deployed, err := os.ReadFile("deploy/proxy/nginx.conf")
	if err != nil {
		return fmt.Errorf("run it from the root of the repository: %w", err)
	}
	site := encryption.ReplaceAllString(redirection.ReplaceAllString(string(deployed), "\n"), "")
	for from, to := range map[string]string{
		"listen 443 ssl http2;":        "listen 127.0.0.1:" + port + ";",
		"server_name kith.example.com": "server_name 127.0.0.1",
		"server 127.0.0.1:8080;":       "server " + strings.Join(s.address, "; server ") + ";",
	} {
		if !strings.Contains(site, from) {
			return fmt.Errorf("deploy/proxy/nginx.conf has no %q", from)
		}
		site = strings.ReplaceAll(site, from, to)
	}
	dir := filepath.Join(s.dir, "nginx")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	user := ""
	if os.Getuid() == 0 {
		user = "user root; "
	}
	var temporary strings.Builder
	for _, of := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&temporary, "%s_temp_path %s/%s; ", of, dir, of)
	}
	main := fmt.Sprintf("%sworker_processes 1; daemon off; pid %s/pid; error_log stderr crit;\nevents {}\nhttp { access_log off; %s\n%s\n}\n",
		user, dir, temporary.String(), site)
	config := dir + "/nginx.conf"
	if err := os.WriteFile(config, []byte(main), 0o600); err != nil { //nolint:gosec // in our own directory
		return err
	}
	s.proxy = part{name: "nginx", log: s.dir + "/nginx.log", command: func() *exec.Cmd {
		return exec.Command(program, "-p", dir, "-e", "stderr", "-c", config) //nolint:gosec,noctx // it is ended in its own way
	}}
	return s.proxy.start()
}

// patience is how long the system may take to be well again.
const patience = time.Minute

// ready waits until every Kith is.
func (s *system) ready(ctx context.Context) error {
	for n, address := range s.address {
		err := until(ctx, patience, s.kith[n].name+" is ready", func() error {
			if s.kith[n].gone() {
				return errors.New("it has ended")
			}
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz", http.NoBody)
			if err != nil {
				return err
			}
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				return err
			}
			_ = res.Body.Close()
			if res.StatusCode != http.StatusOK {
				return errors.New(res.Status)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// check stops every Kith and looks at the database.
func (s *system) check(ctx context.Context) error {
	var err error
	for _, k := range s.kith {
		err = errors.Join(err, k.stop(30*time.Second))
	}
	out, failed := rig.Run(ctx, s.dir, s.env, "check")
	if failed != nil || !strings.Contains(string(out), "The database is sound.") {
		err = errors.Join(err, fmt.Errorf("kith check: %w: %s", failed, out))
	}
	return err
}

// remove ends all parts and removes what they left.
func (s *system) remove() (err error) {
	for _, p := range append([]*part{&s.proxy}, s.kith...) {
		p.kill()
	}
	if s.postgres != nil {
		err = s.postgres.remove()
	}
	if s.disk != nil {
		err = errors.Join(err, s.disk.remove())
	}
	return err
}
