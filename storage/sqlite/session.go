package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

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

// sessionColumns are the columns of sessions s that scanSession reads; they use @workspace. A session whose contact has been
// deleted is anonymous, even while the row still holds the account.
var sessionColumns = sessionTable.Select("s") + `,
	CASE WHEN ` + ofNobodyDeleted + ` THEN ` + ownerOf("s.account_id") + ` END`

// beingDetached is the condition on sessions s that the contact has been deleted, and the row still holds the account.
const beingDetached = `EXISTS (
	  SELECT 1 FROM account_deletions d WHERE d.workspace_id = s.workspace_id AND d.account_id = s.account_id
	)`

// ofNobodyDeleted is the condition on sessions s that the contact, if there is one, is not being deleted.
const ofNobodyDeleted = `NOT ` + beingDetached

// scanSession scans rows of sessionColumns, which come after other columns, one after the other.
func scanSession(before ...any) func(*sql.Rows) (crm.Session, error) {
	var s crm.Session
	targets := append(sessionTable.Targets(&s, before...), optionalIDTarget[crm.ContactID]{&s.ContactID})
	return func(rows *sql.Rows) (crm.Session, error) {
		err := rows.Scan(targets...)
		if s.ContactID == nil {
			s.Anonymize()
		}
		return s, err
	}
}

// anonymized sets the columns of sessions to what [crm.Session.Anonymize] leaves.
const anonymized = `account_id = NULL, last_message_preview = NULL, last_message = NULL`

var selectSessions = `
	SELECT ` + sessionColumns + `
	FROM sessions s
	WHERE s.workspace_id = @workspace AND s.id IN (SELECT unhex(value) FROM json_each(@ids))`

// SessionsByID returns the sessions that exist among ids.
func (s *Store) SessionsByID(ctx context.Context, w crm.WorkspaceID, ids []crm.SessionID) (map[crm.SessionID]crm.Session, error) {
	found, err := read(ctx, s, func(c *conn) ([]crm.Session, error) {
		return all(ctx, c, selectSessions, args{"workspace": w, "ids": idList(ids)}, scanSession())
	})
	if err != nil {
		return nil, fmt.Errorf("look up sessions: %w", err)
	}
	out := make(map[crm.SessionID]crm.Session, len(found))
	for _, v := range found {
		out[v.ID] = v
	}
	return out, nil
}

var selectSession = `
	SELECT ` + sessionColumns + `
	FROM sessions s
	WHERE s.workspace_id = @workspace AND s.id = @id`

// sessionByID reads one session; ErrNotFound if it does not exist.
func sessionByID(ctx context.Context, c *conn, w crm.WorkspaceID, id crm.SessionID) (crm.Session, error) {
	v, found, err := first(ctx, c, selectSession, args{"workspace": w, "id": id[:]}, scanSession())
	if err == nil && !found {
		err = crm.ErrNotFound
	}
	return v, err
}

// Sessions returns one page of the sessions that pass q.Filter.
func (s *Store) Sessions(ctx context.Context, w crm.WorkspaceID, q storage.SessionQuery) (storage.SessionPage, error) {
	if f := q.Filter; f.Contact != nil {
		pages, err := s.SessionsByContact(ctx, w, []crm.ContactID{*f.Contact}, q)
		return pages[*f.Contact], err
	}
	found, err := readOnce(ctx, s, func(c *conn) ([]crm.Session, error) { return s.listed(ctx, c, w, q) })
	if err != nil {
		return storage.SessionPage{}, fmt.Errorf("list sessions: %w", err)
	}
	return q.Window(found), nil
}

// lookAtSessions is how many sessions are looked at one by one for those that pass a filter.
const lookAtSessions = 1000

