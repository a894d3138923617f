package api

import (
	"context"
	"fmt"
	"testing"
	"time"

	"kith/storage/storagetest"
)

const mergeContacts = `mutation ($input: MergeContactsInput!) { mergeContacts(input: $input) {
	contact { id version } mergeId mergedContactIds userErrors { code message } } }`

type mergePayload struct {
	MergeContacts struct {
		Contact          *struct{ ID string }
		MergeID          *string
		MergedContactIDs []string
		UserErrors       []userError
	}
}

// mergeInput merges two contacts that nobody has edited.
func mergeInput(survivor, other string) vars {
	return vars{"input": vars{
		"survivorId": survivor, "expectedVersion": 1, "others": []vars{{"id": other, "expectedVersion": 1}},
	}}
}

func TestSlowOthersWorkOnWhileAContactOfManySessionsIsMerged(t *testing.T) {
	storagetest.MarkSlow(t) // it loads 80,000 sessions
	t.Parallel()
	onBoth(t, func(t *testing.T, db database) {
		const many = 40_000
		ids, talks := crowded(t, db, 2, many)
		env := db.env()
		_, staff, _ := clientsOf(t, start(t, quickBinary(t), env), env, "acme")
		somebody := contacts(t, staff, vars{"orderBy": vars{"field": "NAME"}, "first": 1}).Nodes[0].ID
		editing := watch(t.Context(), func(ctx context.Context, i int) error {
			_, err := ask[any](ctx, staff, updateContact, vars{"input": vars{"id": somebody, "notes": fmt.Sprint("note ", i)}})
			return err
		})
		begun := time.Now()
		merged := must[mergePayload](t, staff, mergeContacts, mergeInput(ids[0], ids[1])).MergeContacts
		t.Logf("merged in %s", time.Since(begun))
		if merged.MergeID == nil || len(merged.UserErrors) != 0 {
			t.Fatalf("%+v", merged)
		}
		if !areOne(t, staff, ids, talks) {
			t.Error("they are two")
		}
		begun = time.Now()
		must[any](t, staff, `mutation ($id: ID!) { undoMerge(input: { mergeId: $id }) { restored { id } userErrors { code } } }`,
			vars{"id": *merged.MergeID})
		t.Logf("undone in %s", time.Since(begun))
		if areOne(t, staff, ids, talks) {
			t.Error("they are still one")
		}
		asked, slowest, err := editing()
		t.Logf("%d edits, the slowest took %s", asked, slowest)
		if err != nil || slowest > 2*time.Second {
			t.Errorf("the slowest of %d edits took %s: %v", asked, slowest, err)
		}
	})
}

func TestSlowAMergeIsWholeOrNothingWhateverDiesMidway(t *testing.T) {
	storagetest.MarkSlow(t) // it starts ten processes
	t.Parallel()
	onBoth(t, func(t *testing.T, db database) {
		// When the process is killed, counted from the request.
		moments := []time.Duration{0, 2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, time.Minute}
		ids, talks := crowded(t, db, 2*len(moments), 200)
		env := db.env()
		staff := client{token: env.token(t, "acme", "staff")}
		for i, moment := range moments {
			pair, of := ids[2*i:2*i+2], talks[2*i:2*i+2]
			s := start(t, quickBinary(t), env)
			err := s.killAfter(t, moment, func() error {
				_, err := ask[any](t.Context(), s.client(staff.token), mergeContacts, mergeInput(pair[0], pair[1]))
				return err
			})

			s = start(t, quickBinary(t), env)
			staff.url = s.client("").url
			one := areOne(t, staff, pair, of)
			if !one && err == nil {
				t.Errorf("killed after %s: they are two again", moment)
			}
			t.Logf("killed after %s: answered %t, one %t", moment, err == nil, one)
			again := must[mergePayload](t, staff, mergeContacts, mergeInput(pair[0], pair[1])).MergeContacts
			if len(again.UserErrors) != 0 || !areOne(t, staff, pair, of) {
				t.Errorf("killed after %s, and sent again: %+v", moment, again)
			}
			s.stop(t)
		}
		env.mustRun(t, "check")
	})
}

// areOne reports whether the second contact has become part of the first; else both must be whole.
func areOne(t *testing.T, staff client, ids, talks []string) bool {
	t.Helper()
	const look = `query ($one: ID!, $two: ID!, $first: ID!, $second: ID!) {
		one: contact(id: $one) { id mergedFrom identities { externalId } sessions(first: 100) { nodes { id } } }
		two: contact(id: $two) { id mergedFrom identities { externalId } sessions(first: 100) { nodes { id } } }
		node(id: $two) { id }
		first: session(id: $first) { contact { id } }
		second: session(id: $second) { contact { id } } }`
	type person struct {
		ID         string
		MergedFrom []string
		Identities []struct{ ExternalID string }
		Sessions   struct{ Nodes []struct{ ID string } }
	}
	type talk struct{ Contact struct{ ID string } }
	type seen struct {
		One, Two      person
		Node          *struct{ ID string }
		First, Second talk
	}
	s := must[seen](t, staff, look, vars{"one": ids[0], "two": ids[1], "first": talks[0], "second": talks[1]})
	one := s.Node == nil
	identities, second := 1, ids[1]
	if one {
		identities, second = 2, ids[0]
	}
	if s.One.ID != ids[0] || s.Two.ID != second || len(s.One.Identities) != identities || len(s.One.MergedFrom) != identities-1 ||
		len(s.One.Sessions.Nodes) != 100 || s.First.Contact.ID != ids[0] || s.Second.Contact.ID != second {
		t.Errorf("half merged, one %t: %+v", one, s)
	}
	return one
}
