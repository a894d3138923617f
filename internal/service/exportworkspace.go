package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"kith/internal/crm"
	"kith/storage"
)

// WorkspaceLine is one object of an exported workspace. Data is fit for JSON and has no secrets.
type WorkspaceLine struct {
	Type string `json:"type"`
	Data any    `json:"data"`
}

// The objects of an exported workspace that are in no other export.
type (
	workspaceLine struct {
		Name          string     `json:"name"`
		ExportedAt    time.Time  `json:"exportedAt"`
		DisplayName   string     `json:"displayName"`
		DefaultRegion string     `json:"defaultRegion"`
		ExportRole    crm.Role   `json:"exportRole"`
		MaskedFor     []crm.Role `json:"maskedFor"`
		HistoryDays   *int       `json:"historyDays"`
		AuditDays     *int       `json:"auditDays"`
		FailureDays   *int       `json:"failureDays"`
	}
	channelLine struct {
		ExportedChannel

		Active                bool      `json:"active"`
		AllowedDomains        []string  `json:"allowedDomains"`
		RequireSignedIdentity bool      `json:"requireSignedIdentity"`
		CreatedAt             time.Time `json:"createdAt"`
	}
	contactLine struct {
		exportedContact

		Identities []ExportedIdentity `json:"identities"`
	}
	sessionLine struct {
		exportedSession

		ContactID *string `json:"contactId"` // null once the contact is deleted
	}
	mergeLine struct {
		exportedMerge

		Survivor string `json:"contactId"`
	}
	viewLine struct {
		ID        string    `json:"id"`
		Name      string    `json:"name"`
		Address   string    `json:"address"`
		CreatedBy string    `json:"createdBy"`
		CreatedAt time.Time `json:"createdAt"`
	}
	keyLine struct {
		ID        string     `json:"id"`
		Name      string     `json:"name"`
		Role      crm.Role   `json:"role"`
		ChannelID *string    `json:"channelId"`
		CreatedBy string     `json:"createdBy"`
		CreatedAt time.Time  `json:"createdAt"`
		ExpiresAt *time.Time `json:"expiresAt"`
	}
	endpointLine struct {
		ID          string    `json:"id"`
		URL         string    `json:"url"`
		Events      []string  `json:"events"`
		Description string    `json:"description"`
		Enabled     bool      `json:"enabled"`
		CreatedBy   string    `json:"createdBy"`
		CreatedAt   time.Time `json:"createdAt"`
	}
	auditLine struct {
		ID         string          `json:"id"`
		Action     crm.AuditAction `json:"action"`
		ContactID  *string         `json:"contactId"`
		OtherID    *string         `json:"otherContactId"`
		SessionID  *string         `json:"sessionId"`
		ChannelID  *string         `json:"channelId"`
		FailureID  *string         `json:"failureId"`
		KeyID      *string         `json:"apiKeyId"`
		EndpointID *string         `json:"webhookEndpointId"`
		Items      *int            `json:"items"`
		Fields     []string        `json:"fields"`
		Actor      string          `json:"actor"`
		At         time.Time       `json:"at"`
	}
)

// idOf is an id as clients know it; nil for nil.
func idOf[T fmt.Stringer](id *T) *string {
	if id == nil {
		return nil
	}
	return new((*id).String())
}

// workspaceExport writes the objects of a workspace.
type workspaceExport struct {
	*Service
	ctx      context.Context //nolint:containedctx // of one call
	v        crm.Viewer
	channels exportedChannels
	each     func(WorkspaceLine) error
	contacts int
}

