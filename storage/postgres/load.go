package postgres

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
)

// loadBatch is how many contacts are copied in one transaction.
const loadBatch = 5000

// Load adds contacts in bulk by COPY. A load that makes the workspace large marks its rows for the gram index from the
// start and makes the index at the end, if there is none yet: row by row it would take ten times as long.
func (s *Store) Load(ctx context.Context, w crm.WorkspaceID, contacts iter.Seq[storage.Loaded]) error {
	next, stop := iter.Pull(contacts)
	defer stop()
	stage, err := s.gramStage(ctx, w)
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
			if _, err := tx.CopyFrom(ctx, pgx.Identifier{t.name}, t.columns, pgx.CopyFromRows(t.rows)); err != nil {
				return err
			}
		}
		b := &pgx.Batch{}
		if counts := kindsOf(batch); len(counts) > 0 {
			addToSessions(b, w, counts...)
		}
		addToCount(b, w, len(batch))
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

// table is what is copied into one table.
type table struct {
	name    string
	columns []string
	rows    [][]any
}

func rowsOf(w crm.WorkspaceID, batch []storage.Loaded, keys []search.Keys, stage gramStage) []table {
	contacts := table{name: "contacts", columns: []string{
		"workspace_id", "id", "name", "email", "phone", "notes", "version", "created_at", "updated_at",
		"name_origin", "name_channel", "email_origin", "email_channel", "phone_origin", "phone_channel",
		"name_key", "search_text", "grams",
	}}
	activity := table{name: "contact_activity", columns: []string{"workspace_id", "contact_id", "last_activity_at"}}
	terms := table{name: "contact_terms", columns: []string{"workspace_id", "term", "contact_id"}}
	identities := table{name: "identities", columns: []string{
		"workspace_id", "channel_id", "external_id", "contact_id", "session_id", "display_name", "created_at",
	}}
	sessions := table{name: "sessions", columns: []string{
		"workspace_id", "id", "contact_id", "channel_id", "status", "tag", "last_message_preview", "last_message_at",
		"unread_count", "started_at",
	}}
	for n, l := range batch {
		c, k, id := l.Contact, keys[n], [16]byte(l.Contact.ID)
		contacts.rows = append(contacts.rows, []any{
			w, id, c.Name, c.Email, c.Phone, c.Notes, c.Version, c.CreatedAt, c.UpdatedAt,
			int16(c.NameFrom.Origin), channelOrNull(c.NameFrom), int16(c.EmailFrom.Origin), channelOrNull(c.EmailFrom),
			int16(c.PhoneFrom.Origin), channelOrNull(c.PhoneFrom), k.Name, k.Text, stage != gramsNone,
		})
		active := never
		if c.LastActivityAt != nil {
			active = *c.LastActivityAt
		}
		activity.rows = append(activity.rows, []any{w, id, active})
		for _, t := range k.Terms {
			terms.rows = append(terms.rows, []any{w, t, id})
		}
		for _, v := range l.Sessions {
			sessions.rows = append(sessions.rows, []any{
				w, [16]byte(v.ID), id, [16]byte(v.ChannelID), string(v.Status), (*string)(v.Tag), v.LastMessagePreview,
				v.LastMessageAt, v.UnreadCount, v.StartedAt,
			})
		}
		for _, y := range l.Identities {
			identities.rows = append(identities.rows, []any{
				w, [16]byte(y.ChannelID), y.ExternalID, id, newestOn(y.ChannelID, l.Sessions), y.DisplayName, y.CreatedAt,
			})
		}
	}
	return []table{contacts, activity, terms, identities, sessions}
}

// newestOn is the session of a channel that started last: the one a next message looks at.
func newestOn(ch crm.ChannelID, sessions []crm.Session) pgtype.UUID {
	var newest crm.Session
	for _, v := range sessions {
		if v.ChannelID == ch && (v.StartedAt.After(newest.StartedAt) || newest.ID == crm.SessionID{}) {
			newest = v
		}
	}
	return pgtype.UUID{Bytes: newest.ID, Valid: newest.ID != crm.SessionID{}}
}
