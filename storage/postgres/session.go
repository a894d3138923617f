package postgres

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"kith/internal/crm"
	"kith/storage"
	"kith/storage/clause"
)

// sessionTable are the columns of sessions.
var sessionTable = clause.Table[crm.Session]{
	{Name: "id", As: id(func(s *crm.Session) *crm.SessionID { return &s.ID })},
	{Name: "account_id", As: optionalID(func(s *crm.Session) **crm.AccountID { return &s.AccountID })},
	{Name: "channel_id", As: id(func(s *crm.Session) *crm.ChannelID { return &s.ChannelID })},
	{Name: "channel_account", As: text(func(s *crm.Session) *string { return &s.ChannelAccount })},
	{Name: "status", Edited: true, As: text(func(s *crm.Session) *crm.SessionStatus { return &s.Status })},
	{Name: "tag", Edited: true, As: optionalText(func(s *crm.Session) **crm.SessionTag { return &s.Tag })},
	{Name: "last_message_preview", As: optionalText(func(s *crm.Session) **string { return &s.LastMessagePreview })},
	{Name: "last_message_at", As: instant(func(s *crm.Session) *time.Time { return &s.LastMessageAt })},
	{Name: "unread_count", Edited: true, As: number(func(s *crm.Session) *int { return &s.UnreadCount })},
	{Name: "started_at", As: instant(func(s *crm.Session) *time.Time { return &s.StartedAt })},
	{Name: "closed_at", Edited: true, As: optionalInstant(func(s *crm.Session) **time.Time { return &s.ClosedAt })},
	{Name: "last_inbound_at", As: optionalInstant(func(s *crm.Session) **time.Time { return &s.LastInboundAt })},
	{Name: "last_message", As: optionalID(func(s *crm.Session) **[16]byte { return &s.LastMessage })},
}

// sessionColumns are the columns of sessions s that scanSession reads; they use @workspace. A session whose contact has
// been deleted is anonymous, even while the row still holds the account.
var sessionColumns = sessionTable.Select("s") + `,
	CASE WHEN s.account_id NOT IN (` + deletedAccounts + `) THEN ` + ownerOf("s.account_id") + ` END`

// anonymized sets the columns of sessions to what [crm.Session.Anonymize] leaves.
const anonymized = `account_id = NULL, last_message_preview = NULL, last_message = NULL`

// deletedAccounts are the accounts whose contact is gone and whose sessions are still being detached: hardly ever any.
const deletedAccounts = `SELECT d.account_id FROM account_deletions d WHERE d.workspace_id = @workspace`

// scanSession scans rows of sessionColumns, which come after other columns, one after the other.
func scanSession(before ...any) pgx.RowToFunc[crm.Session] {
	var s crm.Session
	targets := append(sessionTable.Targets(&s, before...), optionalIDTarget[crm.ContactID]{&s.ContactID})
	return func(row pgx.CollectableRow) (crm.Session, error) {
		err := row.Scan(targets...)
		if s.ContactID == nil {
			s.Anonymize()
		}
		return s, err
	}
}

// SessionsByID returns the sessions that exist among ids.
func (s *Store) SessionsByID(ctx context.Context, w crm.WorkspaceID, ids []crm.SessionID) (map[crm.SessionID]crm.Session, error) {
	found, err := s.sessions(ctx, s.pool, w, ids)
	if err != nil {
		return nil, fmt.Errorf("look up sessions: %w", err)
	}
	out := make(map[crm.SessionID]crm.Session, len(found))
	for _, v := range found {
		out[v.ID] = v
	}
	return out, nil
}

var selectSessions = `
	SELECT ` + sessionColumns + `
	FROM sessions s
	WHERE s.workspace_id = @workspace AND s.id = ANY(@ids)`

func (s *Store) sessions(ctx context.Context, q queryer, w crm.WorkspaceID, ids []crm.SessionID) ([]crm.Session, error) {
	rows, err := q.Query(ctx, selectSessions, pgx.NamedArgs{"workspace": w, "ids": uuids(ids)})
	return all(ctx, rows, err, scanSession())
}

// sessionWindow is the part of a statement that picks sessions: the conditions of the filter, the page's starting bound
// where it has one, the order, and the limit.
type sessionWindow struct {
	where  string
	also   string // the part of where that no counter knows, with AND before it
	beyond string
	order  string
	at     string // the column of times that the order is by
	page   storage.Page
	args   pgx.NamedArgs
}

