// Package ingest takes in what channels report: it makes an interaction of a report and records it.
//
// It refuses what cannot be attributed (no customer, no message id, no channel). A malformed profile value is dropped,
// never the message.
package ingest

import (
	"context"
	"fmt"
	"time"

	"kith/internal/crm"
)

// Ingest records interactions, for every workspace.
type Ingest struct {
	// NewContacts bounds how many new contacts the strangers of each channel may become, by the channel's id; nil for any
	// number. It is set before the first message.
	NewContacts Allowance
	// Recorded, unless nil, gets every interaction that was recorded, and what became of it. The caller of Record waits for
	// it. It is set before the first message.
	Recorded func(crm.Interaction, crm.Recorded)

	// UndoMerge is how long the merge of contacts that a message proved to be one person can be undone. It is set before the
	// first message.
	UndoMerge time.Duration

	// Settings are those of workspaces, which may have a region of their own; nil for none. It is set before the first message.
	Settings Settings

	store  Store
	region string
	now    func() time.Time
	queue  *keyedQueue
}

// Settings returns the settings of workspaces.
type Settings interface {
	Settings(ctx context.Context, w crm.WorkspaceID) (crm.WorkspaceSettings, error)
}

// Allowance lets each name have so many of something in a while.
type Allowance interface {
	// Take takes one for the name, which undo puts back. When none is left, wait says how long until there is.
	Take(name string) (undo func(), wait time.Duration, ok bool)
	// Left reports whether the name could take one now.
	Left(name string) bool
}

// LimitedError refuses a message that would make one new contact too many.
type LimitedError struct{ Wait time.Duration }

func (e *LimitedError) Error() string { return "too many new contacts" }

// New makes an ingest. Phone numbers without a country code are read in region, which may be empty.
func New(store Store, region string, now func() time.Time) *Ingest {
	return &Ingest{store: store, region: region, now: now, queue: newKeyedQueue()}
}

// Report is one message, as a channel adapter reports it, or what its Kind says of a message or a customer.
type Report struct {
	Kind       crm.InteractionKind
	ChannelID  crm.ChannelID
	ExternalID string
	Alias      string // another id of the customer's, where there are two
	Previous   string // see [crm.Interaction.Previous]
	Former     string // see [crm.Interaction.Former]
	Signed     bool   // see [crm.Interaction.Signed]
	Account    string // see [crm.Interaction.Account]
	MessageID  string
	At         *time.Time // now by default
	Direction  crm.Direction
	Text       *string
	Profile    crm.Profile
	// Stranger is set when nobody vouches for the customer: anybody can send such messages, as somebody new each time.
	Stranger bool
}

// regionOf is the country of the profile's phone number, where it has no country code.
func (in *Ingest) regionOf(ctx context.Context, w crm.WorkspaceID, p crm.Profile) (string, error) {
	if in.Settings == nil || p.Phone == nil {
		return in.region, nil
	}
	s, err := in.Settings.Settings(ctx, w)
	if err != nil {
		return "", fmt.Errorf("record an interaction: %w", err)
	}
	return s.Region(in.region), nil
}

// Record records one message, or what the report says of one or of a customer, and merges the contacts that it shows to be
// one person. The same message again changes nothing and gets the same answer. A viewer who may not read
// contacts gets only ids: reporting a number must not reveal whose it is. The error is a *LimitedError for a
// stranger too many, who is nobody's contact yet.
func (in *Ingest) Record(ctx context.Context, v crm.Viewer, r Report) (crm.Recorded, error) {
	if !v.CanReportOn(r.ChannelID) {
		return crm.Recorded{}, crm.ErrForbidden
	}
	now := in.now()
	i := crm.Interaction{
		Kind:       r.Kind,
		ChannelID:  r.ChannelID,
		ExternalID: r.ExternalID,
		Alias:      r.Alias,
		Previous:   r.Previous,
		Former:     r.Former,
		Signed:     r.Signed,
		Account:    r.Account,
		MessageID:  r.MessageID,
		Received:   now,
		Direction:  r.Direction,
		Preview:    r.Text,
		Profile:    r.Profile,
		Event:      crm.NewEventID(now),
	}
	if r.At != nil {
		i.At = *r.At
	}
	region, err := in.regionOf(ctx, v.Workspace, r.Profile)
	if err != nil {
		return crm.Recorded{}, err
	}
	i, err = i.Normalize(region)
	if err != nil {
		return crm.Recorded{}, err
	}
	end, err := in.queue.take(ctx, customer{v.Workspace, i.ChannelID, i.ExternalID})
	if err != nil {
		return crm.Recorded{}, fmt.Errorf("wait to record an interaction on %s: %w", r.ChannelID, err)
	}
	defer end()
	undo, err := in.admit(ctx, v.Workspace, i, r.Stranger)
	if err != nil {
		return crm.Recorded{}, err
	}
	done, err := in.store.RecordInteraction(ctx, v.Workspace, i)
	if err != nil {
		undo()
		return crm.Recorded{}, fmt.Errorf("record interaction on %s: %w", r.ChannelID, err)
	}
	in.proven(ctx, v.Workspace, &done)
	in.announceWaiting(ctx, v.Workspace, &done)
	if in.Recorded != nil {
		in.Recorded(i, done)
	}
	if !v.Role.Can(crm.ReadContacts) {
		if done.Session != nil {
			done.Session = &crm.Session{ID: done.Session.ID}
		}
		if done.Contact != nil {
			done.Contact = &crm.Contact{ID: done.Contact.ID}
		}
	}
	return done, nil
}

// admit accepts a message unless it would make one new contact too many of a stranger. Call undo when no contact was
// made. It is called while it holds the customer's slot, so that the first messages of a new customer count once.
func (in *Ingest) admit(
	ctx context.Context, w crm.WorkspaceID, i crm.Interaction, stranger bool,
) (undo func(), err error) {
	if !stranger || in.NewContacts == nil {
		return func() {}, nil
	}
	ids := i.ExternalIDs()
	if i.Former != "" {
		ids = append(ids, i.Former)
	}
	known, err := in.store.HasIdentity(ctx, w, i.ChannelID, ids)
	if err != nil {
		return nil, fmt.Errorf("look for the customer of a message on %s: %w", i.ChannelID, err)
	}
	if known {
		return func() {}, nil
	}
	undo, wait, ok := in.NewContacts.Take(i.ChannelID.String())
	if !ok {
		return nil, &LimitedError{wait}
	}
	return undo, nil
}
