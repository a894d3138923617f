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

// Searching are the names of the groups that depend on how a store searches.
var Searching = []string{"search", "counts"}

var groups = []group{
	{"workspaces", slices.Concat(workspaceCases, settingsCases)},
	{"objects by their ids", byIDCases},
	{"rules for every method", slices.Concat(everywhereCases, sealCases)},
	{"contacts", contactCases},
	{"edits", slices.Concat(editCases, uniqueCases)},
	{"upserts", upsertCases},
	{"lists of contacts", slices.Concat(listCases, contactFilterCases)},
	{"exports", exportCases},
	{"sessions", slices.Concat(sessionCases, sessionOrderCases, sessionsByContactCases, sessionEditCases, sessionCountCases)},
	{"channels", slices.Concat(channelCases, webhookCases)},
	{"interactions", slices.Concat(interactionCases, sessionOfMessageCases, joinCases, variantCases, aliasCases, accountCases, profileCases, raceCases, messageCases)},
	{"failures", failureCases},
	{"stats", statsCases},
	{"audit", auditCases},
	{"sign-ins", slices.Concat(signInCases, apiKeyCases)},
	{"saved views", savedViewCases},
	{"jobs", jobCases},
	{"webhook endpoints", webhookEndpointCases},
	{"merging", slices.Concat(mergeCases, unmergeCases, splitCases, mergeRaceCases, propertyCases, pairCases)},
	{"deleting", slices.Concat(deleteCases, manySessionsCases)},
	{"events", slices.Concat(eventCases, activityCases, historyCases)},
	{"loading", slices.Concat(loadCases, largeCases)},
	{"checking", checkCases},
	{"search", slices.Concat(searchCases, matchCases, findableCases, maskedCases)},
	{"counts", countCases},
}

// slow are the groups whose cases take too long under the race detector, and show it nothing that others do not.
var slow = []group{
	{"search", slices.Concat(wantedCases, grownCases, referenceCases, crowdedWantedCases, maskedPageCases)},
	{"counts", slices.Concat(countedCases, crowdedCountCases)},
	{"interactions", stormCases},
	{"merging", slices.Concat(crowdedMergeCases, slowPropertyCases)},
	{"lists of contacts", slices.Concat(everyFilterCases, movingCases, slowListCases)},
	{"sessions", everyOrderCases},
	{"deleting", everySessionCases},
	{"loading", largestCases},
}

// Run runs every case but the slow ones on stores that open returns: a new store each time, or always the same one. Each
// case uses its own workspaces, so that the database need not be empty. Where groups are named, only these run.
func Run(t *testing.T, open func(t *testing.T) storage.Store, named ...string) {
	t.Helper()
	run(t, groups, open, named)
}

// Slow is [Run] for the cases that load 25,000 contacts, record 20,000 messages or read thousands of pages. See [MarkSlow].
func Slow(t *testing.T, open func(t *testing.T) storage.Store, named ...string) {
	t.Helper()
	MarkSlow(t)
	run(t, slow, open, named)
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

func run(t *testing.T, groups []group, open func(t *testing.T) storage.Store, named []string) {
	t.Helper()
	for _, name := range named {
		if !slices.ContainsFunc(groups, func(g group) bool { return g.name == name }) {
			t.Fatalf("there is no group %q", name)
		}
	}
	for _, g := range groups {
		if len(named) > 0 && !slices.Contains(named, g.name) {
			continue
		}
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
