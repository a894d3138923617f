package crm

import (
	"errors"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
)

// ViewID names a saved view.
type ViewID uuid.UUID

const viewPrefix = "view_"

// NewViewID makes an id for a view saved at the given time.
func NewViewID(at time.Time) ViewID { return ViewID(newUUID(at)) }

func (id ViewID) String() string { return format(viewPrefix, uuid.UUID(id)) }

// ParseViewID reads what [ViewID.String] wrote, and nothing else; ok is false for any other string.
func ParseViewID(s string) (id ViewID, ok bool) {
	u, ok := parse(viewPrefix, s)
	return ViewID(u), ok
}

// SavedView is a list of the staff pages that somebody gave a name, for everybody in the workspace.
type SavedView struct {
	ID   ViewID
	Name string
	// Address is where the list is: the path and the query on this server.
	Address   string
	Version   int
	CreatedBy string // a subject
	CreatedAt time.Time
}

const (
	// MaxViews is how many saved views a workspace can have.
	MaxViews = 100
	// MaxViewAddress is how many bytes the address of a view can have.
	MaxViewAddress = 2000
)

// Errors of saved views.
var (
	// ErrViewTaken refuses a name that another view of the workspace has.
	ErrViewTaken = errors.New("another view has that name")
	// ErrTooManyViews refuses one more than [MaxViews].
	ErrTooManyViews = errors.New("the workspace has as many views as it can have")
	// ErrViewChanged refuses an edit that is based on another version.
	ErrViewChanged = errors.New("the view was changed")
)

// viewPages are the pages that have lists.
var viewPages = []string{"/staff/contacts", "/staff/chat"}

// checkViewAddress refuses an address that is not that of a list on the staff pages. The error is an *InvalidError.
func checkViewAddress(s string) error {
	invalid := func(reason string) error {
		return &InvalidError{Field: "address", Subject: "The address", Reason: reason}
	}
	if len(s) > MaxViewAddress {
		return invalid("can have at most 2000 bytes")
	}
	u, err := url.Parse(s)
	if err != nil || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return invalid("must be a path with a query")
	}
	for _, page := range viewPages {
		if s == page || strings.HasPrefix(s, page+"?") && u.Fragment == "" {
			return nil
		}
	}
	return invalid("must begin with " + strings.Join(viewPages, " or ") + ", followed by a query or nothing")
}

// ViewPatch is an edit of a view: an absent change leaves its field alone.
type ViewPatch struct {
	Name, Address   Change[string]
	ExpectedVersion *int
}

// Apply edits a view. It is not changed where the error is not nil: [ErrViewChanged], or of *InvalidError.
func (p ViewPatch) Apply(v *SavedView) error {
	if p.ExpectedVersion != nil && *p.ExpectedVersion != v.Version {
		return ErrViewChanged
	}
	var nameErr, addressErr error
	edited := *v
	if name, ok := p.Name.Value(); ok {
		edited.Name, nameErr = NormalizeTitle(name)
	}
	if address, ok := p.Address.Value(); ok {
		edited.Address, addressErr = address, checkViewAddress(address)
	}
	if err := errors.Join(nameErr, addressErr); err != nil {
		return err
	}
	if edited != *v {
		edited.Version++
	}
	*v = edited
	return nil
}
