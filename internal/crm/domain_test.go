package crm

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNormalizeDomain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, want string }{
		"a domain":                              {"example.com", "example.com"},
		"a port":                                {"shop.example.com:8443", "shop.example.com:8443"},
		"everything below":                      {"*.example.com", "*.example.com"},
		"everything below, on a port":           {"*.example.com:3000", "*.example.com:3000"},
		"this machine":                          {"localhost:3000", "localhost:3000"},
		"everything below this machine":         {"*.localhost:3000", "*.localhost:3000"},
		"capital letters":                       {"Example.COM", "example.com"},
		"space from a paste":                    {" example.com\n", "example.com"},
		"the port of https":                     {"example.com:443", "example.com"},
		"the port of http":                      {"example.com:80", "example.com"},
		"zeros before the port":                 {"example.com:08443", "example.com:8443"},
		"a dot at the end":                      {"example.com.", "example.com"},
		"an international domain":               {"bücher.example", "xn--bcher-kva.example"},
		"the ASCII form of one":                 {"xn--bcher-kva.example", "xn--bcher-kva.example"},
		"a full-width domain":                   {"ｅxample.com", "example.com"},
		"an IPv4 address":                       {"127.0.0.1:8080", "127.0.0.1:8080"},
		"an IPv6 address":                       {"[::1]:3000", "[::1]:3000"},
		"an IPv6 address in a long form":        {"[2001:DB8:0::1]", "[2001:db8::1]"},
		"an app on an iPhone":                   {"Capacitor://LocalHost", "capacitor://localhost"},
		"an app made with Ionic":                {" ionic://app.example.com", "ionic://app.example.com"},
		"every app":                             {"capacitor://*.example.com", ""},
		"an app without a name":                 {"capacitor://", ""},
		"an app within an app":                  {"capacitor://ionic://localhost", ""},
		"a page of an app":                      {"capacitor://localhost/chat", ""},
		"another scheme":                        {"app://localhost", ""},
		"nothing":                               {"", ""},
		"a URL":                                 {"https://example.com", ""},
		"a path":                                {"example.com/shop", ""},
		"a user":                                {"ann@example.com", ""},
		"a query":                               {"example.com?x", ""},
		"every site there is":                   {"*", ""},
		"every site there is, with a dot":       {"*.", ""},
		"every site of a top-level domain":      {"*.com", ""},
		"a star within":                         {"a.*.example.com", ""},
		"two stars":                             {"*.*.example.com", ""},
		"a star without its dot":                {"*example.com", ""},
		"everything below an address":           {"*.127.0.0.1", ""},
		"an empty label":                        {"a..example.com", ""},
		"a space within":                        {"exa mple.com", ""},
		"no port behind the colon":              {"example.com:", ""},
		"a port that is a name":                 {"example.com:https", ""},
		"a port with a sign":                    {"example.com:+80", ""},
		"port 0":                                {"example.com:0", ""},
		"a port past the last":                  {"example.com:65536", ""},
		"a port alone":                          {":3000", ""},
		"an IPv6 address without brackets":      {"::1", ""},
		"an IPv4 address in brackets":           {"[127.0.0.1]", ""},
		"a zone":                                {"[fe80::1%25eth0]", ""},
		"a bracket alone":                       {"[::1", ""},
		"a number that browsers read as one":    {"127.1", ""},
		"a label of 64 letters":                 {strings.Repeat("a", 64) + ".com", ""},
		"a name of 254 letters":                 {strings.Repeat("abcdefg.", 31) + "abcdefg", ""},
		"thousands of letters":                  {strings.Repeat("a.", 5000) + "com", ""},
		"a control character":                   {"exam\x00ple.com", ""},
		"what is no UTF-8":                      {"exam\xffple.com", ""},
		"a line break, and another domain":      {"example.com\nevil.com", ""},
		"null, as pages of files and sandboxes": {"null:0", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := NormalizeDomain(c.in)
			invalid, ok := errors.AsType[*InvalidError](err)
			if got != c.want || (err != nil) != (c.want == "") || err != nil && (!ok || invalid.Field != "allowedDomains") {
				t.Errorf("%q, %v", got, err)
			}
			if again, err := NormalizeDomain(got); c.want != "" && (again != got || err != nil) {
				t.Errorf("once more: %q, %v", again, err)
			}
		})
	}
}

