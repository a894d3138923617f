package crm

import (
	"math/bits"
	"time"
)

// Duplicate is a pair of contacts that may be one person and that staff have not reviewed yet.
type Duplicate struct {
	ID       DuplicateID
	Contacts [2]ContactID // the lower id first
	Reasons  DuplicateReasons
	At       time.Time // when it was found
}

// DuplicateReasons are the reasons why two contacts may be one person, as bits: a surer reason is a higher one, so that a
// higher number is a surer pair. The numbers are stored.
type DuplicateReasons uint8

// DuplicateReason is one of [DuplicateReasons].
type DuplicateReason DuplicateReasons

// The reasons, the surest last.
const (
	// SameNameAndEmail: the names are the same, and so is the local part of the emails or the domain of a company.
	SameNameAndEmail DuplicateReason = 1 << iota
	// ClaimedValue: one of them typed the email or phone that the other one has.
	ClaimedValue
	// SameChannelID: two channels know them by the same id, which is the provider's.
	SameChannelID
	// PhoneVariant: the phones are one number in two notations.
	PhoneVariant
	// EmailSpelling: the emails are two spellings of one address.
	EmailSpelling
	// ProvenSame: a channel says so, and something speaks against merging them without asking.
	ProvenSame
)

var duplicateReasons = map[DuplicateReason]string{
	SameNameAndEmail: "NAME_AND_EMAIL",
	ClaimedValue:     "CLAIMED",
	SameChannelID:    "CHANNEL_ID",
	PhoneVariant:     "PHONE_VARIANT",
	EmailSpelling:    "EMAIL_SPELLING",
	ProvenSame:       "PROVEN",
}

// String is the reason's name.
func (r DuplicateReason) String() string { return duplicateReasons[r] }

// ParseDuplicateReason reads what [DuplicateReason.String] wrote; ok is false for any other string.
func ParseDuplicateReason(s string) (reason DuplicateReason, ok bool) {
	for r, name := range duplicateReasons {
		if name == s {
			return r, true
		}
	}
	return 0, false
}

// ReasonsOf are the reasons as a set.
func ReasonsOf(reasons ...DuplicateReason) (set DuplicateReasons) {
	for _, r := range reasons {
		set |= DuplicateReasons(r)
	}
	return set
}

// Each are the reasons one by one, the surest first.
func (rs DuplicateReasons) Each() []DuplicateReason {
	out := []DuplicateReason{}
	for n := bits.Len8(uint8(rs)); n > 0; n = bits.Len8(uint8(rs)) {
		r := DuplicateReason(1) << (n - 1)
		out = append(out, r)
		rs &^= DuplicateReasons(r)
	}
	return out
}

// Dismissal says that pairs of contacts are two people each.
type Dismissal struct {
	Actor string
	At    time.Time
}

// OfProof reports whether the dismissal of the pair holds against what channels prove: not where none had proven anything
// when a person dismissed it.
func (d Duplicate) OfProof() bool { return d.Reasons&DuplicateReasons(ProvenSame) != 0 }

// Audit is the entry for the dismissal of a pair.
func (d Dismissal) Audit(pair Duplicate) AuditEntry {
	a := NewAudit(DuplicatesDismissed, d.Actor, d.At)
	a.ContactID, a.OtherID = &pair.Contacts[0], &pair.Contacts[1]
	return a
}
