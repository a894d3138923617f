package crm

import "regexp"

// ChannelType is the messaging product behind a channel.
type ChannelType string

// The channel types.
const (
	HTMLEmbed ChannelType = "HTML_EMBED"
	Facebook  ChannelType = "FACEBOOK"
	Instagram ChannelType = "INSTAGRAM"
	Telegram  ChannelType = "TELEGRAM"
	WhatsApp  ChannelType = "WHATSAPP"
	TikTok    ChannelType = "TIKTOK"
)

// Provider holds the facts about the product behind a channel type. Package channels has the behaviour: how its deliveries
// are verified and read.
type Provider struct {
	Type ChannelType
	// Name is what people call the product.
	Name string
	// Website is true where customers write on the team's own site instead of a provider's: such a channel has allowed domains,
	// may require signed identities, and has a snippet to paste.
	Website bool
	// MakesVerifyToken is true where Kith makes a verify token for the administrator to enter next to the webhook's URL.
	MakesVerifyToken bool
	// MakesSecret is true where Kith makes the secret if the administrator gives none. The verify token is then that secret.
	MakesSecret bool
	// TakesAccessToken is true where messages come without the customer's name, which Kith can look up with an access token.
	TakesAccessToken bool
	// SecretForm says which secrets the provider accepts, beyond what holds for every secret; the zero value accepts all.
	SecretForm SecretForm
	// Setup says what to paste where, in Markdown.
	Setup Setup
}

// SecretForm is a restriction on the text of a secret.
type SecretForm struct {
	pattern *regexp.Regexp
	// reason is the predicate that refuses any other secret.
	reason string
}

func (f SecretForm) accepts(s string) bool { return f.pattern == nil || f.pattern.MatchString(s) }

// Setup says how an administrator connects a channel.
type Setup struct {
	Page       string // where the webhook's URL is entered
	Paste      string // which values of the channel's setup go there
	SigningKey string // what the administrator gives Kith as the secret
}

// Providers has one row for each channel type, in the order in which the schema lists the types.
var Providers = []Provider{
	{
		Type: HTMLEmbed, Name: "Web chat", Website: true,
		Setup: Setup{
			Page:       "your own site",
			Paste:      "`embedSnippet`, into the page",
			SigningKey: "optional: a key of your own, to sign users in",
		},
	},
	{
		Type: Facebook, Name: "Messenger", MakesVerifyToken: true, TakesAccessToken: true,
		Setup: Setup{
			Page: "Meta's app dashboard, Messenger, Webhooks",
			Paste: "`webhookUrl` as callback URL, `verifyToken`; subscribe the page to `messages`, `messaging_postbacks`, " +
				"`message_echoes` and `message_edits`",
			SigningKey: "the app secret, from App settings, Basic",
		},
	},
	{
		Type: Instagram, Name: "Instagram", MakesVerifyToken: true, TakesAccessToken: true,
		Setup: Setup{
			Page:       "Meta's app dashboard, Instagram, Webhooks",
			Paste:      "`webhookUrl` as callback URL, `verifyToken`; subscribe to `messages`, `messaging_postbacks` and `message_edit`",
			SigningKey: "the app secret, from App settings, Basic",
		},
	},
	{
		Type: Telegram, Name: "Telegram", MakesSecret: true,
		// What the Bot API takes as the secret_token of setWebhook.
		SecretForm: SecretForm{
			pattern: regexp.MustCompile(`^[A-Za-z0-9_-]{1,256}$`),
			reason:  "can have 16 to 256 characters: A-Z, a-z, 0-9, _ and -",
		},
		Setup: Setup{
			Page:       "no page: call the Bot API, see below",
			Paste:      "`webhookUrl` as `url`, `verifyToken` as `secret_token`",
			SigningKey: "nothing: Kith generates one; or your own",
		},
	},
	{
		Type: WhatsApp, Name: "WhatsApp", MakesVerifyToken: true,
		Setup: Setup{
			Page: "Meta's app dashboard, WhatsApp, Configuration",
			Paste: "`webhookUrl` as callback URL, `verifyToken`; subscribe to `messages`, and to `smb_message_echoes` if the team " +
				"also uses the WhatsApp Business app",
			SigningKey: "the app secret, from App settings, Basic",
		},
	},
	{
		Type: TikTok, Name: "TikTok",
		Setup: Setup{
			Page:       "TikTok's developer portal, the app's webhooks",
			Paste:      "`webhookUrl` as callback URL",
			SigningKey: "the client secret of the app",
		},
	},
}

// ChannelTypes lists every type, in the order of [Providers].
var ChannelTypes = channelTypes()

func channelTypes() []ChannelType {
	types := make([]ChannelType, len(Providers))
	for i, p := range Providers {
		types[i] = p.Type
	}
	return types
}

// Provider is the row of the type; the zero value for a type that is not in the table.
func (t ChannelType) Provider() Provider {
	for _, p := range Providers {
		if p.Type == t {
			return p
		}
	}
	return Provider{}
}
