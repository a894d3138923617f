package clause

// Direction is how a statement reads an index: its ORDER BY, and the comparison with a bound that leaves what lies beyond.
type Direction struct{ Order, Beyond string }

// Reading is the direction of a list.
func Reading(descending bool) Direction {
	if descending {
		return Direction{Order: "DESC", Beyond: "<"}
	}
	return Direction{Order: "ASC", Beyond: ">"}
}
