package storagetest

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"time"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
)

// target is what a call is about.
type target struct {
	contact crm.ContactID
	session crm.SessionID
	channel crm.ChannelID
}

// call is one method called on one target.
type call struct {
	name string
	do   func(ctx context.Context, w *world, on target) (any, error)
}

// aPage is what the calls below ask for.
var aPage = storage.Page{Size: 10}

// calls has every method of the store that takes a context, except Ping and Load, and the filters that take an id.
var calls = []call{
	{"TestWrite", func(ctx context.Context, w *world, _ target) (any, error) { return nil, w.TestWrite(ctx) }},
	{"Workspace", func(ctx context.Context, w *world, on target) (any, error) {
		_, err := w.Workspace(ctx, "storagetest "+on.contact.String())
		return nil, err
	}},
	{"Settings", func(ctx context.Context, w *world, _ target) (any, error) {
		return w.Settings(ctx, w.id)
	}},
	{"UpdateSettings", func(ctx context.Context, w *world, _ target) (any, error) {
		_, err := w.UpdateSettings(ctx, w.id, func(*crm.WorkspaceSettings) error { return nil }, &crm.AuditEntry{})
		return nil, err
	}},
	{"EachWorkspace", func(ctx context.Context, w *world, _ target) (any, error) {
		_, err := w.EachWorkspace(ctx)
		return nil, err
	}},
	{"BeginErasing", func(ctx context.Context, w *world, on target) (any, error) {
		_, err := w.BeginErasing(ctx, "nobody's "+on.contact.String(), w.now)
		return nil, unless(err, crm.ErrNotFound)
	}},
	{"EraseWorkspace", func(ctx context.Context, w *world, _ target) (any, error) {
		_, err := w.EraseWorkspace(ctx, w.id, true)
		return nil, unless(err, crm.ErrNotFound)
	}},
	{"Retentions", func(ctx context.Context, w *world, _ target) (any, error) {
		_, err := w.Retentions(ctx)
		return nil, err
	}},
	{"ContactsByID", func(ctx context.Context, w *world, on target) (any, error) {
		return w.ContactsByID(ctx, w.id, []crm.ContactID{on.contact})
	}},
	{"Contacts", func(ctx context.Context, w *world, _ target) (any, error) {
		return w.Contacts(ctx, w.id, storage.ContactQuery{Page: aPage})
	}},
	{"Contacts under a search", func(ctx context.Context, w *world, _ target) (any, error) {
		return w.Contacts(ctx, w.id, storage.ContactQuery{Search: search.Parse("a", ""), Order: storage.Relevance, Page: aPage})
	}},
	{"ExportContacts", func(ctx context.Context, w *world, _ target) (any, error) {
		var found []storage.ContactRow
		err := w.ExportContacts(ctx, w.id, storage.ContactQuery{}, true, func(e storage.Exported) error {
			found = append(found, e.Rows...)
			return nil
		})
		return found, err
	}},
	{"SetAuditItems", func(ctx context.Context, w *world, _ target) (any, error) {
		return nil, w.SetAuditItems(ctx, w.id, crm.AuditID(crm.NewEventID(w.now)), 1)
	}},
	{"CountContacts", func(ctx context.Context, w *world, _ target) (any, error) {
		return w.CountContacts(ctx, w.id, storage.ContactQuery{}, storage.CountLimit)
	}},
	{"CountContacts under a search", func(ctx context.Context, w *world, _ target) (any, error) {
		return w.CountContacts(ctx, w.id, storage.ContactQuery{Search: search.Parse("a", "")}, storage.CountLimit)
	}},
	{"HasContacts", func(ctx context.Context, w *world, _ target) (any, error) {
		return w.HasContacts(ctx, w.id)
	}},
	{"IdentitiesByContact", func(ctx context.Context, w *world, on target) (any, error) {
		return w.IdentitiesByContact(ctx, w.id, []crm.ContactID{on.contact})
	}},
	{"IdentitiesByID", func(ctx context.Context, w *world, on target) (any, error) {
		key := crm.IdentityKey{ChannelID: on.channel, ExternalID: "ann"}
		return w.IdentitiesByID(ctx, w.id, []crm.IdentityID{key.ID()})
	}},
	{"CountSessionsByContact", func(ctx context.Context, w *world, on target) (any, error) {
		return w.CountSessionsByContact(ctx, w.id, []crm.ContactID{on.contact}, storage.SessionFilter{}, 10)
	}},
	{"CountHistoryByContact", func(ctx context.Context, w *world, on target) (any, error) {
		return w.CountHistoryByContact(ctx, w.id, []crm.ContactID{on.contact}, 10)
	}},
	{"CountAudit", func(ctx context.Context, w *world, _ target) (any, error) {
		return w.CountAudit(ctx, w.id, 10)
	}},
	{"EventsByID", func(ctx context.Context, w *world, _ target) (any, error) {
		return w.EventsByID(ctx, w.id, []crm.EventID{crm.NewEventID(w.now)})
	}},
	{"AuditByID", func(ctx context.Context, w *world, _ target) (any, error) {
		return w.AuditByID(ctx, w.id, []crm.AuditID{crm.AuditID(crm.NewEventID(w.now))})
	}},
	{"UpdateContact", func(ctx context.Context, w *world, on target) (any, error) {
		return w.UpdateContact(ctx, w.id, on.contact, crm.ContactEdit{At: w.now, Change: func(c *crm.Contact) error {
			c.Name = new("Meddled with")
			return nil
		}})
	}},
	{"UpsertContacts", func(ctx context.Context, w *world, on target) (any, error) {
		u := onChannel(upsertOf(person{name: "Meddled with"}), crm.Channel{ID: on.channel}, "robot")
		u.ContactID = &on.contact
		done, err := w.UpsertContacts(ctx, w.id, w.batch(crm.UpsertRules{}, u))
		return outcomes(done), err
	}},
	{"PreviewUpserts", func(ctx context.Context, w *world, on target) (any, error) {
		u := upsertOf(person{name: "Meddled with"})
		u.ContactID = &on.contact
		done, err := w.PreviewUpserts(ctx, w.id, w.batch(crm.UpsertRules{}, u))
		return outcomes(done), err
	}},
	{"ForgetUpserts", func(ctx context.Context, w *world, _ target) (any, error) {
		return w.ForgetUpserts(ctx, start.AddDate(-30, 0, 0))
	}},
	{"DeleteContact", func(ctx context.Context, w *world, on target) (any, error) {
		return nil, w.DeleteContact(ctx, w.id, on.contact, w.deletion())
	}},
	{"SessionsByID", func(ctx context.Context, w *world, on target) (any, error) {
		return w.SessionsByID(ctx, w.id, []crm.SessionID{on.session})
	}},
	{"Sessions", func(ctx context.Context, w *world, _ target) (any, error) {
		return w.Sessions(ctx, w.id, storage.SessionQuery{Page: aPage})
	}},
	{"Sessions of a contact", func(ctx context.Context, w *world, on target) (any, error) {
		return w.Sessions(ctx, w.id, storage.SessionQuery{
			Filter: storage.SessionFilter{Contact: &on.contact}, Page: aPage,
		})
	}},
	{"Sessions on a channel", func(ctx context.Context, w *world, on target) (any, error) {
		return w.Sessions(ctx, w.id, storage.SessionQuery{
			Filter: storage.SessionFilter{Channels: []crm.ChannelID{on.channel}}, Page: aPage,
		})
	}},
	{"SessionsByContact", func(ctx context.Context, w *world, on target) (any, error) {
		return w.SessionsByContact(ctx, w.id, []crm.ContactID{on.contact}, storage.SessionQuery{Page: aPage})
	}},
	{"UpdateSession", func(ctx context.Context, w *world, on target) (any, error) {
		return w.UpdateSession(ctx, w.id, on.session, crm.SessionEdit{At: w.now, Change: func(s *crm.Session) error {
			s.Tag = new(crm.General)
			return nil
		}})
	}},
	{"CountSessions", func(ctx context.Context, w *world, _ target) (any, error) {
		return w.CountSessions(ctx, w.id, storage.SessionFilter{})
	}},
	{"CountSessions of a contact", func(ctx context.Context, w *world, on target) (any, error) {
		return w.CountSessions(ctx, w.id, storage.SessionFilter{Contact: &on.contact})
	}},
	{"Channels", func(ctx context.Context, w *world, _ target) (any, error) {
		return w.Channels(ctx, w.id)
	}},
	{"ChannelsByID", func(ctx context.Context, w *world, on target) (any, error) {
		return w.ChannelsByID(ctx, w.id, []crm.ChannelID{on.channel})
	}},
	{"CreateChannel", func(ctx context.Context, w *world, _ target) (any, error) {
		return nil, w.CreateChannel(ctx, w.id, crm.Channel{ID: crm.NewChannelID(w.now), Type: crm.TikTok, CreatedAt: w.now})
	}},
	{"UpdateChannel", func(ctx context.Context, w *world, on target) (any, error) {
		return w.UpdateChannel(ctx, w.id, on.channel, func(c *crm.Channel) error {
			c.Name = "Meddled with"
			return nil
		})
	}},
	{"ChannelByID", func(ctx context.Context, w *world, on target) (any, error) {
		_, c, err := w.ChannelByID(ctx, on.channel)
		return c, err
	}},
	{"EachChannel", func(ctx context.Context, w *world, _ target) (any, error) {
		return nil, w.EachChannel(ctx, func(crm.WorkspaceID, crm.Channel) error { return nil })
	}},
	{"AddFailure", func(ctx context.Context, w *world, on target) (any, error) {
		return nil, w.AddFailure(ctx, w.id, crm.Failure{ID: crm.NewFailureID(w.now), ChannelID: on.channel, At: w.now})
	}},
	{"Failures", func(ctx context.Context, w *world, _ target) (any, error) {
		return w.Failures(ctx, w.id, aPage)
	}},
	{"FailuresByID", func(ctx context.Context, w *world, on target) (any, error) {
		return w.FailuresByID(ctx, w.id, []crm.FailureID{crm.FailureID(on.contact)})
	}},
	{"CountFailures", func(ctx context.Context, w *world, _ target) (any, error) {
		return w.CountFailures(ctx, w.id, storage.CountLimit)
	}},
	{"RemoveFailure", func(ctx context.Context, w *world, on target) (any, error) {
		if err := w.RemoveFailure(ctx, w.id, crm.FailureID(on.contact)); !errors.Is(err, crm.ErrNotFound) {
			return nil, err
		}
		return nil, nil
	}},
	{"Events", func(ctx context.Context, w *world, _ target) (any, error) {
		_, err := w.Events(ctx, w.id, 0, 10)
		return nil, err
	}},
	{"SequenceOf", func(ctx context.Context, w *world, on target) (any, error) {
		if _, err := w.SequenceOf(ctx, w.id, crm.EventID(on.contact)); !errors.Is(err, crm.ErrNotFound) {
			return nil, err
		}
		return nil, nil
	}},
	{"LastSequence", func(ctx context.Context, w *world, _ target) (any, error) {
		_, _, err := w.LastSequence(ctx, w.id)
		return nil, err
	}},
	{"History", func(ctx context.Context, w *world, on target) (any, error) {
		return w.HistoryByContact(ctx, w.id, []crm.ContactID{on.contact}, aPage)
	}},
	{"ForgetEvents", func(ctx context.Context, w *world, _ target) (any, error) {
		return w.ForgetEvents(ctx, time.Time{})
	}},
	{"ForgetHistory", func(ctx context.Context, w *world, _ target) (any, error) {
		return w.ForgetHistory(ctx, storage.Cutoff{Of: map[crm.WorkspaceID]time.Time{w.id: start.AddDate(-30, 0, 0)}})
	}},
	{"ForgetAudit", func(ctx context.Context, w *world, _ target) (any, error) {
		return w.ForgetAudit(ctx, storage.Cutoff{Of: map[crm.WorkspaceID]time.Time{w.id: start.AddDate(-30, 0, 0)}})
	}},
	{"Canary", func(ctx context.Context, w *world, _ target) (any, error) {
		_, err := w.Canary(ctx)
		return nil, err
	}},
	{"SetCanary", func(ctx context.Context, w *world, _ target) (any, error) {
		return w.SetCanary(ctx, []byte("never kept"), []byte("never to be kept"))
	}},
	{"ForgetMessages", func(ctx context.Context, w *world, _ target) (any, error) {
		return w.ForgetMessages(ctx, time.Time{})
	}},
	{"ForgetFailures", func(ctx context.Context, w *world, _ target) (any, error) {
		return w.ForgetFailures(ctx, storage.Cutoff{Of: map[crm.WorkspaceID]time.Time{w.id: start.AddDate(-30, 0, 0)}})
	}},
	{"RecordInteraction", func(ctx context.Context, w *world, on target) (any, error) {
		i := w.message(crm.Channel{ID: on.channel}, "ann", "meddling")
		return w.RecordInteraction(ctx, w.id, i)
	}},
	{"EndSignIn", func(ctx context.Context, w *world, on target) (any, error) {
		return nil, w.EndSignIn(ctx, crm.EndedSignIn{ID: on.contact.String(), Before: w.now, Until: w.now, At: w.now})
	}},
	{"EndedSignIns", func(ctx context.Context, w *world, _ target) (any, error) {
		_, err := w.EndedSignIns(ctx, w.now)
		return nil, err
	}},
	{"ForgetSignIns", func(ctx context.Context, w *world, _ target) (any, error) {
		return nil, w.ForgetSignIns(ctx, time.Time{})
	}},
	{"HasIdentity", func(ctx context.Context, w *world, on target) (any, error) {
		return w.HasIdentity(ctx, w.id, on.channel, []string{"ann"})
	}},
	{"MergeContacts", func(ctx context.Context, w *world, on target) (any, error) {
		_, err := w.MergeContacts(ctx, w.id, w.merging(on.contact, crm.NewContactID(w.now)))
		return nil, refusedAll(err)
	}},
	{"PreviewMerge", func(ctx context.Context, w *world, on target) (any, error) {
		_, err := w.PreviewMerge(ctx, w.id, w.merging(on.contact, crm.NewContactID(w.now)))
		return nil, refusedAll(err)
	}},
	{"UndoMerge", func(ctx context.Context, w *world, on target) (any, error) {
		_, err := w.UndoMerge(ctx, w.id, crm.Undo{Merge: crm.MergeID(on.contact), At: w.now})
		return nil, refusedAll(err)
	}},
	{"SplitContact", func(ctx context.Context, w *world, on target) (any, error) {
		_, err := w.SplitContact(ctx, w.id, crm.Split{ID: on.contact, At: w.now})
		return nil, refusedAll(err)
	}},
	{"Survivors", func(ctx context.Context, w *world, on target) (any, error) {
		return w.Survivors(ctx, w.id, []crm.ContactID{on.contact})
	}},
	{"OldIDs", func(ctx context.Context, w *world, on target) (any, error) {
		return w.OldIDs(ctx, w.id, []crm.ContactID{on.contact})
	}},
	{"UndoableMerges", func(ctx context.Context, w *world, on target) (any, error) {
		return w.UndoableMerges(ctx, w.id, []crm.ContactID{on.contact}, w.now)
	}},
	{"AccountIdentities", func(ctx context.Context, w *world, on target) (any, error) {
		return w.AccountIdentities(ctx, w.id, []crm.AccountID{crm.FirstAccount(on.contact)})
	}},
	{"Proofs", func(ctx context.Context, w *world, _ target) (any, error) {
		_, err := w.Proofs(ctx)
		return nil, err
	}},
	{"SettleProven", func(ctx context.Context, w *world, on target) (any, error) {
		return nil, w.SettleProven(ctx, w.id, crm.Proven{
			Contacts: [2]crm.ContactID{on.contact, crm.ContactID(on.session)}, Channel: on.channel, At: w.now,
		})
	}},
	{"Duplicates", func(ctx context.Context, w *world, on target) (any, error) {
		return w.Duplicates(ctx, w.id, storage.DuplicateQuery{Contact: &on.contact, Page: aPage})
	}},
	{"CountDuplicates", func(ctx context.Context, w *world, _ target) (any, error) {
		return w.CountDuplicates(ctx, w.id, storage.DuplicateQuery{}, storage.CountLimit)
	}},
	{"DuplicatesByID", func(ctx context.Context, w *world, on target) (any, error) {
		return w.DuplicatesByID(ctx, w.id, []crm.DuplicateID{crm.DuplicateID(on.contact)})
	}},
	{"DismissDuplicates", func(ctx context.Context, w *world, on target) (any, error) {
		return w.DismissDuplicates(ctx, w.id, []crm.DuplicateID{crm.DuplicateID(on.contact)}, crm.Dismissal{At: w.now})
	}},
	{"CreateJob", func(ctx context.Context, w *world, _ target) (any, error) {
		return nil, w.CreateJob(ctx, w.id, crm.Job{ID: crm.NewJobID(w.now), Kind: "EVERYWHERE", State: crm.JobDone, CreatedAt: w.now})
	}},
	{"Jobs", func(ctx context.Context, w *world, _ target) (any, error) {
		_, err := w.Jobs(ctx, w.id, []crm.JobKind{"EVERYWHERE"}, aPage)
		return nil, err
	}},
	{"CountJobs", func(ctx context.Context, w *world, _ target) (any, error) {
		_, err := w.CountJobs(ctx, w.id, []crm.JobKind{"EVERYWHERE"}, 10)
		return nil, err
	}},
	{"JobsByID", func(ctx context.Context, w *world, on target) (any, error) {
		return w.JobsByID(ctx, w.id, []crm.JobID{crm.JobID(on.contact)})
	}},
	{"TakeJob", func(ctx context.Context, w *world, _ target) (any, error) {
		if _, err := w.TakeJob(ctx, []crm.JobKind{"EVERYWHERE"}, w.now, w.now); !errors.Is(err, crm.ErrNotFound) {
			return nil, err
		}
		return nil, nil
	}},
	{"StepJob", func(ctx context.Context, w *world, on target) (any, error) {
		_, err := w.StepJob(ctx, w.id, crm.Job{ID: crm.JobID(on.contact)}, func(context.Context, storage.JobTx) (crm.JobStep, error) {
			return crm.JobStep{}, nil
		})
		if !errors.Is(err, crm.ErrJobMoved) {
			return nil, err
		}
		return nil, nil
	}},
	{"JobRows", func(ctx context.Context, w *world, on target) (any, error) {
		return w.JobRows(ctx, w.id, crm.JobID(on.contact), 0, 10)
	}},
	{"CancelJob", func(ctx context.Context, w *world, on target) (any, error) {
		if _, err := w.CancelJob(ctx, w.id, crm.JobID(on.contact), w.now); !errors.Is(err, crm.ErrNotFound) {
			return nil, err
		}
		return nil, nil
	}},
	{"JobRefusals", func(ctx context.Context, w *world, on target) (any, error) {
		return w.JobRefusals(ctx, w.id, crm.JobID(on.contact), aPage)
	}},
	{"ForgetJobs", func(ctx context.Context, w *world, _ target) (any, error) {
		_, err := w.ForgetJobs(ctx, time.Time{})
		return nil, err
	}},
	{"CreateEndpoint", func(ctx context.Context, w *world, _ target) (any, error) {
		e := crm.WebhookEndpoint{ID: crm.NewEndpointID(w.now), URL: "https://example.com/", CreatedAt: w.now}
		err := w.CreateEndpoint(ctx, w.id, e, crm.NewAudit(crm.EndpointCreated, "eve", w.now))
		return nil, unless(err, crm.ErrTooManyEndpoints)
	}},
	{"UpdateEndpoint", func(ctx context.Context, w *world, on target) (any, error) {
		_, err := w.UpdateEndpoint(ctx, w.id, crm.EndpointID(on.contact), func(e *crm.WebhookEndpoint) error {
			e.Description = "Meddled with"
			return nil
		}, &crm.AuditEntry{})
		return nil, unless(err, crm.ErrNotFound)
	}},
	{"DeleteEndpoint", func(ctx context.Context, w *world, on target) (any, error) {
		err := w.DeleteEndpoint(ctx, w.id, crm.EndpointID(on.contact), crm.NewAudit(crm.EndpointDeleted, "eve", w.now))
		return nil, unless(err, crm.ErrNotFound)
	}},
	{"Endpoints", func(ctx context.Context, w *world, _ target) (any, error) {
		_, err := w.Endpoints(ctx, w.id)
		return nil, err
	}},
	{"EachEndpoint", func(ctx context.Context, w *world, _ target) (any, error) {
		return nil, w.EachEndpoint(ctx, func(crm.WorkspaceID, crm.WebhookEndpoint) error { return nil })
	}},
	{"Deliveries", func(ctx context.Context, w *world, on target) (any, error) {
		return w.Deliveries(ctx, w.id, storage.DeliveryQuery{Endpoint: crm.EndpointID(on.contact), Page: aPage})
	}},
	{"CountDeliveries", func(ctx context.Context, w *world, on target) (any, error) {
		return w.CountDeliveries(ctx, w.id, storage.DeliveryQuery{Endpoint: crm.EndpointID(on.contact)}, 10)
	}},
	{"DeliveriesByID", func(ctx context.Context, w *world, on target) (any, error) {
		return w.DeliveriesByID(ctx, w.id, []crm.DeliveryID{crm.DeliveryID(on.contact)})
	}},
	{"AddDelivery", func(ctx context.Context, w *world, on target) (any, error) {
		d := crm.WebhookDelivery{ID: crm.NewDeliveryID(w.now), EndpointID: crm.EndpointID(on.contact), CreatedAt: w.now}
		return nil, unless(w.AddDelivery(ctx, w.id, d, crm.NewAudit(crm.WebhookTested, "eve", w.now)), crm.ErrNotFound)
	}},
	{"Redeliver", func(ctx context.Context, w *world, on target) (any, error) {
		_, err := w.Redeliver(ctx, w.id, crm.DeliveryID(on.contact), crm.NewAudit(crm.WebhookRedelivered, "eve", w.now))
		return nil, unless(err, crm.ErrNotFound)
	}},
	{"DueEndpoints", func(ctx context.Context, w *world, _ target) (any, error) {
		_, err := w.DueEndpoints(ctx, w.now, 10)
		return nil, err
	}},
	{"LeaseEndpoint", func(ctx context.Context, w *world, on target) (any, error) {
		_, err := w.LeaseEndpoint(ctx, w.id, crm.EndpointID(on.contact), storage.EndpointLease{Now: w.now, Until: w.now})
		return nil, unless(err, crm.ErrLeaseLost)
	}},
	{"ExtendLease", func(ctx context.Context, w *world, on target) (any, error) {
		err := w.ExtendLease(ctx, w.id, crm.EndpointID(on.contact), storage.EndpointLease{Now: w.now, Until: w.now})
		return nil, unless(err, crm.ErrLeaseLost)
	}},
	{"SaveRound", func(ctx context.Context, w *world, on target) (any, error) {
		return nil, unless(w.SaveRound(ctx, w.id, crm.EndpointID(on.contact), storage.WebhookRound{At: w.now}), crm.ErrLeaseLost)
	}},
	{"Maintain", func(ctx context.Context, w *world, _ target) (any, error) {
		_, err := w.Maintain(ctx)
		return nil, err
	}},
}

