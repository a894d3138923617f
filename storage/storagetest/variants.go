package storagetest

import (
	"fmt"

	"kith/internal/crm"
)

// variants are numbers that reach one telephone.
var variants = [][2]string{
	{"+5511987654321", "+551187654321"},
	{"+5215512345678", "+525512345678"},
	{"+5491123456789", "+541123456789"},
	{"+2250707123456", "+22507123456"},
	{"+2290197123456", "+22997123456"},
}

var variantCases = []testCase{
	{"a verified phone joins the contact that has a variant of it, and no number is rewritten", func(w *world) {
		ch := w.channel("WhatsApp")
		for _, v := range variants {
			for n := range v {
				has, says := v[n], v[1-n]
				ann := w.add(person{name: "Ann", phone: has})[0]
				r := w.recordProfile(ch, says[1:], verified("", says))
				w.same(says+" joins "+has, r.Contact.ID, ann.ID)
				w.same("phone", w.contact(ann.ID).Phone, &has)
				w.remove(ann.ID)
			}
		}
	}},
	{"of several contacts with variants of a verified phone the oldest is joined", func(w *world) {
		ch := w.channel("WhatsApp")
		for n, v := range variants {
			people := w.add(person{name: "Ann", phone: v[0]}, person{name: "Ben", phone: v[1]})
			w.same("contact", w.recordProfile(ch, fmt.Sprint(n), verified("", v[1])).Contact.ID, people[0].ID)
		}
	}},
	{"a claimed phone joins no variant, and a verified one no claim", func(w *world) {
		web, shop := w.channel("Web"), w.channel("Shop")
		for _, v := range variants {
			ann := w.recordProfile(web, v[0], claimed("", v[0])).Contact
			ben := w.recordProfile(shop, v[1], verified("", v[1])).Contact
			cem := w.recordProfile(web, v[1], claimed("", v[1])).Contact
			if ann.ID == ben.ID || ben.ID == cem.ID {
				w.t.Errorf("%v: a claim joined", v)
			}
		}
	}},
	{"a number that is a variant of nothing joins its equal alone", func(w *world) {
		ch := w.channel("WhatsApp")
		w.add(person{name: "A mobile", phone: "+5511943334444"}, person{name: "Ann", phone: "+4915123456789"})
		landline := w.recordProfile(ch, "landline", verified("", "+551143334444"))
		w.same("phone", landline.Contact.Phone, new("+551143334444"))
		w.same("contacts", w.count("").Value, 3)
	}},
	{"the variants of one phone on many channels at once make one contact", func(w *world) {
		channels := make([]crm.Channel, 4)
		for n := range channels {
			channels[n] = w.channel(fmt.Sprint(n))
		}
		for round, v := range variants {
			messages := make([]crm.Interaction, 32)
			for n := range messages {
				messages[n] = w.message(channels[n%4], fmt.Sprint(round, " ", n), "1")
				messages[n].Profile = verified("", v[n%2])
			}
			for _, r := range w.recordAll(messages) {
				w.contact(r.Contact.ID)
			}
			w.same("contacts", w.count("").Value, 1+round)
		}
	}},
	{"staff may give two contacts variants of one number", func(w *world) {
		people := w.add(person{name: "Ann", phone: variants[0][0]}, person{name: "Ben"})
		_, err := w.unique(people[1].ID, func(c *crm.Contact) {
			c.Phone, c.PhoneFrom = &variants[0][1], crm.Provenance{Origin: crm.Staff}
		})
		w.check(err)
	}},
}
