package config

import (
	"fmt"
	"net/url"
	"time"
)

// InForce is a setting with the value that applies. Secrets are masked.
type InForce struct{ Variable, Value string }

// InForce lists every setting with the value that applies, which also depends on other settings where nothing is set.
func (c Config) InForce() []InForce {
	c.Demo, c.Introspection, c.Playground = switched(c.DemoOn()), switched(c.IntrospectionOn()), switched(c.PlaygroundOn())
	c.LogAddresses = switched(c.LogAddressesOn())
	if limit := c.Limit(); c.RateLimit == "" && limit > 0 {
		c.RateLimit = Rate(fmt.Sprintf("%g/s", limit))
	} else if c.RateLimit == "" {
		c.RateLimit = "off"
	}
	var all []InForce
	for _, v := range model(c) {
		all = append(all, InForce{variable(v), shown(v.Target.Interface())})
	}
	return all
}

// shown is a value as it is set, but for what is secret in it.
func shown(value any) string {
	switch v := value.(type) {
	case time.Duration:
		return FormatDuration(v)
	case string:
		if u, err := url.Parse(v); err == nil && u.User != nil {
			return u.Redacted()
		}
		return v
	case int:
		if v == 0 {
			return ""
		}
	}
	return fmt.Sprint(value)
}

func switched(on bool) Switch {
	if on {
		return "on"
	}
	return "off"
}
