package crm

import (
	"errors"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxExternalID is the length in bytes that a channel's ids for customers and messages may have.
const MaxExternalID = 512

// Normalize returns the interaction as it is stored. Received must be set; a Preview may still be the message's whole
// text. Times are cut to the microsecond; a missing or future At is Received. A malformed value of the profile or alias is
// dropped, for no message is lost over it. What is wrong with ids, time or direction comes as joined *InvalidErrors.
func (i Interaction) Normalize(region string) (Interaction, error) {
	i.Received = i.Received.UTC().Truncate(time.Microsecond)
	i.At = i.At.UTC().Truncate(time.Microsecond)
	if i.At.IsZero() || i.At.After(i.Received) {
		i.At = i.Received
	}
	if i.Direction == "" {
		i.Direction = Inbound
	}
	if i.Preview != nil {
		i.Preview = Preview(*i.Preview)
	}
	if i.Former == i.ExternalID || validExternal("former", i.Former) != nil {
		i.Former = ""
	}
	if i.Alias == i.ExternalID || validExternal("alias", i.Alias) != nil {
		i.Alias = ""
	}
	if i.Previous == i.ExternalID || validExternal("previous", i.Previous) != nil {
		i.Previous = ""
	}
	if validExternal("account", i.Account) != nil {
		i.Account = ""
	}
	i.Profile = i.Profile.normalize(region)
	if i.Kind == Announced {
		i.MessageID = ""
		return i, errors.Join(validExternal("externalId", i.ExternalID), validTime(i.At))
	}
	return i, errors.Join(
		validExternal("externalId", i.ExternalID),
		validExternal("messageId", i.MessageID),
		validTime(i.At),
		validDirection(i.Direction),
	)
}

func validExternal(field, s string) error {
	switch {
	case s == "":
		return &InvalidError{Field: field, Reason: "cannot be empty"}
	case len(s) > MaxExternalID:
		return &InvalidError{Field: field, Reason: "can have at most 512 bytes"}
	case !utf8.ValidString(s):
		return &InvalidError{Field: field, Reason: "must be valid UTF-8 text"}
	case strings.ContainsRune(s, 0):
		return &InvalidError{Field: field, Reason: "cannot contain NUL characters"}
	}
	return nil
}

// validTime refuses 1970 and before: that is a clock at zero or the wrong unit, and the epoch itself means never.
func validTime(at time.Time) error {
	if at.Year() <= 1970 {
		return &InvalidError{Field: "occurredAt", Reason: "must be after 1970; leave it out if the time is unknown"}
	}
	return nil
}

func validDirection(d Direction) error {
	if d != Inbound && d != Outbound {
		return &InvalidError{Field: "direction", Reason: "must be INBOUND or OUTBOUND"}
	}
	return nil
}

func (p Profile) normalize(region string) Profile {
	if p.Name != nil {
		p.Name = CleanName(*p.Name)
	}
	p.Email = keep(p.Email, NormalizeEmail)
	read := NormalizePhone
	if p.PhoneVerified {
		read = vouchedPhone
	}
	p.Phone = keep(p.Phone, func(s string) (string, error) { return read(s, region) })
	p.EmailVerified = p.EmailVerified && p.Email != nil
	p.PhoneVerified = p.PhoneVerified && p.Phone != nil
	return p
}

// keep is the value by the rule, or nil when the rule refuses it.
func keep(v *string, rule func(string) (string, error)) *string {
	if v == nil {
		return nil
	}
	s, err := rule(*v)
	if err != nil {
		return nil
	}
	return &s
}
