package app

type helpCommand struct {
	Command []string `arg:"" optional:"" help:"The command to explain."`
}

// Run prints what --help prints.
func (h helpCommand) Run(p *program) error {
	_, err := parse(&commands{}, append(h.Command, "--help"), p.source, p.stdout, p.stderr)
	return err
}