func FuzzNormalizeDomain(f *testing.F) {
	for _, s := range []string{"*.example.com:8443", "[::1]:80", "bücher.example.", "*.localhost", "1.2.3", "x:"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := NormalizeDomain(s)
		if err != nil {
			return
		}
		if again, err := NormalizeDomain(got); again != got || err != nil {
			t.Errorf("%q becomes %q, and that %q, %v", s, got, again, err)
		}
		if strings.ContainsAny(got, " /@?#\\\"'<>") || got == "" || strings.Contains(strings.TrimPrefix(got, "*."), "*") {
			t.Errorf("%q becomes %q", s, got)
		}
	})
}

func TestAllowedDomains(t *testing.T) {
	t.Parallel()
	many := make([]string, MaxDomains+1)
	for i := range many {
		many[i] = "shop" + strconv.Itoa(i) + ".example"
	}
	for name, c := range map[string]struct {
		kind ChannelType
		in   []string
		want []string
		ok   bool
	}{
		"are kept once each, in order":     {HTMLEmbed, []string{"b.example", "a.example", "B.example:443"}, []string{"b.example", "a.example"}, true},
		"can be as many as":                {HTMLEmbed, many[:MaxDomains], many[:MaxDomains], true},
		"can be no more than":              {HTMLEmbed, many, nil, false},
		"are refused together":             {HTMLEmbed, []string{"a.example", "https://b.example"}, nil, false},
		"are for no other type":            {Telegram, []string{"a.example"}, nil, false},
		"may be none for any type":         {Telegram, []string{}, nil, true},
		"may be none":                      {HTMLEmbed, nil, nil, true},
		"of another type may not be wrong": {WhatsApp, []string{""}, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			channel := Channel{Name: "Shop", Type: c.kind, Domains: []string{"before.example"}}
			err := ChannelPatch{Name: To("New"), Domains: To(c.in)}.Apply(&channel)
			if !c.ok {
				c.want = []string{"before.example"}
			}
			if diff := cmp.Diff(c.want, channel.Domains); diff != "" || (err == nil) != c.ok {
				t.Errorf("%v %s", err, diff)
			}
			if channel.Name == "New" != c.ok {
				t.Errorf("half of the edit was made: %+v", channel.Name)
			}
		})
	}
}

func TestNormalizeSecret(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind     ChannelType
		in, want string
		ok       bool
	}{
		"an app secret":                  {WhatsApp, "0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef", true},
		"space from a paste":             {Facebook, " s3cret-of-the-app\r\n", "s3cret-of-the-app", true},
		"15 characters":                  {WhatsApp, "0123456789abcde", "", false},
		"16 characters":                  {WhatsApp, "0123456789abcdef", "0123456789abcdef", true},
		"15 characters within space":     {TikTok, "  0123456789abcde\n", "", false},
		"15 characters in 30 bytes":      {HTMLEmbed, strings.Repeat("ü", 15), "", false},
		"a secret token of 15":           {Telegram, "0123456789abcde", "", false},
		"a sentence":                     {HTMLEmbed, "a key of several words, ü", "a key of several words, ü", true},
		"space alone is none":            {TikTok, " \n", "", true},
		"1,024 bytes":                    {HTMLEmbed, strings.Repeat("x", MaxSecret), strings.Repeat("x", MaxSecret), true},
		"1,025 bytes":                    {HTMLEmbed, strings.Repeat("x", MaxSecret+1), "", false},
		"1,025 bytes of space":           {HTMLEmbed, strings.Repeat(" ", MaxSecret+1), "", false},
		"a control character":            {Instagram, "a\x00b", "", false},
		"a line break within":            {Instagram, "a\nb", "", false},
		"what is no UTF-8":               {Instagram, "a\xffb", "", false},
		"a secret token":                 {Telegram, "A-z_0123456789xyz", "A-z_0123456789xyz", true},
		"a secret token of 256":          {Telegram, strings.Repeat("x", 256), strings.Repeat("x", 256), true},
		"a secret token of 257":          {Telegram, strings.Repeat("x", 257), "", false},
		"a secret token of other signs":  {Telegram, "a.b", "", false},
		"a secret token of other script": {Telegram, "тайна", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := NormalizeSecret(c.kind, c.in)
			invalid, is := errors.AsType[*InvalidError](err)
			if got != c.want || (err == nil) != c.ok || err != nil && (!is || invalid.Field != "secret") {
				t.Errorf("%q, %v", got, err)
			}
			if err != nil && len(c.in) < 300 && strings.Contains(err.Error(), c.in) {
				t.Errorf("the secret shows: %v", err)
			}
		})
	}
}

