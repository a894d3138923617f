package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"math/rand/v2"
	"slices"
	"time"

	"kith/bench/rig"
	"kith/bench/trace"
)

// set is a list of keystrokes that is measured on its own.
type set struct {
	name   string
	prefix bool
	texts  []string
}

// keystrokes is how many are drawn: as many of each class.
var keystrokes = 150 * len(trace.Classes)

// setsOf draws the keystrokes. They are shuffled, so that the few which a slow server gets to are a fair sample.
func setsOf(seed uint64, size int) []set {
	all := trace.Keystrokes(seed, size, keystrokes)
	r := rand.New(rand.NewPCG(seed, 0x62656e6368))
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	prefixes, every := set{name: "name prefixes", prefix: true}, set{name: "all keystrokes"}
	for _, k := range all {
		every.texts = append(every.texts, k.Text)
		if k.Class == "name prefix" {
			prefixes.texts = append(prefixes.texts, k.Text)
		}
	}
	return []set{prefixes, every}
}

// crowds are the numbers of concurrent clients.
var crowds = []int{8, 1}

// measurement is a run: rounds in which every server has its turn with every set and number of clients.
type measurement struct {
	servers  []*server
	database database
	rounds   int
	turn     time.Duration
	sets     []set

	requests map[*server]map[string][][]byte // by set
	turns    map[row][]turn                  // by round
}

// row is one row of the report.
type row struct {
	server  *server
	set     string
	clients int
}

func (m *measurement) run(ctx context.Context) error {
	if err := m.verify(); err != nil {
		return err
	}
	m.requests = make(map[*server]map[string][][]byte)
	for _, s := range m.servers {
		log.Printf("warming up %s", s.name)
		m.requests[s] = make(map[string][][]byte)
		for _, set := range m.sets {
			if s.of != "" && !set.prefix {
				continue
			}
			var all [][]byte
			for _, text := range set.texts {
				all = append(all, s.request(text))
			}
			m.requests[s][set.name] = all
			take(ctx, s.addr, all, 0, 4, 3*m.turn)
		}
		if err := m.database.calm(ctx); err != nil {
			return err
		}
	}
	m.turns = make(map[row][]turn)
	for round := range m.rounds {
		log.Printf("round %d of %d", round+1, m.rounds)
		for _, set := range m.sets {
			for _, clients := range crowds {
				if err := m.round(ctx, round, set.name, clients); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// round gives every server a turn, with the same keystrokes.
func (m *measurement) round(ctx context.Context, round int, set string, clients int) error {
	order := slices.Clone(m.servers)
	if round%2 == 1 {
		slices.Reverse(order)
	}
	for _, s := range order {
		requests := m.requests[s][set]
		if requests == nil {
			continue
		}
		t := take(ctx, s.addr, requests, round*977, clients, m.turn)
		if err := ctx.Err(); err != nil {
			return err
		}
		at := row{s, set, clients}
		m.turns[at] = append(m.turns[at], t)
		if s.process != nil {
			s.memory.see(memoryOf(s.process.Process.Pid))
		}
		if err := m.database.calm(ctx); err != nil {
			return err
		}
	}
	return nil
}

// verify looks whether the data that the minimal handler answers with is what Kith's is, byte for byte, and whether
// everybody finds somebody. Kith alone tells the cost, beside the data.
func (m *measurement) verify() error {
	answers := make(map[string][]byte)
	for _, s := range m.servers {
		c := newClient(s.addr)
		for _, text := range m.sets[1].texts[:100] {
			if s.key != "minimal" && s.key != "kith" {
				continue
			}
			if _, how := c.do(s.request(text)); how != answered {
				return fmt.Errorf("%s does not answer %q: %s", s.name, text, c.body)
			}
			var answer struct{ Data json.RawMessage }
			if err := json.Unmarshal(c.body, &answer); err != nil {
				return fmt.Errorf("%s answers %q with what is no JSON: %w: %s", s.name, text, err, c.body)
			}
			if old, ok := answers[text]; ok && !bytes.Equal(old, answer.Data) {
				return fmt.Errorf("%s answers %q otherwise than the minimal handler:\n%s\n%s", s.name, text, answer.Data, old)
			}
			answers[text] = answer.Data
		}
		_, how := c.do(s.request(m.sets[0].texts[0]))
		if how != answered || bytes.Count(c.body, []byte(`"lastMessageAt":`)) == 0 {
			return fmt.Errorf("%s finds nobody for %q: %s", s.name, m.sets[0].texts[0], c.body)
		}
		c.close()
	}
	return nil
}

// figures are what a row of the report shows: medians over the rounds, of the greatest time the greatest.
type figures struct {
	rate          float64 // requests a second
	p50, p95, p99 float64 // milliseconds
	most          float64
	requests      int
	failed, cut   int
	ofMinimal     float64 // rate, share of the minimal handler's in the same round
	slower        float64 // p50, times the minimal handler's in the same round
}

func (m *measurement) figures(at row) figures {
	base := at
	base.server = m.servers[slices.IndexFunc(m.servers, func(s *server) bool { return s.key == "minimal" })]
	var f figures
	over := func(of func(round int, t turn) float64) float64 {
		var values []float64
		for round, t := range m.turns[at] {
			values = append(values, of(round, t))
		}
		return rig.Median(values)
	}
	f.rate = over(func(_ int, t turn) float64 { return t.rate() })
	f.p50 = over(func(_ int, t turn) float64 { return t.quantile(0.50) })
	f.p95 = over(func(_ int, t turn) float64 { return t.quantile(0.95) })
	f.p99 = over(func(_ int, t turn) float64 { return t.quantile(0.99) })
	f.ofMinimal = over(func(round int, t turn) float64 { return t.rate() / m.turns[base][round].rate() })
	f.slower = over(func(round int, t turn) float64 { return t.quantile(0.5) / m.turns[base][round].quantile(0.5) })
	for _, t := range m.turns[at] {
		f.most = max(f.most, t.quantile(1))
		f.requests += len(t.took)
		f.failed += t.failed
		f.cut += t.cut
	}
	return f
}

// rate counts what was answered; a cut request takes its time and gives nothing.
func (t turn) rate() float64 { return float64(len(t.took)-t.cut-t.failed) / t.elapsed.Seconds() }

func (t turn) quantile(q float64) float64 {
	d := slices.Sorted(slices.Values(t.took))
	return float64(d[int(q*float64(len(d)-1)+0.5)].Microseconds()) / 1000
}
