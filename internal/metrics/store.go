package metrics

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"kith/internal/crm"
	"kith/storage"
)

// Store is a store that counts how its calls end and how long they take, and catches panics.
type Store struct {
	store  storage.Store
	vec    *prometheus.HistogramVec
	failed *prometheus.CounterVec
	panics *Panics
}

var _ storage.Store = (*Store)(nil)

// WatchStore wraps a store and registers with r. Closing it closes the store.
func WatchStore(store storage.Store, r prometheus.Registerer, panics *Panics) *Store {
	return &Store{
		store:  store,
		panics: panics,
		vec: promauto.With(r).NewHistogramVec(prometheus.HistogramOpts{
			Name:    "kith_storage_call_duration_seconds",
			Help:    "How long calls to storage took, and by its count how many there were.",
			Buckets: []float64{.0001, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"call"}),
		failed: promauto.With(r).NewCounterVec(prometheus.CounterOpts{
			Name: "kith_storage_failures_total",
			Help: "Calls to storage that failed for a reason no client can mend: unavailable, timeout or internal.",
		}, []string{"call", "reason"}),
	}
}

// watch times a call until the function it returns is called. To be deferred, which is what it needs to catch panics.
func (s *Store) watch(call string, err *error) func() {
	began := time.Now()
	return func() {
		if p := recover(); p != nil {
			*err = storage.NewPanicError(p)
		}
		s.vec.WithLabelValues(call).Observe(time.Since(began).Seconds())
		if *err != nil {
			s.fail(call, *err)
		}
	}
}

func (s *Store) fail(call string, err error) {
	if _, ok := errors.AsType[*storage.PanicError](err); ok {
		s.panics.Caught("storage")
	}
	if reason := reasonOf(err); reason != "" {
		s.failed.WithLabelValues(call, reason).Inc()
	}
}

// reasonOf is empty for what a client can mend, and for one that went away.
func reasonOf(err error) string {
	_, invalid := errors.AsType[*crm.InvalidError](err)
	_, taken := errors.AsType[*crm.TakenError](err)
	_, conflict := errors.AsType[*crm.ConflictError](err)
	switch {
	case invalid, taken, conflict, errors.Is(err, crm.ErrNotFound), errors.Is(err, crm.ErrInactive),
		errors.Is(err, crm.ErrForbidden), errors.Is(err, context.Canceled):
		return ""
	case errors.Is(err, crm.ErrUnavailable):
		return "unavailable"
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	}
	return "internal"
}

// Close closes the store.
func (s *Store) Close() error { return s.store.Close() }

// Ping counts and passes on.
func (s *Store) Ping(ctx context.Context) (err error) {
	defer s.watch("Ping", &err)()
	return s.store.Ping(ctx)
}

// Workspace counts and passes on.
func (s *Store) Workspace(ctx context.Context, name string) (r0 crm.WorkspaceID, err error) {
	defer s.watch("Workspace", &err)()
	return s.store.Workspace(ctx, name)
}

// ContactsByID counts and passes on.
func (s *Store) ContactsByID(
	ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID,
) (r0 map[crm.ContactID]crm.Contact, err error) {
	defer s.watch("ContactsByID", &err)()
	return s.store.ContactsByID(ctx, w, ids)
}

// Contacts counts and passes on.
func (s *Store) Contacts(
	ctx context.Context, w crm.WorkspaceID, q storage.ContactQuery,
) (r0 storage.ContactPage, err error) {
	defer s.watch("Contacts", &err)()
	return s.store.Contacts(ctx, w, q)
}

// CountContacts counts and passes on.
func (s *Store) CountContacts(ctx context.Context, w crm.WorkspaceID, search string) (r0 storage.Count, err error) {
	defer s.watch("CountContacts", &err)()
	return s.store.CountContacts(ctx, w, search)
}

// HasContacts counts and passes on.
func (s *Store) HasContacts(ctx context.Context, w crm.WorkspaceID) (r0 bool, err error) {
	defer s.watch("HasContacts", &err)()
	return s.store.HasContacts(ctx, w)
}

// IdentitiesByContact counts and passes on.
func (s *Store) IdentitiesByContact(
	ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID,
) (r0 map[crm.ContactID][]crm.Identity, err error) {
	defer s.watch("IdentitiesByContact", &err)()
	return s.store.IdentitiesByContact(ctx, w, ids)
}

// UpdateContact counts and passes on.
func (s *Store) UpdateContact(
	ctx context.Context, w crm.WorkspaceID, id crm.ContactID, e storage.Edit,
) (r0 crm.Contact, err error) {
	defer s.watch("UpdateContact", &err)()
	return s.store.UpdateContact(ctx, w, id, e)
}

// DeleteContact counts and passes on.
func (s *Store) DeleteContact(
	ctx context.Context, w crm.WorkspaceID, id crm.ContactID, d storage.Deletion,
) (err error) {
	defer s.watch("DeleteContact", &err)()
	return s.store.DeleteContact(ctx, w, id, d)
}

// SessionsByID counts and passes on.
func (s *Store) SessionsByID(
	ctx context.Context, w crm.WorkspaceID, ids []crm.SessionID,
) (r0 map[crm.SessionID]crm.Session, err error) {
	defer s.watch("SessionsByID", &err)()
	return s.store.SessionsByID(ctx, w, ids)
}

// Sessions counts and passes on.
func (s *Store) Sessions(
	ctx context.Context, w crm.WorkspaceID, q storage.SessionQuery,
) (r0 storage.SessionPage, err error) {
	defer s.watch("Sessions", &err)()
	return s.store.Sessions(ctx, w, q)
}

// SessionsByContact counts and passes on.
func (s *Store) SessionsByContact(
	ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID, q storage.SessionQuery,
) (r0 map[crm.ContactID]storage.SessionPage, err error) {
	defer s.watch("SessionsByContact", &err)()
	return s.store.SessionsByContact(ctx, w, ids, q)
}

// Channels counts and passes on.
func (s *Store) Channels(ctx context.Context, w crm.WorkspaceID) (r0 []crm.Channel, err error) {
	defer s.watch("Channels", &err)()
	return s.store.Channels(ctx, w)
}

// ChannelsByID counts and passes on.
func (s *Store) ChannelsByID(
	ctx context.Context, w crm.WorkspaceID, ids []crm.ChannelID,
) (r0 map[crm.ChannelID]crm.Channel, err error) {
	defer s.watch("ChannelsByID", &err)()
	return s.store.ChannelsByID(ctx, w, ids)
}

// CreateChannel counts and passes on.
func (s *Store) CreateChannel(ctx context.Context, w crm.WorkspaceID, ch crm.Channel) (err error) {
	defer s.watch("CreateChannel", &err)()
	return s.store.CreateChannel(ctx, w, ch)
}

// UpdateChannel counts and passes on.
func (s *Store) UpdateChannel(
	ctx context.Context, w crm.WorkspaceID, id crm.ChannelID, change func(*crm.Channel) error,
) (r0 crm.Channel, err error) {
	defer s.watch("UpdateChannel", &err)()
	return s.store.UpdateChannel(ctx, w, id, change)
}

// RecordInteraction counts and passes on.
func (s *Store) RecordInteraction(
	ctx context.Context, w crm.WorkspaceID, i crm.Interaction,
) (r0 crm.Recorded, err error) {
	defer s.watch("RecordInteraction", &err)()
	return s.store.RecordInteraction(ctx, w, i)
}

// Maintain counts and passes on.
func (s *Store) Maintain(ctx context.Context) (r0 bool, err error) {
	defer s.watch("Maintain", &err)()
	return s.store.Maintain(ctx)
}

// Check counts and passes on.
func (s *Store) Check(ctx context.Context, i storage.Inspection) (err error) {
	defer s.watch("Check", &err)()
	return s.store.Check(ctx, i)
}

// Load counts and passes on.
func (s *Store) Load(ctx context.Context, w crm.WorkspaceID, contacts iter.Seq[storage.Loaded]) (err error) {
	defer s.watch("Load", &err)()
	return s.store.Load(ctx, w, contacts)
}

// UpdateSession counts and passes on.
func (s *Store) UpdateSession(
	ctx context.Context, w crm.WorkspaceID, id crm.SessionID, e storage.SessionEdit,
) (r0 crm.Session, err error) {
	defer s.watch("UpdateSession", &err)()
	return s.store.UpdateSession(ctx, w, id, e)
}

// CountSessions counts and passes on.
func (s *Store) CountSessions(
	ctx context.Context, w crm.WorkspaceID, f storage.SessionFilter,
) (r0 storage.SessionCounts, err error) {
	defer s.watch("CountSessions", &err)()
	return s.store.CountSessions(ctx, w, f)
}

// ChannelByID counts and passes on.
func (s *Store) ChannelByID(ctx context.Context, id crm.ChannelID) (r0 crm.WorkspaceID, r1 crm.Channel, err error) {
	defer s.watch("ChannelByID", &err)()
	return s.store.ChannelByID(ctx, id)
}

// EachChannel counts and passes on.
func (s *Store) EachChannel(ctx context.Context, f func(crm.WorkspaceID, crm.Channel) error) (err error) {
	defer s.watch("EachChannel", &err)()
	return s.store.EachChannel(ctx, f)
}

// AddFailure counts and passes on.
func (s *Store) AddFailure(ctx context.Context, w crm.WorkspaceID, f crm.Failure) (err error) {
	defer s.watch("AddFailure", &err)()
	return s.store.AddFailure(ctx, w, f)
}

// Failures counts and passes on.
func (s *Store) Failures(ctx context.Context, w crm.WorkspaceID, p storage.Page) (r0 storage.FailurePage, err error) {
	defer s.watch("Failures", &err)()
	return s.store.Failures(ctx, w, p)
}

// FailuresByID counts and passes on.
func (s *Store) FailuresByID(
	ctx context.Context, w crm.WorkspaceID, ids []crm.FailureID,
) (r0 map[crm.FailureID]crm.Failure, err error) {
	defer s.watch("FailuresByID", &err)()
	return s.store.FailuresByID(ctx, w, ids)
}

// CountFailures counts and passes on.
func (s *Store) CountFailures(ctx context.Context, w crm.WorkspaceID) (r0 storage.Count, err error) {
	defer s.watch("CountFailures", &err)()
	return s.store.CountFailures(ctx, w)
}

// RemoveFailure counts and passes on.
func (s *Store) RemoveFailure(ctx context.Context, w crm.WorkspaceID, id crm.FailureID) (err error) {
	defer s.watch("RemoveFailure", &err)()
	return s.store.RemoveFailure(ctx, w, id)
}

// FailuresOfContact counts and passes on.
func (s *Store) FailuresOfContact(
	ctx context.Context, w crm.WorkspaceID, id crm.ContactID,
) (r0 []crm.Failure, err error) {
	defer s.watch("FailuresOfContact", &err)()
	return s.store.FailuresOfContact(ctx, w, id)
}

// AddAudit counts and passes on.
func (s *Store) AddAudit(ctx context.Context, w crm.WorkspaceID, a crm.AuditEntry) (err error) {
	defer s.watch("AddAudit", &err)()
	return s.store.AddAudit(ctx, w, a)
}

// Audit counts and passes on.
func (s *Store) Audit(ctx context.Context, w crm.WorkspaceID, p storage.Page) (r0 storage.AuditPage, err error) {
	defer s.watch("Audit", &err)()
	return s.store.Audit(ctx, w, p)
}

// Events counts and passes on.
func (s *Store) Events(ctx context.Context, w crm.WorkspaceID, after crm.Place, n int) (r0 []crm.Event, err error) {
	defer s.watch("Events", &err)()
	return s.store.Events(ctx, w, after, n)
}

// PlaceOf counts and passes on.
func (s *Store) PlaceOf(ctx context.Context, w crm.WorkspaceID, id crm.EventID) (r0 crm.Place, err error) {
	defer s.watch("PlaceOf", &err)()
	return s.store.PlaceOf(ctx, w, id)
}

// LastPlace counts and passes on.
func (s *Store) LastPlace(ctx context.Context, w crm.WorkspaceID) (r0 crm.Place, err error) {
	defer s.watch("LastPlace", &err)()
	return s.store.LastPlace(ctx, w)
}

// Follow counts and passes on.
func (s *Store) Follow(ctx context.Context, wake func(crm.WorkspaceID)) (err error) {
	defer storage.Recovered(&err) // it lasts as long as the process
	return s.store.Follow(ctx, wake)
}

// HistoryByContact counts and passes on.
func (s *Store) HistoryByContact(
	ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID, p storage.Page,
) (r0 map[crm.ContactID]storage.EventPage, err error) {
	defer s.watch("HistoryByContact", &err)()
	return s.store.HistoryByContact(ctx, w, ids, p)
}

// ForgetEvents counts and passes on.
func (s *Store) ForgetEvents(ctx context.Context, before time.Time) (r0 bool, err error) {
	defer s.watch("ForgetEvents", &err)()
	return s.store.ForgetEvents(ctx, before)
}
