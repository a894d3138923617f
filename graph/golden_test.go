package graph_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kith/internal/crm"
)

var update = flag.Bool("update", false, "write the answers that golden tests get into testdata")

// TestGolden runs the operations in testdata, each over a separate database with the same people, and compares the
// answers with those beside them. An operation's first line may say who asks: "# as channel".
func TestGolden(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.graphql")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".graphql")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			people := s.people()
			document, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			who := "staff"
			if first, _, _ := strings.Cut(string(document), "\n"); strings.HasPrefix(first, "# as ") {
				who = strings.TrimPrefix(first, "# as ")
			}
			got := s.query(who, string(document), uses(string(document), people))
			var pretty bytes.Buffer
			if err := json.Indent(&pretty, []byte(strings.TrimSpace(got.body)), "", "  "); err != nil {
				t.Fatalf("%v in %s", err, got.body)
			}
			answer := steady(pretty.String()) + "\n"
			golden := filepath.Join("testdata", name+".json")
			if *update {
				if err := os.WriteFile(golden, []byte(answer), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), answer); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// people fills the workspace: Ann on two channels, José on one, somebody without a name on the other, and three items that
// could not be taken in, of which one still cannot be, and one is of a channel that takes no messages.
func (s *server) people() map[string]string {
	s.t.Helper()
	ids := map[string]string{
		"shop": s.channel("admin", "Shop", "WHATSAPP"),
		"page": s.channel("admin", "Page", "FACEBOOK"),
		"off":  s.channel("admin", "Old bot", "TELEGRAM"),
	}
	var none any
	s.query("admin", `mutation ($off: ID!) { updateChannel(input: {id: $off, active: false}) { channel { id } } }`,
		vars{"off": ids["off"]}).into(s.t, &none)
	ann := vars{"name": "Ann Smith", "email": "ann@example.com", "emailVerified": true}
	ids["ann"], ids["annShop"] = s.record("channel", vars{
		"channelId": ids["shop"], "externalId": "+4930123456", "messageId": "1",
		"occurredAt": "2026-01-01T10:00:00Z", "text": "Hello,\nis the lamp in stock?", "profile": ann,
	})
	_, ids["annPage"] = s.record("channel", vars{
		"channelId": ids["page"], "externalId": "ann.smith", "messageId": "1",
		"occurredAt": "2026-01-01T12:00:00Z", "text": "Hello again", "profile": ann,
	})
	ids["jose"], ids["joseShop"] = s.record("channel", vars{
		"channelId": ids["shop"], "externalId": "+4915112345678", "messageId": "1",
		"occurredAt": "2026-01-01T11:00:00.25Z", "text": "Hola",
		"profile": vars{"name": "José Müller", "phone": "+49 151 12345678", "phoneVerified": true},
	})
	ids["nobody"], _ = s.record("channel", vars{
		"channelId": ids["page"], "externalId": "42", "messageId": "1", "occurredAt": "2026-01-01T09:00:00Z",
	})
	ids["failure"] = s.failure(ids["page"], 0, `{"object":"page","entry":[{"id":"1","messaging":[{"sender":{"id":"99"},`+
		`"recipient":{"id":"1"},"timestamp":1767261600000,"message":{"mid":"m1","text":"Is this on?"}}]}]}`)
	ids["failureWrong"] = s.failure(ids["shop"], 1, `{"object":"nonsense"}`)
	ids["failureOff"] = s.failure(ids["off"], 2, `{"update_id":1}`)
	return ids
}

// failure keeps an item of a report to a channel of workspace acme.
func (s *server) failure(channel string, position int, payload string) string {
	s.t.Helper()
	return s.failureIn("acme", channel, position, payload)
}

func (s *server) failureIn(workspace, channel string, position int, payload string) string {
	s.t.Helper()
	w, err := s.store.Workspace(s.t.Context(), workspace)
	if err != nil {
		s.t.Fatal(err)
	}
	at := start.Truncate(time.Microsecond).Add(time.Duration(position) * time.Minute)
	f := crm.Failure{
		ID: crm.NewFailureID(at), At: at, Position: position, Reason: "It could not be read", Payload: []byte(payload),
	}
	f.ChannelID, _ = crm.ParseChannelID(channel)
	if err := s.store.AddFailure(s.t.Context(), w, f); err != nil {
		s.t.Fatal(err)
	}
	return f.ID.String()
}
