package config

import (
	"strings"

	"github.com/alecthomas/kong"
)

// prefix starts the name of each of Kith's environment variables.
const prefix = "KITH_"

// Options makes kong take settings, those flags of [Config], from the environment when the command line does not set
// them, and name their variables in the help. An empty variable counts as unset.
func Options(getenv func(string) string) []kong.Option {
	resolve := func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		if !isSetting(flag.Value) {
			return nil, nil
		}
		name := variable(flag.Value)
		if v := getenv(name); v != "" {
			return v, nil
		}
		if name == prefix+"DATABASE_URL" {
			return string(defaultDatabase(getenv)), nil
		}
		return nil, nil
	}
	return []kong.Option{
		kong.Resolvers(kong.ResolverFunc(resolve)),
		kong.ValueFormatter(explain),
		durations(),
	}
}

func isSetting(v *kong.Value) bool { return v.Tag.Has("setting") }

// variable is the environment variable of a setting: KITH_AUTH_SECRET for --auth-secret.
func variable(v *kong.Value) string {
	return prefix + strings.ToUpper(strings.ReplaceAll(v.Name, "-", "_"))
}

func explain(v *kong.Value) string {
	if !isSetting(v) {
		return kong.DefaultHelpValueFormatter(v)
	}
	help := v.Help
	if v.HasDefault {
		help += " Default: " + v.Default + "."
	}
	return help + " [" + variable(v) + "]"
}
