package crm

import "time"

// EndedSignIn says that a sign-in of a staff member was over before its time: credentials of it that were issued before
// Before are good no more. Where the person signed out Before is Until, when the last of them ends by itself.
type EndedSignIn struct {
	ID     string // random, of the sign-in and all that it is renewed to
	Before time.Time
	Until  time.Time
	At     time.Time // when it was ended
}

// Covers reports whether a viewer's credential is one of those that are good no more.
func (e EndedSignIn) Covers(v Viewer) bool { return v.SignIn == e.ID && v.IssuedAt.Before(e.Before) }
