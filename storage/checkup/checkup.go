// Package checkup is the engine of [storage.Keeper.Check] for both databases. It walks a database part by part, decides
// what is wrong with a row, reports it and asks for the repair. A backend reads the rows and writes the repairs; nothing
// here knows SQL or a database.
package checkup

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"

	"kith/internal/crm"
	"kith/storage"
)

const (
	// contactBatch is how many contacts are read from one snapshot, rowBatch how many rows of the other parts.
	contactBatch = 1000
	rowBatch     = 5000
)

// Database is a database to check.
type Database interface {
	// Workspaces returns the workspace of that name, if there is one; for the empty name every workspace.
	Workspaces(ctx context.Context, name string) ([]Workspace, error)

	// Structure checks and repairs what belongs to no workspace, such as the indexes. It runs before the workspaces are checked.
	Structure(ctx context.Context, r *Report) error

	// Leftovers returns the numbers of workspaces that are not there, and rows of which are.
	Leftovers(ctx context.Context) ([]crm.WorkspaceID, error)

	// EraseWorkspace is that of [storage.Eraser].
	EraseWorkspace(ctx context.Context, w crm.WorkspaceID, end bool) (more bool, err error)

	// Grams checks and repairs what the gram index holds besides the entries that [Contact] lists. It runs last.
	Grams(ctx context.Context, r *Report) error

	// Parallel is how many contacts to repair at the same time.
	Parallel() int
}

// Workspace is a workspace to check.
type Workspace interface {
	Name() string
	Source
	Repairs
}

// Source reads a workspace. The methods named After return the rows behind a row, n at most, in the order of their keys and
// from one snapshot. The zero row is before the first one; of the others only the key matters.
type Source interface {
	ContactsAfter(ctx context.Context, after Contact, n int) ([]Contact, error)
	TermsAfter(ctx context.Context, after Term, n int) ([]Term, error)
	ActivityAfter(ctx context.Context, after Activity, n int) ([]Activity, error)
	IdentitiesAfter(ctx context.Context, after Identity, n int) ([]Identity, error)
	SessionsAfter(ctx context.Context, after Session, n int) ([]Session, error)
	AccountsAfter(ctx context.Context, after Account, n int) ([]Account, error)
	RedirectsAfter(ctx context.Context, after Redirect, n int) ([]Redirect, error)
	DeliveriesAfter(ctx context.Context, after Delivery, n int) ([]Delivery, error)
	ChangesAfter(ctx context.Context, after Change, n int) ([]Change, error)

	// CountError is by how much the counter of contacts is too low.
	CountError(ctx context.Context) (int, error)

	// SessionCountErrors are the counters of sessions that are wrong, with by how much each is too low.
	SessionCountErrors(ctx context.Context) ([]storage.KindCount, error)
}

// Repairs writes to a workspace. Each method runs in its own transaction, which looks again and leaves alone what is right
// by then.
type Repairs interface {
	// RewriteContact writes the keys of a contact, adds the terms it lacks, and gives it an activity where it has none: the
	// time of its newest message. A contact that is not there is left alone. It is called concurrently.
	RewriteContact(ctx context.Context, id crm.ContactID) error

	// RemoveTerm removes a term that the contact does not want (see [Wants]), or that has no contact.
	RemoveTerm(ctx context.Context, id crm.ContactID, term string) error

	// RemoveActivity removes the activity of a contact that is not there.
	RemoveActivity(ctx context.Context, id crm.ContactID) error

	// RemoveIdentity removes an identity that still points at the contact.
	RemoveIdentity(ctx context.Context, i Identity) error
	// MoveIdentity gives an identity that still points at the contact to that of its account.
	MoveIdentity(ctx context.Context, i Identity) error

	// ForgetSession takes the session from an identity that still points at it.
	ForgetSession(ctx context.Context, i Identity) error

	// AnonymizeSession takes the account from a session that is still of it, counts the session as anonymous, and detaches
	// its messages.
	AnonymizeSession(ctx context.Context, id crm.SessionID, account crm.AccountID) error

	// RemovePreview removes the preview of a session without a contact.
	RemovePreview(ctx context.Context, id crm.SessionID) error

	// DetachMessages takes a session without a contact from its messages.
	DetachMessages(ctx context.Context, id crm.SessionID) error

	// RemoveAccount removes that an account belongs to a contact that is not there.
	RemoveAccount(ctx context.Context, a Account) error

	// RemoveRedirect removes an old id whose survivor is not there, or that a contact has.
	RemoveRedirect(ctx context.Context, r Redirect) error

	// RemoveDelivery removes a webhook delivery whose endpoint is not there.
	RemoveDelivery(ctx context.Context, id crm.DeliveryID) error

	// ScrubContact clears the changes of a contact that is not there, as its deletion does.
	ScrubContact(ctx context.Context, id crm.ContactID) error

	// CorrectCount corrects the counter of contacts.
	CorrectCount(ctx context.Context) error

	// CorrectSessionCounts corrects the counters of sessions.
	CorrectSessionCounts(ctx context.Context) error
}

