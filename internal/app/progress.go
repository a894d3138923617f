package app

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// progress shows how far a command is: on a terminal one line that changes, with a bar where the total is known; elsewhere a
// line now and then.
type progress struct {
	to       io.Writer
	terminal bool
	what     string // contacts
	total    int    // 0 if unknown
	now      func() time.Time

	begun, shown time.Time
	width        int // of the line on the terminal
}

// How often progress is shown.
const (
	terminalEvery = 200 * time.Millisecond
	linesEvery    = 2 * time.Second
)

// barWidth is the width of the bar in characters.
const barWidth = 24

func newProgress(to io.Writer, what string, total int, now func() time.Time) *progress {
	begun := now()
	return &progress{to: to, terminal: isTerminal(to), what: what, total: total, now: now, begun: begun, shown: begun}
}

// isTerminal reports whether what is written is read by a person.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
}

// add shows that so many are done, if it is time.
func (p *progress) add(done int) {
	every := linesEvery
	if p.terminal {
		every = terminalEvery
	}
	if now := p.now(); now.Sub(p.shown) >= every {
		p.shown = now
		p.show(p.line(done, now))
	}
}

// end removes the line from the terminal.
func (p *progress) end() {
	if p.terminal && p.width > 0 {
		_, _ = fmt.Fprintf(p.to, "\r%s\r", strings.Repeat(" ", p.width))
		p.width = 0
	}
}

func (p *progress) show(line string) {
	if !p.terminal {
		_, _ = fmt.Fprintln(p.to, line)
		return
	}
	rest := max(0, p.width-len(line))
	_, _ = fmt.Fprint(p.to, "\r", line, strings.Repeat(" ", rest))
	p.width = len(line)
}

// line is how far it is, how fast it goes, and how long it will take if it goes on so.
func (p *progress) line(done int, now time.Time) string {
	took := max(now.Sub(p.begun), time.Millisecond)
	rate := float64(done) / took.Seconds()
	if p.total == 0 {
		return fmt.Sprintf("%d %s, %.0f/s", done, p.what, rate)
	}
	share := min(float64(done)/float64(p.total), 1)
	line := fmt.Sprintf("%3.0f %%  %d of %d %s, %.0f/s", 100*share, done, p.total, p.what, rate)
	if left := p.total - done; left > 0 && rate > 0 {
		line += fmt.Sprintf(", %s left", time.Duration(float64(left)/rate*float64(time.Second)).Round(time.Second))
	}
	if !p.terminal {
		return line
	}
	full := int(share * barWidth)
	return "[" + strings.Repeat("#", full) + strings.Repeat(".", barWidth-full) + "] " + line
}
