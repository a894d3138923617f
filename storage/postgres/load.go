package postgres

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"sync"

	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
)

// loadBatch is how many contacts are copied in one transaction.
const loadBatch = 5000

// Load adds contacts in bulk by COPY. A load that makes the workspace large marks its rows for the gram index from the
// start and creates the index at the end, if it is missing: row by row it would take ten times as long.
func (s *Store) Load(ctx context.Context, w crm.WorkspaceID, contacts iter.Seq[storage.Loaded]) error {
	next, stop := iter.Pull(contacts)
	defer stop()
	stage, err := s.gramStage(ctx, s.pool, w)
	if err != nil {
		return fmt.Errorf("load contacts: %w", err)
	}
	first := take(next, gramThreshold+1)
	large := len(first) > gramThreshold
	if large && stage == gramsNone {
		if err := s.setGramStage(ctx, w, gramsComing); err != nil {
			return fmt.Errorf("load contacts: %w", err)
		}
		stage = gramsComing
	}
	for batch := first; len(batch) > 0; batch = take(next, loadBatch) {
		if err := s.copyIn(ctx, w, batch, stage); err != nil {
			return fmt.Errorf("load contacts: %w", err)
		}
	}
	if !large {
		return nil
	}
	if err := s.withoutTimeout(ctx, func(c *pgx.Conn) error {
		_, err := c.Exec(ctx, `VACUUM (ANALYZE) contacts, contact_terms, contact_activity, sessions, identities`)
		return err
	}); err != nil {
		return fmt.Errorf("load contacts: vacuum: %w", translate(ctx, err))
	}
	if _, err := s.ensureGramIndex(ctx); err != nil {
		return fmt.Errorf("load contacts: build the gram index: %w", err)
	}
	return nil
}

func take(next func() (storage.Loaded, bool), n int) []storage.Loaded {
	var out []storage.Loaded
	for len(out) < n {
		l, ok := next()
		if !ok {
			break
		}
		out = append(out, l)
	}
	return out
}

// copyIn writes one batch in one transaction.
func (s *Store) copyIn(ctx context.Context, w crm.WorkspaceID, batch []storage.Loaded, stage gramStage) error {
	keys := keysOf(batch)
	tables := rowsOf(w, batch, keys, stage)
	return s.atLeisure(ctx, func(tx pgx.Tx) error {
		for _, t := range tables {
			if _, err := tx.CopyFrom(ctx, pgx.Identifier{t.table}, t.columns, pgx.CopyFromRows(t.rows)); err != nil {
				return err
			}
		}
		b := &pgx.Batch{}
		if counts := kindsOf(batch); len(counts) > 0 {
			addToSessions(b, w, counts...)
		}
		addToCount(b, w, len(batch))
		b.Queue(`
			INSERT INTO duplicate_progress (workspace_id, seq, contact_id)
			VALUES (@workspace, 0, '00000000-0000-0000-0000-000000000000')
			ON CONFLICT (workspace_id) DO UPDATE SET contact_id = excluded.contact_id`,
			pgx.NamedArgs{"workspace": w}) // these have not been compared
		return tx.SendBatch(ctx, b).Close()
	})
}

// kindsOf counts the sessions of a batch.
func kindsOf(batch []storage.Loaded) []storage.KindCount {
	numbers := map[storage.SessionKind]int{}
	for _, l := range batch {
		for _, v := range l.Sessions {
			v.ContactID = &l.Contact.ID
			numbers[storage.KindOf(v)]++
		}
	}
	counts := make([]storage.KindCount, 0, len(numbers))
	for k, n := range numbers {
		counts = append(counts, storage.KindCount{SessionKind: k, N: n})
	}
	return counts
}

// keysOf folds a batch on all processors.
func keysOf(batch []storage.Loaded) []search.Keys {
	keys := make([]search.Keys, len(batch))
	var wg sync.WaitGroup
	n := runtime.GOMAXPROCS(0)
	for p := range n {
		wg.Go(func() {
			for i := p; i < len(batch); i += n {
				keys[i] = search.KeysOf(batch[i].Contact)
			}
		})
	}
	wg.Wait()
	return keys
}

// copied is what is copied into one table.
type copied struct {
	table   string
	columns []string
	rows    [][]any
}

func rowsOf(w crm.WorkspaceID, batch []storage.Loaded, keys []search.Keys, stage gramStage) []copied {
	contacts := copied{table: "contacts", columns: contactTable.Columns()}
	activity := copied{table: "contact_activity", columns: []string{"workspace_id", "contact_id", "last_activity_at"}}
	terms := copied{table: "contact_terms", columns: []string{"workspace_id", "term", "contact_id"}}
	identities := copied{table: "identities", columns: identityTable.Columns()}
	sessions := copied{table: "sessions", columns: sessionTable.Columns()}
	accounts := copied{table: "accounts", columns: []string{"workspace_id", "account_id", "contact_id"}}
	var contact contactRow
	var session crm.Session
	var identity identityRow
	for n, l := range batch {
		id := [16]byte(l.Contact.ID)
		contact = contactRow{l.Contact, keys[n], stage != gramsNone}
		contacts.rows = append(contacts.rows, contactTable.Row(w, &contact))
		activity.rows = append(activity.rows, []any{w, id, activeSince(l.Contact)})
		for _, t := range keys[n].Terms {
			terms.rows = append(terms.rows, []any{w, t, id})
		}
		of := l.Accounts()
		for _, a := range of {
			if !a.First(l.Contact.ID) {
				accounts.rows = append(accounts.rows, []any{w, [16]byte(a), id})
			}
		}
		for _, session = range l.Sessions {
			session.AccountID = new(of[session.ChannelID])
			sessions.rows = append(sessions.rows, sessionTable.Row(w, &session))
		}
		for _, i := range l.Identities {
			i.ContactID, i.AccountID = l.Contact.ID, of[i.ChannelID]
			identity = identityRow{i, newestOn(i.ChannelID, l.Sessions)}
			identities.rows = append(identities.rows, identityTable.Row(w, &identity))
		}
	}
	return []copied{contacts, activity, terms, accounts, identities, sessions}
}

// newestOn is the session of a channel that started last: the one a next message looks at.
func newestOn(ch crm.ChannelID, sessions []crm.Session) crm.SessionID {
	var newest crm.Session
	for _, v := range sessions {
		if v.ChannelID == ch && (v.StartedAt.After(newest.StartedAt) || newest.ID == crm.SessionID{}) {
			newest = v
		}
	}
	return newest.ID
}
