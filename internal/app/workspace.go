package app

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"kith/internal/auth"
	"kith/internal/crm"
	"kith/internal/service"
	"kith/storage"
)

type workspaceCommand struct {
	List   workspaceListCommand   `cmd:"" help:"List the workspaces with what they have."`
	Show   workspaceShowCommand   `cmd:"" help:"Print the settings of a workspace."`
	Set    workspaceSetCommand    `cmd:"" help:"Change settings of a workspace, which is created if it does not exist."`
	Delete workspaceDeleteCommand `cmd:"" help:"Delete a workspace with everything in it, for good."`
	Export workspaceExportCommand `cmd:"" help:"Write everything in a workspace as JSON Lines, without secrets."`
}

// settleTime is how long a deletion lasts at least: by then every server goes by it, and what had begun before has ended.
const settleTime = storage.SettingsAge + 11*time.Second

// longestPause bounds the pause behind a step of a deletion, which is as long as the step.
const longestPause = 200 * time.Millisecond

// withStore calls f with an existing database.
func (p *program) withStore(ctx context.Context, f func(storage.Store) error) (err error) {
	if err := p.validate(false); err != nil {
		return err
	}
	store, err := p.database().openExisting(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return f(store)
}

type workspaceListCommand struct {
	JSON bool `name:"json" help:"Print a JSON object for each."`
}

// listedWorkspace is a workspace with how much it has. The counts are zero for one that is being deleted.
type listedWorkspace struct {
	Name        string    `json:"name"`
	DisplayName string    `json:"displayName"`
	CreatedAt   time.Time `json:"createdAt"`
	Deleting    bool      `json:"deleting"`
	Contacts    int       `json:"contacts"`
	Sessions    int       `json:"sessions"`
	Channels    int       `json:"channels"`
}

// Run prints a line for each workspace, by name.
func (c workspaceListCommand) Run(ctx context.Context, p *program) error {
	return p.withStore(ctx, func(store storage.Store) error {
		all, err := store.EachWorkspace(ctx)
		if err != nil {
			return err
		}
		out := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
		encode := json.NewEncoder(p.stdout)
		if !c.JSON {
			_, _ = fmt.Fprintln(out, "NAME\tCREATED\tCONTACTS\tSESSIONS\tCHANNELS\tDISPLAY NAME")
		}
		for _, w := range all {
			l, err := counted(ctx, store, w)
			switch {
			case err != nil:
				return err
			case c.JSON:
				err = encode.Encode(l)
			case l.Deleting:
				_, err = fmt.Fprintf(out, "%s\t%s\tbeing deleted\n", shownName(l.Name), l.CreatedAt.Format(time.RFC3339))
			default:
				_, err = fmt.Fprintf(out, "%s\t%s\t%d\t%d\t%d\t%s\n", shownName(l.Name), l.CreatedAt.Format(time.RFC3339), l.Contacts, l.Sessions,
					l.Channels, l.DisplayName)
			}
			if err != nil {
				return err
			}
		}
		return out.Flush()
	})
}

func counted(ctx context.Context, store storage.Store, w storage.WorkspaceRow) (listedWorkspace, error) {
	l := listedWorkspace{
		Name: w.Name, DisplayName: w.Settings.DisplayName, CreatedAt: w.CreatedAt.UTC(), Deleting: w.ErasingAt != nil,
	}
	if l.Deleting {
		return l, nil
	}
	contacts, err := store.CountContacts(ctx, w.ID, storage.ContactQuery{}, storage.CountLimit)
	if err != nil {
		return l, err
	}
	sessions, err := store.CountSessions(ctx, w.ID, storage.SessionFilter{})
	if err != nil {
		return l, err
	}
	channels, err := store.Channels(ctx, w.ID)
	l.Contacts, l.Sessions, l.Channels = contacts.Value, sessions.Total, len(channels)
	return l, err
}

// shownName is a name of a workspace in a table: quoted where it would spoil it.
func shownName(name string) string {
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return !strconv.IsPrint(r) || r == ' ' || r == '"' }) {
		return strconv.Quote(name)
	}
	return name
}

type workspaceShowCommand struct {
	Name string `arg:"" help:"The workspace."`
	JSON bool   `name:"json" help:"Print a JSON object."`
}

// Run prints the settings as kith workspace set takes them.
func (c workspaceShowCommand) Run(ctx context.Context, p *program) error {
	return p.inWorkspace(ctx, c.Name, storage.Store.FindWorkspace, func(store storage.Store, v crm.Viewer) error {
		s, err := store.Settings(ctx, v.Workspace)
		if err != nil {
			return err
		}
		return printSettings(p.stdout, s, c.JSON)
	})
}

func printSettings(to io.Writer, s crm.WorkspaceSettings, asJSON bool) error {
	values := map[string]string{}
	for _, each := range workspaceSettings {
		values[each.name] = each.show(s)
		if !asJSON {
			if _, err := fmt.Fprintf(to, "%s=%s\n", each.name, each.show(s)); err != nil {
				return err
			}
		}
	}
	if asJSON {
		return json.NewEncoder(to).Encode(values)
	}
	return nil
}

