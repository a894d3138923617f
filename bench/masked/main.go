// Command masked measures what masks of emails and phones cost those who see them: STAFF, who see masks, and READER, who read the same
// without any, ask the same questions in turns, of a workspace named bench that kith demo filled. One client, over HTTP.
//
//	list      the first 50 contacts, with the newest session of each and its last message
//	keys      the same 50 under names as they are typed out
//	email     one contact by its whole email
//	phone     one contact by its whole phone
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"kith/bench/rig"
	"kith/bench/trace"
)

func main() {
	database := flag.String("database", "", "sqlite:PATH or postgres://…")
	contacts := flag.Int("contacts", 1_000_000, "how many contacts kith demo made")
	n := flag.Int("n", 400, "how often each role asks each question")
	flag.Parse()
	rig.Main(func(ctx context.Context) error {
		return rig.On(ctx, *database, func(ctx context.Context, k *rig.Kith) error {
			return measurement{k, *n}.run(ctx, *contacts)
		})
	})
}

type measurement struct {
	kith *rig.Kith
	n    int
}

// page is what the pages ask of a list.
const page = `{ nodes { id displayName email furtherEmails phoneInternational furtherPhones version lastActivityAt
	identities { id externalId displayName channel { type } } sessions(first: 1) { nodes { id status lastMessagePreview unreadCount } } } }`

// people are contacts by what finds them.
type people struct {
	Contacts struct {
		Nodes []struct{ ID, Email, Phone string }
	}
}

func (m measurement) run(ctx context.Context, contacts int) error {
	if err := m.kith.Ask(ctx, "admin", `mutation { updateWorkspace(input: {maskedFor: [STAFF]}) { userErrors { message } } }`, nil, &struct{}{}); err != nil {
		return err
	}
	var some people
	for len(some.Contacts.Nodes) < m.n {
		var more people
		err := m.kith.Ask(ctx, "admin", `query ($skip: Int!) { contacts(first: 20, skip: $skip, filter: {hasEmail: true, hasPhone: true}) { nodes { id email phone } } }`,
			map[string]any{"skip": rand.IntN(contacts / 100)}, &more)
		if err != nil {
			return err
		}
		if len(more.Contacts.Nodes) == 0 {
			return errors.New("no contacts have an email and a phone: fill the workspace bench with kith demo")
		}
		some.Contacts.Nodes = append(some.Contacts.Nodes, more.Contacts.Nodes...)
	}
	var typed []string
	for _, k := range trace.Keystrokes(1, contacts, 10*m.n) {
		if k.Class == "name prefix" {
			typed = append(typed, k.Text)
		}
	}
	const search = `query ($search: String) { contacts(first: 50, search: $search) ` + page + ` }`
	fmt.Printf("%-8s %21s %21s %21s\n%-8s %10s %10s %10s %10s %10s %10s\n", "", "whole, ms", "masked, ms", "ratio", "", "p50", "p95", "p50", "p95", "p50", "p95")
	for _, q := range []struct {
		name, query string
		value       func(i int) any
	}{
		{"list", search, func(int) any { return nil }},
		{"keys", search, func(i int) any { return typed[i%len(typed)] }},
		{"email", search, func(i int) any { return some.Contacts.Nodes[i%len(some.Contacts.Nodes)].Email }},
		{"phone", search, func(i int) any { return some.Contacts.Nodes[i%len(some.Contacts.Nodes)].Phone }},
	} {
		took, err := m.inTurns(ctx, q.query, q.value)
		if err != nil {
			return fmt.Errorf("%s: %w", q.name, err)
		}
		whole, masked := took["reader"], took["staff"]
		fmt.Printf("%-8s %10.2f %10.2f %10.2f %10.2f %10.2f %10.2f\n", q.name, at(whole, .5), at(whole, .95), at(masked, .5), at(masked, .95),
			at(masked, .5)/at(whole, .5), at(masked, .95)/at(whole, .95))
	}
	return nil
}

// inTurns asks as both roles, each first every other time, so that a busy moment and a cold page count for both.
func (m measurement) inTurns(ctx context.Context, query string, value func(i int) any) (map[string][]time.Duration, error) {
	took := make(map[string][]time.Duration)
	for i := -m.n / 10; i < m.n; i++ { // the first tenth only warms up
		roles := []string{"reader", "staff"}
		if i%2 == 0 {
			slices.Reverse(roles)
		}
		found := make(map[string]int)
		for _, role := range roles {
			var got people
			begun := time.Now()
			if err := m.kith.Ask(ctx, role, query, map[string]any{"search": value(max(i, 0))}, &got); err != nil {
				return nil, err
			}
			if i >= 0 {
				took[role] = append(took[role], time.Since(begun))
			}
			found[role] = len(got.Contacts.Nodes)
		}
		if (found["reader"] > 0) != (found["staff"] > 0) {
			return nil, fmt.Errorf("one role finds %d contacts and the other %d", found["reader"], found["staff"])
		}
	}
	return took, nil
}

// at is a quantile in milliseconds.
func at(took []time.Duration, q float64) float64 {
	slices.Sort(took)
	return float64(took[int(q*float64(len(took)-1))].Microseconds()) / 1000
}
