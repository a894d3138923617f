package crm

import (
	"crypto/sha256"
	"time"

	"github.com/google/uuid"
)

// Viewer is who is asking.
type Viewer struct {
	Workspace     WorkspaceID
	WorkspaceName string
	Subject       string
	Name          string
	Role          Role
	// Channel is the only channel that the viewer may report on; zero for any.
	Channel ChannelID
	// ExpiresAt is when the credential ends; the zero time for one that does not.
	ExpiresAt time.Time
	// SignIn names the sign-in, or the API key, that the credential belongs to and IssuedAt is when it was issued, for credentials that can be
	// ended before their time (see [EndedSignIn]); SignIn is empty for others.
	SignIn   string
	IssuedAt time.Time
}

// ID names the viewer to clients. It is a digest, because it depends on nothing but the workspace and the subject.
func (v Viewer) ID() string {
	h := sha256.New()
	h.Write([]byte(v.WorkspaceName))
	h.Write([]byte{0})
	h.Write([]byte(v.Subject))
	return format(viewerPrefix, uuid.UUID(h.Sum(nil)[:16]))
}

// Role is what a credential allows.
type Role string

// The roles. An admin may do all that staff may; a reader reads what staff read and writes nothing; a channel credential may
// only report interactions.
const (
	RoleReader  Role = "READER"
	RoleStaff   Role = "STAFF"
	RoleAdmin   Role = "ADMIN"
	RoleChannel Role = "CHANNEL"
)

// Valid reports whether there is such a role.
func (r Role) Valid() bool {
	return r == RoleReader || r == RoleStaff || r == RoleAdmin || r == RoleChannel
}

// Permission is one thing that a viewer may be allowed to do.
type Permission uint8

// The permissions.
const (
	ReadContacts Permission = iota
	EditContacts
	DeleteContacts
	EditSessions
	// ManageChannels is also about what could not be taken in of their messages.
	ManageChannels
	ReportInteractions
	// ExportContacts is everything that is stored about a customer; ReadAudit is who did what.
	ExportContacts
	ReadAudit
	// ImportContacts is for what another system knows of customers.
	ImportContacts
	// ManageKeys is for the role that includes all others alone: a key may have any role.
	ManageKeys
	// ManageWebhooks is about who gets the workspace's events.
	ManageWebhooks
	// ManageWorkspace is about the workspace's settings.
	ManageWorkspace
	// ReadMetrics is about the whole process, whatever the workspace.
	ReadMetrics
)

// Can reports whether the role may do p. This is the one place that says so.
func (r Role) Can(p Permission) bool {
	switch r {
	case RoleAdmin:
		return true
	case RoleReader:
		return p == ReadContacts
	case RoleStaff:
		return p == ReadContacts || p == EditContacts || p == DeleteContacts || p == EditSessions
	case RoleChannel:
		return p == ReportInteractions
	}
	return false
}

// CanReportOn reports whether the viewer may report interactions on a channel.
func (v Viewer) CanReportOn(c ChannelID) bool {
	return v.Role.Can(ReportInteractions) && (v.Channel == ChannelID{} || v.Channel == c)
}
