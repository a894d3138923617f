package crm

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MaxUpserts is how many contacts are upserted in one call.
const MaxUpserts = 100

// Upsert is a contact as another system knows it: what it is matched by, and its values.
type Upsert struct {
	// ContactID is the contact that is meant; nil where it is to be found by the identity, the email and the phone.
	ContactID *ContactID
	// Identity leads to the contact, and becomes one of the contact's where the channel does not know it yet.
	Identity *IdentityKey
	// Patch are the values. An email and a phone that it sets lead to the contact too. Of another contact's values it takes none:
	// AllowDuplicate has no effect.
	Patch ContactPatch
	// CreatedAt is when a contact that is created was first known; nil for now.
	CreatedAt *time.Time
}

// UpsertRules say what upserts may do.
type UpsertRules struct {
	// SkipMatched leaves contacts alone that are there, SkipUnmatched creates none.
	SkipMatched, SkipUnmatched bool
	// ProtectStaff keeps the values that staff entered; the others are written.
	ProtectStaff bool
}

// ReadUpsert is an [Upsert] with its values as they are stored.
type ReadUpsert struct {
	Upsert
	// Refused is what is wrong with it, as joined *InvalidErrors; nil for nothing.
	Refused error
}

// Read returns the upsert as it is stored, or why it is refused. Phone numbers without a country code are read in region, as in
// [NormalizePhone]; now is the latest time at which a contact can have been created.
func (u Upsert) Read(region string, now time.Time) ReadUpsert {
	patch, err := u.Patch.read(region)
	u.Patch = patch
	if u.Identity != nil {
		err = errors.Join(err, validExternal("identity.externalId", u.Identity.ExternalID))
	}
	if u.CreatedAt != nil {
		at := u.CreatedAt.UTC().Truncate(time.Microsecond)
		u.CreatedAt = &at
		if at.Year() <= 1970 || at.After(now) {
			err = errors.Join(err, &InvalidError{Field: "createdAt", Reason: "must be after 1970 and not in the future"})
		}
	}
	if err == nil && u.ContactID == nil && u.Identity == nil && len(u.Values()) == 0 {
		err = &InvalidError{Field: "id", Subject: "A contact", Reason: "needs an id, an identity, an email or a phone number to be matched by"}
	}
	if all := Joined(err); len(all) == 1 {
		err = all[0]
	}
	return ReadUpsert{u, err}
}

// Values are what the contact may be found by in its email or phone: for a phone also its [PhoneVariants].
func (u Upsert) Values() (values []FieldValue) {
	if v, _ := u.Patch.Email.Value(); v != nil {
		values = append(values, FieldValue{"email", *v})
	}
	if v, _ := u.Patch.Phone.Value(); v != nil {
		for _, p := range PhoneVariants(*v) {
			values = append(values, FieldValue{"phone", p})
		}
	}
	return values
}

// UpsertDigest is a digest of everything that upserts ask for, for telling a repeated call from another one.
func UpsertDigest(upserts []Upsert, r UpsertRules) [32]byte {
	h := sha256.New()
	write := json.NewEncoder(h)
	_ = write.Encode(r)
	for _, u := range upserts {
		_ = write.Encode([]any{u.ContactID, u.Identity, u.CreatedAt, u.Patch.AllowUnusual, u.Patch.ExpectedVersion}) // ids, texts and times are always fit for JSON
		for _, c := range []Change[*string]{u.Patch.Name, u.Patch.Email, u.Patch.Phone, u.Patch.Notes} {
			v, is := c.Value()
			_ = write.Encode([]any{is, v})
		}
	}
	return [32]byte(h.Sum(nil))
}

// UpsertBatch are upserts that are made together.
type UpsertBatch struct {
	Upserts []ReadUpsert
	Rules   UpsertRules
	At      time.Time
	Actor   string
	// Key is what a repeated call is known by and Digest what it asks for; both are nil where repeating is not looked for.
	Key, Digest *[32]byte
}

