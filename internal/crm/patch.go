package crm

import (
	"errors"
	"strings"
)

// Apply makes the edit on c. Phone numbers without a country code are read in region, as in [NormalizePhone].
//
// An edit made on another version is a *ConflictError with the contact as it is, before anything else is looked at.
// Only fields being changed are validated; what is wrong with them comes as joined *InvalidErrors, and c is left alone.
// A value that the contact has already changes nothing, not even who is said to have given it.
func (p ContactPatch) Apply(c *Contact, region string) error {
	if p.ExpectedVersion != nil && *p.ExpectedVersion != c.Version {
		return &ConflictError{Current: *c}
	}
	name, nameErr := normalize(p.Name, NormalizeName)
	email, emailErr := normalize(p.Email, filled(NormalizeEmail))
	phone, phoneErr := normalize(p.Phone, filled(func(s string) (string, error) { return NormalizePhone(s, region) }))
	notes, notesErr := normalize(p.Notes, filled(NormalizeNotes))
	if err := errors.Join(nameErr, emailErr, phoneErr, notesErr); err != nil {
		return err
	}
	staffWrites(name, &c.Name, &c.NameFrom)
	staffWrites(email, &c.Email, &c.EmailFrom)
	staffWrites(phone, &c.Phone, &c.PhoneFrom)
	if v, ok := notes.Value(); ok {
		c.Notes = ""
		if v != nil {
			c.Notes = *v
		}
	}
	return nil
}

// Apply makes the edit on c. What is wrong with it comes as joined *InvalidErrors, and c is left alone.
func (p ChannelPatch) Apply(c *Channel) error {
	var nameErr, domainsErr, signedErr error
	edited := *c
	if v, ok := p.Name.Value(); ok {
		edited.Name, nameErr = NormalizeChannelName(v)
	}
	if v, ok := p.Active.Value(); ok {
		edited.Active = v
	}
	if v, ok := p.Domains.Value(); ok {
		edited.Domains, domainsErr = normalizeDomains(c.Type, v)
	}
	if v, ok := p.RequireSignedIdentity.Value(); ok {
		edited.RequireSignedIdentity = v
		if v && !c.Type.Provider().Website {
			signedErr = &InvalidError{
				Field: "requireSignedIdentity", Subject: "Only HTML_EMBED channels", Reason: "can require signed identities",
			}
		}
	}
	if err := errors.Join(nameErr, domainsErr, signedErr); err != nil {
		return err
	}
	*c = edited
	return nil
}

func normalize(c Change[*string], rule func(string) (*string, error)) (Change[*string], error) {
	v, ok := c.Value()
	if !ok || v == nil {
		return c, nil
	}
	v, err := rule(*v)
	return To(v), err
}

// filled is the rule for a field where blank means none.
func filled(rule func(string) (string, error)) func(string) (*string, error) {
	return func(s string) (*string, error) {
		if strings.TrimFunc(s, blank) == "" {
			return nil, nil
		}
		s, err := rule(s)
		return &s, err
	}
}

func staffWrites(c Change[*string], field **string, from *Provenance) {
	v, ok := c.Value()
	if !ok || equal(v, *field) {
		return
	}
	*field, *from = v, Provenance{}
	if v != nil {
		from.Origin = Staff
	}
}