// asServer is the value of a setting that is not set.
const asServer = "default"

// workspaceSetting is a setting on the command line.
type workspaceSetting struct {
	name string
	show func(crm.WorkspaceSettings) string
	set  func(p *crm.SettingsPatch, value string) error
}

// check says what is wrong with a value, alone.
func (s workspaceSetting) check(value string) error {
	var p crm.SettingsPatch
	if err := s.set(&p, value); err != nil {
		return err
	}
	_, err := p.Apply(new(crm.NewWorkspaceSettings()))
	if invalid, is := errors.AsType[*crm.InvalidError](err); is {
		return fmt.Errorf("%s: %s", s.name, invalid.Message())
	}
	return err
}

// workspaceSettings are all of them.
var workspaceSettings = []workspaceSetting{
	{
		"display-name", func(s crm.WorkspaceSettings) string { return s.DisplayName },
		func(p *crm.SettingsPatch, v string) error { p.DisplayName = crm.To(v); return nil },
	},
	{
		"default-region", func(s crm.WorkspaceSettings) string { return s.Region(asServer) },
		func(p *crm.SettingsPatch, v string) error {
			p.DefaultRegion = crm.To(strings.TrimSuffix(v, asServer))
			return nil
		},
	},
	{
		"export-role", func(s crm.WorkspaceSettings) string { return strings.ToLower(string(s.ExportRole)) },
		func(p *crm.SettingsPatch, v string) error {
			if v == asServer {
				v = string(crm.NewWorkspaceSettings().ExportRole)
			}
			p.ExportRole = crm.To(crm.Role(strings.ToUpper(v)))
			return nil
		},
	},
	{
		"masked-for", func(s crm.WorkspaceSettings) string {
			var roles []string
			for _, r := range s.MaskedFor {
				roles = append(roles, strings.ToLower(string(r)))
			}
			return strings.Join(roles, ",")
		},
		func(p *crm.SettingsPatch, v string) error {
			var roles []crm.Role
			for r := range strings.SplitSeq(strings.TrimSuffix(v, asServer), ",") {
				if r != "" {
					roles = append(roles, crm.Role(strings.ToUpper(strings.TrimSpace(r))))
				}
			}
			p.MaskedFor = crm.To(roles)
			return nil
		},
	},
	daysSetting("history-days", func(s crm.WorkspaceSettings) *int { return s.Retention.History },
		func(p *crm.SettingsPatch) *crm.Change[*int] { return &p.HistoryDays }),
	daysSetting("audit-days", func(s crm.WorkspaceSettings) *int { return s.Retention.Audit },
		func(p *crm.SettingsPatch) *crm.Change[*int] { return &p.AuditDays }),
	daysSetting("failure-days", func(s crm.WorkspaceSettings) *int { return s.Retention.Failures },
		func(p *crm.SettingsPatch) *crm.Change[*int] { return &p.FailureDays }),
}

// daysSetting is a number of days, forever, or the server's setting.
func daysSetting(name string, now func(crm.WorkspaceSettings) *int, change func(*crm.SettingsPatch) *crm.Change[*int]) workspaceSetting {
	const forever = "forever"
	return workspaceSetting{
		name, func(s crm.WorkspaceSettings) string {
			switch days := now(s); {
			case days == nil:
				return asServer
			case *days == crm.Forever:
				return forever
			default:
				return strconv.Itoa(*days)
			}
		}, func(p *crm.SettingsPatch, v string) error {
			switch n, err := strconv.Atoi(v); {
			case v == asServer:
				*change(p) = crm.To[*int](nil)
			case v == forever:
				*change(p) = crm.To(new(crm.Forever))
			case err != nil || n <= 0:
				return fmt.Errorf("%s must be a number of days, %s or %s", name, forever, asServer)
			default:
				*change(p) = crm.To(&n)
			}
			return nil
		},
	}
}

type workspaceSetCommand struct {
	Name     string   `arg:"" help:"The workspace."`
	Settings []string `arg:"" name:"setting=value" help:"display-name, default-region, export-role, masked-for, history-days, audit-days or failure-days, with its value; default resets it."`
}

// Run changes the settings, and prints all of them.
func (c workspaceSetCommand) Run(ctx context.Context, p *program) error {
	patch, err := c.patch()
	if err != nil {
		return &usageError{err}
	}
	return p.inWorkspace(ctx, c.Name, storage.Store.Workspace, func(store storage.Store, v crm.Viewer) error {
		s := service.New(store, service.Options{Now: p.now})
		if _, err := s.UpdateWorkspace(ctx, v, patch); err != nil {
			return err
		}
		now, err := store.Settings(ctx, v.Workspace)
		if err != nil {
			return err
		}
		return printSettings(p.stdout, now, false)
	})
}

// patch is what the settings change. The error has all that is wrong with them.
func (c workspaceSetCommand) patch() (patch crm.SettingsPatch, err error) {
	var problems []error
	for _, text := range c.Settings {
		name, value, is := strings.Cut(text, "=")
		n := slices.IndexFunc(workspaceSettings, func(s workspaceSetting) bool { return s.name == name })
		if !is || n < 0 {
			problems = append(problems, fmt.Errorf("%q is no setting: see kith workspace set --help", text))
			continue
		}
		err := workspaceSettings[n].check(value)
		if err == nil {
			err = workspaceSettings[n].set(&patch, value)
		}
		problems = append(problems, err)
	}
	return patch, errors.Join(problems...)
}

