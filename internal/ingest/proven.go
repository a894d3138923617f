package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kith/internal/crm"
	"kith/storage"
)

const (
	// mergeTries is how often a merge is tried whose contacts are edited meanwhile.
	mergeTries = 3
	// mergePatience is how long one may take. A database that is silent must not keep the merges of others waiting.
	mergePatience = 30 * time.Second
)

// Store is what an ingest needs of storage.
type Store interface {
	storage.Recorder
	storage.Merges
	ContactsByID(ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID) (map[crm.ContactID]crm.Contact, error)
}

// MergeProven merges contacts that messages have shown to be one person, where [Ingest.Record] has left that to be done. It
// does one bounded batch and reports whether there may be more.
func (in *Ingest) MergeProven(ctx context.Context) (more bool, err error) {
	proofs, err := in.store.Proofs(ctx)
	for _, p := range proofs {
		merging, end := context.WithTimeout(ctx, mergePatience)
		failed := in.mergeProven(merging, p.Workspace, p.Proven)
		end()
		if !errors.Is(failed, crm.ErrWorkspaceGone) {
			err = errors.Join(err, failed)
		}
		if errors.Is(failed, context.DeadlineExceeded) {
			break // the next call may know better what can be done
		}
	}
	return len(proofs) == storage.ProofsAtOnce && err == nil, err
}

// proven merges the contacts that a message has shown to be one person, and makes the survivor the message's contact. The
// message itself is recorded by now: what fails here is done later, by [Ingest.MergeProven].
func (in *Ingest) proven(ctx context.Context, w crm.WorkspaceID, done *crm.Recorded) {
	if done.Proven == nil || done.Contact == nil || in.mergeProven(ctx, w, *done.Proven) != nil {
		return
	}
	survivors, err := in.store.Survivors(ctx, w, []crm.ContactID{done.Contact.ID})
	if err != nil {
		return
	}
	id, merged := survivors[done.Contact.ID]
	if !merged {
		id = done.Contact.ID
	}
	found, err := in.store.ContactsByID(ctx, w, []crm.ContactID{id})
	c, there := found[id]
	if err != nil || !there {
		return
	}
	belongsTo(done, &c)
}

// belongsTo makes a contact the one of a message that was recorded.
func belongsTo(done *crm.Recorded, c *crm.Contact) {
	done.Contact = c
	if done.Session != nil && done.Session.ContactID != nil {
		s := done.Session.Clone()
		s.ContactID = &c.ID
		done.Session = &s
	}
}

// maxChained is how many announcements that waited for one another are taken in with one message.
const maxChained = 8

// announceWaiting records what was announced about the customer before anything was known of them, and makes the contact that
// comes of it the message's. What fails waits on.
func (in *Ingest) announceWaiting(ctx context.Context, w crm.WorkspaceID, done *crm.Recorded) {
	waiting := done.Waiting
	done.Waiting = nil
	for taken := 0; len(waiting) > 0 && taken < maxChained; taken++ {
		i := waiting[0]
		waiting = waiting[1:]
		i.Received = in.now()
		i.Event = crm.NewEventID(i.Received)
		next, err := in.store.RecordInteraction(ctx, w, i)
		if err != nil || next.Contact == nil {
			continue
		}
		in.proven(ctx, w, &next)
		waiting = append(waiting, next.Waiting...)
		belongsTo(done, next.Contact)
	}
}

// mergeProven merges two contacts for a proof, or leaves them to a person where [crm.ProvenMerge] says so. Contacts of which
// one is not there any more are left alone.
func (in *Ingest) mergeProven(ctx context.Context, w crm.WorkspaceID, p crm.Proven) error {
	for range mergeTries {
		found, err := in.store.ContactsByID(ctx, w, p.Contacts[:])
		if err != nil {
			return fmt.Errorf("load proven contacts: %w", err)
		}
		if len(found) < len(p.Contacts) {
			break
		}
		m, may := crm.ProvenMerge(p, found[p.Contacts[0]], found[p.Contacts[1]])
		if !may {
			break
		}
		if err = in.merge(ctx, w, m, found, p); err == nil {
			return nil
		}
		if _, again := errors.AsType[*crm.ConflictError](err); !again && !settles(err) {
			return fmt.Errorf("merge proven contacts: %w", err)
		} else if !again {
			break
		}
	}
	if err := in.store.SettleProven(ctx, w, p); err != nil {
		return fmt.Errorf("settle a proof: %w", err)
	}
	return nil
}

// merge does what was decided on the contacts as they were found.
func (in *Ingest) merge(
	ctx context.Context, w crm.WorkspaceID, m crm.Merge, found map[crm.ContactID]crm.Contact, p crm.Proven,
) error {
	now := in.now().UTC().Truncate(time.Microsecond)
	m.ID, m.At, m.Event = crm.NewMergeID(now), now, crm.NewEventID(now)
	m.Undoable, m.Proven = in.UndoMerge, &p
	m.Survivor.Version = new(found[m.Survivor.ID].Version)
	for n, o := range m.Others {
		m.Others[n].Version = new(found[o.ID].Version)
	}
	_, err := in.store.MergeContacts(ctx, w, m)
	return err
}

// settles reports whether an error of a merge is one that no further try changes.
func settles(err error) bool {
	_, merged := errors.AsType[*crm.MergedError](err)
	return merged || errors.Is(err, crm.ErrNotFound) || errors.Is(err, crm.ErrTooMany) || errors.Is(err, crm.ErrNotesTooLong) ||
		errors.Is(err, crm.ErrTwoUsers)
}