// UpsertOutcome is what became of an upsert.
type UpsertOutcome string

// The outcomes. Skipped are those that [UpsertRules] say to leave.
const (
	UpsertCreated   UpsertOutcome = "CREATED"
	UpsertUpdated   UpsertOutcome = "UPDATED"
	UpsertUnchanged UpsertOutcome = "UNCHANGED"
	UpsertSkipped   UpsertOutcome = "SKIPPED"
	UpsertRefused   UpsertOutcome = "REFUSED"
)

// Upserted is the result of one upsert.
type Upserted struct {
	Outcome UpsertOutcome
	// Contact is the contact afterwards; nil for a refused upsert.
	Contact *Contact
	// Event is the id of the event that the upsert caused; nil where it changed nothing.
	Event *EventID
	// Refused is why it was refused: joined *InvalidErrors, *TakenError, *AmbiguousError, *MergedError, *ConflictError or ErrNotFound.
	Refused error
}

// AmbiguousError refuses an upsert that leads to several contacts.
type AmbiguousError struct {
	Contacts []Contact // two or more
}

func (e *AmbiguousError) Error() string { return strconv.Itoa(len(e.Contacts)) + " contacts match" }

// ErrKeyReused refuses a call that has the idempotency key of another one.
var ErrKeyReused = errors.New("idempotency key was used for something else")

// UpsertKnown is what a workspace knows that upserts can lead to.
type UpsertKnown struct {
	// Contacts are those of the ids and identities, those that may hold one of the values, and those of Survivors.
	Contacts []Contact
	// Identities are those of the upserts that the channels know.
	Identities map[IdentityKey]ContactID
	// Survivors are the contacts that ids of upserts have become part of.
	Survivors map[ContactID]ContactID
	// Channels are the channels of the upserts that there are.
	Channels map[ChannelID]bool
}

// UpsertLookup is what has to be looked up for upserts, each value once.
type UpsertLookup struct {
	Contacts   []ContactID
	Identities []IdentityKey
	Values     []FieldValue
}

// Lookup is what has to be known for deciding on the batch.
func (b UpsertBatch) Lookup() (l UpsertLookup) {
	seen := map[any]bool{}
	add := func(key any) bool {
		first := !seen[key]
		seen[key] = true
		return first
	}
	for _, u := range b.Upserts {
		if u.Refused != nil {
			continue
		}
		if u.ContactID != nil && add(*u.ContactID) {
			l.Contacts = append(l.Contacts, *u.ContactID)
		}
		if u.Identity != nil && add(*u.Identity) {
			l.Identities = append(l.Identities, *u.Identity)
		}
		for _, v := range u.Values() {
			if add(v) {
				l.Values = append(l.Values, v)
			}
		}
	}
	return l
}

// UpsertWrite is a contact to be written.
type UpsertWrite struct {
	// Before is the contact as it was; nil for a new one.
	Before *Contact
	After  Contact
	// Identity is to be created with it; nil for none. NewAccount is set where its account is a further one of the contact.
	Identity   *Identity
	NewAccount bool
	Event      Event
}

// Upserts is what a batch of upserts does. The writes are made in their order.
type Upserts struct {
	Results []Upserted
	Writes  []UpsertWrite
}

// Created is how many contacts the writes add.
func (u Upserts) Created() (n int) {
	for _, w := range u.Writes {
		if w.Before == nil {
			n++
		}
	}
	return n
}

// DecideUpserts says what upserts do, one after the other: each sees what those before it have done. One without an id leads to
// the contact of its identity and to those that hold its email or phone, other than as a claim. Where these are several
// contacts, the upsert is refused; if nothing matches, it creates a contact. The values it sets are [Imported].
func DecideUpserts(k UpsertKnown, b UpsertBatch) Upserts {
	d := upsertDirectory{UpsertKnown: k, batch: b, contacts: map[ContactID]*Contact{}, holders: map[FieldValue][]ContactID{}}
	for _, c := range k.Contacts {
		d.keep(c)
	}
	var out Upserts
	for n, u := range b.Upserts {
		done, write := d.decide(u, b.At.UTC().Truncate(time.Microsecond).Add(time.Duration(n)*time.Microsecond)) // events are in the order of their ids
		out.Results = append(out.Results, done)
		if write != nil {
			out.Writes = append(out.Writes, *write)
		}
	}
	return out
}

