package app

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// document is the only one of a kind in a file.
func document(t *testing.T, path, kind string) yamlMap {
	t.Helper()
	var found []yamlMap
	for _, doc := range yamlFile(t, path) {
		if doc["kind"] == kind {
			found = append(found, doc)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%s has %d of the kind %s", path, len(found), kind)
	}
	return found[0]
}

// yamlMap is a part of a YAML file.
type yamlMap map[string]any

// at is what a path of keys and the first item of lists leads to, as text: a JSON value, or a text without quotes.
func (m yamlMap) at(t *testing.T, keys ...string) string {
	t.Helper()
	var v any = map[string]any(m)
	for _, key := range keys {
		if list, ok := v.([]any); ok && len(list) > 0 {
			v = list[0]
		}
		inner, ok := v.(map[string]any)
		if !ok || inner[key] == nil {
			t.Fatalf("no %s at %v", key, keys)
		}
		v = inner[key]
	}
	if text, ok := v.(string); ok {
		return text
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// seconds reads a number of seconds, or a duration.
func seconds(t *testing.T, text string) time.Duration {
	t.Helper()
	if d, err := time.ParseDuration(text); err == nil {
		return d
	}
	d, err := time.ParseDuration(text + "s")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// group is what the first group of a pattern matches in a text.
func group(t *testing.T, pattern, text string) string {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no %s", pattern)
	}
	return m[1]
}

func TestKithHasTheTimeToStopThatItsSettingsSay(t *testing.T) {
	t.Parallel()
	const closing = 2 * time.Second // as docs/operations.md says
	usual := 8 * time.Second        // KITH_SHUTDOWN_TIMEOUT
	manifests := "deploy/kubernetes/kith.yaml"
	settings, pods := document(t, manifests, "ConfigMap"), document(t, manifests, "Deployment")
	unit := readFile(t, "deploy/kith.service")
	services := yamlMap(yamlFile(t, "deploy/compose.yaml")[0])
	for name, c := range map[string]struct{ grace, needed time.Duration }{
		"Kubernetes": {
			seconds(t, pods.at(t, "spec", "template", "spec", "terminationGracePeriodSeconds")),
			seconds(t, pods.at(t, "spec", "template", "spec", "containers", "lifecycle", "preStop", "sleep", "seconds")) +
				seconds(t, settings.at(t, "data", "KITH_SHUTDOWN_DELAY")) + seconds(t, settings.at(t, "data", "KITH_SHUTDOWN_TIMEOUT")) + closing,
		},
		"Compose": {
			seconds(t, services.at(t, "services", "kith", "stop_grace_period")),
			seconds(t, services.at(t, "services", "kith", "environment", "KITH_SHUTDOWN_DELAY")) + usual + closing,
		},
		"systemd": {
			seconds(t, group(t, `(?m)^TimeoutStopSec=(\d+)$`, unit)),
			seconds(t, group(t, `KITH_SHUTDOWN_DELAY=(\S+)`, unit)) + usual + closing,
		},
	} {
		if c.grace < c.needed || c.grace > 2*c.needed {
			t.Errorf("%s waits %v for what may take %v", name, c.grace, c.needed)
		}
	}
}

func TestTheIngressAllowsWhatTheTestedProxyAllows(t *testing.T) {
	t.Parallel()
	nginx := readFile(t, "deploy/proxy/nginx.conf")
	ingress := document(t, "deploy/kubernetes/ingress.yaml", "Ingress")
	for annotation, directive := range map[string]string{
		"proxy-body-size": "client_max_body_size", "proxy-buffer-size": "proxy_buffer_size",
	} {
		want := group(t, directive+` (\S+);`, nginx)
		if got := ingress.at(t, "metadata", "annotations", "nginx.ingress.kubernetes.io/"+annotation); got != want {
			t.Errorf("%s: %s, want %s", annotation, got, want)
		}
	}
	host := "https://" + ingress.at(t, "spec", "rules", "host")
	if public := document(t, "deploy/kubernetes/kith.yaml", "ConfigMap").at(t, "data", "KITH_PUBLIC_URL"); public != host {
		t.Errorf("the Ingress serves %s, and Kith %s", host, public)
	}
}

func TestTheManifestsFitTogether(t *testing.T) {
	t.Parallel()
	const folder = "deploy/kubernetes/"
	resources, _ := yamlFile(t, folder+"kustomization.yaml")[0]["resources"].([]any)
	if len(resources) != 3 {
		t.Errorf("resources %v", resources)
	}
	for _, resource := range resources {
		yamlFile(t, folder+fmt.Sprint(resource))
	}
	pods, service := document(t, folder+"kith.yaml", "Deployment"), document(t, folder+"kith.yaml", "Service")
	labels := pods.at(t, "spec", "template", "metadata", "labels")
	for what, selector := range map[string]string{
		"Service":             service.at(t, "spec", "selector"),
		"Deployment":          pods.at(t, "spec", "selector", "matchLabels"),
		"PodDisruptionBudget": document(t, folder+"kith.yaml", "PodDisruptionBudget").at(t, "spec", "selector", "matchLabels"),
		"NetworkPolicy":       document(t, folder+"network.yaml", "NetworkPolicy").at(t, "spec", "podSelector", "matchLabels"),
		"spreading":           pods.at(t, "spec", "template", "spec", "topologySpreadConstraints", "labelSelector", "matchLabels"),
	} {
		if selector != labels {
			t.Errorf("%s selects %s, and pods have %s", what, selector, labels)
		}
	}
	backend := document(t, folder+"ingress.yaml", "Ingress").at(t, "spec", "rules", "http", "paths", "backend", "service", "name")
	if name := service.at(t, "metadata", "name"); backend != name {
		t.Errorf("the Ingress leads to %s, and the Service is %s", backend, name)
	}

	var data map[string]string
	settings := document(t, folder+"kith.yaml", "ConfigMap")
	if err := json.Unmarshal([]byte(settings.at(t, "data")), &data); err != nil {
		t.Fatal(err)
	}
	mounted := pods.at(t, "spec", "template", "spec", "containers", "volumeMounts", "mountPath")
	secrets := readFile(t, folder+"kith.yaml")
	for name, value := range data {
		if strings.HasSuffix(name, "_FILE") && (path.Dir(value) != mounted || !strings.Contains(secrets, "--from-literal="+path.Base(value)+"=")) {
			t.Errorf("%s: nothing makes %s", name, value)
		}
	}
}

func TestTheComposeFileMountsTheSecretsThatItUses(t *testing.T) {
	t.Parallel()
	text := readFile(t, "deploy/compose.yaml")
	services := yamlMap(yamlFile(t, "deploy/compose.yaml")[0])
	mounted, defined := services.at(t, "services", "kith", "secrets"), services.at(t, "secrets")
	for _, m := range regexp.MustCompile(`KITH_[A-Z_]+_FILE: /run/secrets/(\S+)`).FindAllStringSubmatch(text, -1) {
		if name := `"` + m[1] + `"`; !strings.Contains(mounted, name) || !strings.Contains(defined, name) {
			t.Errorf("%s is not mounted", m[1])
		}
	}
	if health := services.at(t, "services", "kith", "healthcheck", "test"); health != `["CMD","/kith","health"]` {
		t.Errorf("healthcheck %s", health)
	}
}

func TestTheUnitIsValidAndSafe(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("no systemd-analyze")
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	unit := strings.ReplaceAll(readFile(t, "deploy/kith.service"), "/usr/local/bin/kith ", program+" ")
	file := filepath.Join(t.TempDir(), "kith.service")
	if err := os.WriteFile(file, []byte(unit), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"verify", file}, {"security", "--offline=true", "--threshold=20", file}} {
		out, err := exec.CommandContext(t.Context(), "systemd-analyze", args...).CombinedOutput()
		if err != nil || args[0] == "verify" && len(out) > 0 {
			t.Errorf("%s: %v\n%s", args[0], err, out)
		}
	}
}

// The files that go into the image are those that the build needs, and nothing large beside them.
func TestTheImageIsBuiltFromWhatTheBuildNeeds(t *testing.T) {
	t.Parallel()
	var ignored []string
	for line := range strings.SplitSeq(readFile(t, ".dockerignore"), "\n") {
		if line != "" && !strings.HasPrefix(line, "#") {
			ignored = append(ignored, line)
		}
	}
	left := func(name string) bool {
		for _, pattern := range ignored {
			pattern, anywhere := strings.CutPrefix(pattern, "**/")
			parts := strings.Split(name, "/")
			if !anywhere {
				parts = parts[:1]
			}
			for _, part := range parts {
				if ok, err := path.Match(pattern, part); ok || err != nil {
					return true
				}
			}
		}
		return false
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f",
		`{{if not .Standard}}{{if .Module.Main}}{{$d := .Dir}}{{range .GoFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}{{range .EmbedFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}{{end}}{{end}}`, ".")
	list.Dir = root
	needed, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	files := strings.Fields(string(needed))
	if len(files) < 100 {
		t.Fatalf("%d files", len(files))
	}
	for _, file := range append(files, root+"/go.mod", root+"/go.sum") {
		if name := strings.TrimPrefix(file, root+"/"); left(name) {
			t.Errorf("the build needs %s", name)
		}
	}
	for _, name := range []string{".git/HEAD", ".build/kith", "web/node_modules/a", "e2e/node_modules/a", "deploy/secrets/a", "bench/a"} {
		if !left(name) {
			t.Errorf("%s gets into the image", name)
		}
	}
}

// scripts/release also asks the binary that it built.
func TestTheVersionOfAReleaseIsTheOneThatItWasStampedWith(t *testing.T) { //nolint:paralleltest // changes a variable of the package
	stamped = "v9.8.7"
	t.Cleanup(func() { stamped = "" })
	if out, _, err := execute(t, nil, "version"); err != nil || !strings.HasPrefix(out, "kith v9.8.7 ") {
		t.Errorf("%q, %v", out, err)
	}
	for _, file := range []string{"deploy/Dockerfile", "scripts/release"} {
		if !strings.Contains(readFile(t, file), "-X kith/internal/app.stamped=$") {
			t.Errorf("%s does not stamp the version", file)
		}
	}
}
