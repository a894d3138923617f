package webhooks_test

import (
	"strings"
	"testing"
	"time"

	"kith/internal/crm"
)

// TestBodiesAreMaskedWhereAnybodySeesMasks sends everything that has an email or a phone.
func TestBodiesAreMaskedWhereAnybodySeesMasks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		masked []crm.Role
		want   bool
	}{
		"for readers": {[]crm.Role{crm.RoleReader}, true},
		"for staff":   {[]crm.Role{crm.RoleStaff}, true},
		"for nobody":  {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, "contact.created", "contact.updated", "contact.merged", "session.created", "session.updated")
			_, err := s.store.UpdateSettings(t.Context(), s.id, func(set *crm.WorkspaceSettings) error {
				_, err := crm.SettingsPatch{MaskedFor: crm.To(c.masked)}.Apply(set)
				return err
			}, &crm.AuditEntry{})
			if err != nil {
				t.Fatal(err)
			}
			const email, phone = "maximilian@firma.example", "+4930901820"
			now := time.Now().UTC().Truncate(time.Microsecond)
			var ids []crm.Contact
			for _, external := range []string{"4930901820", "ann"} {
				i := crm.Interaction{
					ChannelID: s.channel.ID, ExternalID: external, MessageID: "1", At: now, Received: now, Direction: crm.Inbound,
					Event: crm.NewEventID(now), Preview: new("Call " + phone + " or " + email),
				}
				if external == "ann" {
					i.Profile = crm.Profile{Name: new("Max " + phone), Email: new(email), EmailVerified: true, Phone: new(phone), PhoneVerified: true}
				}
				r, err := s.store.RecordInteraction(t.Context(), s.id, i)
				if err != nil {
					t.Fatal(err)
				}
				ids = append(ids, *r.Contact)
			}
			_, err = s.store.MergeContacts(t.Context(), s.id, crm.Merge{
				ID: crm.NewMergeID(now), At: now, Event: crm.NewEventID(now), Actor: "ann",
				Survivor: crm.MergePart{ID: ids[0].ID}, Others: []crm.MergePart{{ID: ids[1].ID}},
			})
			if err != nil {
				t.Fatal(err)
			}
			s.run(time.Second)
			merged := func() bool { return strings.Contains(strings.Join(s.accepted(), "\n"), "contact.merged") }
			s.until("merged", merged)
			s.mu.Lock()
			defer s.mu.Unlock()
			all := strings.Join(s.bodies, "\n")
			for _, value := range []string{"aximilian", "30901820", "30 901820"} {
				if strings.Contains(all, value) == c.want {
					t.Errorf("%s is in the bodies, %v:\n%s", value, !c.want, all)
				}
			}
			if strings.Contains(all, "m•••@firma.example") != c.want || !strings.Contains(all, `"displayName":"Max`) {
				t.Errorf("%s", all)
			}
		})
	}
}