// Check compares what a database holds with what it should hold. A workspace that is not there is [crm.ErrNotFound].
func Check(ctx context.Context, db Database, i storage.Inspection) error {
	if err := run(ctx, db, i); err != nil {
		return fmt.Errorf("check: %w", err)
	}
	return nil
}

func run(ctx context.Context, db Database, i storage.Inspection) error {
	workspaces, err := db.Workspaces(ctx, i.Workspace)
	if err != nil {
		return err
	}
	if i.Workspace != "" && len(workspaces) == 0 {
		return crm.ErrNotFound
	}
	r := &Report{Inspection: i}
	if err := leftovers(ctx, db, r); err != nil {
		return err
	}
	if err := db.Structure(ctx, r); err != nil {
		return err
	}
	for _, w := range workspaces {
		r.name = w.Name()
		if err := (&check{Workspace: w, Report: r, parallel: db.Parallel()}).run(ctx); err != nil {
			return err
		}
	}
	r.name = ""
	return db.Grams(ctx, r)
}

// leftovers reports rows of workspaces that are not there.
func leftovers(ctx context.Context, db Database, r *Report) error {
	found, err := db.Leftovers(ctx)
	if err != nil {
		return err
	}
	for _, w := range found {
		err := r.Add(ctx, storage.Finding{Kind: storage.DeletedWorkspace, Part: fmt.Sprint(w)}, func(ctx context.Context) error {
			for {
				if more, err := db.EraseWorkspace(ctx, w, false); err != nil || !more {
					return err
				}
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// FindLeftovers is [Database.Leftovers] by what a backend reads: from each table with rows of workspaces, the lowest number above
// another, 0 where there is none; and then all workspaces, so that one which is made meanwhile is among them.
func FindLeftovers(
	tables []string, next func(table string, above crm.WorkspaceID) (crm.WorkspaceID, error), there func() ([]crm.WorkspaceID, error),
) ([]crm.WorkspaceID, error) {
	found := make(map[crm.WorkspaceID]bool)
	for _, table := range tables {
		for above := crm.WorkspaceID(0); ; {
			w, err := next(table, above)
			if err != nil {
				return nil, err
			}
			if w == 0 {
				break
			}
			found[w], above = true, w
		}
	}
	all, err := there()
	if err != nil {
		return nil, err
	}
	for _, w := range all {
		delete(found, w)
	}
	return slices.Sorted(maps.Keys(found)), nil
}

// check is the check of one workspace.
type check struct {
	Workspace
	*Report
	parallel int
}

func (c *check) run(ctx context.Context) error {
	for _, part := range []func(context.Context) error{
		func(ctx context.Context) error { return batches(ctx, c, contactBatch, c.ContactsAfter, c.contacts) },
		func(ctx context.Context) error { return rows(ctx, c, c.TermsAfter, c.term) },
		func(ctx context.Context) error { return rows(ctx, c, c.ActivityAfter, c.activity) },
		func(ctx context.Context) error { return rows(ctx, c, c.IdentitiesAfter, c.identity) },
		func(ctx context.Context) error { return rows(ctx, c, c.SessionsAfter, c.session) },
		func(ctx context.Context) error { return rows(ctx, c, c.AccountsAfter, c.account) },
		func(ctx context.Context) error { return rows(ctx, c, c.RedirectsAfter, c.redirect) },
		func(ctx context.Context) error { return rows(ctx, c, c.DeliveriesAfter, c.delivery) },
		c.count,
		c.sessionCounts,
		c.changes,
	} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

// batches reads a part of the workspace, n rows at a time, and hands each batch to look.
func batches[Row any](
	ctx context.Context, c *check, n int,
	after func(context.Context, Row, int) ([]Row, error), look func(context.Context, []Row) error,
) error {
	var last Row
	for {
		batch, err := after(ctx, last, n)
		if err != nil || len(batch) == 0 {
			return err
		}
		if err := look(ctx, batch); err != nil {
			return err
		}
		last = batch[len(batch)-1]
		c.Looked(len(batch))
	}
}

// rows reads a part of the workspace and hands each row to look.
func rows[Row any](
	ctx context.Context, c *check,
	after func(context.Context, Row, int) ([]Row, error), look func(context.Context, Row) error,
) error {
	return batches(ctx, c, rowBatch, after, func(ctx context.Context, batch []Row) error {
		for _, r := range batch {
			if err := look(ctx, r); err != nil {
				return err
			}
		}
		return nil
	})
}

// contacts repairs the contacts of a batch together, and then reports them one by one.
func (c *check) contacts(ctx context.Context, batch []Contact) error {
	var wrong []Contact
	for _, v := range batch {
		if len(v.findings()) > 0 {
			wrong = append(wrong, v)
		}
	}
	if c.Repair {
		var g errgroup.Group
		g.SetLimit(c.parallel)
		for _, v := range wrong {
			g.Go(func() error { return c.RewriteContact(ctx, v.ID) })
		}
		if err := g.Wait(); err != nil {
			return err
		}
	}
	for _, v := range wrong {
		for _, kind := range v.findings() {
			c.Found(storage.Finding{Workspace: c.Name(), Kind: kind, Contact: &v.ID, Repaired: c.Repair})
		}
	}
	return nil
}

func (c *check) term(ctx context.Context, t Term) error {
	return c.found(ctx, t.finding(), &t.Contact.ID, func(ctx context.Context) error {
		return c.RemoveTerm(ctx, t.Contact.ID, t.Term)
	})
}

func (c *check) activity(ctx context.Context, a Activity) error {
	return c.found(ctx, a.finding(), &a.Contact, func(ctx context.Context) error { return c.RemoveActivity(ctx, a.Contact) })
}

func (c *check) identity(ctx context.Context, i Identity) error {
	kind, repair := i.finding(), c.RemoveIdentity
	switch kind {
	case storage.LostSession:
		repair = c.ForgetSession
	case storage.StrayIdentity:
		repair = c.MoveIdentity
	}
	return c.found(ctx, kind, &i.Contact, func(ctx context.Context) error { return repair(ctx, i) })
}

func (c *check) session(ctx context.Context, s Session) error {
	for _, kind := range s.findings() {
		err := c.found(ctx, kind, s.Contact, func(ctx context.Context) error {
			switch kind {
			case storage.OrphanSession:
				return c.AnonymizeSession(ctx, s.ID, *s.Account)
			case storage.KeptMessages:
				return c.DetachMessages(ctx, s.ID)
			default:
				return c.RemovePreview(ctx, s.ID)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *check) account(ctx context.Context, a Account) error {
	return c.found(ctx, a.finding(), &a.Contact, func(ctx context.Context) error { return c.RemoveAccount(ctx, a) })
}

func (c *check) redirect(ctx context.Context, r Redirect) error {
	return c.found(ctx, r.finding(), &r.Survivor, func(ctx context.Context) error { return c.RemoveRedirect(ctx, r) })
}

func (c *check) delivery(ctx context.Context, d Delivery) error {
	return c.found(ctx, d.finding(), nil, func(ctx context.Context) error { return c.RemoveDelivery(ctx, d.ID) })
}

func (c *check) count(ctx context.Context) error {
	n, err := c.CountError(ctx)
	if err != nil || n == 0 {
		return err
	}
	return c.found(ctx, storage.WrongCount, nil, c.CorrectCount)
}

func (c *check) sessionCounts(ctx context.Context) error {
	wrong, err := c.SessionCountErrors(ctx)
	if err != nil || len(wrong) == 0 {
		return err
	}
	return c.found(ctx, storage.WrongSessionCount, nil, c.CorrectSessionCounts)
}

// changes reports each contact once, however many of its changes hold values: one repair clears them all.
func (c *check) changes(ctx context.Context) error {
	reported := map[crm.ContactID]bool{}
	return rows(ctx, c, c.ChangesAfter, func(ctx context.Context, v Change) error {
		kind := v.finding()
		if kind == "" || reported[*v.Contact] {
			return nil
		}
		reported[*v.Contact] = true
		return c.found(ctx, kind, v.Contact, func(ctx context.Context) error { return c.ScrubContact(ctx, *v.Contact) })
	})
}

// found reports a finding of a row, and nothing for a row that is as it should be.
func (c *check) found(ctx context.Context, kind storage.FindingKind, contact *crm.ContactID, repair func(context.Context) error) error {
	if kind == "" {
		return nil
	}
	return c.Add(ctx, storage.Finding{Kind: kind, Contact: contact}, repair)
}
