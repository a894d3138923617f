package webhooks

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"kith/internal/crm"
	"kith/storage"
)

// Objects is what bodies are made of.
type Objects interface {
	storage.Contacts
	storage.Merges
	storage.Sessions
	storage.Channels
}

// body is the body of a message. Its objects are as the API shows them.
type body struct {
	Type      string `json:"type"`
	Timestamp moment `json:"timestamp"`
	Data      any    `json:"data"`
}

// change is what every event says of itself.
type change struct {
	EventID       string   `json:"eventId"`
	Sequence      int64    `json:"sequence"`
	Actor         string   `json:"actor"`
	ChangedFields []string `json:"changedFields"`
}

type contactData struct {
	change
	Contact any `json:"contact"` // a contact, or the id alone of one that is gone
}

type mergedData struct {
	contactData
	MergedInto *contact `json:"mergedInto"` // null once it is gone, too
}

type splitData struct {
	contactData
	SplitInto *reference `json:"splitInto"` // null where several contacts came back from a merge
}

type sessionData struct {
	change
	Session session `json:"session"`
}

type testData struct {
	EndpointID string `json:"endpointId"`
}

type reference struct {
	ID string `json:"id"`
}

type contact struct {
	ID                 string     `json:"id"`
	Name               *string    `json:"name"`
	DisplayName        string     `json:"displayName"`
	Email              *string    `json:"email"`
	EmailVerified      bool       `json:"emailVerified"`
	FurtherEmails      []string   `json:"furtherEmails"`
	Phone              *string    `json:"phone"`
	PhoneInternational *string    `json:"phoneInternational"`
	PhoneVerified      bool       `json:"phoneVerified"`
	FurtherPhones      []string   `json:"furtherPhones"`
	Notes              string     `json:"notes"`
	Version            int        `json:"version"`
	CreatedAt          moment     `json:"createdAt"`
	UpdatedAt          moment     `json:"updatedAt"`
	LastActivityAt     *moment    `json:"lastActivityAt"`
	Identities         []identity `json:"identities"`
	MergedFrom         []string   `json:"mergedFrom"`
}

type identity struct {
	ID          string  `json:"id"`
	Channel     channel `json:"channel"`
	ExternalID  string  `json:"externalId"`
	DisplayName *string `json:"displayName"`
	CreatedAt   moment  `json:"createdAt"`
}

type channel struct {
	ID   string          `json:"id"`
	Name string          `json:"name"`
	Type crm.ChannelType `json:"type"`
}

type session struct {
	ID                 string            `json:"id"`
	Contact            *sessionContact   `json:"contact"`
	ContactName        string            `json:"contactName"`
	Channel            channel           `json:"channel"`
	Identity           *identity         `json:"identity"`
	ChannelAccount     *string           `json:"channelAccount"`
	Status             crm.SessionStatus `json:"status"`
	Tag                *crm.SessionTag   `json:"tag"`
	LastMessagePreview *string           `json:"lastMessagePreview"`
	LastMessageAt      moment            `json:"lastMessageAt"`
	UnreadCount        int               `json:"unreadCount"`
	StartedAt          moment            `json:"startedAt"`
}

type sessionContact struct {
	ID          string `json:"id"`
	DisplayName string `json:"displayName"`
}

// moment is a time as the API writes it.
type moment time.Time

// MarshalJSON writes RFC 3339 in UTC with as many decimals as it needs, six at most.
func (m moment) MarshalJSON() ([]byte, error) {
	b := time.Time(m).UTC().Truncate(time.Microsecond).AppendFormat([]byte{'"'}, time.RFC3339Nano)
	return append(b, '"'), nil
}

// builder makes the bodies of a workspace's events. It is safe for concurrent use.
type builder struct {
	options   Options
	objects   Objects
	reads     *reads
	workspace crm.WorkspaceID

	mu       sync.Mutex
	channels map[crm.ChannelID]channel // nil until they are needed
}

// build makes the body of an event from the objects as they are now. ok is false where nothing of the object is left to send:
// then its deletion, or its merge into another contact, is an event that follows.
func (b *builder) build(ctx context.Context, e crm.Event) (out []byte, ok bool, err error) {
	made := body{Type: crm.WebhookEvent(e), Timestamp: moment(e.At)}
	about := change{EventID: e.ID.String(), Sequence: int64(e.Sequence), Actor: e.Actor, ChangedFields: []string{}}
	for _, c := range e.Changes {
		about.ChangedFields = append(about.ChangedFields, c.Field)
	}
	switch {
	case e.SessionID != nil:
		var s *session
		if s, err = b.session(ctx, *e.SessionID); s != nil {
			made.Data = sessionData{about, *s}
		}
	case e.ContactID == nil:
	case e.Kind == crm.Deleted:
		made.Data = contactData{about, reference{e.ContactID.String()}}
	case e.Kind == crm.MergedInto:
		var into *contact
		if e.Into != nil {
			into, err = b.survivor(ctx, *e.Into)
		}
		made.Data = mergedData{contactData{about, reference{e.ContactID.String()}}, into}
	default:
		var c *contact
		if c, err = b.contact(ctx, *e.ContactID); c == nil {
			break
		}
		if made.Data = (contactData{about, c}); e.Kind == crm.SplitOff {
			split := splitData{contactData{about, c}, nil}
			if e.Into != nil {
				split.SplitInto = &reference{e.Into.String()}
			}
			made.Data = split
		}
	}
	if err != nil || made.Data == nil {
		return nil, false, err
	}
	out, err = json.Marshal(made)
	return out, true, err
}