// ExportWorkspace hands everything of the workspace to each, object by object: the workspace with its settings, channels, contacts
// with their identities, merges and histories, sessions, failures, views, keys, webhook endpoints, and the audit log. Contacts are
// as they are at one moment, all others as they are when they are read. Memory does not grow with the workspace. It is kept in the
// audit, and returns how many contacts there were. An error from each ends it and is returned as it is.
func (s *Service) ExportWorkspace(ctx context.Context, v crm.Viewer, each func(WorkspaceLine) error) (contacts int, err error) {
	if err := Authorize(v, crm.ManageWorkspace); err != nil {
		return 0, err
	}
	audit := crm.NewAudit(crm.ListExported, v.Subject, s.clock())
	if err := s.store.AddAudit(ctx, v.Workspace, audit); err != nil {
		return 0, fmt.Errorf("export workspace: %w", err)
	}
	e := workspaceExport{Service: s, ctx: ctx, v: v, each: each}
	for _, part := range []func() error{e.head, e.people, e.sessions, e.failures, e.rest, e.audit} {
		if err := part(); err != nil {
			return e.contacts, fmt.Errorf("export workspace: %w", err)
		}
	}
	return e.contacts, s.store.SetAuditItems(ctx, v.Workspace, audit.ID, e.contacts)
}

func (e *workspaceExport) line(kind string, data any) error { return e.each(WorkspaceLine{kind, data}) }

// head writes the workspace and its channels.
func (e *workspaceExport) head() error {
	settings, err := e.settings(e.ctx, e.v.Workspace)
	if err != nil {
		return err
	}
	err = e.line("workspace", workspaceLine{
		Name: e.v.WorkspaceName, ExportedAt: e.clock(), DisplayName: settings.DisplayName, DefaultRegion: settings.DefaultRegion,
		ExportRole: settings.ExportRole, MaskedFor: append([]crm.Role{}, settings.MaskedFor...), HistoryDays: settings.Retention.History,
		AuditDays: settings.Retention.Audit, FailureDays: settings.Retention.Failures,
	})
	if err != nil {
		return err
	}
	if e.channels, err = e.exportedChannels(e.ctx, e.v.Workspace); err != nil {
		return err
	}
	channels, err := e.store.Channels(e.ctx, e.v.Workspace)
	for _, c := range channels {
		err = errors.Join(err, e.line("channel", channelLine{
			ExportedChannel: e.channels.of(c.ID), Active: c.Active, AllowedDomains: append([]string{}, c.Domains...),
			RequireSignedIdentity: c.RequireSignedIdentity, CreatedAt: c.CreatedAt,
		}))
	}
	return err
}

// people writes contacts, and after each part of them their merges and histories.
func (e *workspaceExport) people() error {
	var stopped error
	err := e.store.ExportContacts(e.ctx, e.v.Workspace, storage.ContactQuery{Order: storage.Created}, true, func(part storage.Exported) error {
		if stopped = e.part(part); stopped != nil {
			return fmt.Errorf("%w: %w", context.Canceled, stopped) // it is no failure of storage
		}
		return nil
	})
	if stopped != nil {
		return stopped
	}
	return err
}

func (e *workspaceExport) part(part storage.Exported) error {
	ids := make([]crm.ContactID, len(part.Rows))
	for i, r := range part.Rows {
		ids[i] = r.Contact.ID
	}
	old, err := e.store.OldIDs(e.ctx, e.v.Workspace, ids)
	if err != nil {
		return err
	}
	for _, r := range part.Rows {
		id := r.Contact.ID
		err := e.line("contact", contactLine{e.channels.contact(r.Contact, old[id]), e.channels.identities(part.Identities[id])})
		if err != nil {
			return err
		}
		e.contacts++
	}
	merges, err := e.store.MergesOf(e.ctx, e.v.Workspace, ids)
	for _, r := range merges {
		err = errors.Join(err, e.line("merge", mergeLine{exportedMergeOf(r, e.channels), r.Survivor.String()}))
	}
	if err != nil {
		return err
	}
	return e.histories(ids)
}

