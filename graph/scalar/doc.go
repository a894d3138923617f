// Package scalar reads and writes the leaves of the graph: ids, whole numbers, moments and enums.
//
// Reading is strict, and a refusal is a [crm.InvalidError] whose field the caller fills in: a scalar does not know
// its field.
package scalar
