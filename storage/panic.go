package storage

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// PanicError is a panic that was caught on its way out of a store. It shows no value, which may be somebody's data.
type PanicError struct {
	What  string
	Stack []byte
}

func (p *PanicError) Error() string { return fmt.Sprintf("panic: %s\n%s", p.What, p.Stack) }

// Recovered turns a panic into the error of the function that defers it.
func Recovered(err *error) {
	if p := recover(); p != nil {
		*err = NewPanicError(p)
	}
}

// NewPanicError is the error for what recover returned. Call it where recover is called: it notes the stack.
func NewPanicError(p any) *PanicError {
	what := fmt.Sprintf("%T", p)
	if e, ok := p.(runtime.Error); ok {
		what = e.Error()
	}
	return &PanicError{What: what, Stack: debug.Stack()}
}
