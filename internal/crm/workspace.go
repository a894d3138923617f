package crm

import (
	"crypto/sha256"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// WorkspaceSettings are what a workspace decides for itself.
type WorkspaceSettings struct {
	// DisplayName is what people call the workspace; empty for its name.
	DisplayName string
	// DefaultRegion is the country of phone numbers without a country code, as an ISO 3166 code in capitals; empty for the
	// server's.
	DefaultRegion string
	// ExportRole is the least role that may export lists of contacts: [RoleAdmin], [RoleStaff] or [RoleReader].
	ExportRole Role
	// MaskedFor are the roles that emails and phone numbers are masked for: [RoleStaff], [RoleReader], both in that order, or
	// none.
	MaskedFor []Role
	Retention WorkspaceRetention
	// Revision rises by one with each change; it is 0 before the first one.
	Revision int
}

// WorkspaceRetention is how many days records of a workspace are kept; nil is as long as the server's setting says.
type WorkspaceRetention struct {
	// History and Audit may be [Forever].
	History, Audit *int
	Failures       *int
}

// Forever is the number of days of what is never deleted.
const Forever = 0

// Bounds of [WorkspaceRetention], in days.
const (
	MinHistoryDays  = 1
	MinAuditDays    = 30
	MinFailureDays  = 1
	MaxRetainedDays = 36_500
)

// ErrSettingsChanged refuses an edit of settings that is based on another revision.
var ErrSettingsChanged = errors.New("the settings were changed")

// WorkspaceNodeID names a workspace to clients. It is a digest of the name: numbers of workspaces are nobody else's business.
func WorkspaceNodeID(name string) string {
	h := sha256.Sum256([]byte(name))
	return format(workspacePrefix, uuid.UUID(h[:16]))
}

// NewWorkspaceSettings are the settings of a workspace that has changed none.
func NewWorkspaceSettings() WorkspaceSettings { return WorkspaceSettings{ExportRole: RoleAdmin} }

// Region is the country of phone numbers without a country code, where the server's is the given one.
func (s WorkspaceSettings) Region(server string) string {
	if s.DefaultRegion != "" {
		return s.DefaultRegion
	}
	return server
}

// CanExport reports whether a role may export lists of contacts.
func (s WorkspaceSettings) CanExport(r Role) bool {
	switch r {
	case RoleAdmin:
		return true
	case RoleStaff:
		return s.ExportRole == RoleStaff || s.ExportRole == RoleReader
	case RoleReader:
		return s.ExportRole == RoleReader
	case RoleChannel:
	}
	return false
}

// Masked reports whether emails and phone numbers are masked for a role.
func (s WorkspaceSettings) Masked(r Role) bool { return slices.Contains(s.MaskedFor, r) }

// SettingsPatch is an edit of settings: an absent change leaves its setting alone.
type SettingsPatch struct {
	DisplayName, DefaultRegion Change[string]
	ExportRole                 Change[Role]
	MaskedFor                  Change[[]Role]
	HistoryDays, AuditDays     Change[*int]
	FailureDays                Change[*int]
	ExpectedRevision           *int
}

// Apply edits settings and returns the names of those that it changed. They are not changed where the error is not nil:
// [ErrSettingsChanged], or of *InvalidError.
func (p SettingsPatch) Apply(s *WorkspaceSettings) (changed []string, err error) {
	if p.ExpectedRevision != nil && *p.ExpectedRevision != s.Revision {
		return nil, ErrSettingsChanged
	}
	edited := *s
	var problems []error
	set := func(name string, differs bool, err error) {
		if problems = append(problems, err); err == nil && differs {
			changed = append(changed, name)
		}
	}
	if v, is := p.DisplayName.Value(); is {
		edited.DisplayName, err = normalizeDisplayName(v)
		set("displayName", edited.DisplayName != s.DisplayName, err)
	}
	if v, is := p.DefaultRegion.Value(); is {
		edited.DefaultRegion, err = normalizeRegion(v)
		set("defaultRegion", edited.DefaultRegion != s.DefaultRegion, err)
	}
	if v, is := p.ExportRole.Value(); is {
		edited.ExportRole, err = v, nil
		if !slices.Contains([]Role{RoleReader, RoleStaff, RoleAdmin}, v) {
			err = &InvalidError{Field: "exportRole", Subject: "The role", Reason: "must be READER, STAFF or ADMIN"}
		}
		set("exportRole", v != s.ExportRole, err)
	}
	if v, is := p.MaskedFor.Value(); is {
		edited.MaskedFor, err = normalizeMasked(v)
		set("maskedFor", !slices.Equal(edited.MaskedFor, s.MaskedFor), err)
	}
	for _, d := range []struct {
		name    string
		change  Change[*int]
		days    **int
		least   int
		forever bool
	}{
		{"historyDays", p.HistoryDays, &edited.Retention.History, MinHistoryDays, true},
		{"auditDays", p.AuditDays, &edited.Retention.Audit, MinAuditDays, true},
		{"failureDays", p.FailureDays, &edited.Retention.Failures, MinFailureDays, false},
	} {
		if v, is := d.change.Value(); is {
			differs := (v == nil) != (*d.days == nil) || v != nil && *v != **d.days
			*d.days = v
			set(d.name, differs, checkDays(d.name, v, d.least, d.forever))
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	if len(changed) > 0 {
		edited.Revision++
	}
	*s = edited
	return changed, nil
}

// normalizeDisplayName returns the name as it is stored; the empty one for nothing visible.
func normalizeDisplayName(s string) (string, error) {
	name, err := NormalizeName(s)
	if invalid, is := errors.AsType[*InvalidError](err); is {
		invalid.Field = "displayName"
		return "", invalid
	}
	return text(name), err
}

func normalizeRegion(s string) (string, error) {
	s = strings.ToUpper(strings.TrimSpace(s))
	if s != "" && !known(s) {
		return "", &InvalidError{Field: "defaultRegion", Subject: "The country", Reason: "must be a code of two letters, such as DE"}
	}
	return s, nil
}

// normalizeMasked returns the roles in their order, each once.
func normalizeMasked(roles []Role) (masked []Role, err error) {
	for _, r := range []Role{RoleStaff, RoleReader} {
		if slices.Contains(roles, r) {
			masked = append(masked, r)
		}
	}
	if slices.ContainsFunc(roles, func(r Role) bool { return r != RoleStaff && r != RoleReader }) {
		return nil, &InvalidError{Field: "maskedFor", Subject: "Values", Reason: "can be masked for STAFF and READER"}
	}
	return masked, nil
}

func checkDays(field string, days *int, least int, forever bool) error {
	if days == nil || forever && *days == Forever || *days >= least && *days <= MaxRetainedDays {
		return nil
	}
	reason := "must be between " + strconv.Itoa(least) + " and " + strconv.Itoa(MaxRetainedDays)
	if forever {
		reason += ", or 0, which is forever"
	}
	return &InvalidError{Field: field, Subject: "The number of days", Reason: reason}
}
