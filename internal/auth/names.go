package auth

import "cmp"

// Claims are what an issuer says of a person or a program.
type Claims map[string]any

// Find looks a claim up by its whole name, or else by the path that its dots make.
func (c Claims) Find(name string) (any, bool) {
	if v, ok := c[name]; ok && v != nil {
		return v, true
	}
	for at := range len(name) {
		if name[at] != '.' {
			continue
		}
		if inner, ok := c[name[:at]].(map[string]any); ok {
			if v, ok := Claims(inner).Find(name[at+1:]); ok {
				return v, true
			}
		}
	}
	return nil, false
}

// Texts are a claim's values: a text, or each text of a list.
func (c Claims) Texts(name string) (all []string, ok bool) {
	v, ok := c.Find(name)
	switch v := v.(type) {
	case string:
		return []string{v}, v != ""
	case []any:
		for _, each := range v {
			if s, isText := each.(string); isText {
				all = append(all, s)
			}
		}
	}
	return all, ok
}

// ClaimNames are the claims of a token that are Kith's own, each as a name or a path (see [Claims.Find]). An empty one is the
// usual: workspace, role, name and channel.
type ClaimNames struct {
	Workspace string
	Role      string
	Name      string
	Channel   string
}

func (n ClaimNames) orUsual() ClaimNames {
	return ClaimNames{
		Workspace: cmp.Or(n.Workspace, "workspace"), Role: cmp.Or(n.Role, "role"), Name: cmp.Or(n.Name, "name"),
		Channel: cmp.Or(n.Channel, "channel"),
	}
}
