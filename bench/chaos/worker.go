package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"

	"kith/bench/rig"
)

const (
	customersEach = 40                        // customers of a worker
	attempt       = 15 * time.Second          // for one answer
	persistence   = 3 * time.Minute           // until a request has to have its answer
	appSecret     = "app_secret-of-the-chaos" //nolint:gosec // of a channel that lives as long as the run
)

// violation is an answer that contradicts what Kith has answered before.
type violation struct{ what string }

func (v *violation) Error() string { return v.what }

func violate(format string, args ...any) error { return &violation{fmt.Sprintf(format, args...)} }

// contact is what a worker knows of a contact.
type contact struct {
	id      string
	name    string // in which the tag of one of its people is
	version int
	notes   string
	people  []*customer
	merged  []string // ids of those that were merged into it
}

// customer writes on one channel. Only its worker changes anything of it, so every answer stays true.
type customer struct {
	tag      string // what is in no other's name
	external string
	webhook  bool
	sent     int // messages so far
	contact  *contact
	session  string // the newest; empty if not known
	inNewest int    // messages in the newest session
	closed   bool   // the newest session is closed
	unread   int    // messages in all sessions of the contact
	sessions int
}

// worker writes, edits, merges and deletes, one thing at a time. Each request is sent until its answer is definite.
type worker struct {
	base     string
	random   *rand.Rand
	http     *http.Client
	channels channels
	people   []*customer

	dead      []string // ids of contacts that are no more
	anonymous struct{ sessions, unread int }
	erased    map[string]bool // of them, those that were deleted, or merged into one that was: their history is, too
	events    []event         // that were answered
	done      map[string]int
	retried   int
}

// channels are where customers write to.
type channels struct{ graphql, webhook string }

func newWorker(base string, seed uint64, n int, to channels) *worker {
	w := &worker{
		base: base, random: rand.New(rand.NewPCG(seed, uint64(n)+1)), channels: to, done: make(map[string]int), erased: make(map[string]bool),
		http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2}},
	}
	for i := range customersEach {
		c := &customer{tag: fmt.Sprintf("k%02dc%03d", n, i), webhook: i%2 == 1}
		c.external = c.tag
		if c.webhook {
			c.external = fmt.Sprintf("4915%02d%06d", n, i) // a phone number, on WhatsApp
		}
		w.people = append(w.people, c)
	}
	return w
}

// run works until ctx ends, and finishes what it has begun.
func (w *worker) run(ctx context.Context, pace time.Duration) error {
	for ctx.Err() == nil {
		if err := w.step(context.WithoutCancel(ctx)); err != nil {
			return err
		}
		_ = wait(ctx, pace)
	}
	return nil
}

// step does one thing, chosen at random.
func (w *worker) step(ctx context.Context) error {
	c := w.people[w.random.IntN(len(w.people))]
	other := w.people[w.random.IntN(len(w.people))]
	n := w.random.IntN(100)
	if c.contact == nil {
		n = 0
	}
	switch {
	case n < 50:
		w.done["messages"]++
		return w.message(ctx, c)
	case n < 68:
		w.done["edits"]++
		return w.edit(ctx, c.contact)
	case n < 78:
		w.done["reads"]++
		return w.read(ctx, c.contact)
	case n < 84:
		w.done["searches"]++
		return w.search(ctx, c)
	case n < 92:
		w.done["closed sessions"]++
		return w.closeSession(ctx, c)
	case n < 96 && other.contact != nil && other.contact != c.contact:
		w.done["merges"]++
		return w.merge(ctx, c.contact, other.contact)
	default:
		w.done["deletions"]++
		return w.remove(ctx, c.contact)
	}
}

// persist repeats a request until its answer is definite. Attempts is how often it was sent: with more than one, an earlier one
// may have been carried out.
func (w *worker) persist(ctx context.Context, send func(context.Context) error) (attempts int, err error) {
	for end := time.Now().Add(persistence); ; {
		attempts++
		once, cancel := context.WithTimeout(ctx, attempt)
		err = send(once)
		cancel()
		refused, answered := errors.AsType[*rig.AnswerError](err)
		_, violated := errors.AsType[*violation](err)
		switch {
		case err == nil, violated:
			return attempts, err
		case answered && refused.Code != "UNAVAILABLE":
			return attempts, violate("refused with %s: %s", refused.Code, refused.Message)
		case time.Now().After(end):
			return attempts, violate("no answer in %s: %v", persistence, err)
		}
		w.retried++
		time.Sleep(time.Duration(50+rand.IntN(200)) * time.Millisecond)
	}
}

