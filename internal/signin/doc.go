// Package signin lets people sign in on the staff pages with an OpenID Connect provider: the authorization code flow
// (OpenID Connect Core 1.0, section 3.1) with PKCE (RFC 7636), renewal by refresh token, and sign-out at the provider
// (RP-Initiated Logout 1.0).
//
// What came of it is a pass: a cookie that says who signed in, into which workspace and as what, sealed so that only
// Kith can read or make one. The server keeps nothing but which sign-ins are over before their time: signing out ends every
// copy of the pass, and so does a renewal that finds another role. Else a pass is good until its end, which the provider's
// tokens and the settings draw; a refresh token inside it gets the next one.
//
// The package decides who is asking and never what they may do. No token of the provider's leaves the server but inside
// the sealed cookie; none stands in a URL, a page, an error or the log, and no claim does either.
package signin
