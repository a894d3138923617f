// Package clause writes the parts of SQL statements that are the same in both backends: the column lists of a table, the
// order of a list, the conditions of a search. It knows no dialect, runs nothing and holds no whole statement: those are
// beside the functions that run them.
package clause
