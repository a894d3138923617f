package crm_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kith/internal/crm"
)

func TestSettingsAreEditedOneByOne(t *testing.T) {
	t.Parallel()
	s := crm.NewWorkspaceSettings()
	changed, err := crm.SettingsPatch{
		DisplayName: crm.To("  Acme   Support "), DefaultRegion: crm.To(" de"), ExportRole: crm.To(crm.RoleStaff),
		MaskedFor:   crm.To([]crm.Role{crm.RoleReader, crm.RoleStaff, crm.RoleReader}),
		HistoryDays: crm.To(new(crm.Forever)), AuditDays: crm.To(new(30)), FailureDays: crm.To(new(1)), ExpectedRevision: new(0),
	}.Apply(&s)
	if err != nil {
		t.Fatal(err)
	}
	want := crm.WorkspaceSettings{
		DisplayName: "Acme Support", DefaultRegion: "DE", ExportRole: crm.RoleStaff, MaskedFor: []crm.Role{crm.RoleStaff, crm.RoleReader},
		Retention: crm.WorkspaceRetention{History: new(crm.Forever), Audit: new(30), Failures: new(1)}, Revision: 1,
	}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Error(diff)
	}
	all := []string{"displayName", "defaultRegion", "exportRole", "maskedFor", "historyDays", "auditDays", "failureDays"}
	if diff := cmp.Diff(all, changed); diff != "" {
		t.Error(diff)
	}

	// The same again is no change, an absent one leaves its setting alone, and nil gives it back to the server.
	changed, err = crm.SettingsPatch{DisplayName: crm.To("Acme Support"), HistoryDays: crm.To[*int](nil), AuditDays: crm.To(new(30))}.Apply(&s)
	if err != nil {
		t.Fatal(err)
	}
	want.Retention.History, want.Revision = nil, 2
	if diff := cmp.Diff(want, s); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"historyDays"}, changed); diff != "" {
		t.Error(diff)
	}
	if changed, err = (crm.SettingsPatch{ExportRole: crm.To(crm.RoleStaff)}).Apply(&s); err != nil || changed != nil || s.Revision != 2 {
		t.Errorf("nothing new: %v, %v, revision %d", changed, err, s.Revision)
	}
}

func TestSettingsThatCannotBeAreRefusedTogether(t *testing.T) {
	t.Parallel()
	s := crm.NewWorkspaceSettings()
	_, err := crm.SettingsPatch{
		DisplayName: crm.To(strings.Repeat("x", 201)), DefaultRegion: crm.To("Germany"), ExportRole: crm.To(crm.RoleChannel),
		MaskedFor:   crm.To([]crm.Role{crm.RoleAdmin}),
		HistoryDays: crm.To(new(-1)), AuditDays: crm.To(new(29)), FailureDays: crm.To(new(crm.Forever)),
	}.Apply(&s)
	var fields []string
	for _, err := range crm.Joined(err) {
		invalid, is := errors.AsType[*crm.InvalidError](err)
		if !is {
			t.Fatal(err)
		}
		fields = append(fields, invalid.Field)
	}
	all := []string{"displayName", "defaultRegion", "exportRole", "maskedFor", "historyDays", "auditDays", "failureDays"}
	if diff := cmp.Diff(all, fields); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(crm.NewWorkspaceSettings(), s); diff != "" {
		t.Error(diff)
	}
	if _, err := (crm.SettingsPatch{ExpectedRevision: new(1)}).Apply(&s); !errors.Is(err, crm.ErrSettingsChanged) {
		t.Errorf("another revision: %v", err)
	}
	if _, err := (crm.SettingsPatch{AuditDays: crm.To(new(crm.MaxRetainedDays + 1))}).Apply(&s); err == nil {
		t.Error("audit entries are kept longer than anything can be")
	}
}

func TestWhoMayExportAndForWhomValuesAreMasked(t *testing.T) {
	t.Parallel()
	for least, may := range map[crm.Role][]bool{
		crm.RoleAdmin:  {true, false, false, false},
		crm.RoleStaff:  {true, true, false, false},
		crm.RoleReader: {true, true, true, false},
	} {
		for i, r := range []crm.Role{crm.RoleAdmin, crm.RoleStaff, crm.RoleReader, crm.RoleChannel} {
			if got := (crm.WorkspaceSettings{ExportRole: least}).CanExport(r); got != may[i] {
				t.Errorf("%s where the least role is %s: %v", r, least, got)
			}
		}
	}
	s := crm.WorkspaceSettings{MaskedFor: []crm.Role{crm.RoleReader}}
	if !s.Masked(crm.RoleReader) || s.Masked(crm.RoleStaff) || s.Masked(crm.RoleAdmin) {
		t.Error("values are masked for others than readers")
	}
}