// unless is nil for an error that is to be expected.
func unless(err, expected error) error {
	if errors.Is(err, expected) {
		return nil
	}
	return err
}

// refusedAll is an error that is not about the contacts being other than was thought.
func refusedAll(err error) error {
	_, conflict := errors.AsType[*crm.ConflictError](err)
	if _, invalid := errors.AsType[*crm.InvalidError](err); invalid || conflict {
		return nil
	}
	return refusedOnly(err)
}

var everywhereCases = []testCase{
	{"a store that can take a statement answers a ping", func(w *world) {
		w.check(w.Ping(w.ctx))
	}},
	{"a store that can be written to passes the test of it, empty or not, and shows nothing new", func(w *world) {
		w.check(w.TestWrite(w.ctx))
		on := w.add(person{name: "Ann"})[0].ID
		w.check(w.TestWrite(w.ctx))
		w.same("contacts", w.count("").Value, 1)
		w.same("version", w.contact(on).Version, 1)
	}},
	{"a context that has ended ends every call", func(w *world) {
		on := target{w.add(person{name: "Ann"})[0].ID, crm.NewSessionID(w.now), w.channel("Web").ID}
		ctx, cancel := context.WithCancel(w.ctx)
		cancel()
		for _, c := range calls {
			_, err := c.do(ctx, w, on)
			w.wantErr(c.name, err, context.Canceled)
		}
		w.wantErr("Ping", w.Ping(ctx), context.Canceled)
		l := storage.Loaded{Contact: contactOf(person{name: "Ben"}, w.tick())}
		w.wantErr("Load", w.Load(ctx, w.id, slices.Values([]storage.Loaded{l})), context.Canceled)
		w.same("contacts", w.count("").Value, 1)
		w.same("name", *w.contact(on.contact).Name, "Ann")
	}},
	{"a deadline that has passed ends every call", func(w *world) {
		on := target{w.add(person{name: "Ann"})[0].ID, crm.NewSessionID(w.now), w.channel("Web").ID}
		ctx, cancel := context.WithDeadline(w.ctx, time.Now().Add(-time.Second))
		defer cancel()
		for _, c := range calls {
			_, err := c.do(ctx, w, on)
			w.wantErr(c.name, err, context.DeadlineExceeded)
		}
	}},
	{"a context that ends while contacts are loaded ends the loading", func(w *world) {
		ctx, cancel := context.WithCancel(w.ctx)
		defer cancel()
		endless := func(yield func(storage.Loaded) bool) {
			for n := 0; yield(storage.Loaded{Contact: contactOf(person{name: "Ann"}, w.tick())}); n++ {
				if n == 1500 {
					cancel()
				}
			}
		}
		w.wantErr("Load", w.Load(ctx, w.id, iter.Seq[storage.Loaded](endless)), context.Canceled)
	}},
	{"times come back in UTC and cut to the microsecond", func(w *world) {
		zone := time.FixedZone("UTC+5:30", 19_800)
		odd := func() time.Time { return w.tick().Add(789 * time.Nanosecond).In(zone) }
		ch := crm.Channel{ID: crm.NewChannelID(w.now), Name: "Web", Type: crm.HTMLEmbed, Active: true, CreatedAt: odd()}
		w.check(w.CreateChannel(w.ctx, w.id, ch))
		l := w.talk(ch, person{name: "Ann"}, "ann", crm.Active)
		l.Contact.CreatedAt, l.Contact.UpdatedAt, l.Contact.LastActivityAt = odd(), odd(), new(odd())
		l.Identities[0].CreatedAt = odd()
		l.Sessions[0].StartedAt, l.Sessions[0].LastMessageAt = odd(), odd()
		w.load(l)
		clean := func(what string, got, given time.Time) {
			w.t.Helper()
			if got.Location() != time.UTC || !got.Equal(given.Truncate(time.Microsecond)) {
				w.t.Errorf("%s: %v was stored as %v", what, given, got)
			}
		}
		c := w.contact(l.Contact.ID)
		clean("contact created", c.CreatedAt, l.Contact.CreatedAt)
		clean("contact updated", c.UpdatedAt, l.Contact.UpdatedAt)
		clean("last activity", *c.LastActivityAt, *l.Contact.LastActivityAt)
		row := w.page(storage.ContactQuery{Page: aPage}).Rows[0]
		clean("last activity in a list", *row.Contact.LastActivityAt, *l.Contact.LastActivityAt)
		clean("position", row.Position.At, *l.Contact.LastActivityAt)
		s := w.session(l.Sessions[0].ID)
		clean("session started", s.StartedAt, l.Sessions[0].StartedAt)
		clean("last message", s.LastMessageAt, l.Sessions[0].LastMessageAt)
		identities, err := w.IdentitiesByContact(w.ctx, w.id, []crm.ContactID{c.ID})
		w.check(err)
		clean("identity created", identities[c.ID][0].CreatedAt, l.Identities[0].CreatedAt)
		channels, err := w.Channels(w.ctx, w.id)
		w.check(err)
		clean("channel created", channels[0].CreatedAt, ch.CreatedAt)
		at := odd()
		c, err = w.UpdateContact(w.ctx, w.id, c.ID, crm.ContactEdit{At: at, Change: func(c *crm.Contact) error {
			c.Notes = "x"
			return nil
		}})
		w.check(err)
		clean("contact updated, as answered", c.UpdatedAt, at)
		clean("contact updated, as read", w.contact(c.ID).UpdatedAt, at)
	}},
	{"every method may be called at the same time as any other", func(w *world) {
		ch := w.channel("Web")
		worlds := make([]*world, 64)
		targets := make([]target, len(worlds))
		for i := range worlds {
			r := w.record(w.message(ch, string(rune('a'+i)), "1"))
			targets[i] = target{r.Contact.ID, r.Session.ID, ch.ID}
			mine := *w // a clock of its own
			mine.now = mine.now.Add(time.Duration(i) * time.Minute)
			worlds[i] = &mine
		}
		w.check(together(len(worlds), func(i int) error {
			for n := range calls {
				c := calls[(n+i)%len(calls)]
				if c.name == "DeleteContact" {
					continue
				}
				if _, err := c.do(w.ctx, worlds[i], targets[i]); err != nil {
					return err
				}
			}
			return w.DeleteContact(w.ctx, w.id, targets[i].contact, w.deletion())
		}))
		// The message of each call came from one customer more.
		w.same("contacts", w.count("").Value, 1)
	}},
	{"an error shows no values and no SQL", func(w *world) {
		c := contactOf(person{"Secret Name", "secret@example.com", "+493055555"}, w.tick())
		w.load(storage.Loaded{Contact: c})
		err := w.Load(w.ctx, w.id, slices.Values([]storage.Loaded{{Contact: c}}))
		if err == nil {
			w.t.Fatal("a contact was loaded twice under one id")
		}
		for _, telling := range []string{"secret", "55555", "insert", "values", "copy"} {
			if strings.Contains(strings.ToLower(err.Error()), telling) {
				w.t.Errorf("the error shows %q: %v", telling, err)
			}
		}
	}},
}