// sessionTimes are the columns of times that lists of sessions are in the order of.
var sessionTimes = map[storage.SessionOrder]string{storage.LastMessage: "last_message_at", storage.Started: "started_at"}

// window reads sessions in the order of q, backwards for a page from the end. The condition on anonymous sessions is left to
// the caller.
func window(w crm.WorkspaceID, q storage.SessionQuery) sessionWindow {
	v := sessionWindow{at: sessionTimes[q.Order], page: q.Page, args: pgx.NamedArgs{"workspace": w}}
	d := clause.Reading(q.ReadsDown())
	if from := q.Page.From(); from != nil {
		v.args["at"], v.args["id"] = from.At, [16]byte(from.ID)
		v.beyond = fmt.Sprintf(" AND (s.%s, s.id) %s (@at, @id)", v.at, d.Beyond)
	}
	v.also = besideKinds(q.Filter, v.args)
	v.where = "s.workspace_id = @workspace" + v.beyond + v.also + ofKinds(q.Filter, "s.", v.args)
	v.order = fmt.Sprintf("ORDER BY s.%[1]s %[2]s, s.id %[2]s LIMIT %[3]d", v.at, d.Order, q.Page.Skip+q.Page.Size+1)
	return v
}

// ends is the end of a statement whose rows are the page: where order has the rows that are passed over too.
func (v sessionWindow) ends() string {
	order, _, _ := strings.Cut(v.order, " LIMIT ")
	return fmt.Sprintf("%s LIMIT %d OFFSET %d", order, v.page.Size+1, v.page.Skip)
}

// ofKinds are the filter's conditions on channel, status and tag.
func ofKinds(f storage.SessionFilter, of string, args pgx.NamedArgs) string {
	where := ""
	if f.Channels != nil {
		args["channels"] = uuids(f.Channels)
		where += " AND " + of + "channel_id = ANY(@channels)"
	}
	if f.Statuses != nil {
		args["statuses"] = f.Statuses
		where += " AND " + of + "status = ANY(@statuses)"
	}
	if f.Tags != nil {
		args["tags"] = f.Tags
		where += " AND coalesce(" + of + "tag, '') = ANY(@tags)"
	}
	return where
}

// besideKinds are the filter's conditions on unread messages and on the account that was written to.
func besideKinds(f storage.SessionFilter, args pgx.NamedArgs) string {
	where := ""
	if f.Unread != nil {
		where += " AND s.unread_count " + map[bool]string{true: "> 0", false: "= 0"}[*f.Unread]
	}
	if f.Accounts != nil {
		args["written"] = f.Accounts
		where += " AND s.channel_account = ANY(@written)"
	}
	return where
}

// anonymity is the condition that sessions s have no contact, or one, whatever the rows hold while a contact is going.
func anonymity(anonymous *bool) string {
	switch {
	case anonymous == nil:
		return ""
	case *anonymous:
		return " AND (s.account_id IS NULL OR s.account_id IN (" + deletedAccounts + "))"
	}
	return " AND s.account_id IS NOT NULL AND s.account_id NOT IN (" + deletedAccounts + ")"
}

// Sessions returns one page of the sessions that pass the filter.
func (s *Store) Sessions(ctx context.Context, w crm.WorkspaceID, q storage.SessionQuery) (storage.SessionPage, error) {
	if c := q.Filter.Contact; c != nil {
		pages, err := s.SessionsByContact(ctx, w, []crm.ContactID{*c}, q)
		return pages[*c], err
	}
	skip := q.Page.Skip
	if skip >= storage.SkipRows && q.Filter.Empty() {
		found, err := s.landmarks(ctx, storage.LongList{Workspace: w, Sessions: true, SessionOrder: q.Order})
		if err != nil {
			return storage.SessionPage{}, fmt.Errorf("list sessions: %w", err)
		}
		var from *storage.Position
		if from, skip = found.Near(skip, q.ReadsDown()); q.Page.FromEnd {
			q.Page.Before = from
		} else {
			q.Page.After = from
		}
		q.Page.Skip = skip
	}
	v := window(w, q)
	sql := `
		SELECT ` + sessionColumns + `
		FROM sessions s
		WHERE ` + v.where + anonymity(q.Filter.Anonymous) + `
		` + v.ends()
	unread := q.Filter.Unread != nil && *q.Filter.Unread // which has an index in each order
	if f := q.Filter; !unread && (f.Anonymous != nil || f.Channels != nil || f.Statuses != nil || f.Tags != nil) {
		sql = filtered(f, v)
	}
	if skip > 0 && q.Filter.Empty() { // of the rows that are passed over only the index is read
		sql = `
		SELECT s.*
		FROM (
		  SELECT s.id, s.` + v.at + `
		  FROM sessions s
		  WHERE ` + v.where + `
		  ` + v.ends() + `
		) p
		CROSS JOIN LATERAL (
		  SELECT ` + sessionColumns + ` FROM sessions s WHERE s.workspace_id = @workspace AND s.id = p.id LIMIT 1
		) s
		` + v.order
	}
	rows, err := s.pool.Query(ctx, sql, v.args)
	found, err := all(ctx, rows, err, scanSession())
	if err != nil {
		return storage.SessionPage{}, fmt.Errorf("list sessions: %w", err)
	}
	return q.Window(found), nil
}

