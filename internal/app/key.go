package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"kith/internal/auth"
	"kith/internal/crm"
	"kith/internal/service"
	"kith/storage"
)

// keyActor is who acts on the command line, for the audit.
const keyActor = "command line"

type keyCommand struct {
	Create keyCreateCommand `cmd:"" help:"Create an API key and print it."`
	List   keyListCommand   `cmd:"" help:"List the API keys of a workspace."`
	Revoke keyRevokeCommand `cmd:"" help:"Revoke an API key."`
}

type keyCreateCommand struct {
	Workspace string        `required:"" help:"The workspace that the key gives access to."`
	Name      string        `required:"" help:"What the key is for."`
	Role      string        `required:"" placeholder:"reader|staff|admin|channel" help:"The role that the key grants."`
	Channel   string        `placeholder:"ID" help:"With the role channel: the only channel it may report for."`
	TTL       time.Duration `name:"ttl" help:"How long it is valid. Default: until it is revoked."`
}

// Run prints the key and nothing else.
func (c keyCreateCommand) Run(ctx context.Context, p *program) error {
	n := service.NewAPIKey{Name: c.Name, Role: crm.Role(strings.ToUpper(c.Role))}
	if c.Role != strings.ToLower(c.Role) || !n.Role.Valid() {
		return &usageError{errors.New("--role must be reader, staff, admin or channel")}
	}
	if c.Channel != "" {
		id, ok := crm.ParseChannelID(c.Channel)
		if !ok {
			return &usageError{errors.New("--channel must be the id of a channel")}
		}
		n.Channel = &id
	}
	if c.TTL < 0 {
		return &usageError{errors.New("--ttl must be positive")}
	}
	if c.TTL > 0 {
		n.ExpiresAt = new(p.now().Add(c.TTL))
	}
	return p.withKeys(ctx, c.Workspace, storage.Store.Workspace, func(s *service.Service, v crm.Viewer) error {
		_, text, err := s.CreateAPIKey(ctx, v, n)
		if errors.Is(err, crm.ErrNotFound) {
			return fmt.Errorf("there is no channel %s in workspace %q", c.Channel, c.Workspace)
		}
		if err == nil {
			_, err = fmt.Fprintln(p.stdout, text)
		}
		return err
	})
}

type keyListCommand struct {
	Workspace string `required:"" help:"The workspace of the keys."`
}

// Run prints a line for each key, the newest first.
func (c keyListCommand) Run(ctx context.Context, p *program) error {
	return p.withKeys(ctx, c.Workspace, storage.Store.FindWorkspace, func(s *service.Service, v crm.Viewer) error {
		out := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
		_, _ = fmt.Fprintln(out, "ID\tROLE\tCREATED\tBY\tEXPIRES\tLAST USED\tNAME")
		paging := service.Paging{First: new(service.MaxSize)}
		for {
			page, err := s.APIKeys(ctx, v, paging)
			if err != nil {
				return err
			}
			for _, k := range page.Keys {
				printKey(out, k)
			}
			if !page.HasNext {
				return out.Flush()
			}
			paging.After = new(page.End())
		}
	})
}

func printKey(out io.Writer, k crm.APIKey) {
	role := strings.ToLower(string(k.Role))
	if k.ChannelID != nil {
		role += " of " + k.ChannelID.String()
	}
	when := func(at *time.Time, otherwise string) string {
		if at == nil {
			return otherwise
		}
		return at.Format(time.RFC3339)
	}
	_, _ = fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, role, k.CreatedAt.Format(time.RFC3339), k.CreatedBy,
		when(k.ExpiresAt, "never"), when(k.LastUsedAt, "never"), k.Name)
}

type keyRevokeCommand struct {
	Workspace string `required:"" help:"The workspace of the key."`
	ID        string `arg:"" help:"The id of the key, key_…, from kith key list."`
}

// Run revokes the key. Servers that share the database notice within a second.
func (c keyRevokeCommand) Run(ctx context.Context, p *program) error {
	id, ok := crm.ParseKeyID(c.ID)
	if !ok {
		return &usageError{errors.New("the id of a key is key_ and 32 hexadecimal digits; kith key list shows it")}
	}
	return p.withKeys(ctx, c.Workspace, storage.Store.FindWorkspace, func(s *service.Service, v crm.Viewer) error {
		err := s.RevokeAPIKey(ctx, v, id)
		if errors.Is(err, crm.ErrNotFound) {
			return fmt.Errorf("there is no key %s in workspace %q", id, c.Workspace)
		}
		if err == nil {
			_, err = fmt.Fprintf(p.stdout, "Revoked %s.\n", id)
		}
		return err
	})
}

// findWorkspace is a way to the number of a workspace: one that creates it, or one that does not.
type findWorkspace func(in storage.Store, ctx context.Context, name string) (crm.WorkspaceID, error)

// withKeys calls f with the service of an existing database.
func (p *program) withKeys(
	ctx context.Context, workspace string, find findWorkspace, f func(*service.Service, crm.Viewer) error,
) error {
	return p.inWorkspace(ctx, workspace, find, func(store storage.Store, v crm.Viewer) error {
		return f(service.New(store, service.Options{Now: p.now}), v)
	})
}

// inWorkspace calls f with an existing database. The person who runs the command acts as an admin of the workspace.
func (p *program) inWorkspace(
	ctx context.Context, workspace string, find findWorkspace, f func(storage.Store, crm.Viewer) error,
) (err error) {
	if err := p.validate(false); err != nil {
		return err
	}
	if !auth.GoodWorkspace(workspace) {
		return &usageError{errors.New("--workspace must have 1 to 128 bytes and no control characters")}
	}
	store, err := p.database().openExisting(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	number, err := find(store, ctx, workspace)
	switch {
	case errors.Is(err, crm.ErrWorkspaceGone):
		return fmt.Errorf("the workspace %q is being deleted", workspace)
	case errors.Is(err, crm.ErrNotFound):
		return fmt.Errorf("there is no workspace %q", workspace)
	case err != nil:
		return err
	}
	store = storage.Guard(store, storage.NewSettingsCache(store))
	return f(store, crm.Viewer{Workspace: number, WorkspaceName: workspace, Subject: keyActor, Role: crm.RoleAdmin})
}
