package limit

import "fmt"

// The bounds of a document. The content of a fragment counts each time the fragment is spread.
const (
	MaxBytes      = 20 << 10 // of the text
	MaxTokens     = 1_000    // words and signs of the text
	MaxOperations = 10
	MaxFragments  = 50 // definitions
	MaxDirectives = 50 // as they are written
	MaxVariables  = 50 // of an operation
	MaxDepth      = 12 // of fields within each other, in an operation
	MaxFields     = 300
	MaxAliases    = 30
	MaxRootFields = 20
	MaxRepeated   = 50 // times that a name may be asked for in one selection set
)

// The bounds of introspection, for selections within __schema and __type. There they replace
// MaxDepth, MaxFields and MaxAliases: the question that tools ask is deep and wide, and its answer is the same for all.
const (
	MaxSchemaDepth  = 20
	MaxSchemaFields = 800
)

// The bounds of execution.
const (
	MaxNodes = 50_000  // rows of all pages
	MaxCost  = 100_000 // see [Measure]
	// MaxEventCost is the most for a subscription, which is executed for each event.
	MaxEventCost = 500
)

// ExceededError refuses an operation that asks for too much.
type ExceededError struct {
	What  string // of which there is too much, such as "fields"
	Value int    // how much there is; counting stops soon after the bound
	Max   int    // how much there may be
}

func (e *ExceededError) Error() string {
	return fmt.Sprintf("The operation has too many %s: %d, and at most %d are allowed", e.What, e.Value, e.Max)
}

// exceeded is nil while value is within bounds.
func exceeded(what string, value, most int) error {
	if value <= most {
		return nil
	}
	return &ExceededError{what, value, most}
}

// ceiling is where sums end.
const ceiling = 1 << 30

func add(a, b int) int { return min(a+b, ceiling) }

// times multiplies numbers that are not negative.
func times(a, b int) int {
	if a != 0 && b > ceiling/a {
		return ceiling
	}
	return a * b
}
