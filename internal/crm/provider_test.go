package crm_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"kith/internal/crm"
)

var update = flag.Bool("update", false, "write what the README says of the providers")

func TestEveryProviderSaysWhatItIsAndHowToConnectIt(t *testing.T) {
	t.Parallel()
	seen := map[crm.ChannelType]bool{}
	for _, p := range crm.Providers {
		if p.Type == "" || p.Name == "" || p.Setup.Page == "" || p.Setup.Paste == "" || p.Setup.SigningKey == "" {
			t.Errorf("the row of %s lacks a part: %+v", p.Type, p)
		}
		if p.MakesVerifyToken && p.MakesSecret {
			t.Errorf("%s has two verify tokens: the one that Kith makes and the secret", p.Type)
		}
		if seen[p.Type] {
			t.Errorf("%s has two rows", p.Type)
		}
		seen[p.Type] = true
		if p.Type.Provider().Name != p.Name {
			t.Errorf("%s is not found by its type", p.Type)
		}
	}
}

func TestTheREADMESaysWhatToPasteWhere(t *testing.T) {
	t.Parallel()
	const file, head = "../../README.md", "| channel | the provider's page | paste there | as `secret` |\n| --- | --- | --- | --- |\n"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), head)
	table, after, closed := strings.Cut(rest, "\n\n")
	if !found || !closed {
		t.Fatal("the table is not there")
	}
	var want strings.Builder
	for _, p := range crm.Providers {
		fmt.Fprintf(&want, "| `%s` | %s | %s | %s |\n", p.Type, p.Setup.Page, p.Setup.Paste, p.Setup.SigningKey)
	}
	if want.String() == table+"\n" {
		return
	}
	if !*update {
		t.Fatalf("run go test ./internal/crm -update: the table should be\n%s", &want)
	}
	if err := os.WriteFile(file, []byte(before+head+want.String()+"\n"+after), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTheStaffPagesCallEveryProviderByItsName(t *testing.T) {
	t.Parallel()
	const file = "web/staff/shared/icons.tsx"
	text, err := os.ReadFile("../../" + file)
	if err != nil {
		t.Fatal(err)
	}
	names, drawings, found := strings.Cut(string(text), "const drawings")
	if !found {
		t.Fatal("the drawings are not there")
	}
	english, err := os.ReadFile("../../web/staff/texts/en.ts")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range crm.Providers {
		row := fmt.Sprintf("\n  %s: '%s',\n", p.Type, p.Name)
		if p.Type == crm.HTMLEmbed { // the only one that is no product, and is translated
			row = "\n  get HTML_EMBED() {\n    return t.app.webChat\n"
			if text := fmt.Sprintf("\n    webChat: '%s',\n", p.Name); !strings.Contains(string(english), text) {
				t.Errorf("en.ts lacks the row %s", strings.TrimSpace(text))
			}
		}
		if !strings.Contains(names, row) {
			t.Errorf("channelNames in %s lacks the row %s", file, strings.TrimSpace(row))
		}
		if !strings.Contains(drawings, fmt.Sprintf("\n  %s: ", p.Type)) {
			t.Errorf("drawings in %s lacks a row of %s", file, p.Type)
		}
	}
}
