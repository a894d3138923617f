package crm

const (
	// MaxPreview is how many characters of a message a session shows, the ellipsis included, and MaxPreviewBytes how many bytes.
	MaxPreview      = 140
	MaxPreviewBytes = 1_000

	ellipsis = "…"
)

// Preview makes one line of plain text of a message, at most [MaxPreview] characters as a person counts them. It is
// nil when nothing visible is left. Only the beginning of a long message is looked at.
func Preview(text string) *string {
	line := oneLine(text, MaxPreviewBytes)
	if _, long := shorten(line, MaxPreview, MaxPreviewBytes); long {
		line, _ = shorten(line, MaxPreview-1, MaxPreviewBytes-len(ellipsis))
		line += ellipsis
	}
	if !visible(line) {
		return nil
	}
	return &line
}
