// Package auth turns a credential into a [crm.Viewer], and nothing else: package crm decides what a viewer may do.
//
// A credential is a bearer JWT, signed with a shared secret (HS256) or by a key of a JWKS (RS256, ES256, EdDSA). The
// algorithm decides which of the two is asked, so that a public key is never used as a secret. Tokens without an end,
// unsigned tokens and every other algorithm are refused. Nothing of a refused token is repeated in an error.
package auth
