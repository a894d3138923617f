package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// prefix starts the name of each of Kith's environment variables.
const prefix = "KITH_"

// fileSuffix ends the name of a variable that names a file with a secret.
const fileSuffix = "_FILE"

// maxSecretFile bounds what is read of a file with a secret.
const maxSecretFile = 64 << 10

// byteOrderMark is what some editors begin a file with.
const byteOrderMark = "\ufeff"

// Source gives settings the values that the command line does not set: those of the environment and of the files that it names. It
// collects what is wrong with them, so that everything can be reported together.
type Source struct {
	getenv     func(string) string
	origins    map[string]string
	complaints complaints
}

// NewSource reads variables with getenv. An empty variable counts as unset.
func NewSource(getenv func(string) string) *Source {
	return &Source{getenv: getenv, origins: map[string]string{}}
}

// Options makes kong take settings, those flags of [Config], from the source, and name their variables in the help.
func (s *Source) Options() []kong.Option {
	resolve := func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		if !isSetting(flag.Value) {
			return nil, nil
		}
		if text := s.value(flag.Value); text != "" {
			return text, nil
		}
		if variable(flag.Value) == prefix+"DATABASE_URL" {
			return string(defaultDatabase(s.getenv)), nil
		}
		return nil, nil
	}
	return append(mappers(), kong.Resolvers(kong.ResolverFunc(resolve)), kong.ValueFormatter(explain))
}

// Err is everything that is wrong with the values so far; nil when all could be read.
func (s *Source) Err() error { return errors.Join(s.complaints...) }

// Origin is the variable that a setting was taken from: its own, or the one that names a file. It is empty for any other setting.
func (s *Source) Origin(variable string) string { return s.origins[variable] }

// value is the text of a setting; empty without one, or with one that cannot be read.
func (s *Source) value(v *kong.Value) string {
	name := variable(v)
	text, origin := s.getenv(name), name
	if file := s.getenv(name + fileSuffix); file != "" && isSecret(v) {
		if text != "" {
			s.complain(name+fileSuffix, "set either "+name+" or "+name+fileSuffix)
			return ""
		}
		var complaint string
		if text, complaint = readSecret(file); complaint != "" {
			s.complain(name+fileSuffix, complaint)
			return ""
		}
		origin = name + fileSuffix
	}
	if complaint := malformed(v, text); complaint != "" {
		s.complaints.add(strings.TrimPrefix(name, prefix), complaint)
		return ""
	}
	if text != "" {
		s.origins[name] = origin
	}
	return text
}

func (s *Source) complain(name, complaint string) {
	s.complaints = append(s.complaints, fmt.Errorf("%s: %s", name, complaint))
}

// malformed says what is wrong with a text that is not of the setting's type. Settings that are texts are left to [Config.Validate].
func malformed(v *kong.Value, text string) string {
	if text == "" {
		return ""
	}
	var err error
	switch v.Target.Interface().(type) {
	case time.Duration:
		_, err = ParseDuration(text)
	case Retention:
		_, err = ParseRetention(text)
	case int:
		if _, err = strconv.Atoi(text); err != nil {
			err = errNumber
		}
	}
	if err != nil {
		return fmt.Sprintf("%q %s", text, err)
	}
	return ""
}

var errNumber = errors.New("is not a whole number")

// readSecret reads a file that contains a secret, without the end of its last line and without what an editor put in front.
func readSecret(path string) (text, complaint string) {
	f, err := os.Open(path) //nolint:gosec // the operator names it
	if err != nil {
		return "", fmt.Sprintf("the file cannot be opened: %v", err)
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, maxSecretFile+1))
	switch text = strings.TrimRight(strings.TrimPrefix(string(b), byteOrderMark), "\r\n"); {
	case err != nil:
		return "", fmt.Sprintf("the file cannot be read: %v", err)
	case len(b) > maxSecretFile:
		return "", fmt.Sprintf("%s is too large for a secret", path)
	case text == "":
		return "", path + " is empty"
	}
	return text, ""
}

func isSetting(v *kong.Value) bool { return v.Tag.Has("setting") }

// isSecret reports whether a setting is never shown in full, so that it can be in a file, too.
func isSecret(v *kong.Value) bool {
	t := v.Target.Type()
	return t == reflect.TypeFor[Secret]() || t == reflect.TypeFor[Database]()
}

// variable is the environment variable of a setting: KITH_AUTH_SECRET for --auth-secret.
func variable(v *kong.Value) string {
	return prefix + strings.ToUpper(strings.ReplaceAll(v.Name, "-", "_"))
}

// explain is the help of a flag.
func explain(v *kong.Value) string {
	if !isSetting(v) {
		return kong.DefaultHelpValueFormatter(v)
	}
	help := v.Help
	if v.HasDefault {
		help += " Default: " + v.Default + "."
	}
	help += " [" + variable(v) + "]"
	if isSecret(v) {
		help += " [" + variable(v) + fileSuffix + "]"
	}
	return help
}

// model is c as kong sees it: a flag for each setting, whose target is the value in c.
func model(c Config) []*kong.Value {
	var grammar struct {
		Settings Config `embed:""`
	}
	grammar.Settings = c
	parser, err := kong.New(&grammar, mappers()...)
	if err != nil {
		panic(err) // the tags of Config are wrong
	}
	var all []*kong.Value
	for _, flag := range parser.Model.Flags {
		if isSetting(flag.Value) {
			all = append(all, flag.Value)
		}
	}
	return all
}

// example is an assignment to a setting that is valid, for a complaint; empty for an unknown name.
func example(name string) string {
	all := model(Config{})
	i := slices.IndexFunc(all, func(v *kong.Value) bool { return variable(v) == prefix+name })
	if i < 0 {
		return ""
	}
	value := all[i].Tag.Get("example")
	if value == "" {
		value = all[i].Default
	}
	return prefix + name + "=" + value
}
