// Package postgres keeps Kith's data in PostgreSQL 15 or later, alone or as Citus distributed by workspace_id. Any number
// of processes may share one database.
//
// What it holds to, so that Citus can route each statement to one shard: workspace_id leads every key and is bound as a
// plain parameter; no triggers, no generated ids, no clocks in SQL; search keys, ids and times come from Go.
//
// Every change of a contact or session is a row of the table changes, written with it. It gets its sequence number among
// the workspace's events once it is committed, see sequencer.go; NOTIFY only wakes those who read.
package postgres
