package crm

// The most bytes that texts can have, for those who reckon how much an answer may hold.
const (
	MaxNameBytes    = maxNameBytes
	MaxNotesBytes   = maxNotesBytes
	MaxPreviewBytes = maxPreviewBytes
	MaxEmailBytes   = maxEmail
)
