// Package limit says how much an operation may ask for, before anything of it is executed.
//
// It works in two steps, both over the syntax trees of gqlparser. [Document] comes before validation and knows no schema:
// it bounds what validation itself has to compare. [Measure] comes after validation, knows types and variables, and returns
// the cost of an operation. Each step visits every selection of the document once: the total of a fragment is kept for
// its next spread. Sums saturate, so that no product wraps around into something small.
//
// The package executes nothing, and takes nothing for cheap that it does not know: a page size that the lists will refuse
// counts as the largest there is, and what @skip and @include decide counts as asked for.
package limit