// filtered is the statement that lists the sessions of the kinds that pass a filter: a page of each kind, merged. So it
// reads no session that does not pass, wherever those that pass lie; the counters show which kinds there are. The index
// does not show which contacts are gone while their sessions are still being detached.
func filtered(f storage.SessionFilter, v sessionWindow) string {
	nobody, known, gone := []bool{false, true}, "", ""
	switch a := f.Anonymous; {
	case a == nil:
	case *a:
		nobody = []bool{true}
		gone = `
			  UNION ALL
			  (SELECT s.id, s.` + v.at + `
			   FROM sessions s
			   WHERE ` + v.where + ` AND s.account_id IN (` + deletedAccounts + `)
			   ` + v.order + `)`
	default:
		nobody, known = []bool{false}, " AND s.account_id NOT IN ("+deletedAccounts+")"
	}
	v.args["nobody"] = nobody // as a parameter: the planner does not know "IS NOT NULL" for the indexed expression
	return `
			SELECT s.*
			FROM (
			  (SELECT s.id, s.` + v.at + `
			   FROM (
			     SELECT DISTINCT channel_id, status, tag
			     FROM session_counts
			     WHERE workspace_id = @workspace` + ofKinds(f, "", v.args) + `
			   ) k
			   CROSS JOIN unnest(@nobody::boolean[]) AS n(nobody)
			   CROSS JOIN LATERAL (
			     SELECT s.id, s.` + v.at + `
			     FROM sessions s
			     WHERE s.workspace_id = @workspace AND s.channel_id = k.channel_id AND s.status = k.status
			       AND coalesce(s.tag, '') = k.tag AND (s.account_id IS NULL) = n.nobody` + v.beyond + v.also + known + `
			     ` + v.order + `
			   ) s
			   ` + v.order + `)` + gone + `
			) p
			CROSS JOIN LATERAL (
			  SELECT ` + sessionColumns + ` FROM sessions s WHERE s.workspace_id = @workspace AND s.id = p.id LIMIT 1
			) s
			` + v.ends()
}

// SessionsByContact returns one page of the sessions of each of the contacts. Of ids without any it looks whether they are
// those of contacts that have become part of others.
func (s *Store) SessionsByContact(ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID, q storage.SessionQuery) (map[crm.ContactID]storage.SessionPage, error) {
	pages, err := s.sessionsOf(ctx, w, ids, q)
	if err != nil || len(pages) == len(ids) {
		return pages, err
	}
	survivors, err := survivorsOf(ctx, s.pool, w, ids)
	if err != nil || len(survivors) == 0 {
		return pages, err
	}
	only := q.Filter.Contact
	q.Filter.Contact = nil
	now, err := s.sessionsOf(ctx, w, slices.Collect(maps.Values(survivors)), q)
	for old, survivor := range survivors {
		if p, is := now[survivor]; is && (only == nil || *only == old) {
			pages[old] = p
		}
	}
	return pages, err
}

