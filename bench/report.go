package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// report writes the results as Markdown that can be read as it is.
func (m *measurement) report(o options, p place) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## Over HTTP, %s contacts\n\n", thousands(o.size))
	fmt.Fprintf(&b, "%s. %s.\n\n", time.Now().UTC().Format("2 January 2006"), machine())
	fmt.Fprintf(&b, "PostgreSQL %s, shared_buffers %s, fsync %s, warm. ", p.version, p.buffers, p.fsync)
	fmt.Fprintf(&b, "%s contacts in the searched workspace, %s in %s others, loaded in %s. ",
		thousands(p.size), thousands(sum(p.beside)), thousands(len(p.beside)), p.took)
	fmt.Fprintf(&b, "%d rounds of turns of %s; medians of the rounds, max over all. Requests are cut at %s. ",
		o.rounds, o.turn, patience)
	b.WriteString("Load generator, servers and databases share the machine.\n")
	for _, set := range m.sets {
		for _, clients := range crowds {
			fmt.Fprintf(&b, "\n### %s, %s\n\n", upper(set.name), plural(clients, "client"))
			b.WriteString(m.table(set.name, clients))
		}
	}
	b.WriteString("\n### Memory\n\n")
	var rows [][]string
	for _, s := range m.servers {
		if s.process == nil {
			continue
		}
		rows = append(rows, []string{s.name, strconv.Itoa(s.memory.resident / 1024), strconv.Itoa(s.memory.own / 1024)})
	}
	b.WriteString(table([]string{"server", "resident, MB, at most", "without pages of files"}, rows))
	if targets := m.targets(); len(targets) > 0 {
		b.WriteString("\n### Targets\n\nSet for a million contacts; ratios are medians of the rounds' ratios.\n\n")
		b.WriteString(table([]string{"target", "wanted", "reached", ""}, targets))
	}
	return b.String()
}

func (m *measurement) table(set string, clients int) string {
	var rows [][]string
	for _, s := range m.servers {
		if len(m.turns[row{s, set, clients}]) == 0 {
			continue
		}
		f := m.figures(row{s, set, clients})
		rows = append(rows, []string{
			s.name, number(f.rate), percent(f.ofMinimal), number(f.p50), number(f.slower), number(f.p95), number(f.p99),
			number(f.most), thousands(f.requests), strconv.Itoa(f.cut), strconv.Itoa(f.failed),
		})
	}
	return table([]string{
		"server", "requests/s", "of minimal", "p50 ms", "× minimal", "p95", "p99", "max", "requests", "cut", "failed",
	}, rows)
}

// targets compares what was reached with what is wanted, as far as the servers for it were measured.
func (m *measurement) targets() (rows [][]string) {
	find := func(key string) *server {
		i := slices.IndexFunc(m.servers, func(s *server) bool { return s.key == key })
		if i < 0 {
			return nil
		}
		return m.servers[i]
	}
	kith, peer := find("kith"), find("postgraphile")
	if kith == nil {
		return nil
	}
	add := func(name, wanted, reached string, ok bool) {
		verdict := "missed"
		if ok {
			verdict = "met"
		}
		rows = append(rows, []string{name, wanted, reached, verdict})
	}
	lost := 0
	for _, set := range m.sets {
		for _, clients := range crowds {
			f := m.figures(row{kith, set.name, clients})
			share := 0.75
			if clients == 1 {
				share = 0.85
			}
			what := set.name + ", " + plural(clients, "client")
			add("requests/s against minimal: "+what, "≥ "+percent(share), percent(f.ofMinimal), f.ofMinimal >= share)
			add("p50 against minimal: "+what, "≤ 1.5 ×", number(f.slower)+" ×", f.slower <= 1.5)
			lost += f.cut + f.failed
		}
	}
	add("requests cut or failed", "0", strconv.Itoa(lost), lost == 0)
	mb := kith.memory.resident / 1024
	add("memory on PostgreSQL", "≤ 60 MB", strconv.Itoa(mb)+" MB", mb > 0 && mb <= 60)
	if peer != nil {
		for i, wanted := range []float64{30, 200} {
			set := m.sets[i].name
			times := m.figures(row{kith, set, 8}).rate / m.figures(row{peer, set, 8}).rate
			add("requests/s against PostGraphile: "+set+", 8 clients", "≥ "+number(wanted)+" ×", number(times)+" ×",
				times >= wanted)
		}
	}
	return rows
}

// table lines up a Markdown table; all columns but the first are right-aligned.
func table(head []string, rows [][]string) string {
	widths := make([]int, len(head))
	for _, r := range append([][]string{head}, rows...) {
		for i, cell := range r {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell), 4)
		}
	}
	var b strings.Builder
	line := func(r []string) {
		for i, cell := range r {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				b.WriteString("| " + cell + pad)
			} else {
				b.WriteString(" | " + pad + cell)
			}
		}
		b.WriteString(" |\n")
	}
	line(head)
	for i, w := range widths {
		if i == 0 {
			b.WriteString("| " + strings.Repeat("-", w))
		} else {
			b.WriteString(" | " + strings.Repeat("-", w-1) + ":")
		}
	}
	b.WriteString(" |\n")
	for _, r := range rows {
		line(r)
	}
	return b.String()
}

// number shows three digits that count.
func number(f float64) string {
	switch {
	case f >= 100:
		return thousands(int(f + 0.5))
	case f >= 10:
		return strconv.FormatFloat(f, 'f', 1, 64)
	}
	return strconv.FormatFloat(f, 'f', 2, 64)
}

func percent(f float64) string { return strconv.FormatFloat(100*f, 'f', 0, 64) + " %" }

func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
