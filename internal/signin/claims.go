package signin

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"kith/internal/auth"
)

// person is who the provider says signed in.
type person struct {
	subject   string
	name      string
	workspace string
	role      string
}

// accessError is a person whom the provider knows and Kith does not let in. The reason is fit to show, and repeats
// nothing but the settings.
type accessError struct{ reason string }

func (e *accessError) Error() string { return "no access: " + e.reason }

// claims are what the provider says of a person.
type claims = auth.Claims

// has reports whether the claim is one of the values, or a list that has one. A number or a boolean is compared as JSON
// writes it.
func has(c claims, name string, values []string) bool {
	v, _ := c.Find(name)
	list, isList := v.([]any)
	if !isList {
		list = []any{v}
	}
	return slices.ContainsFunc(list, func(each any) bool {
		switch each := each.(type) {
		case string:
			return slices.Contains(values, each)
		case bool, float64, json.Number:
			text, err := json.Marshal(each)
			return err == nil && slices.Contains(values, string(text))
		}
		return false
	})
}

// lacks reports whether userinfo could add a claim that these lack.
func (c Config) lacks(of claims) bool {
	for name := range c.Require {
		if _, ok := of.Find(name); !ok {
			return true
		}
	}
	_, workspace := of.Texts(c.WorkspaceClaim)
	_, role := of.Texts(c.RoleClaim)
	return !workspace || !role || displayName(of) == ""
}

// person reads who signed in. The error is an *accessError.
func (c Config) person(subject string, of claims) (person, error) {
	for _, name := range slices.Sorted(maps.Keys(c.Require)) {
		if !has(of, name, c.Require[name]) {
			return person{}, &accessError{"The claim " + name + " does not have a value that is let in here."}
		}
	}
	who := person{subject: subject, name: displayName(of), workspace: c.Workspace, role: c.Role}
	if names, ok := of.Texts(c.WorkspaceClaim); ok {
		slices.Sort(names)
		if names = slices.Compact(names); len(names) != 1 {
			return person{}, &accessError{"The claim " + c.WorkspaceClaim + " must name one workspace."}
		}
		who.workspace = names[0]
	}
	if names, ok := of.Texts(c.RoleClaim); ok {
		if who.role = auth.Strongest(names); who.role == "" || who.role == "channel" {
			return person{}, &accessError{"The claim " + c.RoleClaim + " must be reader, staff or admin."}
		}
	}
	switch {
	case who.workspace == "":
		return person{}, &accessError{"The claim " + c.WorkspaceClaim + " is missing, which names the workspace."}
	case who.role == "":
		return person{}, &accessError{"The claim " + c.RoleClaim + " is missing, which must be reader, staff or admin."}
	}
	if _, err := auth.NewViewer(who.subject, who.name, who.workspace, who.role); err != nil {
		return person{}, &accessError{"The " + auth.Reason(err) + "."}
	}
	return who, nil
}

// displayName is what to call the person; empty when no claim says so in a way that can be shown.
func displayName(of claims) string {
	for _, name := range []string{"name", "preferred_username", "email"} {
		if s, ok := of[name].(string); ok && strings.TrimSpace(s) != "" && auth.GoodName(s) {
			return strings.TrimSpace(s)
		}
	}
	return ""
}
