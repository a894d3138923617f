// Package storagetest holds a [storage.Store] to its contract: every sentence of package storage that one open store can
// show has a case here, named as a sentence. It also counts a store's calls, so that a test can detect a page that costs a
// call for each row.
//
// [Shared] shows what takes a second store on the same database. Neither shows what takes a closed store: that what was
// written outlives a restart, that [storage.Store.Close] waits. Each backend's own tests do.
package storagetest

import (
	"slices"
	"strings"
	"testing"

	"kith/storage"
)

// group is the cases about one thing.
type group struct {
	name  string
	cases []testCase
}

// searching are the groups that depend on how a store searches.
var searching = []group{
	{"search", slices.Concat(searchCases, matchCases, findableCases, wantedCases)},
	{"counts", countCases},
}

var others = []group{
	{"workspaces", workspaceCases},
	{"objects by their ids", byIDCases},
	{"rules for every method", slices.Concat(everywhereCases, sealCases)},
	{"contacts", contactCases},
	{"edits", slices.Concat(editCases, uniqueCases)},
	{"lists of contacts", slices.Concat(listCases, contactFilterCases)},
	{"sessions", slices.Concat(sessionCases, sessionOrderCases, sessionsByContactCases, sessionEditCases, sessionCountCases)},
	{"channels", slices.Concat(channelCases, webhookCases)},
	{"interactions", slices.Concat(interactionCases, sessionOfMessageCases, joinCases, variantCases, aliasCases, accountCases, profileCases, raceCases, messageCases)},
	{"failures", failureCases},
	{"stats", statsCases},
	{"audit", auditCases},
	{"sign-ins", slices.Concat(signInCases, apiKeyCases)},
	{"saved views", savedViewCases},
	{"merging", slices.Concat(mergeCases, unmergeCases, splitCases, mergeRaceCases, propertyCases, pairCases)},
	{"deleting", slices.Concat(deleteCases, manySessionsCases)},
	{"events", slices.Concat(eventCases, activityCases, historyCases)},
	{"loading", slices.Concat(loadCases, largeCases)},
	{"checking", checkCases},
}

// slow are the groups whose cases take too long under the race detector.
var (
	slowSearching = []group{
		{"search", slices.Concat(grownCases, referenceCases, crowdedWantedCases)},
		{"counts", crowdedCountCases},
	}
	slow = slices.Concat(slowSearching, []group{
		{"interactions", stormCases},
		{"merging", slices.Concat(crowdedMergeCases, slowPropertyCases)},
		{"lists of contacts", slices.Concat(movingCases, slowListCases)},
	})
)

// Run runs every case but the slow ones on stores that open returns: a new store each time, or always the same one. Each
// case uses its own workspaces, so that the database need not be empty.
func Run(t *testing.T, open func(t *testing.T) storage.Store) {
	t.Helper()
	run(t, slices.Concat(others, searching), open)
}

// Searching runs the cases about searching and counting only, for a store that has a second way to do it.
func Searching(t *testing.T, open func(t *testing.T) storage.Store) {
	t.Helper()
	run(t, searching, open)
}

// Slow runs the cases that load 25,000 contacts and record 20,000 messages. See [MarkSlow].
func Slow(t *testing.T, open func(t *testing.T) storage.Store) {
	t.Helper()
	MarkSlow(t)
	run(t, slow, open)
}

// SlowSearching runs those of the slow cases that [Searching] would run.
func SlowSearching(t *testing.T, open func(t *testing.T) storage.Store) {
	t.Helper()
	MarkSlow(t)
	run(t, slowSearching, open)
}

// MarkSlow skips a test with -short, as the race detector is used. scripts/test-go finds such tests by their names, which
// begin with TestSlow, and runs them without it.
func MarkSlow(t *testing.T) {
	t.Helper()
	if !strings.HasPrefix(t.Name(), "TestSlow") {
		t.Fatal("the name of a slow test begins with TestSlow: else no run of the tests includes it")
	}
	if testing.Short() {
		t.Skip("runs without the race detector")
	}
}

func run(t *testing.T, groups []group, open func(t *testing.T) storage.Store) {
	t.Helper()
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			for _, c := range g.cases {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					c.run(newWorld(t, open(t)))
				})
			}
		})
	}
}

// testCase is a sentence of the contract and the proof of it.
type testCase struct {
	name string
	run  func(w *world)
}