// survivor is the contact that an id leads to now.
func (b *builder) survivor(ctx context.Context, id crm.ContactID) (*contact, error) {
	found, err := b.objects.Survivors(ctx, b.workspace, []crm.ContactID{id})
	if err != nil {
		return nil, err
	}
	if into, ok := found[id]; ok {
		id = into
	}
	return b.contact(ctx, id)
}

// contact is nil where it is not there.
func (b *builder) contact(ctx context.Context, id crm.ContactID) (*contact, error) {
	c, ok, err := b.reads.contacts.one(ctx, b.workspace, id)
	if err != nil || !ok {
		return nil, err
	}
	m, err := b.masker(ctx)
	if err != nil {
		return nil, err
	}
	if m != nil {
		c = m.Contact(c)
	}
	identities, _, err := b.reads.identities.one(ctx, b.workspace, id)
	if err != nil {
		return nil, err
	}
	old, _, err := b.reads.old.one(ctx, b.workspace, id)
	if err != nil {
		return nil, err
	}
	out := &contact{
		ID: id.String(), Name: c.Name, DisplayName: c.DisplayName(), Email: c.Email, EmailVerified: c.EmailVerified(),
		FurtherEmails: append([]string{}, c.FurtherOf("email")...), Phone: c.Phone, PhoneInternational: c.PhoneInternational(),
		PhoneVerified: c.PhoneVerified(), FurtherPhones: append([]string{}, c.FurtherOf("phone")...), Notes: c.Notes, Version: c.Version,
		CreatedAt: moment(c.CreatedAt), UpdatedAt: moment(c.UpdatedAt), Identities: []identity{}, MergedFrom: []string{},
	}
	if c.LastActivityAt != nil {
		out.LastActivityAt = new(moment(*c.LastActivityAt))
	}
	for _, i := range identities {
		made, err := b.identity(ctx, i)
		if err != nil {
			return nil, err
		}
		out.Identities = append(out.Identities, made)
	}
	for _, each := range old {
		out.MergedFrom = append(out.MergedFrom, each.String())
	}
	return out, nil
}

// masker masks bodies, nil where nothing is masked. A receiver is outside of the workspace, so that it is sent no more than those
// are shown for whom the least is shown.
func (b *builder) masker(ctx context.Context) (*crm.Masker, error) {
	settings, err := b.options.Settings.Settings(ctx, b.workspace)
	if err != nil || len(settings.MaskedFor) == 0 {
		return nil, err
	}
	return &crm.Masker{Region: settings.Region(b.options.Region)}, nil
}

func (b *builder) identity(ctx context.Context, i crm.Identity) (identity, error) {
	ch, err := b.channel(ctx, i.ChannelID)
	if err != nil {
		return identity{}, err
	}
	m, err := b.masker(ctx)
	if m != nil {
		i.Sealed = crm.IdentityID(b.options.SealID(uuid.UUID(i.ID())))
		i = m.Identity(i, ch.Type)
	}
	return identity{
		ID: i.ID().String(), Channel: ch, ExternalID: i.ExternalID, DisplayName: i.DisplayName, CreatedAt: moment(i.CreatedAt),
	}, err
}

// channel is read once for all bodies of the builder; channels that came later are read again.
func (b *builder) channel(ctx context.Context, id crm.ChannelID) (channel, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if ch, ok := b.channels[id]; ok {
		return ch, nil
	}
	all, err := b.objects.Channels(ctx, b.workspace)
	if err != nil {
		return channel{}, err
	}
	b.channels = make(map[crm.ChannelID]channel, len(all))
	for _, ch := range all {
		b.channels[ch.ID] = channel{ID: ch.ID.String(), Name: ch.Name, Type: ch.Type}
	}
	ch, ok := b.channels[id]
	if !ok {
		return channel{}, fmt.Errorf("%s: %w", id, crm.ErrNotFound)
	}
	return ch, nil
}

// session is nil where it is not there.
func (b *builder) session(ctx context.Context, id crm.SessionID) (*session, error) {
	s, ok, err := b.reads.sessions.one(ctx, b.workspace, id)
	if err != nil || !ok {
		return nil, err
	}
	m, err := b.masker(ctx)
	if err != nil {
		return nil, err
	}
	if m != nil {
		s = m.Session(s)
	}
	var of *crm.Contact
	if s.ContactID != nil {
		c, ok, err := b.reads.contacts.one(ctx, b.workspace, *s.ContactID)
		if err != nil {
			return nil, err
		}
		if ok {
			if m != nil {
				c = m.Contact(c)
			}
			of = &c
		} else { // deleted since the session was read
			s.Anonymize()
		}
	}
	ch, err := b.channel(ctx, s.ChannelID)
	if err != nil {
		return nil, err
	}
	out := &session{
		ID: id.String(), ContactName: crm.Anonymous, Channel: ch, ChannelAccount: s.OwnAccount(), Status: s.Status, Tag: s.Tag,
		LastMessagePreview: s.LastMessagePreview, LastMessageAt: moment(s.LastMessageAt), UnreadCount: s.UnreadCount,
		StartedAt: moment(s.StartedAt),
	}
	if of == nil {
		return out, nil
	}
	out.Contact, out.ContactName = &sessionContact{of.ID.String(), of.DisplayName()}, of.DisplayName()
	if s.AccountID == nil {
		return out, nil
	}
	identities, _, err := b.reads.accounts.one(ctx, b.workspace, *s.AccountID)
	if newest := crm.NewestIdentity(identities); err == nil && newest != nil {
		var i identity
		i, err = b.identity(ctx, *newest)
		out.Identity = &i
	}
	return out, err
}

// testBody is the body of a message that tries an endpoint out.
func testBody(id crm.EndpointID, at time.Time) ([]byte, error) {
	return json.Marshal(body{Type: crm.WebhookTest, Timestamp: moment(at), Data: testData{id.String()}})
}