// listed reads one session more than the page. Where the counters promise as many among the next lookAtSessions, these
// are looked at. Else a page of each kind of session that passes the filter is read, so that a page costs no more than its
// size times the number of kinds, however few sessions pass and wherever they are.
func (s *Store) listed(ctx context.Context, c *conn, w crm.WorkspaceID, q storage.SessionQuery) ([]crm.Session, error) {
	f, n := q.Filter, q.Page.Skip+q.Page.Size+1
	a := args{"workspace": w}
	r := reading(q, a)
	if f.Empty() && q.Page.Skip >= storage.SkipRows {
		return s.skipSessions(ctx, c, w, q)
	}
	a["skip"] = q.Page.Skip
	if f.Empty() || f.Unread != nil || f.Accounts != nil {
		return all(ctx, c, `
			SELECT `+sessionColumns+`
			FROM sessions s
			WHERE s.workspace_id = @workspace`+r.filter+r.anonymity+r.beyond+r.order+` LIMIT @page OFFSET @skip`, a, scanSession())
	}
	counts, err := countersOf(ctx, c, w)
	if err != nil {
		return nil, err
	}
	total, passed := 0, 0
	kinds := [][3]any{}
	for _, v := range counts {
		total += v.N
		status, tag, channel := f.Passes(v.SessionKind)
		if status && tag && channel && (f.Anonymous == nil || *f.Anonymous == v.Anonymous) {
			passed += v.N
			kinds = append(kinds, kindParameter(v.SessionKind))
		}
	}
	if passed == 0 {
		return nil, nil
	}
	if passed*lookAtSessions >= total*n {
		found, err := lookThrough(ctx, c, r, a)
		if err != nil || len(found) == n {
			return found[min(q.Page.Skip, len(found)):], err
		}
	}
	return ofKinds(ctx, c, r, kinds, f.Anonymous, a)
}

// lookThrough reads the sessions among the next lookAtSessions that pass the filter.
func lookThrough(ctx context.Context, c *conn, r sessionReading, a args) ([]crm.Session, error) {
	return all(ctx, c, `
		SELECT `+sessionColumns+`
		FROM sessions s
		WHERE s.n IN (
		  SELECT s.n
		  FROM (
		    SELECT s.n, s.workspace_id, s.account_id, s.channel_id, s.status, s.tag
		    FROM sessions s
		    WHERE s.workspace_id = @workspace`+r.beyond+r.order+`
		    LIMIT `+strconv.Itoa(lookAtSessions)+`
		  ) s
		  WHERE true`+r.filter+r.anonymity+`
		  LIMIT @n
		)`+r.order, a, scanSession())
}

// ofKinds reads a page of the sessions of each kind and merges them. While a contact is being
// deleted, the account of a row says nothing: the sessions of such accounts are read separately.
func ofKinds(ctx context.Context, c *conn, r sessionReading, kinds [][3]any, anonymous *bool, a args) ([]crm.Session, error) {
	list, err := json.Marshal(kinds)
	if err != nil {
		return nil, err
	}
	a["kinds"], a["nobody"] = string(list), "[0,1]"
	alive, deleted := "", ""
	switch {
	case anonymous == nil:
	case *anonymous:
		a["nobody"] = "[1]"
		deleted = `
		  UNION ALL
		  SELECT o.n
		  FROM account_deletions d
		  CROSS JOIN sessions o ON o.n IN (
		    SELECT s.n FROM sessions s INDEXED BY sessions_by_account
		    WHERE s.workspace_id = @workspace AND s.account_id = d.account_id` + r.filter + r.beyond + r.order + `
		    LIMIT @n
		  )
		  WHERE d.workspace_id = @workspace`
	default:
		a["nobody"] = "[0]"
		alive = r.anonymity
	}
	return all(ctx, c, `
		SELECT `+sessionColumns+`
		FROM sessions s
		WHERE s.n IN (
		  SELECT o.n
		  FROM (
		    SELECT DISTINCT value ->> 0 AS status, value ->> 1 AS tag, unhex(value ->> 2) AS channel_id
		    FROM json_each(@kinds)
		  ) k
		  CROSS JOIN json_each(@nobody) b
		  CROSS JOIN sessions o ON o.n IN (
		    SELECT s.n FROM sessions s INDEXED BY `+r.indexes.kind+`
		    WHERE s.workspace_id = @workspace AND s.status = k.status AND s.tag IS k.tag AND s.channel_id = k.channel_id
		      AND (s.account_id IS NULL) = b.value`+alive+r.beyond+r.order+`
		    LIMIT @n
		  )`+deleted+`
		)`+r.order+`
		LIMIT @page OFFSET @skip`, a, scanSession())
}

