package crm

import "github.com/nyaruka/phonenumbers"

// PhoneInternational is the phone number in the international notation of ITU-T E.123, grouped as people in its country
// group it: "+49 30 123456". A number that is in no numbering plan stays in E.164, and a masked one as it is.
func (c Contact) PhoneInternational() *string {
	if c.Phone == nil {
		return nil
	}
	written := *c.Phone
	if isMask(written) {
		return &written
	}
	if n, err := phonenumbers.Parse(written, ""); err == nil && phonenumbers.IsValidNumber(n) {
		written = phonenumbers.Format(n, phonenumbers.INTERNATIONAL)
	}
	return &written
}