// sessionsOf returns one page of the sessions of each of the contacts. The LATERAL reads no more of an account's sessions than
// the page holds, where row_number() would read them all. By start it reads and sorts them all: there are few, and one more index
// would slow every message down.
func (s *Store) sessionsOf(ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID, q storage.SessionQuery) (map[crm.ContactID]storage.SessionPage, error) {
	out := make(map[crm.ContactID]storage.SessionPage)
	if q.Filter.Anonymous != nil && *q.Filter.Anonymous {
		return out, nil
	}
	if c := q.Filter.Contact; c != nil {
		ids = slices.DeleteFunc(slices.Clone(ids), func(id crm.ContactID) bool { return id != *c })
	}
	v := window(w, q)
	ids = slices.Clone(ids)
	slices.SortFunc(ids, func(a, b crm.ContactID) int { return bytes.Compare(a[:], b[:]) })
	v.args["ids"] = uuids(slices.Compact(ids))
	rows, err := s.pool.Query(ctx, `
		SELECT i.id, s.*
		FROM unnest(@ids::uuid[]) i(id)
		CROSS JOIN LATERAL (`+accountsOf("i.id")+`) a
		CROSS JOIN LATERAL (
		  SELECT `+sessionColumns+`
		  FROM sessions s
		  WHERE `+v.where+` AND s.account_id = a.account_id
		  `+v.order+`
		) s
		WHERE a.account_id NOT IN (`+deletedAccounts+`)`, v.args)
	if err != nil {
		return nil, fmt.Errorf("list sessions of contacts: %w", translate(ctx, err))
	}
	found := make(map[crm.ContactID][]crm.Session, len(ids))
	var id crm.ContactID
	scan := scanSession((*[16]byte)(&id))
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		v, err := scan(row)
		found[id] = append(found[id], v)
		return struct{}{}, err
	})
	if err != nil {
		return nil, fmt.Errorf("list sessions of contacts: %w", translate(ctx, err))
	}
	for id, sessions := range found {
		q.Read(sessions)
		sessions = sessions[min(q.Page.Skip, len(sessions)):]
		if p := q.Window(sessions); len(p.Sessions) > 0 {
			out[id] = p
		}
	}
	return out, nil
}

// CountSessionsByContact counts the sessions of each of the contacts as far as most.
func (s *Store) CountSessionsByContact(
	ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID, f storage.SessionFilter, most int,
) (map[crm.ContactID]storage.Count, error) {
	if f.Contact != nil {
		ids = slices.DeleteFunc(slices.Clone(ids), func(id crm.ContactID) bool { return id != *f.Contact })
	}
	if f.Anonymous != nil && *f.Anonymous {
		return map[crm.ContactID]storage.Count{}, nil
	}
	args := pgx.NamedArgs{"workspace": w, "ids": uuids(ids), "n": most + 1}
	return s.countEach(ctx, most, `
		SELECT i.id, n.n
		FROM (`+askedContacts+`) i
		CROSS JOIN LATERAL (
		  SELECT count(*) AS n
		  FROM (
		    SELECT
		    FROM (`+accountsOf("i.now")+`) a
		    JOIN sessions s ON s.workspace_id = @workspace AND s.account_id = a.account_id
		    WHERE s.workspace_id = @workspace AND s.account_id NOT IN (`+deletedAccounts+`)`+
		ofKinds(f, "s.", args)+besideKinds(f, args)+`
		    LIMIT @n
		  ) s
		) n`, args)
}

// askedContacts are the contacts @ids, each with the one that it is now.
const askedContacts = `
		  SELECT DISTINCT u.id, coalesce(
		    (SELECT r.survivor_id FROM redirects r WHERE r.workspace_id = @workspace AND r.contact_id = u.id), u.id
		  ) AS now
		  FROM unnest(@ids::uuid[]) u(id)`

// countEach runs a query of ids of contacts and of numbers that were counted up to one beyond most.
func (s *Store) countEach(
	ctx context.Context, most int, query string, args pgx.NamedArgs,
) (map[crm.ContactID]storage.Count, error) {
	rows, err := s.pool.Query(ctx, query, args)
	if err != nil {
		return nil, fmt.Errorf("count for each contact: %w", translate(ctx, err))
	}
	out := map[crm.ContactID]storage.Count{}
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		var id crm.ContactID
		var n int
		err := row.Scan((*[16]byte)(&id), &n)
		if n > 0 {
			out[id] = storage.Counted(n, most)
		}
		return struct{}{}, err
	})
	if err != nil {
		return nil, fmt.Errorf("count for each contact: %w", translate(ctx, err))
	}
	return out, nil
}

var insertSessionRow = `
	INSERT INTO sessions (` + sessionTable.Insert() + `)
	VALUES (` + sessionTable.Values() + `)`

// insertSession queues a new session.
func insertSession(b *pgx.Batch, w crm.WorkspaceID, s crm.Session) {
	b.Queue(insertSessionRow, rowArgs(w, sessionTable, &s))
}
