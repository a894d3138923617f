package service

import (
	"context"
	"fmt"

	"kith/internal/crm"
	"kith/internal/cursor"
	"kith/storage"
)

// auditList names the list of what people did, of which there is one in a workspace.
var auditList = cursor.ListOf("audit")

// AuditPage is a page of what people did.
type AuditPage struct {
	Entries []crm.AuditEntry
	PageInfo
}

// List names the list that the page is of, for cursors.
func (AuditPage) List() cursor.List { return auditList }

// CountAudit counts the entries as far as most.
func (s *Service) CountAudit(ctx context.Context, v crm.Viewer, most int) (storage.Count, error) {
	if err := Authorize(v, crm.ReadAudit); err != nil {
		return storage.Count{}, err
	}
	if err := checkMost(most); err != nil {
		return storage.Count{}, err
	}
	return s.store.CountAudit(ctx, v.Workspace, most)
}

// AuditByID returns the entries that exist among ids. For those who may not read the audit log none does.
func (s *Service) AuditByID(
	ctx context.Context, v crm.Viewer, ids []crm.AuditID,
) (map[crm.AuditID]crm.AuditEntry, error) {
	if !v.Role.Can(crm.ReadAudit) || len(ids) == 0 {
		return nil, Authorize(v, crm.ReadContacts)
	}
	return byID(ctx, v, ids, s.store.AuditByID)
}

// Audit returns a page of who did what, the newest first.
func (s *Service) Audit(ctx context.Context, v crm.Viewer, p Paging) (AuditPage, error) {
	if err := Authorize(v, crm.ReadAudit); err != nil {
		return AuditPage{}, err
	}
	page, err := p.page(auditList)
	if err != nil {
		return AuditPage{}, err
	}
	found, err := s.store.Audit(ctx, v.Workspace, page)
	if err != nil {
		return AuditPage{}, fmt.Errorf("list audit entries: %w", err)
	}
	return AuditPage{Entries: found.Entries, PageInfo: p.pageInfo(found.More)}, nil
}
