package service

import (
	_ "embed" // the snippet
	"encoding/json"
	"strings"

	"kith/internal/crm"
)

// snippet is a form that posts to the webhook of an HTML_EMBED channel what package channels reads.
//
//go:embed snippet.html
var snippet string

// ChannelSetup is what an administrator enters where to connect a channel. It holds no secret of the provider's.
type ChannelSetup struct {
	// WebhookURL is where the provider sends its webhooks.
	WebhookURL string
	// VerifyToken is entered at the provider, so that each side recognizes the other; nil for a channel without one. Show it through
	// [Service.ReadVerifyToken] only.
	VerifyToken *string
	// EmbedSnippet is HTML for the pages of the allowed sites; nil for all types but HTML_EMBED.
	EmbedSnippet *string
	// SecretSet is true if there is a secret that can be opened.
	SecretSet bool
	// AccessTokenSet is true if there is an access token that can be opened.
	AccessTokenSet bool
	AllowedDomains []string

	ChannelID crm.ChannelID
}

func (s *Service) connection(w crm.WorkspaceID, c crm.Channel) Connection {
	setup := ChannelSetup{
		WebhookURL:     s.options.PublicURL + "/channels/" + c.ID.String() + "/webhook",
		AllowedDomains: append([]string{}, c.Domains...),
		ChannelID:      c.ID,
	}
	if s, err := s.openSecrets(w, c); err == nil {
		setup.SecretSet, setup.AccessTokenSet = s.Secret != "", s.AccessToken != ""
		if s.VerifyToken != "" {
			setup.VerifyToken = &s.VerifyToken
		}
	}
	if c.Type.Provider().Website {
		setup.EmbedSnippet = new(embedSnippet(c.ID, setup.WebhookURL))
	}
	return Connection{Channel: c, Setup: setup}
}

// embedSnippet is the snippet of a channel. As JSON the address can end neither its string nor the script.
func embedSnippet(id crm.ChannelID, webhook string) string {
	address, _ := json.Marshal(webhook) // text, which cannot fail
	return strings.NewReplacer("CHANNEL", id.String(), "WEBHOOK", string(address)).Replace(snippet)
}
