package app

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"kith/storage/postgres/pgtest"
)

// yamlFile reads the documents of a file.
func yamlFile(t *testing.T, path string) []map[string]any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../..", path))
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]any
	for part := range strings.SplitSeq(string(text), "\n---\n") {
		var doc map[string]any
		if err := yaml.Unmarshal([]byte(part), &doc); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		out = append(out, doc)
	}
	return out
}

func TestWhatTheDashboardAndTheAlertsShowIsThere(t *testing.T) {
	t.Parallel()
	s := start(t, environment{"KITH_DATABASE_URL": pgtest.Database(t), "KITH_DEMO": "on"})
	s.ask(t, "", `{ viewer { role } }`)
	_, shown := s.get(t, "/metrics")
	sources := readFile(t, "internal/channels/metrics.go") + readFile(t, "internal/profiles/metrics.go") + readFile(t, "internal/webhooks/metrics.go") + readFile(t, "internal/metrics/store.go") + readFile(t, "internal/metrics/database.go") + readFile(t, "internal/metrics/process.go") // those that count nothing yet
	for _, path := range []string{"deploy/grafana.json", "deploy/alerts.yaml", "docs/operations.md"} {
		names := regexp.MustCompile(`\b(?:kith|go|process)_[a-z_]+[a-z]\b`).FindAllString(readFile(t, path), -1)
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			if name == "kith_new" {
				continue
			}
			base := regexp.MustCompile(`_(bucket|count|sum)$`).ReplaceAllString(name, "")
			if !strings.Contains(shown, "# TYPE "+base) && !strings.Contains(sources, `"`+base+`"`) {
				t.Errorf("%s: there is no metric %s", path, name)
			}
		}
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../..", path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheFilesOfDeployAreWellFormedAndUseSettingsThatThereAre(t *testing.T) {
	t.Parallel()
	settings := readFile(t, "README.md")
	var dashboard struct {
		Panels []struct{ Targets []struct{ Expr string } }
	}
	if err := json.Unmarshal([]byte(readFile(t, "deploy/grafana.json")), &dashboard); err != nil || len(dashboard.Panels) == 0 {
		t.Errorf("the dashboard: %v", err)
	}
	kinds := []string{}
	for _, doc := range yamlFile(t, "deploy/kubernetes/kith.yaml") {
		kind, _ := doc["kind"].(string)
		kinds = append(kinds, kind)
	}
	for _, want := range []string{"Deployment", "Service", "Job", "PodDisruptionBudget"} {
		if !slices.Contains(kinds, want) {
			t.Errorf("no %s among %v", want, kinds)
		}
	}
	if groups := yamlFile(t, "deploy/alerts.yaml")[0]["groups"]; groups == nil {
		t.Error("no alerts")
	}
	services, _ := yamlFile(t, "deploy/compose.yaml")[0]["services"].(map[string]any)
	if services["kith"] == nil || services["postgres"] == nil {
		t.Errorf("services %v", services)
	}
	paths := []string{
		"deploy/Dockerfile", "deploy/compose.yaml", "deploy/kubernetes/kith.yaml", "deploy/kubernetes/ingress.yaml", "deploy/kith.service",
		"deploy/proxy/nginx.conf", "deploy/proxy/Caddyfile", "docs/operations.md",
	}
	for _, path := range paths {
		for _, setting := range regexp.MustCompile(`\bKITH_[A-Z_]+\b`).FindAllString(readFile(t, path), -1) {
			known := strings.Contains(settings, "`"+setting+"`") || strings.Contains(settings, "`"+strings.TrimSuffix(setting, "_FILE")+"`")
			if setting != "KITH_BASE_IMAGE" && !known {
				t.Errorf("%s: there is no setting %s", path, setting)
			}
		}
	}
	for _, want := range []string{"NoNewPrivileges=yes", "ProtectSystem=strict", "DynamicUser=yes", "SystemCallFilter=@system-service"} {
		if !strings.Contains(readFile(t, "deploy/kith.service"), want) {
			t.Errorf("the unit has no %s", want)
		}
	}
}