// upsertDirectory is what is known, and what upserts have done so far.
type upsertDirectory struct {
	UpsertKnown
	batch    UpsertBatch
	contacts map[ContactID]*Contact
	holders  map[FieldValue][]ContactID // by the values as they are compared; some may have lost them since
}

// keep takes in a contact as it is now.
func (d *upsertDirectory) keep(c Contact) {
	d.contacts[c.ID] = &c
	for _, v := range append([]FurtherValue{{Field: "email", Value: text(c.Email)}, {Field: "phone", Value: text(c.Phone)}}, c.Further...) {
		if v.Value == "" {
			continue
		}
		key := FieldValue{v.Field, v.Value}.key()
		if !slices.Contains(d.holders[key], c.ID) {
			d.holders[key] = append(d.holders[key], c.ID)
		}
	}
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// key is the value as it is compared.
func (v FieldValue) key() FieldValue {
	if v.Field == "email" {
		v.Value = EmailKey(v.Value)
	}
	return v
}

// holding are the contacts that hold a value, oldest first.
func (d *upsertDirectory) holding(v FieldValue) []Contact {
	var out []Contact
	for _, id := range d.holders[v.key()] {
		out = append(out, *d.contacts[id])
	}
	return Holders(out, v.Field, v.Value)
}

func (d *upsertDirectory) decide(u ReadUpsert, at time.Time) (Upserted, *UpsertWrite) {
	refuse := func(err error) (Upserted, *UpsertWrite) { return Upserted{Outcome: UpsertRefused, Refused: err}, nil }
	if u.Refused != nil {
		return refuse(u.Refused)
	}
	before, err := d.match(u)
	switch {
	case err != nil:
		return refuse(err)
	case before == nil && d.batch.Rules.SkipUnmatched || before != nil && d.batch.Rules.SkipMatched:
		return Upserted{Outcome: UpsertSkipped, Contact: before}, nil
	}
	w, err := d.write(u, before, at)
	if err != nil {
		return refuse(err)
	}
	if w == nil {
		return Upserted{Outcome: UpsertUnchanged, Contact: before}, nil
	}
	d.keep(w.After)
	if w.Identity != nil {
		if d.Identities == nil {
			d.Identities = map[IdentityKey]ContactID{}
		}
		d.Identities[w.Identity.Key()] = w.After.ID
	}
	done := Upserted{Outcome: UpsertUpdated, Contact: new(w.After), Event: &w.Event.ID}
	if before == nil {
		done.Outcome = UpsertCreated
	}
	return done, w
}

// match is the contact that an upsert is about; nil for a new one.
func (d *upsertDirectory) match(u ReadUpsert) (*Contact, error) {
	if i := u.Identity; i != nil && !d.Channels[i.ChannelID] {
		return nil, &InvalidError{Field: "identity.channelId", Subject: "This channel", Reason: "does not exist"}
	}
	if u.ContactID != nil {
		if c, is := d.contacts[*u.ContactID]; is {
			return new(c.Clone()), nil
		}
		if c, is := d.contacts[d.Survivors[*u.ContactID]]; is {
			return nil, &MergedError{Into: *c}
		}
		return nil, ErrNotFound
	}
	var found []Contact
	if u.Identity != nil {
		if c, is := d.contacts[d.Identities[*u.Identity]]; is {
			found = append(found, *c)
		}
	}
	for _, v := range u.Values() {
		for _, c := range d.holding(v) {
			if c.Vouches(v.Field, v.Value) && !slices.ContainsFunc(found, func(f Contact) bool { return f.ID == c.ID }) {
				found = append(found, c)
			}
		}
	}
	switch len(found) {
	case 0:
		return nil, nil
	case 1:
		return new(found[0].Clone()), nil
	}
	return nil, &AmbiguousError{Contacts: found}
}

// write is what an upsert writes to the contact; nil for nothing.
func (d *upsertDirectory) write(u ReadUpsert, before *Contact, at time.Time) (*UpsertWrite, error) {
	var was, after Contact
	w := &UpsertWrite{Before: before}
	patch := u.Patch
	if before != nil {
		if v := patch.ExpectedVersion; v != nil && *v != before.Version {
			return nil, &ConflictError{Current: *before}
		}
		was, after = *before, before.Clone()
		patch = d.batch.Rules.allowed(patch, was)
	} else {
		created := at
		if u.CreatedAt != nil {
			created = *u.CreatedAt
		}
		after = Contact{ID: NewContactID(created), Version: 1, CreatedAt: created, UpdatedAt: at}
	}
	patch.write(&after, Imported)
	for _, v := range UniqueValues(was, after) {
		if err := v.CheckUnique(after.ID, d.holding(v)); err != nil {
			return nil, err
		}
	}
	if err := d.identify(w, u.Identity, after, at); err != nil {
		return nil, err
	}
	kind := Created
	if before != nil {
		if was.Same(after) && w.Identity == nil {
			return nil, nil
		}
		kind, after = Updated, after.revisionOf(was, at)
	}
	w.After = after
	w.Event = Event{
		ID: NewEventID(at), Kind: kind, ContactID: &w.After.ID, Version: after.Version, Changes: after.ChangesFrom(was),
		Actor: d.batch.Actor, At: at,
	}
	return w, nil
}

// identify makes the identity one of the contact's, where it is not known.
func (d *upsertDirectory) identify(w *UpsertWrite, key *IdentityKey, c Contact, at time.Time) error {
	if key == nil {
		return nil
	}
	if owner, known := d.Identities[*key]; known {
		if owner == c.ID {
			return nil
		}
		return &AmbiguousError{Contacts: append([]Contact{c}, d.those(owner)...)}
	}
	w.NewAccount = w.Before != nil
	if w.NewAccount && strings.HasPrefix(key.ExternalID, SignedPrefix) { // two of one channel are never one contact
		return &InvalidError{
			Field: "identity.externalId", Subject: "A user whom a site signs in", Reason: "cannot be added to a contact that is there",
		}
	}
	account := FirstAccount(c.ID)
	if w.NewAccount {
		account = NewAccountID(at)
	}
	w.Identity = &Identity{
		ContactID: c.ID, AccountID: account, ChannelID: key.ChannelID, ExternalID: key.ExternalID, DisplayName: c.Name, CreatedAt: at,
	}
	return nil
}

func (d *upsertDirectory) those(id ContactID) []Contact {
	if c, is := d.contacts[id]; is {
		return []Contact{*c}
	}
	return nil
}

// allowed is what is left of a patch of a contact under the rules.
func (r UpsertRules) allowed(p ContactPatch, c Contact) ContactPatch {
	if !r.ProtectStaff {
		return p
	}
	if c.NameFrom.Origin == Staff {
		p.Name = Change[*string]{}
	}
	if c.EmailFrom.Origin == Staff {
		p.Email = Change[*string]{}
	}
	if c.PhoneFrom.Origin == Staff {
		p.Phone = Change[*string]{}
	}
	if c.Notes != "" {
		p.Notes = Change[*string]{}
	}
	return p
}

// KeptUpsert is what is kept of the result of an upsert, for answering the call when it is repeated. It has no values.
type KeptUpsert struct {
	Outcome UpsertOutcome `json:"outcome"`
	Contact *ContactID    `json:"contact,omitempty"`
	Event   *EventID      `json:"event,omitempty"`
	Refused []KeptRefusal `json:"refused,omitempty"`
}

// KeptRefusal is what is kept of a refusal. Kind is empty for an [InvalidError].
type KeptRefusal struct {
	Kind     string      `json:"kind,omitempty"`
	Field    string      `json:"field,omitempty"`
	Subject  string      `json:"subject,omitempty"`
	Reason   string      `json:"reason,omitempty"`
	Unusual  bool        `json:"unusual,omitempty"`
	Contacts []ContactID `json:"contacts,omitempty"`
}

// Keep is what is kept of the result.
func (u Upserted) Keep() KeptUpsert {
	k := KeptUpsert{Outcome: u.Outcome, Event: u.Event}
	if u.Contact != nil {
		k.Contact = &u.Contact.ID
	}
	for _, err := range Joined(u.Refused) {
		var r KeptRefusal
		switch e := err.(type) { //nolint:errorlint // they are the rules' own, as they are
		case *InvalidError:
			r = KeptRefusal{Field: e.Field, Subject: e.Subject, Reason: e.Reason, Unusual: e.Unusual}
		case *TakenError:
			r = KeptRefusal{Kind: "taken", Field: e.Field, Contacts: []ContactID{e.Holder.ID}}
		case *AmbiguousError:
			r.Kind = "ambiguous"
			for _, c := range e.Contacts {
				r.Contacts = append(r.Contacts, c.ID)
			}
		case *MergedError:
			r = KeptRefusal{Kind: "merged", Contacts: []ContactID{e.Into.ID}}
		case *ConflictError:
			r = KeptRefusal{Kind: "conflict", Contacts: []ContactID{e.Current.ID}}
		default:
			r.Kind = "missing"
		}
		k.Refused = append(k.Refused, r)
	}
	return k
}

// IDs are the contacts that the result names.
func (k KeptUpsert) IDs() (ids []ContactID) {
	if k.Contact != nil {
		ids = append(ids, *k.Contact)
	}
	for _, r := range k.Refused {
		ids = append(ids, r.Contacts...)
	}
	return ids
}

// Restore is the result, with the contacts as they are now. A contact that is not there any more is missing from it.
func (k KeptUpsert) Restore(now map[ContactID]Contact) Upserted {
	u := Upserted{Outcome: k.Outcome, Event: k.Event}
	if k.Contact != nil {
		if c, is := now[*k.Contact]; is {
			u.Contact = &c
		}
	}
	var all []error
	for _, r := range k.Refused {
		all = append(all, r.restore(now))
	}
	if u.Refused = errors.Join(all...); len(all) == 1 {
		u.Refused = all[0]
	}
	return u
}

func (r KeptRefusal) restore(now map[ContactID]Contact) error {
	var contacts []Contact
	for _, id := range r.Contacts {
		if c, is := now[id]; is {
			contacts = append(contacts, c)
		}
	}
	switch {
	case r.Kind == "missing":
		return ErrNotFound
	case r.Kind == "":
		return &InvalidError{Field: r.Field, Subject: r.Subject, Reason: r.Reason, Unusual: r.Unusual}
	case len(contacts) < len(r.Contacts):
		return &InvalidError{
			Field: cmp.Or(r.Field, "id"), Subject: "A contact that this was refused for", Reason: "has been deleted since",
		}
	case r.Kind == "taken":
		return &TakenError{Field: r.Field, Holder: contacts[0]}
	case r.Kind == "ambiguous":
		return &AmbiguousError{Contacts: contacts}
	case r.Kind == "merged":
		return &MergedError{Into: contacts[0]}
	}
	return &ConflictError{Current: contacts[0]}
}

// Joined are the errors that are joined in err, or err alone; none for nil.
func Joined(err error) []error {
	if err == nil {
		return nil
	}
	joined, is := err.(interface{ Unwrap() []error })
	if !is {
		return []error{err}
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, Joined(e)...)
	}
	return all
}

// Names are the display names of the contacts, for a sentence.
func (e *AmbiguousError) Names() string {
	names := make([]string, len(e.Contacts))
	for i, c := range e.Contacts {
		names[i] = c.DisplayName()
	}
	return strings.Join(names, ", ")
}