// skipSessions reads all sessions from a far row on.
func (s *Store) skipSessions(ctx context.Context, c *conn, w crm.WorkspaceID, q storage.SessionQuery) ([]crm.Session, error) {
	found, err := s.landmarksOf(ctx, c, storage.LongList{Workspace: w, Sessions: true, SessionOrder: q.Order})
	if err != nil {
		return nil, err
	}
	from, skip := found.Near(q.Page.Skip, q.ReadsDown())
	if q.Page.FromEnd {
		q.Page.Before = from
	} else {
		q.Page.After = from
	}
	q.Page.Skip = skip
	a := args{"workspace": w, "skip": skip}
	r := reading(q, a)
	return all(ctx, c, `
		SELECT `+sessionColumns+`
		FROM sessions s
		WHERE s.n IN (
		  SELECT s.n FROM sessions s INDEXED BY `+r.indexes.all+`
		  WHERE s.workspace_id = @workspace`+r.beyond+r.order+` LIMIT @page OFFSET @skip
		)`+r.order, a, scanSession())
}

// SessionsByContact returns one page of the sessions of each of the contacts. By start it reads and sorts all sessions of an
// account: there are few, and one more index would slow every message down.
func (s *Store) SessionsByContact(ctx context.Context, w crm.WorkspaceID, ids []crm.ContactID, q storage.SessionQuery) (map[crm.ContactID]storage.SessionPage, error) {
	f := q.Filter
	if f.Contact != nil {
		ids = slices.DeleteFunc(slices.Clone(ids), func(id crm.ContactID) bool { return id != *f.Contact })
	}
	if f.Anonymous != nil && *f.Anonymous {
		return map[crm.ContactID]storage.SessionPage{}, nil
	}
	a := args{"workspace": w, "ids": idList(ids)}
	r := reading(q, a)
	// By last message the inner query reads one page from the index for each account, however many sessions the account has.
	query := `
		SELECT i.id, ` + sessionColumns + `
		FROM (
		  SELECT DISTINCT
		    unhex(value) AS id,
		    coalesce(
		      (SELECT r.survivor_id FROM redirects r WHERE r.workspace_id = @workspace AND r.contact_id = unhex(value)),
		      unhex(value)
		    ) AS contact_id
		  FROM json_each(@ids)
		) i
		CROSS JOIN sessions s ON s.n IN (
		  SELECT o.n
		  FROM (` + accountsOf("i.contact_id") + `) a
		  CROSS JOIN sessions o ON o.n IN (
		    SELECT s.n FROM sessions s INDEXED BY sessions_by_account
		    WHERE s.workspace_id = @workspace AND s.account_id = a.account_id` + r.filter + r.beyond + r.order + `
		    LIMIT @n
		  )
		)`
	found := make(map[crm.ContactID][]crm.Session)
	_, err := read(ctx, s, func(c *conn) (none []struct{}, err error) {
		clear(found) // it may run twice
		var of crm.ContactID
		scan := scanSession(idTarget[crm.ContactID]{&of})
		return all(ctx, c, query, a, func(rows *sql.Rows) (none struct{}, err error) {
			v, err := scan(rows)
			found[of] = append(found[of], v)
			return none, err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list sessions by contact: %w", err)
	}
	out := make(map[crm.ContactID]storage.SessionPage, len(found))
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
	a := args{"workspace": w, "ids": idList(ids)}
	r := reading(storage.SessionQuery{Filter: f}, a)
	a["n"] = most + 1
	return countEach(ctx, s, most, `
		SELECT i.id, (
		  SELECT count(*)
		  FROM (
		    SELECT 1
		    FROM (`+accountsOf("i.contact_id")+`) a
		    CROSS JOIN sessions s INDEXED BY sessions_by_account
		    WHERE s.workspace_id = @workspace AND s.account_id = a.account_id`+r.filter+`
		    LIMIT @n
		  )
		)
		FROM (
		  SELECT DISTINCT
		    unhex(value) AS id,
		    coalesce(
		      (SELECT r.survivor_id FROM redirects r WHERE r.workspace_id = @workspace AND r.contact_id = unhex(value)),
		      unhex(value)
		    ) AS contact_id
		  FROM json_each(@ids)
		) i`, a)
}

// countEach runs a query of ids of contacts and of numbers that were counted up to one beyond most.
func countEach(ctx context.Context, s *Store, most int, query string, a args) (map[crm.ContactID]storage.Count, error) {
	type counted struct {
		id crm.ContactID
		n  int
	}
	found, err := read(ctx, s, func(c *conn) ([]counted, error) {
		return all(ctx, c, query, a, func(rows *sql.Rows) (v counted, err error) {
			return v, rows.Scan(idTarget[crm.ContactID]{&v.id}, &v.n)
		})
	})
	if err != nil {
		return nil, wrap("count for each contact", err)
	}
	out := make(map[crm.ContactID]storage.Count, len(found))
	for _, v := range found {
		if v.n > 0 {
			out[v.id] = storage.Counted(v.n, most)
		}
	}
	return out, nil
}

// sessionReading is how a statement reads sessions s: those that pass the filter, of which the contact is left to the
// caller; those that are anonymous or are not, where that is asked for; those beyond the bound that reading starts at; the
// order of reading; and the indexes in that order. @n is one more than the page.
type sessionReading struct {
	filter, anonymity, beyond, order string
	indexes                          sessionIndexes
}

// sessionIndexes are where the sessions are in an order: the column of times, the index of all, and the one of each kind.
type sessionIndexes struct{ at, all, kind string }

var sessionOrders = map[storage.SessionOrder]sessionIndexes{
	storage.LastMessage: {"last_message_at", "sessions_by_time", "sessions_by_kind"},
	storage.Started:     {"started_at", "sessions_by_start", "sessions_by_kind_and_start"},
}

// reading is how a page is read. Its arguments are added to a.
func reading(q storage.SessionQuery, a args) (r sessionReading) {
	f := q.Filter
	if f.Channels != nil {
		r.filter += ` AND s.channel_id IN (SELECT unhex(value) FROM json_each(@channels))`
		a["channels"] = idList(f.Channels)
	}
	if f.Statuses != nil {
		r.filter += ` AND s.status IN (SELECT value FROM json_each(@statuses))`
		a["statuses"] = jsonList(f.Statuses)
	}
	if f.Tags != nil {
		r.filter += ` AND coalesce(s.tag, '') IN (SELECT value FROM json_each(@tags))`
		a["tags"] = jsonList(f.Tags)
	}
	r.filter += besideKinds(f, a)
	if f.Anonymous != nil {
		r.anonymity = ` AND s.account_id IS NOT NULL AND ` + ofNobodyDeleted
		if *f.Anonymous {
			r.anonymity = ` AND (s.account_id IS NULL OR ` + beingDetached + `)`
		}
	}
	r.indexes = sessionOrders[q.Order]
	d := clause.Reading(q.ReadsDown())
	if from := q.Page.From(); from != nil {
		r.beyond = fmt.Sprintf(` AND (s.%s, s.id) %s (@at, @id)`, r.indexes.at, d.Beyond)
		a["at"], a["id"] = from.At.UnixMicro(), from.ID[:]
	}
	r.order = fmt.Sprintf(` ORDER BY s.%[1]s %[2]s, s.id %[2]s`, r.indexes.at, d.Order)
	a["n"], a["page"] = q.Page.Skip+q.Page.Size+1, q.Page.Size+1
	return r
}

// besideKinds are the filter's conditions on unread messages and on the account that was written to.
func besideKinds(f storage.SessionFilter, a args) (where string) {
	if f.Unread != nil {
		where += ` AND s.unread_count ` + map[bool]string{true: "> 0", false: "= 0"}[*f.Unread]
	}
	if f.Accounts != nil {
		where += ` AND s.channel_account IN (SELECT value FROM json_each(@written))`
		a["written"] = jsonList(f.Accounts)
	}
	return where
}

// jsonList is an argument for json_each.
func jsonList[T ~string | ~int32](values []T) string {
	b, _ := json.Marshal(append([]T{}, values...)) // strings and numbers are always fit for JSON
	return string(b)
}

var insertSessionRow = `
	INSERT INTO sessions (` + sessionTable.Insert() + `)
	VALUES (` + sessionTable.Values() + `)`

// insertSession stores a new session.
func insertSession(ctx context.Context, c *conn, w crm.WorkspaceID, v crm.Session) error {
	_, err := c.exec(ctx, insertSessionRow, rowArgs(w, sessionTable, &v))
	return err
}
