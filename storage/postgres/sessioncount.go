package postgres

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
	"kith/storage"
)

// sessionSlots is over how many rows each number of sessions is spread.
const sessionSlots = 16

func scanSessionCount(row pgx.CollectableRow) (c storage.KindCount, err error) {
	return c, row.Scan((*[16]byte)(&c.Channel), &c.Status, &c.Tag, &c.Anonymous, &c.N)
}

// CountSessions counts the sessions that pass f, by status, tag and channel.
func (s *Store) CountSessions(ctx context.Context, w crm.WorkspaceID, f storage.SessionFilter) (storage.SessionCounts, error) {
	args := pgx.NamedArgs{"workspace": w}
	sql := `
		SELECT channel_id, status, tag, anonymous, sum(sessions)::bigint
		FROM session_counts
		WHERE workspace_id = @workspace
		GROUP BY channel_id, status, tag, anonymous`
	also := besideKinds(f, args)
	if also != "" {
		sql = `
			SELECT s.channel_id, s.status, coalesce(s.tag, ''), s.account_id IS NULL OR s.account_id IN (` + deletedAccounts + `), count(*)
			FROM sessions s
			WHERE s.workspace_id = @workspace` + also + `
			GROUP BY 1, 2, 3, 4`
	}
	if f.Contact != nil {
		c, err := s.current(ctx, w, *f.Contact)
		if err != nil {
			return storage.SessionCounts{}, fmt.Errorf("count sessions: %w", err)
		}
		args["contact"] = [16]byte(c)
		sql = `
			SELECT s.channel_id, s.status, coalesce(s.tag, ''), false, count(*)
			FROM sessions s
			WHERE s.workspace_id = @workspace AND s.account_id IN (` + accountsOf("@contact::uuid") + `)
			  AND s.account_id NOT IN (` + deletedAccounts + `)` + also + `
			GROUP BY 1, 2, 3`
	}
	rows, err := s.pool.Query(ctx, sql, args)
	counts, err := all(ctx, rows, err, scanSessionCount)
	if err != nil {
		return storage.SessionCounts{}, fmt.Errorf("count sessions: %w", err)
	}
	return f.Sum(counts), nil
}

// addToSessions queues changes of the numbers of sessions. The rows come in one order, so that two writers never wait for
// each other.
func addToSessions(b *pgx.Batch, w crm.WorkspaceID, counts ...storage.KindCount) {
	addToSessionsAt(b, w, rand.IntN(sessionSlots), counts...)
}

// addToSessionsAt is addToSessions in a slot.
func addToSessionsAt(b *pgx.Batch, w crm.WorkspaceID, slot int, counts ...storage.KindCount) {
	slices.SortFunc(counts, func(x, y storage.KindCount) int { return x.Compare(y.SessionKind) })
	channels := make([][16]byte, len(counts))
	statuses, tags := make([]crm.SessionStatus, len(counts)), make([]crm.SessionTag, len(counts))
	anonymous, numbers := make([]bool, len(counts)), make([]int64, len(counts))
	for i, c := range counts {
		channels[i], statuses[i], tags[i], anonymous[i], numbers[i] = c.Channel, c.Status, c.Tag, c.Anonymous, int64(c.N)
	}
	b.Queue(`
		INSERT INTO session_counts (workspace_id, channel_id, status, tag, anonymous, slot, sessions)
		SELECT @workspace, c.channel_id, c.status, c.tag, c.anonymous, @slot, c.n
		FROM unnest(@channels::uuid[], @statuses::text[], @tags::text[], @anonymous::boolean[], @numbers::bigint[])
		  AS c(channel_id, status, tag, anonymous, n)
		ON CONFLICT (workspace_id, channel_id, status, tag, anonymous, slot)
		DO UPDATE SET sessions = session_counts.sessions + excluded.sessions`, pgx.NamedArgs{
		"workspace": w, "slot": slot, "channels": channels, "statuses": statuses, "tags": tags,
		"anonymous": anonymous, "numbers": numbers,
	})
}

// recountAnonymous queues that the sessions of @accounts, whose contact is going, are counted as anonymous.
func recountAnonymous(b *pgx.Batch, args pgx.NamedArgs) {
	b.Queue(`
		INSERT INTO session_counts (workspace_id, channel_id, status, tag, anonymous, slot, sessions)
		SELECT @workspace, g.channel_id, g.status, g.tag, v.anonymous, @slot, v.sign * g.n
		FROM (
		  SELECT channel_id, status, coalesce(tag, '') AS tag, count(*) AS n
		  FROM sessions
		  WHERE workspace_id = @workspace AND account_id = ANY(@accounts)
		  GROUP BY 1, 2, 3
		) g
		CROSS JOIN (VALUES (false, -1), (true, 1)) AS v(anonymous, sign)
		ORDER BY g.channel_id, g.status, g.tag, v.anonymous
		ON CONFLICT (workspace_id, channel_id, status, tag, anonymous, slot)
		DO UPDATE SET sessions = session_counts.sessions + excluded.sessions`, args)
}
