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
	"kith/storage"
)

// Ingest records interactions, for every workspace.
type Ingest struct {
	store  storage.Recorder
	region string
	now    func() time.Time
	turns  *turns
}

// New makes an ingest. Phone numbers without a country code are read in region, which may be empty.
func New(store storage.Recorder, region string, now func() time.Time) *Ingest {
	return &Ingest{store: store, region: region, now: now, turns: newTurns()}
}

// Report is one message, as a channel adapter tells of it.
type Report struct {
	ChannelID  crm.ChannelID
	ExternalID string
	Alias      string // another id of the customer's, where there are two
	Former     string // see [crm.Interaction.Former]
	MessageID  string
	At         *time.Time // now by default
	Direction  crm.Direction
	Text       *string
	Profile    crm.Profile
}

// Record records one message. The same message again changes nothing and gets the same answer. A viewer who may not read
// contacts gets ids alone: whoever reports a number would otherwise learn whose it is.
func (in *Ingest) Record(ctx context.Context, v crm.Viewer, r Report) (crm.Recorded, error) {
	if !v.CanReportOn(r.ChannelID) {
		return crm.Recorded{}, crm.ErrForbidden
	}
	now := in.now()
	i := crm.Interaction{
		ChannelID:  r.ChannelID,
		ExternalID: r.ExternalID,
		Alias:      r.Alias,
		Former:     r.Former,
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
	i, err := i.Normalize(in.region)
	if err != nil {
		return crm.Recorded{}, err
	}
	end, err := in.turns.take(ctx, customer{v.Workspace, i.ChannelID, i.ExternalID})
	if err != nil {
		return crm.Recorded{}, fmt.Errorf("wait to record an interaction on %s: %w", r.ChannelID, err)
	}
	defer end()
	done, err := in.store.RecordInteraction(ctx, v.Workspace, i)
	if err != nil {
		return crm.Recorded{}, fmt.Errorf("record interaction on %s: %w", r.ChannelID, err)
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