func TestSessionPatch(t *testing.T) {
	t.Parallel()
	tag := Complaint
	before := Session{Status: Active, Tag: &tag, UnreadCount: 3}
	escalated, general := Escalated, General
	for name, c := range map[string]struct {
		patch SessionPatch
		want  Session
		ok    bool
	}{
		"nothing asked, nothing done":     {SessionPatch{}, before, true},
		"a status":                        {SessionPatch{Status: To(&escalated)}, Session{Status: Escalated, Tag: &tag, UnreadCount: 3}, true},
		"a tag":                           {SessionPatch{Tag: To(&general)}, Session{Status: Active, Tag: &general, UnreadCount: 3}, true},
		"no tag":                          {SessionPatch{Tag: To[*SessionTag](nil)}, Session{Status: Active, UnreadCount: 3}, true},
		"all read":                        {SessionPatch{Read: true}, Session{Status: Active, Tag: &tag}, true},
		"no status, and nothing else too": {SessionPatch{Status: To[*SessionStatus](nil), Read: true}, before, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := before
			err := c.patch.Apply(&s)
			if diff := cmp.Diff(c.want, s); diff != "" || (err == nil) != c.ok {
				t.Errorf("%v %s", err, diff)
			}
		})
	}
}

func TestNormalizeAccessToken(t *testing.T) {
	t.Parallel()
	token := "EAAGm0PX4ZCpsBAKZB-and_more|0123"
	for name, c := range map[string]struct {
		kind     ChannelType
		in, want string
		bad      bool
	}{
		"as it is":             {Facebook, token, token, false},
		"with pasted space":    {Instagram, "\r\n " + token + "\t", token, false},
		"none":                 {Facebook, " ", "", false},
		"none, elsewhere":      {WhatsApp, "", "", false},
		"elsewhere":            {WhatsApp, token, "", true},
		"of the site":          {HTMLEmbed, token, "", true},
		"too short":            {Facebook, "EAAGm0PX4ZCpsBA", "", true},
		"too long":             {Facebook, strings.Repeat("E", MaxSecret+1), "", true},
		"with a line in it":    {Facebook, token + "\r\nX-Other: " + token, "", true},
		"with a scheme":        {Facebook, "Bearer " + token, "", true},
		"with a wide space":    {Facebook, token + "\u2003" + token, "", true},
		"with a control":       {Facebook, token + "\x00", "", true},
		"with other letters":   {Facebook, token + "é", "", true},
		"not text":             {Facebook, token + "\xff", "", true},
		"a soft hyphen inside": {Facebook, token + "\u00ad", "", true},
	} {
		got, err := NormalizeAccessToken(c.kind, c.in)
		invalid, ok := errors.AsType[*InvalidError](err)
		if got != c.want || ok != c.bad || ok && (invalid.Field != "accessToken" || strings.Contains(err.Error(), token)) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
