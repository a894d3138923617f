package crm_test

import (
	"errors"
	"strings"
	"testing"

	"kith/internal/crm"
)

func TestTheAddressOfASavedViewIsThatOfAList(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"/staff/contacts":                  true,
		"/staff/contacts?search=Ann%20B&x": true,
		"/staff/chat?status=ACTIVE":        true,
		"":                                 false,
		"/staff/contacts?a#b":              false,
		"/staff/contacts/contact_1":        false,
		"/staff/contactsx":                 false,
		"/auth/logout":                     false,
		"//evil.example/staff/contacts":    false,
		"https://evil.example/staff/chat":  false,
		"javascript:alert(1)":              false,
		"/staff/chat?\n":                   false,
		"/staff/chat?\xff":                 false,
		"/staff/chat?" + strings.Repeat("x", crm.MaxViewAddress): false,
	} {
		v := crm.SavedView{Name: "a", Address: "/staff/chat", Version: 3}
		err := crm.ViewPatch{Address: crm.To(address)}.Apply(&v)
		invalid, ok := errors.AsType[*crm.InvalidError](err)
		switch {
		case want && (err != nil || v.Address != address || v.Version != 4):
			t.Errorf("%q: %v, %+v", address, err, v)
		case !want && (!ok || invalid.Field != "address" || v.Version != 3 || v.Address != "/staff/chat"):
			t.Errorf("%q: %v, %+v", address, err, v)
		}
	}
}

func TestAnEditOfASavedView(t *testing.T) {
	t.Parallel()
	v := crm.SavedView{Name: "a", Address: "/staff/chat", Version: 3}
	for _, c := range []struct {
		patch crm.ViewPatch
		want  error
		name  string
	}{
		{crm.ViewPatch{}, nil, "a"},
		{crm.ViewPatch{Name: crm.To("b"), ExpectedVersion: new(2)}, crm.ErrViewChanged, "a"},
		{crm.ViewPatch{Name: crm.To(" b "), ExpectedVersion: new(3)}, nil, "b"},
	} {
		edited := v
		if err := c.patch.Apply(&edited); !errors.Is(err, c.want) || edited.Name != c.name {
			t.Errorf("%+v: %v, %+v", c.patch, err, edited)
		}
		if changed := edited.Name != v.Name; (edited.Version == 4) != changed {
			t.Errorf("version %d", edited.Version)
		}
	}
	if err := (crm.ViewPatch{Name: crm.To(" ")}).Apply(&v); err == nil {
		t.Error("a view without a name")
	}
}
