// Package search decides what a search means: how text is folded, which keys are stored beside a contact, how a query is
// parsed, how well a contact matches, and in which steps the contacts of a page are found. It reads through [Source] and
// [Counter], which both databases implement, so both give the same pages. It imports crm alone; it holds no SQL, and knows
// nothing of pages and cursors, which package storage makes.
package search
