package api

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kith/storage/postgres/pgtest"
	"kith/storage/storagetest"
)

// program is the path of a program of Prometheus's. Without it the test is skipped, or fails where CI is set.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is not installed, and CI must test with it: make deps-go installs it", name)
		}
		t.Skipf("%s is not installed: make deps-go installs it", name)
	}
	return path
}

func TestAlertsFireForOneProcessOfSeveralUntilTheCauseEnds(t *testing.T) {
	t.Parallel()
	promtool := program(t, "promtool")
	for _, args := range [][]string{
		{"check", "rules", "../../deploy/alerts.yaml"},
		{"test", "rules", "testdata/alerts_test.yaml"},
	} {
		if out, err := exec.CommandContext(t.Context(), promtool, args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	tests, err := os.ReadFile("testdata/alerts_test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	rules, err := os.ReadFile("../../deploy/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(string(rules), "\n") {
		name, ok := strings.CutPrefix(strings.TrimSpace(line), "- alert: ")
		if ok && strings.Count(string(tests), "alertname: "+name+"\n        exp_alerts:\n") == 0 {
			t.Errorf("no test has %s fire", name)
		}
	}
}

// prometheus scrapes servers.
type prometheus struct{ url string }

// startPrometheus scrapes the admin addresses every second, and evaluates the alerts.
func startPrometheus(t *testing.T, targets ...string) prometheus {
	t.Helper()
	path := program(t, "prometheus")
	dir := t.TempDir()
	rules, err := filepath.Abs("../../deploy/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf(`
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [%q]
scrape_configs:
  - job_name: kith
    static_configs: [{targets: ["%s"]}]
`, rules, strings.Join(targets, `", "`))
	if err := os.WriteFile(filepath.Join(dir, "prometheus.yml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	address := "127.0.0.1:" + pgtest.FreePort(t)
	log := &output{more: make(chan struct{}, 1)}
	c := exec.Command(path, "--config.file="+filepath.Join(dir, "prometheus.yml"), "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+address, "--log.level=warn")
	c.Dir, c.Stdout, c.Stderr = dir, log, log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
		if t.Failed() {
			t.Logf("Prometheus wrote:\n%s", log)
		}
	})
	return prometheus{"http://" + address}
}

// get reads an answer of Prometheus's API; ok is false until it answers.
func (p prometheus) get(t *testing.T, path string, to any) (ok bool) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := transport.Do(r)
	if err != nil {
		return false
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode == http.StatusBadRequest {
		t.Fatalf("%s: %s", path, body)
	}
	return err == nil && json.Unmarshal(body, to) == nil
}

// shows reports whether a query returns a number.
func (p prometheus) shows(t *testing.T, query string) bool {
	t.Helper()
	var a struct {
		Data struct{ Result []struct{ Value []any } }
	}
	if !p.get(t, "/api/v1/query?query="+url.QueryEscape(query), &a) {
		return false
	}
	for _, r := range a.Data.Result {
		if len(r.Value) == 2 && r.Value[1] != "NaN" {
			return true
		}
	}
	return false
}

// dashboardQueries are the queries of the dashboard, by panel.
func dashboardQueries(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../deploy/grafana.json")
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Panels []struct {
			Title   string
			Targets []struct{ RefID, Expr string }
		}
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			all[p.Title+" "+target.RefID] = strings.ReplaceAll(target.Expr, "$__rate_interval", "15s")
		}
	}
	return all
}

// Everything that the dashboard shows is made to happen: on PostgreSQL with a replica, and on SQLite.
func TestSlowEveryQueryOfTheDashboardReturnsData(t *testing.T) {
	storagetest.MarkSlow(t) // it starts two PostgreSQL and Prometheus
	t.Parallel()
	program(t, "prometheus")
	keys := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"keys":[]}`) }))
	t.Cleanup(keys.Close)
	primary := newCluster(t)
	primary.standby(t)
	adminAddr := []string{"127.0.0.1:" + pgtest.FreePort(t), "127.0.0.1:" + pgtest.FreePort(t)}
	env := database{primary.url()}.env("KITH_SECRET_KEY", secretKey, "KITH_ADMIN_ADDR", adminAddr[0], "KITH_AUTH_JWKS_URL", keys.URL)
	s := start(t, quickBinary(t), env)
	s.tolerated = unwell
	start(t, quickBinary(t), database{"sqlite:" + filepath.Join(t.TempDir(), "kith.db")}.env("KITH_ADMIN_ADDR", adminAddr[1]))
	admin, _, _ := clientsOf(t, s, env, "acme")
	phone := connect(t, admin, "WHATSAPP")
	if status, answer, err := phone.send(t.Context(), s.url, phone.signed(appSecret, `{"object":`), `{"object":`); err != nil {
		t.Fatalf("a report that cannot be read: %d %s %v", status, answer, err)
	}
	for range 70 { // beyond the limit of unverified requests
		if _, _, err := phone.send(t.Context(), s.url, phone.signed("guessed", `{}`), `{}`); err != nil {
			t.Fatal(err)
		}
	}
	p := startPrometheus(t, adminAddr...)
	busy := func() {
		_, _ = admin.send(t.Context(), `{ contacts { nodes { id } } }`, nil)
		_, _ = admin.send(t.Context(), `{ nothing }`, nil)
		_, _ = s.client("not-a-token").send(t.Context(), `{ viewer { role } }`, nil)
	}
	primary.do(t, `ALTER TABLE audit RENAME TO away`)
	_, _ = admin.send(t.Context(), `{ auditLog { nodes { id } } }`, nil)
	primary.do(t, `ALTER TABLE away RENAME TO audit`)
	left := dashboardQueries(t)
	for patience := time.Now().Add(2 * time.Minute); len(left) > 0 && time.Now().Before(patience); time.Sleep(500 * time.Millisecond) {
		busy()
		for panel, query := range left {
			if p.shows(t, query) {
				delete(left, panel)
			}
		}
	}
	for panel, query := range left {
		t.Errorf("no data for %s: %s", panel, query)
	}
	var rules struct {
		Data struct {
			Groups []struct {
				Rules []struct{ Name, Health, LastError string }
			}
		}
	}
	if !p.get(t, "/api/v1/rules", &rules) || len(rules.Data.Groups) == 0 {
		t.Fatal("Prometheus has no rules")
	}
	for _, r := range rules.Data.Groups[0].Rules {
		if r.Health != "ok" {
			t.Errorf("%s: %s %s", r.Name, r.Health, r.LastError)
		}
	}
}
