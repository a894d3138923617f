package signin

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPeopleAreAsTheirClaimsSay(t *testing.T) {
	t.Parallel()
	plain := Config{WorkspaceClaim: "workspace", RoleClaim: "role"}
	fixed := Config{WorkspaceClaim: "workspace", RoleClaim: "role", Workspace: "globex", Role: "staff"}
	required := func(claim string, values ...string) Config {
		c := fixed
		c.Require = map[string][]string{claim: values}
		return c
	}
	nested := Config{WorkspaceClaim: "https://kith.example/workspace", RoleClaim: "resource_access.kith.app.roles"}
	for name, c := range map[string]struct {
		config Config
		claims string
		want   person
		refuse string // part of the reason; empty for none
	}{
		"both claims":                           {plain, `{"workspace":"acme","role":"admin","name":" Ann "}`, person{"ann", "Ann", "acme", "admin"}, ""},
		"lists":                                 {plain, `{"workspace":["acme"],"role":["x","staff",7]}`, person{"ann", "", "acme", "staff"}, ""},
		"the same workspace twice":              {plain, `{"workspace":["acme","acme"],"role":"staff"}`, person{"ann", "", "acme", "staff"}, ""},
		"the highest role":                      {plain, `{"workspace":"acme","role":["staff","admin"]}`, person{"ann", "", "acme", "admin"}, ""},
		"a reader":                              {plain, `{"workspace":"acme","role":"reader"}`, person{"ann", "", "acme", "reader"}, ""},
		"more than a reader":                    {plain, `{"workspace":"acme","role":["reader","channel","staff"]}`, person{"ann", "", "acme", "staff"}, ""},
		"another name":                          {plain, `{"workspace":"acme","role":"staff","name":"","preferred_username":"a","email":"b"}`, person{"ann", "a", "acme", "staff"}, ""},
		"a name that cannot be shown":           {plain, `{"workspace":"acme","role":"staff","name":"a\u0000b","email":"a@x"}`, person{"ann", "a@x", "acme", "staff"}, ""},
		"a name that is a number":               {plain, `{"workspace":"acme","role":"staff","name":7}`, person{"ann", "", "acme", "staff"}, ""},
		"claims in objects":                     {nested, `{"https://kith.example/workspace":"acme","resource_access":{"kith.app":{"roles":["staff"]}}}`, person{"ann", "", "acme", "staff"}, ""},
		"a claim that is no object":             {nested, `{"https://kith.example/workspace":"acme","resource_access":"kith"}`, person{}, "is missing"},
		"settings for both":                     {fixed, `{}`, person{"ann", "", "globex", "staff"}, ""},
		"claims before settings":                {fixed, `{"workspace":"acme","role":"admin"}`, person{"ann", "", "acme", "admin"}, ""},
		"no setting for a bad claim":            {fixed, `{"workspace":"acme","role":"guest"}`, person{}, "must be reader, staff or admin"},
		"no setting for an empty list":          {fixed, `{"role":[]}`, person{}, "must be reader, staff or admin"},
		"null is no claim":                      {fixed, `{"workspace":null,"role":null}`, person{"ann", "", "globex", "staff"}, ""},
		"no workspace":                          {plain, `{"role":"staff"}`, person{}, "The claim workspace is missing"},
		"an empty workspace":                    {plain, `{"workspace":"","role":"staff"}`, person{}, "The claim workspace is missing"},
		"two workspaces":                        {plain, `{"workspace":["a","b"],"role":"staff"}`, person{}, "must name one workspace"},
		"a number for a workspace":              {plain, `{"workspace":7,"role":"staff"}`, person{}, "must name one workspace"},
		"a workspace with a control":            {plain, `{"workspace":"a\nb","role":"staff"}`, person{}, "control characters"},
		"a workspace that is too long":          {plain, `{"workspace":"` + strings.Repeat("x", 129) + `","role":"staff"}`, person{}, "128 bytes"},
		"no role":                               {plain, `{"workspace":"acme"}`, person{}, "The claim role is missing"},
		"a role of channels":                    {plain, `{"workspace":"acme","role":"channel"}`, person{}, "must be reader, staff or admin"},
		"a role in capitals":                    {plain, `{"workspace":"acme","role":"ADMIN"}`, person{}, "must be reader, staff or admin"},
		"true for a role":                       {plain, `{"workspace":"acme","role":true}`, person{}, "must be reader, staff or admin"},
		"an object for a role":                  {plain, `{"workspace":"acme","role":{"admin":true}}`, person{}, "must be reader, staff or admin"},
		"a list of lists":                       {plain, `{"workspace":"acme","role":[["admin"]]}`, person{}, "must be reader, staff or admin"},
		"what is required":                      {required("hd", "example.com"), `{"hd":"example.com"}`, person{"ann", "", "globex", "staff"}, ""},
		"one of several values":                 {required("hd", "example.org", "example.com"), `{"hd":"example.com"}`, person{"ann", "", "globex", "staff"}, ""},
		"what is required, in a list":           {required("groups", "support"), `{"groups":["sales","support"]}`, person{"ann", "", "globex", "staff"}, ""},
		"what is required, in an object":        {required("realm_access.roles", "kith"), `{"realm_access":{"roles":["kith"]}}`, person{"ann", "", "globex", "staff"}, ""},
		"a required claim with dots":            {required("https://id.example/groups", "support"), `{"https://id.example/groups":["support"]}`, person{"ann", "", "globex", "staff"}, ""},
		"what is required, true":                {required("email_verified", "true"), `{"email_verified":true}`, person{"ann", "", "globex", "staff"}, ""},
		"what is required, a number":            {required("tier", "3"), `{"tier":3}`, person{"ann", "", "globex", "staff"}, ""},
		"nothing of what is required":           {required("hd", "example.com"), `{}`, person{}, "The claim hd does not have a value"},
		"another value than is required":        {required("hd", "example.com"), `{"hd":"example.com.evil.example"}`, person{}, "The claim hd"},
		"the required value in capitals":        {required("groups", "support"), `{"groups":["Support"]}`, person{}, "The claim groups"},
		"the required value as part of a text":  {required("groups", "support"), `{"groups":"support sales"}`, person{}, "The claim groups"},
		"the required value as a name":          {required("groups", "support"), `{"groups":{"support":true}}`, person{}, "The claim groups"},
		"an empty list for what is required":    {required("groups", "support"), `{"groups":[]}`, person{}, "The claim groups"},
		"null for what is required":             {required("groups", "null"), `{"groups":[null]}`, person{}, "The claim groups"},
		"the required value deeper in the list": {required("groups", "support"), `{"groups":[["support"]]}`, person{}, "The claim groups"},
		"a role that is enough, and no domain":  {required("hd", "example.com"), `{"workspace":"acme","role":"admin"}`, person{}, "The claim hd"},
		"a role in a text of many words":        {plain, `{"workspace":"acme","role":"staff admin"}`, person{}, "must be reader, staff or admin"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var of claims
			if err := json.Unmarshal([]byte(c.claims), &of); err != nil {
				t.Fatal(err)
			}
			got, err := c.config.person("ann", of)
			refusal, _ := errors.AsType[*accessError](err)
			if (err != nil) != (c.refuse != "") || err != nil && !strings.Contains(refusal.reason, c.refuse) {
				t.Fatalf("got %v, want %q", err, c.refuse)
			}
			if d := cmp.Diff(c.want, got, cmp.AllowUnexported(person{})); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
	if _, err := fixed.person("", claims{}); err == nil {
		t.Error("took nobody for somebody")
	}
}

func TestLocalPath(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"/":                                 true,
		"/staff/contacts?search=a%2F%2Fb#x": true,
		"/staff/chat?contact=contact_1":     true,
		"/a//b":                             true,
		"":                                  false,
		"staff":                             false,
		"//evil.example":                    false,
		"///evil.example":                   false,
		`/\evil.example`:                    false,
		`\/evil.example`:                    false,
		"/\t/evil.example":                  false,
		"/\n/evil.example":                  false,
		"\t//evil.example":                  false,
		" //evil.example":                   false,
		"/\u0085/evil.example":              false,
		"http://evil.example":               false,
		"https:evil.example":                false,
		"javascript:alert(1)":               false,
		"/%zz":                              false,
		"/auth/login":                       false,
		"/auth":                             false,
		"/" + strings.Repeat("x", 1000):     false,
	} {
		if got := (&SignIn{}).ownPath(s); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
}

func TestBelowABasePathOnlyPathsThereAreKithsOwn(t *testing.T) {
	t.Parallel()
	s := &SignIn{base: "/kith"}
	for to, want := range map[string]bool{
		"/kith/staff/contacts?search=a": true,
		"/kith":                         true,
		"/kith/":                        true,
		"/staff/contacts":               false,
		"/":                             false,
		"/kitharode":                    false,
		"/kith/../other":                false,
		"/kith/%2e%2e/other":            false,
		"/kith/a/..":                    true,
		"/kith/auth/login":              false,
		"/kith/x/../auth/login":         false,
		"//kith/staff":                  false,
	} {
		if got := s.ownPath(to); got != want {
			t.Errorf("%q: %v", to, got)
		}
	}
}

// A browser that follows a path of Kith's stays where it is, as Go's reading of RFC 3986 says and that of the WHATWG, which
// takes \ for / and skips tabs and line ends.
func FuzzOwnPath(f *testing.F) {
	for _, s := range []string{"/staff", "//evil", `/\evil`, "/\t/evil", "/a?b#c", "/..//evil"} {
		f.Add(s)
	}
	base, err := url.Parse("https://kith.example.com/auth/callback")
	if err != nil {
		f.Fatal(err)
	}
	skip := strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/")
	f.Fuzz(func(t *testing.T, s string) {
		if !(&SignIn{}).ownPath(s) {
			return
		}
		for _, as := range []string{s, skip.Replace(strings.TrimSpace(s))} {
			to, err := base.Parse(as)
			if err != nil || to.Host != base.Host || to.Scheme != base.Scheme || to.User != nil {
				t.Errorf("%q leads to %v, %v", s, to, err)
			}
		}
	})
}
