package app

import (
	"fmt"
	"text/tabwriter"
)

type configCommand struct{}

// Run prints every setting with its value and where it comes from, then what is wrong with them.
func (configCommand) Run(p *program) error {
	out := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(out, "SETTING\tVALUE\tFROM")
	for _, s := range p.config.InForce() {
		value := s.Value
		if value == "" {
			value = "-"
		}
		_, _ = fmt.Fprintf(out, "%s\t%s\t%s\n", s.Variable, value, p.origin(s.Variable))
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return p.validateToServe()
}