func (w *worker) ask(ctx context.Context, role, query string, variables, data any) (attempts int, err error) {
	k := &rig.Kith{Base: w.base}
	return w.persist(ctx, func(ctx context.Context) error { return k.Ask(ctx, role, query, variables, data) })
}

// userError is one of a payload.
type userError struct {
	Code    string
	Contact *struct {
		ID, Notes string
		Version   int
	}
}

func shown(value any) string {
	text, _ := json.Marshal(value)
	return string(text)
}

// history is what Kith has recorded of a contact, for a violation.
func (w *worker) history(ctx context.Context, id string) string {
	var got struct {
		Contact *struct {
			History struct {
				Nodes []struct {
					Kind, ContactID, Actor, At string
					Version                    int
					Fields                     []struct{ Field string }
				}
			}
		}
	}
	if _, err := w.ask(ctx, "admin", `query ($id: ID!) { contact(id: $id) { history { nodes { kind contactId version actor at fields { field } } } } }`,
		map[string]any{"id": id}, &got); err != nil {
		return err.Error()
	}
	return "history " + shown(got.Contact)
}

const userErrors = ` userErrors { code contact { id notes version } }`

// input is the variables for an operation with one input.
func input(fields map[string]any) map[string]any { return map[string]any{"in": fields} }

// heard notes the event of an answer about a contact.
func (w *worker) heard(id *string, contact string) {
	if id != nil {
		w.events = append(w.events, event{ID: *id, ContactID: contact})
	}
}

// message has a customer write once more.
func (w *worker) message(ctx context.Context, c *customer) error {
	c.sent++
	fresh := c.contact == nil || c.closed
	id := fmt.Sprintf("%s.%d", c.tag, c.sent)
	if c.webhook {
		if _, err := w.persist(ctx, func(ctx context.Context) error { return w.deliver(ctx, c, id) }); err != nil {
			return err
		}
		w.count(c, fresh)
		c.session = ""
		return w.look(ctx, c)
	}
	var got struct {
		RecordInteraction struct {
			Contact *struct {
				ID, Notes string
				Version   int
			}
			Session *struct {
				ID          string
				UnreadCount int
			}
			EventID    *string
			UserErrors []userError
		}
	}
	_, err := w.ask(ctx, "admin", `mutation ($in: RecordInteractionInput!) { recordInteraction(input: $in) {
		contact { id notes version } session { id unreadCount } eventId`+userErrors+` } }`, input(map[string]any{
		"channelId": w.channels.graphql, "externalId": c.external, "messageId": id, "text": "Message " + id,
		"profile": map[string]any{"name": c.name()},
	}), &got)
	if err != nil {
		return err
	}
	p := got.RecordInteraction
	if p.Contact == nil || p.Session == nil {
		return violate("message %s has no contact: %+v", id, p.UserErrors)
	}
	w.heard(p.EventID, p.Contact.ID)
	before := c.session
	w.count(c, fresh)
	c.session = p.Session.ID
	switch {
	case c.contact == nil:
		c.contact = &contact{p.Contact.ID, c.name(), p.Contact.Version, p.Contact.Notes, []*customer{c}, nil}
	case c.contact.id != p.Contact.ID:
		return violate("message %s is of contact %s, not of %s", id, p.Contact.ID, c.contact.id)
	}
	if (c.session == before) == fresh && before != "" {
		return violate("message %s is in session %s after %s (a new one: %t)", id, c.session, before, fresh)
	}
	if p.Session.UnreadCount != c.inNewest {
		return violate("session %s has %d messages, not %d", c.session, p.Session.UnreadCount, c.inNewest)
	}
	return nil
}

// name is what a channel says of the customer: as the contact has it, so that a message is no edit.
func (c *customer) name() string {
	if c.contact != nil {
		return c.contact.name
	}
	return "Customer " + c.tag
}

// count counts a message that was answered.
func (*worker) count(c *customer, fresh bool) {
	if fresh {
		c.sessions++
		c.inNewest = 0
		c.closed = false
	}
	c.inNewest++
	c.unread++
}

