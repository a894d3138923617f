package crm_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"kith/internal/crm"
)

var (
	noon     = time.Date(2025, 6, 1, 12, 0, 0, 123_456_000, time.UTC)
	web      = crm.NewChannelID(noon)
	telegram = crm.NewChannelID(noon)
	byStaff  = crm.Provenance{Origin: crm.Staff}
)

func claimed(ch crm.ChannelID) crm.Provenance {
	return crm.Provenance{Origin: crm.Claimed, Channel: ch}
}
func verified(ch crm.ChannelID) crm.Provenance {
	return crm.Provenance{Origin: crm.Verified, Channel: ch}
}

func ann() crm.Contact {
	return crm.Contact{
		Name: new("Ann"), Email: new("ann@example.com"), Phone: new("+4930123456"), Notes: "old", Version: 3,
		NameFrom: claimed(web), EmailFrom: verified(web), PhoneFrom: byStaff,
	}
}

func TestContactPatchApply(t *testing.T) {
	t.Parallel()
	set := func(s string) crm.Change[*string] { return crm.To(&s) }
	for name, c := range map[string]struct {
		patch crm.ContactPatch
		want  func(*crm.Contact)
	}{
		"an empty patch changes nothing": {crm.ContactPatch{}, func(*crm.Contact) {}},
		"a value is normalised and becomes staff's": {
			crm.ContactPatch{Name: set(" Ann  Smith "), Email: set("Ann@EXAMPLE.org"), Phone: set("030 98765432"), Notes: set("a\r\nb")},
			func(c *crm.Contact) {
				c.Name, c.Email, c.Phone, c.Notes = new("Ann Smith"), new("Ann@example.org"), new("+493098765432"), "a\nb"
				c.NameFrom, c.EmailFrom, c.PhoneFrom = byStaff, byStaff, byStaff
			},
		},
		"null clears": {
			crm.ContactPatch{Name: crm.To[*string](nil), Email: crm.To[*string](nil), Phone: crm.To[*string](nil), Notes: crm.To[*string](nil)},
			func(c *crm.Contact) { *c = crm.Contact{Version: 3} },
		},
		"empty notes are none": {crm.ContactPatch{Notes: set("")}, func(c *crm.Contact) { c.Notes = "" }},
		"the value that is there leaves even its origin alone": {
			crm.ContactPatch{Name: set("Ann "), Email: set("ann@EXAMPLE.com"), Phone: set("+49 30 123456"), Notes: set("old")},
			func(*crm.Contact) {},
		},
		"the right version passes": {
			crm.ContactPatch{Notes: set("new"), ExpectedVersion: new(3)},
			func(c *crm.Contact) { c.Notes = "new" },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, want := ann(), ann()
			c.want(&want)
			if err := c.patch.Apply(&got, "DE"); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}

	t.Run("everything wrong is said at once and nothing is changed", func(t *testing.T) {
		t.Parallel()
		got := ann()
		err := crm.ContactPatch{Name: set("a\nb"), Email: set("nope"), Phone: set("030 1"), Notes: set("\x00")}.Apply(&got, "")
		if diff := cmp.Diff([]string{"name", "email", "phone", "notes"}, invalidFields(err)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(ann(), got); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("an empty name, email or phone is refused", func(t *testing.T) {
		t.Parallel()
		for _, empty := range []string{"", "  ", "\t\u200b"} {
			got := ann()
			err := crm.ContactPatch{Name: set(empty), Email: set(empty), Phone: set(empty)}.Apply(&got, "")
			if diff := cmp.Diff([]string{"name", "email", "phone"}, invalidFields(err)); diff != "" {
				t.Errorf("%q: %s", empty, diff)
			}
			if diff := cmp.Diff(ann(), got); diff != "" {
				t.Error(diff)
			}
		}
	})

	t.Run("one wrong value keeps the right ones out", func(t *testing.T) {
		t.Parallel()
		got := ann()
		err := crm.ContactPatch{Name: set("Anna"), Email: set("nope")}.Apply(&got, "")
		if diff := cmp.Diff([]string{"email"}, invalidFields(err)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(ann(), got); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("a field that is not being changed is not validated", func(t *testing.T) {
		t.Parallel()
		got := crm.Contact{Email: new("from an older, laxer time"), Version: 1}
		if err := (crm.ContactPatch{Name: set("Ann")}).Apply(&got, ""); err != nil {
			t.Error(err)
		}
	})

	t.Run("another version is a conflict before anything else", func(t *testing.T) {
		t.Parallel()
		got := ann()
		err := crm.ContactPatch{Email: set("nope"), ExpectedVersion: new(2)}.Apply(&got, "")
		conflict, ok := errors.AsType[*crm.ConflictError](err)
		if !ok {
			t.Fatalf("got %v", err)
		}
		if diff := cmp.Diff(ann(), conflict.Current); diff != "" {
			t.Error(diff)
		}
	})
}

func TestChannelPatchApply(t *testing.T) {
	t.Parallel()
	c := crm.Channel{Name: "Web", Active: true}
	if err := (crm.ChannelPatch{}).Apply(&c); err != nil || c.Name != "Web" || !c.Active {
		t.Errorf("an empty patch left %+v, %v", c, err)
	}
	if err := (crm.ChannelPatch{Name: crm.To(" Site "), Active: crm.To(false)}).Apply(&c); err != nil || c.Name != "Site" || c.Active {
		t.Errorf("got %+v, %v", c, err)
	}
	wantInvalid(t, crm.ChannelPatch{Name: crm.To(""), Active: crm.To(true)}.Apply(&c), "name", "Name cannot be empty")
	for _, kind := range crm.ChannelTypes {
		c := crm.Channel{Type: kind}
		err := crm.ChannelPatch{RequireSignedIdentity: crm.To(true)}.Apply(&c)
		if embed := kind == crm.HTMLEmbed; c.RequireSignedIdentity != embed || (err == nil) != embed {
			t.Errorf("%s: %t, %v", kind, c.RequireSignedIdentity, err)
		}
		if err := (crm.ChannelPatch{RequireSignedIdentity: crm.To(false)}).Apply(&c); err != nil || c.RequireSignedIdentity {
			t.Errorf("%s: %t, %v", kind, c.RequireSignedIdentity, err)
		}
	}
	if c.Active {
		t.Error("a refused patch was applied in part")
	}
}

func TestLearn(t *testing.T) {
	t.Parallel()
	type email struct {
		value string
		from  crm.Provenance
	}
	for name, c := range map[string]struct {
		has      email
		says     string
		verified bool
		want     email
	}{
		"a claim fills a blank":                             {email{}, "a@b.c", false, email{"a@b.c", claimed(web)}},
		"a verified value fills a blank":                    {email{}, "a@b.c", true, email{"a@b.c", verified(web)}},
		"nothing said changes nothing":                      {email{"a@b.c", claimed(web)}, "", true, email{"a@b.c", claimed(web)}},
		"a channel refreshes its own claim":                 {email{"a@b.c", claimed(web)}, "x@y.z", false, email{"x@y.z", claimed(web)}},
		"a channel refreshes its own verified value":        {email{"a@b.c", verified(web)}, "x@y.z", true, email{"x@y.z", verified(web)}},
		"a channel verifies its own claim":                  {email{"a@b.c", claimed(web)}, "a@b.c", true, email{"a@b.c", verified(web)}},
		"a verified value replaces another channel's claim": {email{"a@b.c", claimed(telegram)}, "x@y.z", true, email{"x@y.z", verified(web)}},
		"a claim leaves another channel's claim":            {email{"a@b.c", claimed(telegram)}, "x@y.z", false, email{"a@b.c", claimed(telegram)}},
		"a claim leaves the channel's own verified value":   {email{"a@b.c", verified(web)}, "x@y.z", false, email{"a@b.c", verified(web)}},
		"a verified value leaves another channel's":         {email{"a@b.c", verified(telegram)}, "x@y.z", true, email{"a@b.c", verified(telegram)}},
		"a claim leaves what staff wrote":                   {email{"a@b.c", byStaff}, "x@y.z", false, email{"a@b.c", byStaff}},
		"a verified value leaves what staff wrote":          {email{"a@b.c", byStaff}, "x@y.z", true, email{"a@b.c", byStaff}},
		"an equal value leaves what staff wrote":            {email{"a@b.c", byStaff}, "a@b.c", true, email{"a@b.c", byStaff}},
		"the same again changes nothing":                    {email{"a@b.c", claimed(web)}, "a@b.c", false, email{"a@b.c", claimed(web)}},
		"the same verified again changes nothing":           {email{"a@b.c", verified(web)}, "a@b.c", true, email{"a@b.c", verified(web)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pointer := func(s string) *string {
				if s == "" {
					return nil
				}
				return &s
			}
			before := crm.Contact{Email: pointer(c.has.value), EmailFrom: c.has.from}
			after := before
			changed := after.Learn(crm.Profile{Email: pointer(c.says), EmailVerified: c.verified}, web)
			if value(after.Email) != c.want.value || after.EmailFrom != c.want.from {
				t.Errorf("got %q from %v", value(after.Email), after.EmailFrom)
			}
			if changed == before.Same(after) {
				t.Errorf("changed is %v", changed)
			}

			// The phone follows the same rule.
			phone := crm.Contact{Phone: pointer(c.has.value), PhoneFrom: c.has.from}
			phone.Learn(crm.Profile{Phone: pointer(c.says), PhoneVerified: c.verified}, web)
			if value(phone.Phone) != c.want.value || phone.PhoneFrom != c.want.from {
				t.Errorf("phone: got %q from %v", value(phone.Phone), phone.PhoneFrom)
			}
		})
	}

	t.Run("a name is a claim, whatever else is verified", func(t *testing.T) {
		t.Parallel()
		c := crm.Contact{Name: new("Ann"), NameFrom: claimed(telegram)}
		c.Learn(crm.Profile{Name: new("Bob"), EmailVerified: true, PhoneVerified: true}, web)
		if *c.Name != "Ann" {
			t.Error("another channel's name was written over")
		}
		if !c.Learn(crm.Profile{Name: new("Anna")}, telegram) || *c.Name != "Anna" {
			t.Error("the channel's own name was not refreshed")
		}
	})
}

func TestInteractionNormalize(t *testing.T) {
	t.Parallel()
	berlin := time.FixedZone("", 2*60*60)
	good := crm.Interaction{
		ChannelID: web, ExternalID: " U1 ", MessageID: "m1", Received: noon.Add(789).In(berlin),
		At: noon.Add(-time.Hour + 456).In(berlin), Direction: crm.Outbound,
	}
	for name, c := range map[string]struct {
		change func(*crm.Interaction)
		want   func(*crm.Interaction)
	}{
		"times are cut to the microsecond and in UTC, ids are kept as given": {
			func(*crm.Interaction) {},
			func(*crm.Interaction) {},
		},
		"no time is the time of receipt": {
			func(i *crm.Interaction) { i.At = time.Time{} },
			func(i *crm.Interaction) { i.At = noon },
		},
		"a time to come is the time of receipt": {
			func(i *crm.Interaction) { i.At = noon.AddDate(9000, 0, 0) },
			func(i *crm.Interaction) { i.At = noon },
		},
		"no direction is inbound": {
			func(i *crm.Interaction) { i.Direction = "" },
			func(i *crm.Interaction) { i.Direction = crm.Inbound },
		},
		"the text becomes a preview": {
			func(i *crm.Interaction) { i.Preview = new(" a\nb ") },
			func(i *crm.Interaction) { i.Preview = new("a b") },
		},
		"a text of nothing is no preview": {
			func(i *crm.Interaction) { i.Preview = new("\n") },
			func(i *crm.Interaction) { i.Preview = nil },
		},
		"a profile is normalised": {
			func(i *crm.Interaction) {
				i.Profile = crm.Profile{Name: new("Ann\nSmith"), Email: new(" a@B.c"), EmailVerified: true, Phone: new("030 123456"), PhoneVerified: true}
			},
			func(i *crm.Interaction) {
				i.Profile = crm.Profile{Name: new("Ann Smith"), Email: new("a@b.c"), EmailVerified: true, Phone: new("+4930123456"), PhoneVerified: true}
			},
		},
		"what is malformed in a profile is dropped": {
			func(i *crm.Interaction) {
				i.Profile = crm.Profile{Name: new("\x00"), Email: new("nope"), EmailVerified: true, Phone: new("1"), PhoneVerified: true}
			},
			func(i *crm.Interaction) { i.Profile = crm.Profile{} },
		},
		"a verified phone that no numbering plan has is kept as it came": {
			func(i *crm.Interaction) {
				i.Profile = crm.Profile{Phone: new("+55 11 8765-4321"), PhoneVerified: true}
			},
			func(i *crm.Interaction) { i.Profile = crm.Profile{Phone: new("+551187654321"), PhoneVerified: true} },
		},
		"a claimed one is dropped": {
			func(i *crm.Interaction) { i.Profile = crm.Profile{Phone: new("+55 11 8765-4321")} },
			func(i *crm.Interaction) { i.Profile = crm.Profile{} },
		},
		"so is a verified one that is no number of E.164": {
			func(i *crm.Interaction) {
				i.Profile = crm.Profile{Phone: new("+5511876543210987"), PhoneVerified: true}
			},
			func(i *crm.Interaction) { i.Profile = crm.Profile{} },
		},
		"or lacks its country code": {
			func(i *crm.Interaction) { i.Profile = crm.Profile{Phone: new("0000000"), PhoneVerified: true} },
			func(i *crm.Interaction) { i.Profile = crm.Profile{} },
		},
		"or has letters": {
			func(i *crm.Interaction) { i.Profile = crm.Profile{Phone: new("+55 11 CALL NOW"), PhoneVerified: true} },
			func(i *crm.Interaction) { i.Profile = crm.Profile{} },
		},
		"a former id that is the external id says nothing": {
			func(i *crm.Interaction) { i.Former = " U1 " },
			func(i *crm.Interaction) {},
		},
		"what is not there is not verified": {
			func(i *crm.Interaction) { i.Profile = crm.Profile{EmailVerified: true, PhoneVerified: true} },
			func(i *crm.Interaction) { i.Profile = crm.Profile{} },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in, want := good, good
			want.Received, want.At = noon, noon.Add(-time.Hour)
			c.change(&in)
			c.want(&want)
			got, err := in.Normalize("DE")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if again, err := got.Normalize("DE"); err != nil || !cmp.Equal(got, again) {
				t.Errorf("a second time makes a difference: %s, %v", cmp.Diff(got, again), err)
			}
		})
	}

	for name, c := range map[string]struct {
		change func(*crm.Interaction)
		fields []string
	}{
		"no ids": {
			func(i *crm.Interaction) { i.ExternalID, i.MessageID = "", "" },
			[]string{"externalId", "messageId"},
		},
		"a NUL in an id":         {func(i *crm.Interaction) { i.MessageID = "a\x00" }, []string{"messageId"}},
		"invalid UTF-8 in an id": {func(i *crm.Interaction) { i.ExternalID = "\xff" }, []string{"externalId"}},
		"an id of 513 bytes": {
			func(i *crm.Interaction) { i.MessageID = strings.Repeat("a", 513) },
			[]string{"messageId"},
		},
		"a clock that was not set": {func(i *crm.Interaction) { i.At = time.Unix(0, 0) }, []string{"occurredAt"}},
		"a time before the epoch":  {func(i *crm.Interaction) { i.At = noon.AddDate(-200, 0, 0) }, []string{"occurredAt"}},
		"a direction of its own":   {func(i *crm.Interaction) { i.Direction = "SIDEWAYS" }, []string{"direction"}},
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			t.Parallel()
			in := good
			c.change(&in)
			_, err := in.Normalize("")
			if diff := cmp.Diff(c.fields, invalidFields(err)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFromInteraction(t *testing.T) {
	t.Parallel()
	in := crm.Interaction{
		ChannelID: web, ExternalID: "U1", MessageID: "m1", Received: noon, At: noon.Add(-time.Hour), Direction: crm.Inbound,
		Preview: new("hi"), Profile: crm.Profile{Name: new("Ann"), Email: new("a@b.c"), EmailVerified: true},
	}
	out := in
	out.Direction = crm.Outbound
	ignoreIDs := cmpopts.IgnoreFields(crm.Contact{}, "ID")
	at := in.At
	want := crm.Contact{
		Name: new("Ann"), Email: new("a@b.c"), Version: 1, CreatedAt: noon, UpdatedAt: noon, LastActivityAt: &at,
		NameFrom: claimed(web), EmailFrom: verified(web),
	}
	if diff := cmp.Diff(want, crm.ContactFrom(in), ignoreIDs); diff != "" {
		t.Error(diff)
	}
	want.LastActivityAt = nil
	if diff := cmp.Diff(want, crm.ContactFrom(out), ignoreIDs); diff != "" {
		t.Error("written to only:", diff)
	}

	c := crm.ContactFrom(in)
	a := crm.FirstAccount(c.ID)
	s := crm.SessionFrom(in, c.ID, a)
	if diff := cmp.Diff(crm.Session{
		ID: s.ID, ContactID: &c.ID, AccountID: &a, ChannelID: web, Status: crm.Active, LastMessagePreview: new("hi"),
		LastMessageAt: in.At, UnreadCount: 1, StartedAt: in.At, LastInboundAt: &in.At,
	}, s); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(crm.Identity{
		ContactID: c.ID, AccountID: a, ChannelID: web, ExternalID: "U1", DisplayName: new("Ann"), CreatedAt: noon,
	}, crm.IdentityFrom(in, c.ID, a)); diff != "" {
		t.Error(diff)
	}
}

func TestReceive(t *testing.T) {
	t.Parallel()
	message := func(minutes int, d crm.Direction) crm.Interaction {
		return crm.Interaction{At: noon.Add(time.Duration(minutes) * time.Minute), Received: noon.Add(time.Hour), Direction: d, Preview: new(string(d))}
	}
	var c crm.Contact
	c.Receive(message(9, crm.Outbound))
	if c.LastActivityAt != nil {
		t.Error("writing to a customer is not activity of the customer")
	}
	for _, m := range []int{1, 5, 3} {
		c.Receive(message(m, crm.Inbound))
	}
	if !c.LastActivityAt.Equal(noon.Add(5 * time.Minute)) {
		t.Errorf("activity is %v after a late message", c.LastActivityAt)
	}

	s := crm.SessionFrom(message(1, crm.Inbound), crm.ContactID{}, crm.AccountID{})
	s.Receive(message(5, crm.Outbound))
	s.Receive(message(3, crm.Inbound))
	if !s.LastMessageAt.Equal(noon.Add(5*time.Minute)) || value(s.LastMessagePreview) != "OUTBOUND" || s.UnreadCount != 1 {
		t.Errorf("after a late message the session is %+v", s)
	}
}
