package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"kith/internal/auth"
	"kith/internal/config"
	"kith/internal/demo"
	"kith/storage/postgres"
)

// commands is the command line.
type commands struct {
	Settings config.Config `embed:"" group:"Settings, as flags or environment variables:"`

	Serve   serveCommand   `cmd:"" default:"withargs" help:"Answer requests. This is what kith does without a command."`
	Migrate migrateCommand `cmd:"" help:"Bring the database up to date."`
	Check   checkCommand   `cmd:"" help:"Look for search keys, rows and indexes that are not as they should be."`
	Backup  backupCommand  `cmd:"" help:"Copy an SQLite database to a new file, while others use it."`
	Demo    demoCommand    `cmd:"" help:"Fill a workspace with believable contacts."`
	Token   tokenCommand   `cmd:"" help:"Print a token signed with KITH_AUTH_SECRET."`
	Rekey   rekeyCommand   `cmd:"" help:"Encrypt every channel's secrets under the first key of KITH_SECRET_KEY."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

// usageError is a mistake on the command line or in a setting.
type usageError struct{ cause error }

func (e *usageError) Error() string { return e.cause.Error() }
func (e *usageError) Unwrap() error { return e.cause }

// run does what args say and returns when it is done, or when ctx has ended and all is closed. Settings come from args
// and environ, which are pairs as of [os.Environ], and nothing else.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) error {
	var c commands
	getenv := getenvOf(environ)
	call, err := parse(&c, args, getenv, stdout, stderr)
	if err != nil || call == nil {
		return err
	}
	if call.Command() != "version" {
		if err := config.Unknown(environ); err != nil {
			return &usageError{err}
		}
	}
	p := &program{config: c.Settings, environ: environ, getenv: getenv, stdout: stdout, stderr: stderr, now: time.Now}
	call.BindTo(ctx, (*context.Context)(nil))
	err = call.Run(p)
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil // stopped as asked, while something was starting
	}
	return err
}

// getenvOf looks variables up in environ.
func getenvOf(environ []string) func(string) string {
	return func(name string) string {
		for _, pair := range environ {
			if value, ok := strings.CutPrefix(pair, name+"="); ok {
				return value
			}
		}
		return ""
	}
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
		kong.Description("A contacts server for teams that talk with customers on many channels. It answers GraphQL."),
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

type serveCommand struct{}

// Run serves.
func (serveCommand) Run(ctx context.Context, p *program) error { return p.serve(ctx) }

type migrateCommand struct {
	Citus bool `help:"Then spread the tables over the nodes of a Citus cluster."`
}

// Run migrates.
func (m migrateCommand) Run(ctx context.Context, p *program) error {
	if err := p.config.Validate(false); err != nil {
		return &usageError{err}
	}
	u, ok := p.config.DatabaseURL.Postgres()
	if m.Citus && !ok {
		return &usageError{errors.New("--citus is for PostgreSQL")}
	}
	if err := p.migrate(ctx); err != nil || !m.Citus {
		return err
	}
	tables, err := postgres.Distribute(ctx, u, p.postgresOptions())
	if len(tables) > 0 {
		_, _ = fmt.Fprintf(p.stdout, "Spread over the cluster: %s.\n", strings.Join(tables, ", "))
	}
	return err
}

type demoCommand struct {
	Contacts  int    `default:"500" help:"How many contacts. Default: ${default}."`
	Seed      uint64 `default:"1" help:"The same seed makes the same contacts. Default: ${default}."`
	Workspace string `default:"demo" help:"The workspace to fill. Default: ${default}."`
	Force     bool   `help:"Add to a workspace that has contacts already."`
}

// Run fills a workspace and shows how far it is.
func (d demoCommand) Run(ctx context.Context, p *program) (err error) {
	if err := p.config.Validate(false); err != nil {
		return &usageError{err}
	}
	if d.Contacts < 1 || d.Contacts > demo.MaxContacts {
		return &usageError{fmt.Errorf("--contacts must be between 1 and %d", demo.MaxContacts)}
	}
	p.sayDatabase()
	store, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	w, err := store.Workspace(ctx, d.Workspace)
	if err != nil {
		return fmt.Errorf("open workspace: %w", err)
	}
	filled, err := store.HasContacts(ctx, w)
	if err != nil {
		return fmt.Errorf("look into the workspace: %w", err)
	}
	if filled && !d.Force {
		return &usageError{fmt.Errorf("workspace %q has contacts already; --force adds to them", d.Workspace)}
	}
	begun := time.Now()
	rate := func(done int) float64 { return float64(done) / max(time.Since(begun).Seconds(), 0.001) }
	shown := begun
	err = demo.Fill(ctx, store, d.Workspace, demo.Options{
		Contacts: d.Contacts, Seed: d.Seed, Now: p.now(),
		Progress: func(done, total int) {
			if time.Since(shown) < time.Second && done < total {
				return
			}
			shown = time.Now()
			_, _ = fmt.Fprintf(p.stderr, "%3d %%  %d of %d contacts, %.0f/s\n", done*100/total, done, total, rate(done))
			if done == total {
				_, _ = fmt.Fprintln(p.stderr, "       finishing")
			}
		},
	})
	if err != nil {
		return err
	}
	for more := true; more; { // leave nothing for the server to catch up with
		if more, err = store.Maintain(ctx); err != nil {
			return fmt.Errorf("tidy up: %w", err)
		}
	}
	_, _ = fmt.Fprintf(p.stdout, "Workspace %s has %d new contacts after %s.\n", d.Workspace, d.Contacts, time.Since(begun).Round(time.Millisecond))
	return nil
}

type tokenCommand struct {
	Workspace string        `required:"" help:"The workspace that the token opens."`
	Role      string        `required:"" placeholder:"staff|admin|channel" help:"What the token may do."`
	Sub       string        `required:"" help:"Whom it stands for."`
	Name      string        `help:"That person's name."`
	Channel   string        `placeholder:"ID" help:"With the role channel: the only channel that it may report on."`
	TTL       time.Duration `name:"ttl" default:"1h" help:"How long it is good. Default: ${default}."`
}

// Run prints a token and nothing else.
func (t tokenCommand) Run(p *program) error {
	c := p.config
	if c.AuthSecret == "" {
		return &usageError{errors.New("KITH_AUTH_SECRET is not set: there is nothing to sign with")}
	}
	if t.TTL > c.TokenLifetime {
		return &usageError{fmt.Errorf("--ttl can be %s at most, by KITH_TOKEN_LIFETIME", config.FormatDuration(c.TokenLifetime))}
	}
	now := p.now()
	token, err := auth.Sign(string(c.AuthSecret), auth.Grant{
		Workspace: t.Workspace, Role: t.Role, Subject: t.Sub, Name: t.Name, Channel: t.Channel, Issuer: c.AuthIssuer, Audience: c.AuthAudience,
		IssuedAt: now, ExpiresAt: now.Add(t.TTL),
	})
	if err != nil {
		return &usageError{err}
	}
	_, err = fmt.Fprintln(p.stdout, token)
	return err
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(p *program) error {
	_, err := fmt.Fprintln(p.stdout, "kith", version(), runtime.Version())
	return err
}

// version is what the build knows of itself.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
