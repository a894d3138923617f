package crm

// MaxFurther is how many further values a contact can have.
const MaxFurther = 50

// FurtherValue is one more email or phone of a contact, beside the one that is shown first. Further values come from merges.
// They are found by searches and lead verified messages to the contact like the first ones.
type FurtherValue struct {
	Field string     `json:"field"` // email or phone
	Value string     `json:"value"`
	From  Provenance `json:"from"`
}

// same reports whether v is a value, as [Contact.Holds] compares them.
func (v FurtherValue) same(field, value string) bool {
	if field != v.Field {
		return false
	}
	return v.Value == value || field == "email" && sameEmail(v.Value, value)
}

// FurtherOf are the further values in a field, in their order.
func (c Contact) FurtherOf(field string) []string {
	values := []string{}
	for _, v := range c.Further {
		if v.Field == field {
			values = append(values, v.Value)
		}
	}
	return values
}

// EmailVerified reports whether the email is reliable: staff entered it or a channel verified it.
func (c Contact) EmailVerified() bool { return c.Email != nil && c.EmailFrom.Vouches() }

// PhoneVerified is [Contact.EmailVerified] of the phone.
func (c Contact) PhoneVerified() bool { return c.Phone != nil && c.PhoneFrom.Vouches() }

// addFurther adds a value unless the contact holds it already.
func (c *Contact) addFurther(field string, value *string, from Provenance) {
	if value != nil && !c.Holds(field, *value) {
		c.Further = append(c.Further, FurtherValue{Field: field, Value: *value, From: from})
	}
}

// dropHeld removes the further values that are the first ones too. It leaves the list itself alone, which others may share.
func (c *Contact) dropHeld() {
	var left []FurtherValue
	for _, v := range c.Further {
		first := c.Email
		if v.Field == "phone" {
			first = c.Phone
		}
		if first == nil || !v.same(v.Field, *first) {
			left = append(left, v)
		}
	}
	c.Further = left
}