// deliver sends a message as WhatsApp does.
func (w *worker) deliver(ctx context.Context, c *customer, id string) error {
	at := time.Now()
	if c.closed { // also by the clock of Kith, which may be stepped, it comes after that: Kith takes a time in the future for now
		at = at.Add(2 * furthestStep)
	}
	body := fmt.Sprintf(`{"object":"whatsapp_business_account","entry":[{"id":"102290129340398","changes":[{"value":{`+
		`"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550783881","phone_number_id":"106540352242922"},`+
		`"contacts":[{"profile":{"name":%q},"wa_id":%q}],"messages":[{"from":%q,"id":"wamid.%s","timestamp":"%d",`+
		`"type":"text","text":{"body":"Message %s"}}]},"field":"messages"}]}]}`, c.name(), c.external, c.external, id, at.Unix(), id)
	sign := hmac.New(sha256.New, []byte(appSecret))
	_, _ = io.WriteString(sign, body)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.base+"/channels/"+w.channels.webhook+"/webhook", bytes.NewBufferString(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(sign.Sum(nil)))
	res, err := w.http.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	switch text, _ := io.ReadAll(res.Body); {
	case res.StatusCode == http.StatusOK:
		return nil
	case res.StatusCode < http.StatusInternalServerError:
		return violate("a webhook was answered %s: %s", res.Status, text)
	default:
		return errors.New(res.Status)
	}
}

// look finds the contact and the active session of a customer.
func (w *worker) look(ctx context.Context, c *customer) error {
	var got struct {
		Contacts struct {
			Nodes []struct {
				ID, Notes string
				Version   int
				Sessions  struct {
					Nodes []struct {
						ID          string
						UnreadCount int
						Identity    *struct{ ExternalID string }
					}
				}
			}
		}
	}
	_, err := w.ask(ctx, "staff", `query ($channel: ID!, $external: String!) {
		contacts(filter: {identity: {channelId: $channel, externalId: $external}}) { nodes { id notes version
			sessions(first: 100, filter: {statuses: [ACTIVE]}) { nodes { id unreadCount identity { externalId } } } } } }`,
		map[string]any{"channel": w.channels.webhook, "external": c.external}, &got)
	if err != nil {
		return err
	}
	if n := len(got.Contacts.Nodes); n != 1 {
		return violate("customer %s is %d contacts", c.tag, n)
	}
	found := got.Contacts.Nodes[0]
	switch {
	case c.contact == nil:
		c.contact = &contact{found.ID, c.name(), found.Version, found.Notes, []*customer{c}, nil}
	case c.contact.id != found.ID:
		return violate("customer %s is contact %s, not %s", c.tag, found.ID, c.contact.id)
	case len(c.contact.people) > 1 && found.Version == c.contact.version+1:
		c.contact.version++ // of two numbers, the one that wrote last is the phone
	}
	for _, s := range found.Sessions.Nodes {
		if s.Identity == nil || s.Identity.ExternalID != c.external {
			continue
		}
		if c.session = s.ID; s.UnreadCount != c.inNewest {
			return violate("session %s of %s has %d messages, not %d", s.ID, c.tag, s.UnreadCount, c.inNewest)
		}
		return nil
	}
	return violate("customer %s has no active session", c.tag)
}

// edit changes the notes of a contact.
func (w *worker) edit(ctx context.Context, c *contact) error {
	notes := fmt.Sprintf("note %d", w.random.Uint64())
	var got struct {
		UpdateContact struct {
			Contact *struct {
				Notes   string
				Version int
			}
			EventID    *string
			UserErrors []userError
		}
	}
	attempts, err := w.ask(ctx, "staff", `mutation ($in: UpdateContactInput!) { updateContact(input: $in) {
		contact { notes version } eventId`+userErrors+` } }`,
		input(map[string]any{"id": c.id, "notes": notes, "expectedVersion": c.version}), &got)
	if err != nil {
		return err
	}
	p := got.UpdateContact
	// An attempt that was carried out without an answer makes the next one a conflict.
	before := attempts > 1 && len(p.UserErrors) == 1 && p.UserErrors[0].Code == "CONFLICT"
	if p.Contact == nil || (len(p.UserErrors) > 0 && !before) || p.Contact.Notes != notes || p.Contact.Version != c.version+1 {
		return violate("edit %d of %s, sent %d times: %+v, errors %s; %s", c.version+1, c.id, attempts, p.Contact, shown(p.UserErrors),
			w.history(ctx, c.id))
	}
	w.heard(p.EventID, c.id)
	c.notes, c.version = notes, c.version+1
	return nil
}

// known is a contact as it is read.
type known struct {
	ID, Notes string
	Version   int
	Sessions  struct{ TotalCount struct{ Value int } }
}

func (w *worker) contact(ctx context.Context, id string) (*known, error) {
	var got struct{ Contact *known }
	_, err := w.ask(ctx, "staff", `query ($id: ID!) { contact(id: $id) { id notes version sessions(first: 1) { totalCount(max: 10000) { value } } } }`,
		map[string]any{"id": id}, &got)
	return got.Contact, err
}

