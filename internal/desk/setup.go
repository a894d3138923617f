package desk

import (
	"kith/internal/crm"
)

// ChannelSetup is what an administrator enters where to connect a channel. It holds no secret of the provider's.
type ChannelSetup struct {
	// WebhookURL is where the provider sends its webhooks.
	WebhookURL string
	// VerifyToken is what the provider is told so that each can know the other; nil where there is none.
	VerifyToken *string
	// EmbedSnippet is HTML for the pages of the allowed sites; nil for all types but HTML_EMBED.
	EmbedSnippet *string
	// SecretSet tells of a secret that can be opened.
	SecretSet      bool
	AllowedDomains []string
}

func (d *Desk) connection(w crm.WorkspaceID, c crm.Channel) Connection {
	setup := ChannelSetup{
		WebhookURL:     d.PublicURL + "/channels/" + c.ID.String() + "/webhook",
		AllowedDomains: append([]string{}, c.Domains...),
	}
	if s, err := d.openSecrets(w, c); err == nil {
		setup.SecretSet = s.Secret != ""
		if s.VerifyToken != "" {
			setup.VerifyToken = &s.VerifyToken
		}
	}
	return Connection{Channel: c, Setup: setup}
}