type workspaceDeleteCommand struct {
	Name string `arg:"" help:"The workspace."`
	Yes  bool   `help:"Do not ask for the name once more."`
}

// Run deletes the workspace step by step. Interrupted, it may be run again.
func (c workspaceDeleteCommand) Run(ctx context.Context, p *program) error {
	if !auth.GoodWorkspace(c.Name) {
		return &usageError{errors.New("the name must have 1 to 128 bytes and no control characters")}
	}
	return p.withStore(ctx, func(store storage.Store) error {
		all, err := store.EachWorkspace(ctx)
		if err != nil {
			return err
		}
		n := slices.IndexFunc(all, func(w storage.WorkspaceRow) bool { return w.Name == c.Name })
		if n < 0 {
			return fmt.Errorf("there is no workspace %q", c.Name)
		}
		l, err := counted(ctx, store, all[n])
		if err != nil {
			return err
		}
		if !c.Yes {
			if err := c.ask(p, l); err != nil {
				return err
			}
		}
		if !l.Deleting {
			if err := revokeAll(ctx, store, all[n].ID, p.now()); err != nil {
				return err
			}
		}
		begun := time.Now()
		w, err := store.BeginErasing(ctx, c.Name, p.now())
		if err != nil {
			return err
		}
		shown := newProgress(p.stderr, "steps", 0, p.now)
		steps := 0
		erase := func(end bool) error {
			for more := true; more; {
				step := time.Now()
				switch more, err = store.EraseWorkspace(ctx, w, end); {
				case ctx.Err() != nil:
					return errInterrupted
				case err != nil:
					return err
				}
				steps++
				shown.add(steps)
				time.Sleep(min(time.Since(step), longestPause)) // servers write, too
			}
			return nil
		}
		if err := erase(false); err != nil {
			return err
		}
		select { // what servers had begun before they knew has ended by then
		case <-ctx.Done():
			return errInterrupted
		case <-time.After(settleTime - time.Since(begun)):
		}
		if err := erase(true); err != nil {
			return err
		}
		shown.end()
		_, err = fmt.Fprintf(p.stdout, "Deleted workspace %s.\n", shownName(c.Name))
		return err
	})
}

// errInterrupted is no error of the context, which would end the command as if all were well.
var errInterrupted = errors.New("interrupted: the workspace is marked as deleted; run this again to delete what is left of it")

// ask has the name typed once more.
func (c workspaceDeleteCommand) ask(p *program, l listedWorkspace) error {
	_, err := fmt.Fprintf(p.stderr, "This deletes %d contacts, %d sessions and %d channels of workspace %s, and its audit log, for good.\nType its name to go on: ",
		l.Contacts, l.Sessions, l.Channels, shownName(l.Name))
	if err != nil {
		return err
	}
	typed, err := bufio.NewReader(p.stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the name: %w", err)
	}
	if strings.TrimRight(typed, "\r\n") != c.Name {
		return &usageError{errors.New("that is not its name: nothing was deleted")}
	}
	return nil
}

// revokeAll revokes the keys of a workspace, so that programs that are connected with one notice within a second.
func revokeAll(ctx context.Context, store storage.Store, w crm.WorkspaceID, now time.Time) error {
	for {
		page, err := store.APIKeys(ctx, w, storage.Page{Size: service.MaxSize})
		if err != nil || len(page.Keys) == 0 {
			return err
		}
		for _, k := range page.Keys {
			err := store.RevokeAPIKey(ctx, w, k.ID, crm.NewAudit(crm.KeyRevoked, keyActor, now))
			if err != nil && !errors.Is(err, crm.ErrNotFound) {
				return err
			}
		}
	}
}

type workspaceExportCommand struct {
	Name   string `arg:"" help:"The workspace."`
	Output string `short:"o" placeholder:"FILE" help:"The file to write, which must not exist; compressed if its name ends in .gz. Default: the standard output."`
}

// Run writes the workspace and shows its progress.
func (c workspaceExportCommand) Run(ctx context.Context, p *program) error {
	return p.inWorkspace(ctx, c.Name, storage.Store.FindWorkspace, func(store storage.Store, v crm.Viewer) error {
		s := service.New(store, service.Options{Now: p.now})
		shown := newProgress(p.stderr, "lines", 0, p.now)
		lines, contacts := 0, 0
		err := (exportCommand{Output: c.Output}).into(p.stdout, func(to io.Writer) (err error) {
			encode := json.NewEncoder(to)
			encode.SetEscapeHTML(false)
			contacts, err = s.ExportWorkspace(ctx, v, func(l service.WorkspaceLine) error {
				lines++
				shown.add(lines)
				return encode.Encode(l)
			})
			return err
		})
		shown.end()
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(p.stderr, "Exported workspace %s: %d contacts, %d lines.\n", shownName(c.Name), contacts, lines)
		return nil
	})
}
