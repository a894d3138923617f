// Package signin lets people sign in on the staff pages with an OpenID Connect provider: the authorization code flow
// (OpenID Connect Core 1.0, section 3.1) with PKCE (RFC 7636), renewal by refresh token, and sign-out at the provider
// (RP-Initiated Logout 1.0).
//
// The result is a session cookie: who signed in, to which workspace and in which role, sealed so that only Kith can read
// or make one. The server stores only the sign-ins that ended early: signing out ends every copy of the session cookie,
// and so does a renewal that finds another role. Otherwise a session cookie is valid until its end, which follows from
// the provider's tokens and the settings; a refresh token inside it gets the next one.
//
// The package decides who sends a request and never what they may do. The provider's tokens leave the server only inside
// the sealed cookie; no URL, page, error or log contains a token or a claim.
package signin