// read compares a contact with what is known of it.
func (w *worker) read(ctx context.Context, c *contact) error {
	got, err := w.contact(ctx, c.id)
	if err != nil {
		return err
	}
	sessions := 0
	for _, p := range c.people {
		sessions += p.sessions
	}
	if got == nil || got.ID != c.id || got.Notes != c.notes || got.Version != c.version || got.Sessions.TotalCount.Value != sessions {
		return violate("contact %s is %+v, not version %d with notes %q and %d sessions; %s", c.id, got, c.version, c.notes, sessions,
			w.history(ctx, c.id))
	}
	return nil
}

// search finds the contact of a customer by its name.
func (w *worker) search(ctx context.Context, c *customer) error {
	var got struct {
		Contacts struct{ Nodes []struct{ ID string } }
	}
	if _, err := w.ask(ctx, "staff", `query ($q: String!) { contacts(search: $q) { nodes { id } } }`, map[string]any{"q": c.contact.name}, &got); err != nil {
		return err
	}
	if n := got.Contacts.Nodes; len(n) != 1 || n[0].ID != c.contact.id {
		return violate("a search for %s finds %v, not %s", c.contact.name, n, c.contact.id)
	}
	return nil
}

// closeSession closes the newest session of a customer.
func (w *worker) closeSession(ctx context.Context, c *customer) error {
	var got struct {
		UpdateSession struct {
			Session    *struct{ Status string }
			UserErrors []userError
		}
	}
	_, err := w.ask(ctx, "staff", `mutation ($in: UpdateSessionInput!) { updateSession(input: $in) { session { status }`+userErrors+` } }`,
		input(map[string]any{"id": c.session, "status": "CLOSED"}), &got)
	if err != nil {
		return err
	}
	if s := got.UpdateSession.Session; s == nil || s.Status != "CLOSED" {
		return violate("session %s is not closed: %+v", c.session, got.UpdateSession.UserErrors)
	}
	c.closed = true
	return nil
}

// merge merges a contact into another one.
func (w *worker) merge(ctx context.Context, into, c *contact) error {
	notes := fmt.Sprintf("merged %d", w.random.Uint64())
	var got struct {
		MergeContacts struct {
			Contact    *known
			EventID    *string
			UserErrors []userError
		}
	}
	attempts, err := w.ask(ctx, "staff", `mutation ($in: MergeContactsInput!) { mergeContacts(input: $in) {
		contact { id notes version } eventId`+userErrors+` } }`, input(map[string]any{
		"survivorId": into.id, "expectedVersion": into.version, "notes": notes, "nameFrom": into.id,
		"others": []any{map[string]any{"id": c.id, "expectedVersion": c.version}},
	}), &got)
	if err != nil {
		return err
	}
	p := got.MergeContacts
	if len(p.UserErrors) > 0 && attempts > 1 { // perhaps because an attempt before was carried out
		if p.Contact, err = w.contact(ctx, c.id); err != nil {
			return err
		}
	}
	if p.Contact == nil || p.Contact.ID != into.id || p.Contact.Notes != notes || p.Contact.Version <= into.version {
		return violate("merge of %s into %s: %+v, errors %+v", c.id, into.id, p.Contact, p.UserErrors)
	}
	w.heard(p.EventID, into.id)
	into.notes, into.version = notes, p.Contact.Version
	into.people = append(into.people, c.people...)
	into.merged = append(append(into.merged, c.merged...), c.id)
	for _, one := range into.people {
		one.contact = into
	}
	w.dead = append(w.dead, c.id)
	return nil
}

// remove deletes a contact for good. Its sessions stay, and its customers are strangers the next time.
func (w *worker) remove(ctx context.Context, c *contact) error {
	var got struct {
		DeleteContact struct {
			DeletedContactID, EventID *string
			UserErrors                []userError
		}
	}
	attempts, err := w.ask(ctx, "staff", `mutation ($in: DeleteContactInput!) { deleteContact(input: $in) { deletedContactId eventId`+userErrors+` } }`,
		input(map[string]any{"id": c.id}), &got)
	if err != nil {
		return err
	}
	p := got.DeleteContact
	before := attempts > 1 && len(p.UserErrors) == 1 && p.UserErrors[0].Code == "NOT_FOUND"
	if !before && (p.DeletedContactID == nil || *p.DeletedContactID != c.id) {
		return violate("deletion of %s: %+v", c.id, p)
	}
	w.heard(p.EventID, c.id)
	w.dead = append(w.dead, c.id)
	w.erased[c.id] = true
	for _, id := range c.merged {
		w.erased[id] = true
	}
	for _, one := range c.people {
		w.anonymous.sessions += one.sessions
		w.anonymous.unread += one.unread
		*one = customer{tag: one.tag, external: one.external, webhook: one.webhook, sent: one.sent}
	}
	return nil
}
