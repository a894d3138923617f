package app

import (
	"fmt"
	"io"

	"github.com/alecthomas/kong"

	"kith/internal/config"
)

// commands is the command line.
type commands struct {
	Settings config.Config `embed:"" group:"Settings, as flags or environment variables:"`

	Serve   serveCommand   `cmd:"" default:"withargs" help:"Start the server. This is the default command."`
	Migrate migrateCommand `cmd:"" help:"Create the database, or migrate it to this version."`
	Check   checkCommand   `cmd:"" help:"Verify search keys, rows and indexes; --repair corrects them."`
	Backup  backupCommand  `cmd:"" help:"Copy an SQLite database to a new file while it is in use."`
	Demo    demoCommand    `cmd:"" help:"Fill a workspace with made-up contacts."`
	Token   tokenCommand   `cmd:"" help:"Print a token signed with KITH_AUTH_SECRET."`
	Key     keyCommand     `cmd:"" help:"Create, list and revoke API keys."`
	Rekey   rekeyCommand   `cmd:"" help:"Encrypt all channel secrets with the first key in KITH_SECRET_KEY."`
	Health  healthCommand  `cmd:"" help:"Report whether the server with these settings is ready; --live, whether it is alive."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

// parse reads the command line. The call is nil when it only asked for help, which is written by then.
func parse(c *commands, args []string, getenv func(string) string, stdout, stderr io.Writer) (call *kong.Context, err error) {
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
	options := append(config.Options(getenv),
		kong.Name("kith"),
		kong.Description("A contacts server for teams that talk with customers on many channels. It serves a GraphQL API and the staff pages."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { panic(exit{}) }), // called for --help alone
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	parser, err := kong.New(c, options...)
	if err != nil {
		return nil, fmt.Errorf("command line: %w", err)
	}
	call, err = parser.Parse(args)
	if err != nil {
		return nil, &usageError{err}
	}
	return call, nil
}
