package sqlite

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// wipeLook is how many pages are looked at in one batch, wipeAtOnce how many are written in one transaction.
	wipeLook   = 2000
	wipeAtOnce = 200
	// wipeShare is how many times as long as a pass the pause behind it is.
	wipeShare = 50
)

// eraser takes out of the file what deletions leave there.
//
// SQLite writes zeros over what it deletes (secure_delete), but two kinds of copies stay: in the log, whose pages are as
// they were before; and in pages that were rebuilt, between the cell pointers and the cells, where cells stood
// that have since moved to another page. After a deletion a pass over the file writes zeros there, one batch of
// pages at a time, and then the log is cut. Opening the store begins with such a pass, in case one was interrupted.
type eraser struct {
	asked   atomic.Bool // something was deleted since the pass began; set also while mu is held by who waits for the writer
	mu      sync.Mutex
	running bool   // a pass is going on
	last    int    // the page that the pass has come to
	cut     bool   // the pass is over, the log is still to be cut
	of      uint64 // the generation of the file
	began   time.Time
	resume  time.Time // when the next pass may begin: it costs time in proportion to the file
}

// ask asks for a pass. It does not wait: the writer asks, whom a pass waits for.
func (e *eraser) ask() { e.asked.Store(true) }

// erase does one batch, and reports whether there is more to do now.
func (s *Store) erase(ctx context.Context) (more bool, err error) {
	e := &s.eraser
	e.mu.Lock()
	defer e.mu.Unlock()
	if of := s.Generation(); of != e.of {
		e.asked.Store(true)
		e.of, e.running, e.last, e.cut = of, false, 0, false
	}
	if !e.running {
		if e.began = time.Now(); !e.asked.Load() || e.began.Before(e.resume) {
			return false, nil
		}
		e.asked.Store(false)
		e.running = true
	}
	if !e.cut {
		if e.last, err = s.wipeAfter(ctx, e.last); err != nil {
			e.ask()
			e.running, e.last = false, 0
			return false, err
		}
		e.cut = e.last == 0
		return true, nil
	}
	busy, err := s.cutLog(ctx)
	if err != nil || busy {
		return false, err
	}
	e.cut, e.running = false, false
	e.resume = time.Now().Add(wipeShare * time.Since(e.began))
	return false, nil
}

// wipeAfter looks at the pages behind the given one and returns the last of them; 0 when there are no more.
func (s *Store) wipeAfter(ctx context.Context, after int) (last int, err error) {
	var dirty []int
	last, err = read(ctx, s, func(c *conn) (int, error) {
		pages, err := all(ctx, c, `
			WITH RECURSIVE p (n) AS (SELECT @after + 1 UNION ALL SELECT n + 1 FROM p WHERE n < @after + @look)
			SELECT d.pgno, d.data
			FROM p
			CROSS JOIN sqlite_dbpage d ON d.pgno = p.n`, args{"after": after, "look": wipeLook}, scanPage)
		if err != nil || len(pages) == 0 || after == 0 && !pages[0].plain() {
			return 0, err
		}
		for _, p := range pages {
			if p.wipe() {
				dirty = append(dirty, p.n)
			}
		}
		return pages[len(pages)-1].n, nil
	})
	for len(dirty) > 0 && err == nil {
		some := dirty[:min(wipeAtOnce, len(dirty))]
		dirty = dirty[len(some):]
		err = s.write(ctx, func(ctx context.Context, t *tx) error { return t.wipe(ctx, some) })
	}
	return last, err
}

// wipe wipes pages as they are now.
func (t *tx) wipe(ctx context.Context, pages []int) error {
	for _, n := range pages {
		p, found, err := first(ctx, t.conn, `SELECT pgno, data FROM sqlite_dbpage WHERE pgno = @n`, args{"n": n}, scanPage)
		if err != nil {
			return err
		}
		if !found || !p.wipe() {
			continue
		}
		_, err = t.exec(ctx, `UPDATE sqlite_dbpage SET data = @data WHERE pgno = @n`, args{"n": n, "data": p.data})
		if err != nil {
			return err
		}
	}
	return nil
}

// cutLog moves the log's pages into the file and cuts it to nothing. Writers wait meanwhile; where a reader stands in the
// way for long, it is busy.
func (s *Store) cutLog(ctx context.Context) (busy bool, err error) {
	return read(ctx, s, func(c *conn) (busy bool, err error) {
		if _, _, err := first(ctx, c, `PRAGMA busy_timeout = 100`, nil, scanInt); err != nil {
			return false, err
		}
		busy, _, err = first(ctx, c, `PRAGMA wal_checkpoint(TRUNCATE)`, nil, func(rows *sql.Rows) (busy bool, err error) {
			var log, moved int
			err = rows.Scan(&busy, &log, &moved)
			return busy, err
		})
		_, _, restored := first(context.WithoutCancel(ctx), c, `PRAGMA busy_timeout = 10000`, nil, scanInt)
		return busy, errors.Join(err, restored)
	})
}

// page is a page of the file, see https://sqlite.org/fileformat2.html.
type page struct {
	n    int // from 1
	data []byte
}

func scanPage(rows *sql.Rows) (p page, err error) {
	err = rows.Scan(&p.n, &p.data)
	return p, err
}

// fileHeader is the length of the file's header, which precedes that of the first page.
const fileHeader = 100

// plain reports of the first page whether the file is laid out as those that this package makes: without pages that map
// pointers (auto_vacuum), and so small that no page which continues a long value looks like one with cells.
func (p page) plain() bool {
	return p.n == 1 && len(p.data) > fileHeader &&
		binary.BigEndian.Uint32(p.data[52:]) == 0 && binary.BigEndian.Uint32(p.data[28:]) < 1<<25
}

// wipe writes zeros between the cell pointers and the cells of a page with cells, and reports whether anything else stood
// there.
func (p page) wipe() (changed bool) {
	header := 0
	if p.n == 1 {
		header = fileHeader
	}
	if len(p.data) < header+12 {
		return false
	}
	h := p.data[header:]
	from, to := header+2*int(binary.BigEndian.Uint16(h[3:])), int(binary.BigEndian.Uint16(h[5:]))
	switch h[0] {
	case 2, 5: // the inner pages of an index and of a table
		from += 12
	case 10, 13: // their leaves
		from += 8
	default:
		return false
	}
	if from > to || to > len(p.data) { // of which 0 for 65,536 is one case
		return false
	}
	for i := from; i < to; i++ {
		changed = changed || p.data[i] != 0
		p.data[i] = 0
	}
	return changed
}
