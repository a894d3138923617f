package postgres_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"kith/internal/crm"
)

func TestStatsShowChangesThatNoSubscriberHasSeen(t *testing.T) {
	t.Parallel()
	s, url := openAt(t)
	w, err := s.Workspace(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.Stats(t.Context()); err != nil || !got.OldestUnpublished.IsZero() || !got.OldestFailure.IsZero() {
		t.Errorf("of an empty database: %+v, %v", got, err)
	}
	channel := crm.ChannelID(uuid.MustParse("00000000-0000-7000-8000-000000000001"))
	if err := s.CreateChannel(t.Context(), w, crm.Channel{ID: channel, Name: "Web", Type: crm.HTMLEmbed, Active: true}); err != nil {
		t.Fatal(err)
	}
	release := hold(t, url, `
		INSERT INTO event_heads (workspace_id, seq) SELECT workspace_id, 0 FROM workspaces ON CONFLICT DO NOTHING;
		SELECT FROM event_heads FOR UPDATE`)
	now := time.Now().UTC().Truncate(time.Microsecond)
	_, err = s.RecordInteraction(t.Context(), w, crm.Interaction{
		ChannelID: channel, ExternalID: "ann", MessageID: "1", At: now, Received: now, Direction: crm.Inbound,
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.Stats(t.Context()); err != nil || got.OldestUnpublished.Before(now.Add(-time.Minute)) {
		t.Errorf("while events cannot be published: %+v, %v", got, err)
	}
	release()
}
