// Package match finds what two contacts have in common that may make them one person.
//
// Contacts that share a [Key] are compared, nobody else, so that the work stays small however many contacts there are. Keys
// hold no values. What many share, such as the address of an office, is no sign of anything: see [Crowd].
package match

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"

	"kith/internal/crm"
	"kith/internal/search"
)

// Crowd is how many contacts may share a key and still be pairs.
const Crowd = 10

// maxKeys is how many keys a contact has at most.
const maxKeys = 12

// Key is a hash of something that two contacts may have in common.
type Key int64

// Person is a contact as far as it can be matched.
type Person struct {
	Contact    crm.Contact
	Identities []crm.Identity
	// Types are the types of the identities' channels.
	Types map[crm.ChannelID]crm.ChannelType
}

// Keys are the keys of a person, in order and each once.
func (p Person) Keys() []Key {
	var keys []Key
	for _, f := range p.features() {
		sum := sha256.Sum256([]byte(f.kind + "\x00" + f.value))
		keys = append(keys, Key(binary.BigEndian.Uint64(sum[:8])))
	}
	if len(keys) > maxKeys {
		keys = keys[:maxKeys]
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// feature is something about a person that another may have, too.
type feature struct {
	kind, value string
	claimed     bool // the customer typed the value
}

// The kinds of features.
const (
	ofEmail   = "email"
	ofPhone   = "phone"
	ofChannel = "channel"
	ofName    = "name"
)

func (p Person) features() (all []feature) {
	for _, v := range p.values() {
		switch v.Field {
		case "phone":
			all = append(all, feature{ofPhone, slices.Min(crm.PhoneVariants(v.Value)), v.From.Origin == crm.Claimed})
		default:
			if email := canonicalEmail(v.Value); email != "" {
				all = append(all, feature{ofEmail, email, v.From.Origin == crm.Claimed})
			}
		}
	}
	for _, i := range p.Identities {
		if t := p.Types[i.ChannelID]; global[t] {
			all = append(all, feature{ofChannel, string(t) + " " + i.ExternalID, false})
		}
	}
	return append(all, p.names()...)
}

// global are the channel types whose ids for customers are the same on every channel: phone numbers and user numbers.
// Elsewhere an id is of one account of the workspace.
var global = map[crm.ChannelType]bool{crm.WhatsApp: true, crm.Telegram: true}

// values are the emails and phones of the person.
func (p Person) values() []crm.FurtherValue {
	c := p.Contact
	var all []crm.FurtherValue
	if c.Email != nil {
		all = append(all, crm.FurtherValue{Field: "email", Value: *c.Email, From: c.EmailFrom})
	}
	if c.Phone != nil {
		all = append(all, crm.FurtherValue{Field: "phone", Value: *c.Phone, From: c.PhoneFrom})
	}
	return append(all, c.Further...)
}

// names are the name, of two words at least, with each email's local part, and with the domain of a company.
func (p Person) names() (all []feature) {
	if p.Contact.Name == nil {
		return nil
	}
	name := search.Fold(*p.Contact.Name)
	if !strings.Contains(name, " ") {
		return nil
	}
	for _, v := range p.values() {
		email := canonicalEmail(v.Value)
		local, domain, ok := strings.Cut(email, "@")
		if v.Field != "email" || !ok {
			continue
		}
		all = append(all, feature{ofName, name + "\x00" + local, false})
		if !public[domain] {
			all = append(all, feature{ofName, name + "\x00@" + domain, false})
		}
	}
	return all
}

// Reasons are why the two may be one person; none when nothing speaks for it.
func Reasons(a, b Person) (reasons crm.DuplicateReasons) {
	others := b.features()
	for _, f := range a.features() {
		for _, o := range others {
			if f.kind == o.kind && f.value == o.value {
				reasons |= crm.ReasonsOf(reasonOf(f, o))
			}
		}
	}
	return reasons
}

func reasonOf(f, o feature) crm.DuplicateReason {
	switch {
	case f.kind == ofName:
		return crm.SameNameAndEmail
	case f.kind == ofChannel:
		return crm.SameChannelID
	case f.claimed || o.claimed:
		return crm.ClaimedValue
	case f.kind == ofPhone:
		return crm.PhoneVariant
	}
	return crm.EmailSpelling
}

// canonicalEmail is the spelling that stands for all spellings of one mailbox: its [crm.EmailKey] without what follows a
// plus (RFC 5233), and at Gmail without dots. It is empty for an address of an office, which many people use.
func canonicalEmail(email string) string {
	local, domain, ok := strings.Cut(crm.EmailKey(email), "@")
	if !ok {
		return ""
	}
	if mailbox, _, plus := strings.Cut(local, "+"); plus && mailbox != "" {
		local = mailbox
	}
	if domain == "googlemail.com" {
		domain = "gmail.com"
	}
	if domain == "gmail.com" {
		local = strings.ReplaceAll(local, ".", "")
	}
	if shared[local] {
		return ""
	}
	return local + "@" + domain
}

// shared are local parts of mailboxes that several people read (RFC 2142, and customs).
var shared = set(
	"info", "office", "mail", "email", "contact", "kontakt", "hello", "hallo", "hi", "sales", "support", "help", "service",
	"team", "admin", "administrator", "billing", "accounting", "buchhaltung", "invoice", "orders", "order", "shop", "store",
	"reception", "marketing", "press", "jobs", "hr", "webmaster", "postmaster", "hostmaster", "abuse", "noreply", "no-reply",
	"no_reply", "donotreply", "do-not-reply", "test", "none", "unknown", "na",
)

// public are domains where anybody has a mailbox.
var public = set(
	"gmail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com", "ymail.com", "icloud.com", "me.com", "mac.com",
	"aol.com", "proton.me", "protonmail.com", "gmx.de", "gmx.net", "gmx.at", "gmx.ch", "gmx.com", "web.de", "t-online.de", "freenet.de",
	"mail.ru", "yandex.ru", "yandex.com", "qq.com", "163.com", "126.com", "naver.com", "daum.net", "orange.fr", "free.fr", "laposte.net",
	"libero.it", "uol.com.br", "bol.com.br", "terra.com.br", "hotmail.co.uk", "yahoo.co.uk", "btinternet.com", "hotmail.fr", "yahoo.fr",
	"hotmail.de", "yahoo.de", "outlook.de", "hotmail.es", "yahoo.es", "hotmail.it", "yahoo.it", "yahoo.co.jp", "yahoo.co.in",
	"rediffmail.com", "comcast.net", "verizon.net", "att.net", "sbcglobal.net", "zoho.com", "fastmail.com", "hey.com", "tutanota.com",
)

func set(values ...string) map[string]bool {
	m := make(map[string]bool, len(values))
	for _, v := range values {
		m[v] = true
	}
	return m
}

// Sharing are the contacts that share a key with each of the people, each once and without the people themselves. A key that
// more than [Crowd] contacts have is ignored; holders need to list one more than that at most.
func Sharing(people map[crm.ContactID]Person, holders map[Key][]crm.ContactID) map[crm.ContactID][]crm.ContactID {
	out := map[crm.ContactID][]crm.ContactID{}
	for id, p := range people {
		for _, k := range p.Keys() {
			if len(holders[k]) > Crowd {
				continue
			}
			for _, other := range holders[k] {
				if other != id && !slices.Contains(out[id], other) {
					out[id] = append(out[id], other)
				}
			}
		}
	}
	return out
}
