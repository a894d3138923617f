package sqlite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kith/internal/crm"
	"kith/internal/demo"
	"kith/internal/search"
	"kith/storage"
	"kith/storage/sqlite"
	"kith/storage/sqlite/sqlitetest"
)

// TestMeasure prints what a large workspace costs. It runs when KITH_MEASURE is a number of contacts.
func TestMeasure(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("KITH_MEASURE"))
	if n == 0 {
		t.Skip("KITH_MEASURE is not set")
	}
	path := os.Getenv("KITH_MEASURE_FILE")
	if path == "" {
		path = filepath.Join(t.TempDir(), "kith.db")
	}
	s := sqlitetest.OpenFile(t, path)
	w := workspace(t, s)
	if has, _ := s.HasContacts(t.Context(), w); !has {
		began := time.Now()
		if err := demo.Fill(t.Context(), s, "demo", demo.Options{Contacts: n, Seed: 1, Now: time.Now()}); err != nil {
			t.Fatal(err)
		}
		t.Logf("load of %d: %v", n, time.Since(began).Round(time.Millisecond))
	}
	if info, err := os.Stat(path); err == nil {
		t.Logf("file: %d MB", info.Size()>>20)
	}
	reads(t, s, w)
	writes(t, s, w, 16)
	writes(t, s, w, 64)
	writes(t, s, w, 1)
}

func reads(t *testing.T, s *sqlite.Store, w crm.WorkspaceID) {
	page := storage.Page{Size: 50}
	for _, text := range []string{
		"a", "m", "z", "an", "xq", "zz", "ann", "sch", "schm", "lle", "midt", "ovic", "qzx", "xqzwv", "nobody here", "smith an", "anna m",
		"@gmail", "0170", "4917", "555123", "é", "ив", "田", "%", "maria garcia", "ria gar", "stin erma", "anderson martin",
	} {
		for _, q := range []storage.ContactQuery{
			{Search: search.Parse(text, ""), Order: storage.Relevance, Page: page},
			{Search: search.Parse(text, ""), Order: storage.Name, Page: page},
			{Search: search.Parse(text, ""), Order: storage.Relevance, Page: storage.Page{Size: 50, FromEnd: true}},
		} {
			var took []time.Duration
			rows := 0
			for range 7 {
				began := time.Now()
				p, err := s.Contacts(t.Context(), w, q)
				if err != nil {
					t.Fatal(err)
				}
				took, rows = append(took, time.Since(began)), len(p.Rows)
			}
			slices.Sort(took)
			began := time.Now()
			c, err := s.CountContacts(t.Context(), w, storage.ContactQuery{Search: search.Parse(text, "")}, storage.CountLimit)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%-16q order %d end %-5v %3d rows  %8v  max %8v   count %v %8v", text, q.Order, q.Page.FromEnd, rows,
				took[3].Round(10*time.Microsecond), took[6].Round(10*time.Microsecond), c.Value, time.Since(began).Round(10*time.Microsecond))
		}
	}
	for _, q := range []storage.ContactQuery{{Order: storage.LastActivity, Descending: true}, {Order: storage.Name}, {Order: storage.Created}} {
		q.Page = page
		began := time.Now()
		for range 100 {
			if _, err := s.Contacts(t.Context(), w, q); err != nil {
				t.Fatal(err)
			}
		}
		t.Logf("list by %d: %v", q.Order, time.Since(began)/100)
	}
	p, err := s.Contacts(t.Context(), w, storage.ContactQuery{Order: storage.LastActivity, Descending: true, Page: page})
	if err != nil {
		t.Fatal(err)
	}
	var ids []crm.ContactID
	for _, r := range p.Rows {
		ids = append(ids, r.Contact.ID)
	}
	began := time.Now()
	for range 100 {
		if _, err := s.SessionsByContact(t.Context(), w, ids, storage.SessionQuery{Page: storage.Page{Size: 5}}); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("5 sessions of each of 50 contacts: %v", time.Since(began)/100)
}

func writes(t *testing.T, s *sqlite.Store, w crm.WorkspaceID, clients int) {
	chs, err := s.Channels(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"new customers", "known customers"} {
		var n atomic.Int64
		var mu sync.Mutex
		var all []time.Duration
		until := time.Now().Add(3 * time.Second)
		var wg sync.WaitGroup
		for c := range clients {
			wg.Go(func() {
				var mine []time.Duration
				for i := 0; time.Now().Before(until); i++ {
					external := fmt.Sprintf("%d-%d-%d", clients, c, i)
					if kind == "known customers" {
						external = fmt.Sprintf("%d-%d-%d", clients, c, i%50)
					}
					began := time.Now()
					m := interaction(chs[0].ID, external, kind+fmt.Sprint(i))
					m.Profile = crm.Profile{
						Name:  new(fmt.Sprintf("Person %x Number %d", c*7919+i*104729, i)),
						Email: new(fmt.Sprintf("p%x@example.org", i*7919)),
						Phone: new(fmt.Sprintf("+49170%07d", i)),
					}
					if _, err := s.RecordInteraction(t.Context(), w, m); err != nil {
						t.Error(err)
						return
					}
					n.Add(1)
					mine = append(mine, time.Since(began))
				}
				mu.Lock()
				all = append(all, mine...)
				mu.Unlock()
			})
		}
		wg.Wait()
		slices.Sort(all)
		t.Logf("%d clients, %s: %d a second, p50 %v p99 %v max %v", clients, kind, n.Load()/3, all[len(all)/2], all[len(all)*99/100], all[len(all)-1])
	}
}
