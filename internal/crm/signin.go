package crm

import "time"

// EndedSignIn records that a sign-in ended early: its credentials issued before Before are no longer valid. When the person
// signed out, Before equals Until, the expiry of the last of them.
type EndedSignIn struct {
	ID     string // random, of the sign-in and all that it is renewed to
	Before time.Time
	Until  time.Time
	At     time.Time // when it was ended
}

// Covers reports whether a viewer's credential was ended.
func (e EndedSignIn) Covers(v Viewer) bool { return v.SignIn == e.ID && v.IssuedAt.Before(e.Before) }
