package model

import "kith/internal/service"

// MergePreview is what a merge would do.
type MergePreview struct {
	service.MergePreview

	UserErrors []UserError
}

// Notes are those of the merged contact.
func (p *MergePreview) Notes() string { return p.Contact.Notes }
