// Package crm says what a contact, a session, a channel and a viewer are, and which values they may hold.
//
// Each rule is written here once, above the databases: normalising, validating, merging what a channel reports with what
// staff wrote. Everything is pure: no clock, no I/O, no database, and nothing else of this module is imported.
package crm