// histories writes the changes of contacts, those with many of them page by page.
func (e *workspaceExport) histories(ids []crm.ContactID) error {
	page := storage.Page{Size: exportAtOnce}
	found, err := e.store.HistoryByContact(e.ctx, e.v.Workspace, ids, storage.Page{Size: changesAtOnce})
	if err != nil {
		return err
	}
	for _, id := range ids {
		for p := found[id]; ; {
			for _, c := range p.Events {
				if err := e.line("change", exportedChangeOf(c)); err != nil {
					return err
				}
				page.After = new(storage.EventPosition(c))
			}
			if !p.More {
				break
			}
			pages, err := e.store.HistoryByContact(e.ctx, e.v.Workspace, []crm.ContactID{id}, page)
			if err != nil {
				return err
			}
			p = pages[id]
		}
	}
	return nil
}

// changesAtOnce is how many changes are read of each contact at first.
const changesAtOnce = 10

func (e *workspaceExport) sessions() error {
	page := storage.Page{Size: exportAtOnce}
	for {
		found, err := e.store.Sessions(e.ctx, e.v.Workspace, storage.SessionQuery{Page: page})
		if err != nil {
			return err
		}
		identities, err := e.identitiesOf(e.ctx, e.v.Workspace, found.Sessions)
		if err != nil {
			return err
		}
		for n, s := range found.Sessions {
			if err := e.line("session", sessionLine{e.channels.session(s, identities[n]), idOf(s.ContactID)}); err != nil {
				return err
			}
			page.After = &storage.Position{At: s.LastMessageAt, ID: uuid.UUID(s.ID)}
		}
		if !found.More {
			return nil
		}
	}
}

func (e *workspaceExport) failures() error {
	page := storage.Page{Size: exportAtOnce / 10} // with payloads
	for {
		found, err := e.store.Failures(e.ctx, e.v.Workspace, page)
		if err != nil {
			return err
		}
		for _, f := range found.Failures {
			if err := e.line("ingestFailure", e.channels.failure(f)); err != nil {
				return err
			}
			page.After = new(storage.FailurePosition(f))
		}
		if !found.More {
			return nil
		}
	}
}

// rest writes what a workspace has few of.
func (e *workspaceExport) rest() error {
	views, err := e.store.Views(e.ctx, e.v.Workspace)
	for _, v := range views {
		err = errors.Join(err, e.line("savedView", viewLine{v.ID.String(), v.Name, v.Address, v.CreatedBy, v.CreatedAt}))
	}
	endpoints, failed := e.store.Endpoints(e.ctx, e.v.Workspace)
	err = errors.Join(err, failed)
	for _, p := range endpoints {
		err = errors.Join(err, e.line("webhookEndpoint", endpointLine{
			p.ID.String(), p.URL, p.Events, p.Description, p.Enabled, p.CreatedBy, p.CreatedAt,
		}))
	}
	page := storage.Page{Size: exportAtOnce}
	for err == nil {
		var keys storage.APIKeyPage
		if keys, err = e.store.APIKeys(e.ctx, e.v.Workspace, page); err != nil {
			break
		}
		for _, k := range keys.Keys {
			err = errors.Join(err, e.line("apiKey", keyLine{
				k.ID.String(), k.Name, k.Role, idOf(k.ChannelID), k.CreatedBy, k.CreatedAt, k.ExpiresAt,
			}))
			page.After = new(storage.APIKeyPosition(k))
		}
		if !keys.More {
			break
		}
	}
	return err
}

func (e *workspaceExport) audit() error {
	page := storage.Page{Size: exportAtOnce}
	for {
		found, err := e.store.Audit(e.ctx, e.v.Workspace, page)
		if err != nil {
			return err
		}
		for _, a := range found.Entries {
			err := e.line("auditEntry", auditLine{
				a.ID.String(), a.Action, idOf(a.ContactID), idOf(a.OtherID), idOf(a.SessionID), idOf(a.ChannelID), idOf(a.FailureID),
				idOf(a.KeyID), idOf(a.EndpointID), a.Items, append([]string{}, a.Fields...), a.Actor, a.At,
			})
			if err != nil {
				return err
			}
			page.After = new(storage.AuditPosition(a))
		}
		if !found.More {
			return nil
		}
	}
}
