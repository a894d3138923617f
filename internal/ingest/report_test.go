package ingest_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"kith/internal/crm"
	"kith/internal/ingest"
	"kith/storage"
)

// recorder keeps the interaction that reaches it.
type recorder struct {
	storage.Store
	got crm.Interaction
}

func (r *recorder) RecordInteraction(_ context.Context, _ crm.WorkspaceID, i crm.Interaction) (crm.Recorded, error) {
	r.got = i
	return crm.Recorded{}, nil
}

func TestEverythingThatIsReportedReachesTheStore(t *testing.T) {
	t.Parallel()
	channel, received := crm.NewChannelID(start), start.Truncate(time.Microsecond)
	written := start.Add(-time.Hour).Truncate(time.Microsecond)
	text, phone := "Hello", "+4930123456"
	for kind, message := range map[crm.InteractionKind]string{
		crm.Written: "m", crm.Revised: "m", crm.Withdrawn: "m", crm.Announced: "",
	} {
		r := &recorder{}
		in := ingest.New(r, "DE", func() time.Time { return start })
		_, err := in.Record(t.Context(), crm.Viewer{Workspace: 1, Role: crm.RoleAdmin}, ingest.Report{
			Kind: kind, ChannelID: channel, ExternalID: "new", Alias: "alias", Previous: "old", Former: "former", Signed: true,
			Account: "account", MessageID: message, At: &written, Direction: crm.Outbound, Text: &text,
			Profile: crm.Profile{Phone: &phone, PhoneVerified: true},
		})
		if err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		want := crm.Interaction{
			Kind: kind, ChannelID: channel, ExternalID: "new", Alias: "alias", Previous: "old", Former: "former", Signed: true,
			Account: "account", MessageID: message, At: written.UTC(), Received: received, Direction: crm.Outbound, Preview: &text,
			Profile: crm.Profile{Phone: &phone, PhoneVerified: true},
		}
		if d := cmp.Diff(want, r.got, cmpopts.IgnoreFields(crm.Interaction{}, "Event")); d != "" {
			t.Errorf("%s: %s", kind, d)
		}
	}
}
