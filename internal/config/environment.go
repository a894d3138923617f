package config

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// toolVariables are the variables of the project's own tests and scripts, which the programs that they start inherit.
var toolVariables = []string{
	"KITH_BASE_IMAGE", "KITH_BINARY", "KITH_CHROMIUM", "KITH_MEASURE", "KITH_MEASURE_FILE", "KITH_POSTGRES_CONF", "KITH_SHOTS",
	"KITH_TEST_CITUS_URL", "KITH_TEST_DATABASE_URL", "KITH_WEB_OUT",
}

// Kubernetes sets variables in every pod for the Services of its namespace, in the form of Docker links. Those of a Service
// named kith or kith-… look like Kith's settings.
var (
	serviceHost = regexp.MustCompile(`^(KITH_[A-Z0-9_]+)_SERVICE_HOST$`)
	servicePart = regexp.MustCompile(
		`^(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT_[0-9]+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)$`)
	serviceURL = regexp.MustCompile(`^(?:tcp|udp|sctp)://`)
)

// Unknown complains about every variable of environ, which are pairs as of [os.Environ], that begins with KITH_ and is
// not a setting: a misspelled one could leave Kith less protected than intended.
func Unknown(environ []string) error {
	known := variables()
	var all []error
	services := kubernetesServices(environ)
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if len(name) < len(prefix) || !strings.EqualFold(name[:len(prefix)], prefix) || slices.Contains(known, name) ||
			slices.Contains(toolVariables, name) || isOfService(services, name, value) {
			continue
		}
		all = append(all, fmt.Errorf("%s: there is no such setting; did you mean %s?", name, nearest(name, known)))
	}
	return errors.Join(all...)
}

// EmptyCredentials names the variables of environ that should hold a credential but are set to nothing, as when
// a secret was not filled in.
func EmptyCredentials(environ []string) []string {
	var all []string
	for _, name := range []string{"AUTH_SECRET", "AUTH_SECRET_FILE", "AUTH_JWKS_URL", "OIDC_ISSUER"} {
		if slices.Contains(environ, prefix+name+"=") {
			all = append(all, prefix+name)
		}
	}
	return all
}

// variables are the variables of all settings, and those that name files with secrets.
func variables() []string {
	var names []string
	for _, v := range model(Config{}) {
		names = append(names, variable(v))
		if isSecret(v) {
			names = append(names, variable(v)+fileSuffix)
		}
	}
	return names
}

// kubernetesServices are the prefixes of the variables of each Service in environ.
func kubernetesServices(environ []string) []string {
	services := []string{"KITH"}
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		if m := serviceHost.FindStringSubmatch(name); m != nil {
			services = append(services, m[1])
		}
	}
	return services
}

// isOfService reports whether a variable describes a Service. KITH_PORT does when it is a URL; as a number it is
// somebody's attempt at a setting.
func isOfService(services []string, name, value string) bool {
	return slices.ContainsFunc(services, func(service string) bool {
		part, ok := strings.CutPrefix(name, service+"_")
		return ok && (servicePart.MatchString(part) || part == "PORT" && serviceURL.MatchString(value))
	})
}

// nearest is the name that takes the fewest changes, apart from case and underscores.
func nearest(name string, known []string) string {
	plain := func(s string) string { return strings.ReplaceAll(strings.ToUpper(s), "_", "") }
	return slices.MinFunc(known, func(a, b string) int {
		return levenshtein.ComputeDistance(plain(name), plain(a)) - levenshtein.ComputeDistance(plain(name), plain(b))
	})
}
