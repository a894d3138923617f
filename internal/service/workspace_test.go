package service_test

import (
	"errors"
	"testing"
	"time"

	"kith/internal/crm"
	"kith/internal/ingest"
	"kith/internal/service"
	"kith/storage"
)

// settled changes the settings of a workspace, as another process would.
func settled(t *testing.T, store storage.Store, v crm.Viewer, p crm.SettingsPatch) {
	t.Helper()
	_, err := store.UpdateSettings(t.Context(), v.Workspace, func(s *crm.WorkspaceSettings) error {
		_, err := p.Apply(s)
		return err
	}, &crm.AuditEntry{})
	if err != nil {
		t.Fatal(err)
	}
}

func TestPhoneNumbersAreReadInTheWorkspacesRegion(t *testing.T) {
	t.Parallel()
	store, v := openStore(t)
	settled(t, store, v, crm.SettingsPatch{DefaultRegion: crm.To("CH")})
	settings := storage.NewSettingsCache(store)
	d := service.New(store, service.Options{Now: func() time.Time { return start }, Region: "DE", Settings: settings})
	messages := ingest.New(store, "DE", func() time.Time { return start })
	messages.Settings = settings
	made, err := d.CreateChannel(t.Context(), v, service.NewChannel{Name: "Shop", Type: crm.WhatsApp})
	if err != nil {
		t.Fatal(err)
	}
	report := ingest.Report{
		ChannelID: made.Channel.ID, ExternalID: "1", MessageID: "1", Direction: crm.Inbound,
		Profile: crm.Profile{Phone: new("044 668 18 00")},
	}
	done, err := messages.Record(t.Context(), v, report)
	if err != nil || *done.Contact.Phone != "+41446681800" {
		t.Fatalf("ingested: %v, %v", done.Contact, err)
	}
	edited, err := d.UpdateContact(t.Context(), v, done.Contact.ID, crm.ContactPatch{Phone: crm.To(new("044 668 18 01"))})
	if err != nil || *edited.Now.Phone != "+41446681801" {
		t.Errorf("typed: %v, %v", edited.Now, err)
	}
	for what, l := range map[string]service.ContactList{
		"searched": {Search: "044 668 18 01"},
		"filtered": {Filter: service.ContactFilter{Phone: new("044 668 18 01")}},
	} {
		if page, err := d.Contacts(t.Context(), v, l); err != nil || len(page.Rows) != 1 {
			t.Errorf("%s: %d rows, %v", what, len(page.Rows), err)
		}
	}
	imported, err := d.UpsertContacts(t.Context(), v, []crm.Upsert{{Patch: crm.ContactPatch{Phone: crm.To(new("044 668 18 02"))}}}, crm.UpsertRules{}, "key")
	if err != nil || *imported[0].Contact.Phone != "+41446681802" {
		t.Errorf("upserted: %v, %v", imported, err)
	}

	// Another workspace has the server's region.
	if v.Workspace, err = store.Workspace(t.Context(), "other"); err != nil {
		t.Fatal(err)
	}
	imported, err = d.UpsertContacts(t.Context(), v, []crm.Upsert{{Patch: crm.ContactPatch{Phone: crm.To(new("030 123456"))}}}, crm.UpsertRules{}, "key")
	if err != nil || *imported[0].Contact.Phone != "+4930123456" {
		t.Errorf("upserted elsewhere: %v, %v", imported, err)
	}
}

func TestTheWorkspaceSaysWhoMayExportItsLists(t *testing.T) {
	t.Parallel()
	for least, may := range map[crm.Role][]crm.Role{
		crm.RoleAdmin:  {crm.RoleAdmin},
		crm.RoleStaff:  {crm.RoleAdmin, crm.RoleStaff},
		crm.RoleReader: {crm.RoleAdmin, crm.RoleStaff, crm.RoleReader},
	} {
		t.Run(string(least), func(t *testing.T) {
			t.Parallel()
			store, v := openStore(t)
			settled(t, store, v, crm.SettingsPatch{ExportRole: crm.To(least)})
			d := service.New(store, service.Options{Now: func() time.Time { return start }})
			for _, v.Role = range []crm.Role{crm.RoleAdmin, crm.RoleStaff, crm.RoleReader, crm.RoleChannel} {
				allowed := false
				for _, r := range may {
					allowed = allowed || r == v.Role
				}
				_, err := d.ExportContacts(t.Context(), v, service.ContactExport{}, func(service.ExportPart) error { return nil })
				if (err == nil) != allowed || err != nil && !errors.Is(err, crm.ErrForbidden) {
					t.Errorf("%s: %v", v.Role, err)
				}
				if _, err := d.ExportContact(t.Context(), v, crm.ContactID{}); v.Role != crm.RoleAdmin && !errors.Is(err, crm.ErrForbidden) {
					t.Errorf("%s exports all that is held on one contact: %v", v.Role, err)
				}
			}
		})
	}
}
