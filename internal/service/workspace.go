package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kith/internal/crm"
)

// Workspace is what a viewer sees of the workspace.
type Workspace struct {
	ID, Name                   string
	DisplayName, DefaultRegion string // empty where nothing is set
	ExportRole                 crm.Role
	// ExportAllowed reports whether the viewer may export lists of contacts.
	ExportAllowed bool
	MaskedFor     []crm.Role
	// Retention and ServerDefaults are nil unless the viewer may change the settings.
	Retention      *crm.WorkspaceRetention
	ServerDefaults *ServerDefaults
	Revision       int
}

// Retention is how long a server keeps records; 0 is forever.
type Retention struct{ History, Audit, Failures time.Duration }

// ServerDefaults are the server's settings for what a workspace has not set. Days are rounded up; 0 is forever.
type ServerDefaults struct {
	DefaultRegion                       string // empty for none
	HistoryDays, AuditDays, FailureDays int
}

func (s *Service) defaults() ServerDefaults {
	days := func(d time.Duration) int {
		const day = 24 * time.Hour
		return int((d + day - 1) / day)
	}
	r := s.options.Retention
	return ServerDefaults{s.options.Region, days(r.History), days(r.Audit), days(r.Failures)}
}

// Workspace returns the viewer's workspace.
func (s *Service) Workspace(ctx context.Context, v crm.Viewer) (Workspace, error) {
	if !v.Role.Valid() {
		return Workspace{}, crm.ErrForbidden
	}
	settings, err := s.settings(ctx, v.Workspace)
	if err != nil {
		return Workspace{}, fmt.Errorf("read workspace: %w", err)
	}
	return s.workspace(v, settings), nil
}

func (s *Service) workspace(v crm.Viewer, settings crm.WorkspaceSettings) Workspace {
	w := Workspace{
		ID: crm.WorkspaceNodeID(v.WorkspaceName), Name: v.WorkspaceName, DisplayName: settings.DisplayName,
		DefaultRegion: settings.DefaultRegion, ExportRole: settings.ExportRole, ExportAllowed: settings.CanExport(v.Role),
		MaskedFor: settings.MaskedFor, Revision: settings.Revision,
	}
	if v.Role.Can(crm.ManageWorkspace) {
		w.Retention, w.ServerDefaults = &settings.Retention, new(s.defaults())
	}
	return w
}

// UpdateWorkspace changes settings of the workspace. An error that the viewer can correct is of *[crm.InvalidError], or
// [crm.ErrSettingsChanged] with the workspace as it is.
func (s *Service) UpdateWorkspace(ctx context.Context, v crm.Viewer, p crm.SettingsPatch) (Workspace, error) {
	if err := Authorize(v, crm.ManageWorkspace); err != nil {
		return Workspace{}, err
	}
	now := s.clock()
	audit := crm.NewAudit("", v.Subject, now)
	settings, err := s.options.Settings.Update(ctx, v.Workspace, func(w *crm.WorkspaceSettings) error {
		changed, err := p.Apply(w)
		if audit.Action, audit.Fields = "", changed; len(changed) > 0 {
			audit.Action = crm.WorkspaceEdited
		}
		return err
	}, &audit)
	if err != nil {
		if errors.Is(err, crm.ErrSettingsChanged) {
			err = &FieldError{"expectedRevision", err}
		}
		return s.workspace(v, settings), fmt.Errorf("update workspace: %w", err)
	}
	return s.workspace(v, settings), nil
}
