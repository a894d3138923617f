package app

import (
	"errors"
	"fmt"
	"io"

	"github.com/alecthomas/kong"

	"kith/internal/config"
)

// commands is the command line.
type commands struct {
	Settings config.Config `embed:"" group:"Settings, as flags or environment variables:"`

	ShowVersion kong.VersionFlag `name:"version" help:"Print the version."`

	Serve      serveCommand      `cmd:"" default:"withargs" help:"Start the server. This is the default command."`
	Migrate    migrateCommand    `cmd:"" help:"Create the database, or migrate it to this version."`
	Check      checkCommand      `cmd:"" help:"Verify search keys, rows and indexes; --repair corrects them."`
	Backup     backupCommand     `cmd:"" help:"Copy an SQLite database to a new file while it is in use."`
	Demo       demoCommand       `cmd:"" help:"Fill a workspace with made-up contacts."`
	Token      tokenCommand      `cmd:"" help:"Print a token signed with KITH_AUTH_SECRET."`
	Key        keyCommand        `cmd:"" help:"Create, list and revoke API keys."`
	Workspace  workspaceCommand  `cmd:"" help:"List, set up, export and delete workspaces."`
	Export     exportCommand     `cmd:"" help:"Write a workspace's contacts as CSV or JSON Lines."`
	Import     importCommand     `cmd:"" help:"Import contacts from a CSV or JSON Lines file."`
	Rekey      rekeyCommand      `cmd:"" help:"Encrypt all channel secrets with the first key in KITH_SECRET_KEY."`
	Health     healthCommand     `cmd:"" help:"Report whether the server with these settings is ready; --live, whether it is alive."`
	Config     configCommand     `cmd:"" help:"Print the settings that are in force, with secrets masked, and what is wrong with them."`
	Completion completionCommand `cmd:"" help:"Print the completion script of bash, zsh or fish."`
	Help       helpCommand       `cmd:"" help:"Explain a command."`
	Version    versionCommand    `cmd:"" help:"Print the version."`
	Complete   completeCommand   `cmd:"" hidden:""`
}

// parse reads the command line. The call is nil when it only asked for help, which is written by then.
func parse(c *commands, args []string, source *config.Source, stdout, stderr io.Writer) (call *kong.Context, err error) {
	type exit struct{}
	defer func() {
		switch p := recover().(type) {
		case nil:
		case exit:
			call, err = nil, nil
		default:
			panic(p)
		}
	}()
	options := append(source.Options(),
		kong.Name("kith"),
		kong.Description("A contacts server for teams that talk with customers on many channels. It serves a GraphQL API and the staff pages.\n\n"+
			"Exit codes: 0 when all went well; 1 when something failed; 2 when the command line or a setting is wrong."),
		kong.Writers(stdout, stderr),
		kong.Vars{"version": versionText()},
		kong.Exit(func(int) { panic(exit{}) }), // called for --help and --version alone
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	parser, err := kong.New(c, options...)
	if err != nil {
		return nil, fmt.Errorf("command line: %w", err)
	}
	call, err = parser.Parse(args)
	if err != nil {
		return nil, &usageError{errors.Join(err, source.Err())}
	}
	return call, nil
}

// givenFlags are the names of the flags on the command line.
func givenFlags(call *kong.Context) map[string]bool {
	given := map[string]bool{}
	for _, p := range call.Path {
		if p.Flag != nil && !p.Resolved {
			given[p.Flag.Name] = true
		}
	}
	return given
}
