package app

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(p *program) error {
	_, err := fmt.Fprintln(p.stdout, versionText())
	return err
}

func versionText() string { return "kith " + version() + " " + runtime.Version() }

// stamped is the version that a release build sets with the linker (see scripts/release).
var stamped string

// version is the version that was stamped, or the one in the build information.
func version() string {
	if stamped != "" {
		return stamped
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
