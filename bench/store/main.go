// Command store replays keystrokes against a store, one client and no network, and prints how long the storage calls
// took. The workspace was filled by kith demo; only -writers adds to it.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"time"

	"kith/bench/rig"
	"kith/bench/trace"
	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	database := flag.String("database", "", "sqlite:PATH or postgres://…")
	workspace := flag.String("workspace", "big", "the workspace to search")
	contacts := flag.Int("contacts", 100_000, "how many contacts the keystrokes were drawn from")
	seed := flag.Uint64("seed", 1, "the seed of the demo data")
	n := flag.Int("keystrokes", 2006, "how many keystrokes")
	rounds := flag.Int("rounds", 3, "how often the trace is replayed; the medians of the rounds are shown")
	class := flag.String("class", "", "only the keystrokes of this class")
	counts := flag.Bool("counts", false, "measure counts instead of pages")
	most := flag.Int("most", storage.CountLimit, "how far to count")
	slow := flag.Duration("slow", 0, "show the keystrokes that took longer than this")
	writing := flag.Int("writers", 0, "how many writers write all the while")
	pace := flag.Duration("pace", 20*time.Millisecond, "how long a writer rests after each write: a busy workspace, not a database at its limit")
	asJSON := flag.Bool("json", false, "print the overall figures as JSON")
	flag.Parse()
	debug.SetGCPercent(125) // as kith serve has it
	store, err := rig.OpenStore(ctx, *database)
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	w, err := store.Workspace(ctx, *workspace)
	if err != nil {
		return err
	}
	keys := trace.Keystrokes(*seed, *contacts, *n)
	if *class != "" {
		keys = slices.DeleteFunc(keys, func(k trace.Keystroke) bool { return k.Class != *class })
	}
	r := replay{store: store, workspace: w, keys: keys, slow: *slow, most: *most}
	call := r.page
	if *counts {
		call = r.count
	}
	stop := func() ([]time.Duration, error) { return nil, nil }
	if *writing > 0 {
		if stop, err = start(ctx, store, w, *writing, *pace); err != nil {
			return err
		}
	}
	all := map[string][][]time.Duration{}
	for round := range *rounds + 1 {
		took, err := r.round(ctx, call)
		if err != nil {
			return err
		}
		if round == 0 { // as kith serve does
			if _, err := store.Maintain(ctx); err != nil {
				return err
			}
		}
		for class, d := range took {
			if round > 0 { // the first warms the caches
				all[class] = append(all[class], d)
			}
		}
	}
	inserted, err := stop()
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	if *asJSON {
		return json.NewEncoder(os.Stdout).Encode(figures(all["all"]))
	}
	report(all)
	if len(inserted) > 0 {
		f := figures([][]time.Duration{inserted})
		fmt.Printf("%-28s %8.2f %8.2f %8.2f %8.2f   %d new customers\n", "first message", f.P50, f.P95, f.P99, f.Max, len(inserted))
	}
	return nil
}

type replay struct {
	store     storage.Store
	workspace crm.WorkspaceID
	keys      []trace.Keystroke
	slow      time.Duration // calls that took longer are shown; 0 shows none
	most      int           // how far to count
}

// round replays every keystroke once and returns the times by class.
func (r replay) round(ctx context.Context, call func(context.Context, int, string) error) (map[string][]time.Duration, error) {
	took := map[string][]time.Duration{}
	for i, k := range r.keys {
		start := time.Now()
		if err := call(ctx, i, k.Text); err != nil {
			return nil, fmt.Errorf("%s: %q: %w", k.Class, k.Text, err)
		}
		d := time.Since(start)
		for _, class := range []string{k.Class, "all", orders[i%len(orders)]} {
			took[class] = append(took[class], d)
		}
		if r.slow > 0 && d > r.slow {
			fmt.Fprintf(os.Stderr, "slow: %s %q %v\n", k.Class, k.Text, d)
		}
	}
	return took, nil
}

// The orders in which a keystroke's page is asked for.
const (
	byRelevance = "by relevance"
	byName      = "by name"
	byNameDown  = "by name, from the end"
)

// orders take turns: a quarter of the time by name, a half of those from the end.
var orders = [8]string{5: byName, 7: byNameDown, 0: byRelevance, 1: byRelevance, 2: byRelevance, 3: byRelevance, 4: byRelevance, 6: byRelevance}

// page asks for a first page of 50 as the staff page does.
func (r replay) page(ctx context.Context, i int, text string) error {
	q := storage.ContactQuery{Search: search.Parse(text, ""), Order: storage.Relevance, Page: storage.Page{Size: 50}}
	switch orders[i%len(orders)] {
	case byName:
		q.Order = storage.Name
	case byNameDown:
		q.Order, q.Descending = storage.Name, true
	}
	_, err := r.store.Contacts(ctx, r.workspace, q)
	return err
}

func (r replay) count(ctx context.Context, _ int, text string) error {
	_, err := r.store.CountContacts(ctx, r.workspace, storage.ContactQuery{Search: search.Parse(text, "")}, r.most)
	return err
}

// Figures are milliseconds.
type Figures struct {
	P50, P95, P99, Max float64
}

// figures are the medians over rounds of each round's quantiles.
func figures(rounds [][]time.Duration) Figures {
	quantile := func(q float64) float64 {
		var of []float64
		for _, round := range rounds {
			d := slices.Sorted(slices.Values(round))
			of = append(of, float64(d[int(q*float64(len(d)-1))].Microseconds())/1000)
		}
		slices.Sort(of)
		return of[len(of)/2]
	}
	return Figures{P50: quantile(0.5), P95: quantile(0.95), P99: quantile(0.99), Max: quantile(1)}
}

func report(all map[string][][]time.Duration) {
	fmt.Printf("%-28s %8s %8s %8s %8s   (ms)\n", "keystrokes", "p50", "p95", "p99", "max")
	for _, class := range append(slices.Clone(trace.Classes), byRelevance, byName, byNameDown, "all") {
		if all[class] == nil {
			continue
		}
		f := figures(all[class])
		fmt.Printf("%-28s %8.2f %8.2f %8.2f %8.2f\n", class, f.P50, f.P95, f.P99, f.Max)
	}
}
