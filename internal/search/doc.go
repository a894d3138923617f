// Package search decides what a search means: how text is folded, which keys are stored beside a contact, how a query is
// read, how well a contact matches, and in which order the steps of a page are taken. Both databases use it, so both give
// the same pages. It holds no SQL.
package search
