package service_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kith/internal/crm"
	"kith/internal/service"
	"kith/internal/vault"
	"kith/storage"
)

// serviceOver is an administrator's service over the store, with the keys.
func serviceOver(t *testing.T, store storage.Store, keys ...string) *service.Service {
	t.Helper()
	secrets, err := vault.New(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return service.New(store, service.Options{
		Now: func() time.Time { return start }, Vault: secrets, PublicURL: "https://kith.example.com",
	})
}

var (
	oneKey   = strings.Repeat("one key.", 4)
	otherKey = strings.Repeat("another.", 4)
)

func TestWhatKithMakesForAChannel(t *testing.T) {
	t.Parallel()
	store, v := openStore(t)
	d := serviceOver(t, store, oneKey)
	for name, c := range map[string]struct {
		new                service.NewChannel
		verifyToken, embed bool
		secret             bool
	}{
		"WhatsApp gets a verify token":              {service.NewChannel{Type: crm.WhatsApp}, true, false, false},
		"Messenger too":                             {service.NewChannel{Type: crm.Facebook, Secret: "app-secret-of-the-shop"}, true, false, true},
		"Instagram too":                             {service.NewChannel{Type: crm.Instagram, Secret: "app-secret-of-the-shop"}, true, false, true},
		"TikTok has nothing to verify":              {service.NewChannel{Type: crm.TikTok, Secret: "client-secret-of-the-app"}, false, false, true},
		"Telegram gets a secret where it has none":  {service.NewChannel{Type: crm.Telegram}, true, false, true},
		"Telegram's own secret is not shown":        {service.NewChannel{Type: crm.Telegram, Secret: "own_secret_token"}, false, false, true},
		"the widget gets a snippet":                 {service.NewChannel{Type: crm.HTMLEmbed}, false, true, false},
		"the widget with a key gets a snippet, too": {service.NewChannel{Type: crm.HTMLEmbed, Secret: "key-of-the-site!"}, false, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.new.Name = "Shop"
			made, err := d.CreateChannel(t.Context(), v, c.new)
			if err != nil {
				t.Fatal(err)
			}
			s := made.Setup
			if (s.VerifyToken != nil) != c.verifyToken || (s.EmbedSnippet != nil) != c.embed || s.SecretSet != c.secret {
				t.Errorf("%+v", s)
			}
			if want := "https://kith.example.com/channels/" + made.Channel.ID.String() + "/webhook"; s.WebhookURL != want {
				t.Errorf("%s, not %s", s.WebhookURL, want)
			}
			if s.EmbedSnippet != nil && strings.Count(*s.EmbedSnippet, `fetch("`+s.WebhookURL+`"`) != 1 {
				t.Error(*s.EmbedSnippet)
			}
			again, err := d.UpdateChannel(t.Context(), v, made.Channel.ID, service.ChannelEdit{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(made, *again); diff != "" {
				t.Errorf("asked again: %s", diff)
			}
		})
	}
}

func TestSecretsAreSealedWhereTheyAreKept(t *testing.T) {
	t.Parallel()
	store, v := openStore(t)
	d := serviceOver(t, store, oneKey)
	made, err := d.CreateChannel(t.Context(), v, service.NewChannel{Name: "Shop", Type: crm.WhatsApp, Secret: "s3cret-of-the-app"})
	if err != nil {
		t.Fatal(err)
	}
	kept := channelOf(t, store, v, made.Channel.ID)
	if len(kept.Secrets) == 0 || strings.Contains(string(kept.Secrets), "s3cret") ||
		strings.Contains(string(kept.Secrets), *made.Setup.VerifyToken) {
		t.Errorf("%q", []byte(kept.Secrets))
	}
	secrets, err := vault.New(oneKey)
	if err != nil {
		t.Fatal(err)
	}
	got, err := secrets.Open(v.Workspace, made.Channel.ID, kept.Secrets)
	if err != nil || got.Secret != "s3cret-of-the-app" || got.VerifyToken != *made.Setup.VerifyToken {
		t.Errorf("%v", err)
	}
}

func TestAnEditOfAChannelChangesWhatItNamesAlone(t *testing.T) {
	t.Parallel()
	store, v := openStore(t)
	d := serviceOver(t, store, oneKey)
	made, err := d.CreateChannel(t.Context(), v, service.NewChannel{Name: "Site", Type: crm.HTMLEmbed, Secret: "key-of-the-site!", Domains: []string{"A.example"}})
	if err != nil {
		t.Fatal(err)
	}
	id := made.Channel.ID
	edit := func(e service.ChannelEdit) *service.Connection {
		t.Helper()
		now, err := d.UpdateChannel(t.Context(), v, id, e)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(channelOf(t, store, v, id), now.Channel); diff != "" {
			t.Errorf("stored and told: %s", diff)
		}
		return now
	}
	now := edit(service.ChannelEdit{ChannelPatch: crm.ChannelPatch{Name: crm.To("New")}})
	if !now.Setup.SecretSet || !cmp.Equal(now.Setup.AllowedDomains, []string{"a.example"}) || now.Channel.Name != "New" {
		t.Errorf("after a new name: %+v", now)
	}
	now = edit(service.ChannelEdit{ChannelPatch: crm.ChannelPatch{Domains: crm.To[[]string](nil)}})
	if !now.Setup.SecretSet || len(now.Setup.AllowedDomains) != 0 || now.Channel.Name != "New" {
		t.Errorf("without domains: %+v", now)
	}
	now = edit(service.ChannelEdit{Secret: crm.To("")})
	if now.Setup.SecretSet || now.Channel.Secrets != nil {
		t.Errorf("without a secret: %+v", now)
	}
}

func TestTelegramIsNeverWithoutASecret(t *testing.T) {
	t.Parallel()
	store, v := openStore(t)
	d := serviceOver(t, store, oneKey)
	made, err := d.CreateChannel(t.Context(), v, service.NewChannel{Name: "Bot", Type: crm.Telegram})
	if err != nil {
		t.Fatal(err)
	}
	first := *made.Setup.VerifyToken
	own, err := d.UpdateChannel(t.Context(), v, made.Channel.ID, service.ChannelEdit{Secret: crm.To("own_secret_token")})
	if err != nil || own.Setup.VerifyToken != nil || !own.Setup.SecretSet {
		t.Errorf("%+v, %v", own, err)
	}
	anew, err := d.UpdateChannel(t.Context(), v, made.Channel.ID, service.ChannelEdit{Secret: crm.To("")})
	if err != nil || anew.Setup.VerifyToken == nil || *anew.Setup.VerifyToken == first || !anew.Setup.SecretSet {
		t.Errorf("%+v, %v", anew, err)
	}
}

func TestWithoutAKeyASecretIsRefusedAndNothingElse(t *testing.T) {
	t.Parallel()
	store, v := openStore(t)
	d := serviceOver(t, store)
	_, err := d.CreateChannel(t.Context(), v, service.NewChannel{Name: "Shop", Type: crm.WhatsApp, Secret: "app-secret-of-the-shop"})
	invalid, ok := errors.AsType[*crm.InvalidError](err)
	if !ok || invalid.Field != "secret" || !strings.Contains(invalid.Reason, "KITH_SECRET_KEY") {
		t.Errorf("%v", err)
	}
	for _, kind := range crm.ChannelTypes {
		made, err := d.CreateChannel(t.Context(), v, service.NewChannel{Name: "Shop", Type: kind})
		if err != nil || made.Setup.SecretSet || made.Setup.VerifyToken != nil || made.Channel.Secrets != nil {
			t.Errorf("%s: %+v, %v", kind, made, err)
		}
		now, err := serviceOver(t, store, oneKey).UpdateChannel(t.Context(), v, made.Channel.ID, service.ChannelEdit{})
		if err != nil || (now.Setup.VerifyToken != nil) != (kind.Provider().MakesVerifyToken || kind.Provider().MakesSecret) {
			t.Errorf("%s, once there is a key: %+v, %v", kind, now, err)
		}
	}
}

func TestSecretsWhoseKeyIsAwayStay(t *testing.T) {
	t.Parallel()
	store, v := openStore(t)
	made, err := serviceOver(t, store, oneKey).CreateChannel(t.Context(), v, service.NewChannel{Name: "Shop", Type: crm.WhatsApp, Secret: "app-secret-of-the-shop"})
	if err != nil {
		t.Fatal(err)
	}
	id := made.Channel.ID
	for _, keys := range [][]string{nil, {otherKey}} {
		away := serviceOver(t, store, keys...)
		now, err := away.UpdateChannel(t.Context(), v, id, service.ChannelEdit{ChannelPatch: crm.ChannelPatch{Name: crm.To("New")}})
		if err != nil || now.Setup.SecretSet || now.Setup.VerifyToken != nil || now.Channel.Name != "New" {
			t.Errorf("%d keys: %+v, %v", len(keys), now, err)
		}
		back, err := serviceOver(t, store, otherKey, oneKey).UpdateChannel(t.Context(), v, id, service.ChannelEdit{})
		if err != nil || !back.Setup.SecretSet || *back.Setup.VerifyToken != *made.Setup.VerifyToken {
			t.Errorf("with the key again: %+v, %v", back, err)
		}
	}
	anew, err := serviceOver(t, store, otherKey).UpdateChannel(t.Context(), v, id, service.ChannelEdit{Secret: crm.To("new-secret-of-the-shop")})
	if err != nil || !anew.Setup.SecretSet || *anew.Setup.VerifyToken == *made.Setup.VerifyToken {
		t.Errorf("a new secret in place of a lost one: %+v, %v", anew, err)
	}
	gone, err := serviceOver(t, store).UpdateChannel(t.Context(), v, id, service.ChannelEdit{Secret: crm.To("")})
	if err != nil || gone.Channel.Secrets != nil {
		t.Errorf("removed without a key: %+v, %v", gone, err)
	}
}

func TestAnEditOfAChannelThatIsRefusedChangesNothing(t *testing.T) {
	t.Parallel()
	store, v := openStore(t)
	d := serviceOver(t, store, oneKey)
	made, err := d.CreateChannel(t.Context(), v, service.NewChannel{Name: "Bot", Type: crm.Telegram, Secret: "own_secret_token"})
	if err != nil {
		t.Fatal(err)
	}
	now, err := d.UpdateChannel(t.Context(), v, made.Channel.ID, service.ChannelEdit{
		ChannelPatch: crm.ChannelPatch{Name: crm.To(""), Active: crm.To(false), Domains: crm.To([]string{"a.example"})},
		Secret:       crm.To("not for Telegram"),
	})
	var fields []string
	for e := range strings.Lines(errors.Unwrap(err).Error()) {
		field, _, _ := strings.Cut(e, ":")
		fields = append(fields, field)
	}
	if !cmp.Equal(fields, []string{"name", "allowedDomains", "secret"}) {
		t.Errorf("%q", fields)
	}
	if diff := cmp.Diff(made, *now); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(made.Channel, channelOf(t, store, v, made.Channel.ID)); diff != "" {
		t.Error(diff)
	}
	gone, err := d.UpdateChannel(t.Context(), v, crm.ChannelID{}, service.ChannelEdit{Secret: crm.To("x")})
	if gone != nil || !errors.Is(err, crm.ErrNotFound) {
		t.Errorf("%+v, %v", gone, err)
	}
}

// channelOf is a channel as it is stored.
func channelOf(t *testing.T, store storage.Store, v crm.Viewer, id crm.ChannelID) crm.Channel {
	t.Helper()
	found, err := store.ChannelsByID(t.Context(), v.Workspace, []crm.ChannelID{id})
	if err != nil {
		t.Fatal(err)
	}
	return found[id]
}

func TestSignedIdentitiesAreRequiredOnlyWhereThereIsASecret(t *testing.T) {
	t.Parallel()
	store, v := openStore(t)
	d := serviceOver(t, store, oneKey)
	refused := func(err error, field string) {
		t.Helper()
		if invalid, ok := errors.AsType[*crm.InvalidError](err); !ok || invalid.Field != field {
			t.Errorf("%v, not about %s", err, field)
		}
	}
	site := service.NewChannel{Name: "Site", Type: crm.HTMLEmbed, RequireSignedIdentity: true}
	_, err := d.CreateChannel(t.Context(), v, site)
	refused(err, "secret")
	_, err = d.CreateChannel(t.Context(), v, service.NewChannel{
		Name: "Shop", Type: crm.WhatsApp, Secret: "app-secret-of-the-shop", RequireSignedIdentity: true,
	})
	refused(err, "requireSignedIdentity")
	site.Secret = "key-of-the-site!"
	made, err := d.CreateChannel(t.Context(), v, site)
	if err != nil || !made.Channel.RequireSignedIdentity {
		t.Fatalf("%+v, %v", made, err)
	}
	id := made.Channel.ID
	_, err = d.UpdateChannel(t.Context(), v, id, service.ChannelEdit{Secret: crm.To("")})
	refused(err, "secret")
	if !channelOf(t, store, v, id).RequireSignedIdentity {
		t.Error("an edit that was refused lets everybody in")
	}
	both := service.ChannelEdit{
		ChannelPatch: crm.ChannelPatch{RequireSignedIdentity: crm.To(false)}, Secret: crm.To(""),
	}
	now, err := d.UpdateChannel(t.Context(), v, id, both)
	if err != nil || now.Channel.RequireSignedIdentity || now.Setup.SecretSet {
		t.Errorf("%+v, %v", now, err)
	}
}

func TestAnAccessTokenIsChangedApartFromTheSecret(t *testing.T) {
	t.Parallel()
	store, v := openStore(t)
	d := serviceOver(t, store, oneKey)
	made, err := d.CreateChannel(t.Context(), v, service.NewChannel{
		Name: "Page", Type: crm.Facebook, Secret: "app-secret-of-the-shop", AccessToken: "\tEAAB-token-of-the-page ",
	})
	if err != nil || !made.Setup.SecretSet || !made.Setup.AccessTokenSet {
		t.Fatalf("%+v, %v", made.Setup, err)
	}
	id := made.Channel.ID
	opened := func() vault.Secrets {
		t.Helper()
		keys, err := vault.New(oneKey)
		if err != nil {
			t.Fatal(err)
		}
		secrets, err := keys.Open(v.Workspace, id, channelOf(t, store, v, id).Secrets)
		if err != nil {
			t.Fatal(err)
		}
		return secrets
	}
	first := opened()
	if first.AccessToken != "EAAB-token-of-the-page" {
		t.Error("the token is not stored as it was given")
	}
	for name, c := range map[string]struct {
		edit service.ChannelEdit
		want vault.Secrets
	}{
		"removed": {service.ChannelEdit{AccessToken: crm.To("")}, vault.Secrets{Secret: first.Secret, VerifyToken: first.VerifyToken}},
		"replaced": {
			service.ChannelEdit{AccessToken: crm.To("EAAB-newer-token-of-the-page")},
			vault.Secrets{Secret: first.Secret, VerifyToken: first.VerifyToken, AccessToken: "EAAB-newer-token-of-the-page"},
		},
		"the secret alone": {
			service.ChannelEdit{Secret: crm.To("newer-secret-of-the-shop"), AccessToken: crm.To(first.AccessToken)},
			vault.Secrets{Secret: "newer-secret-of-the-shop", VerifyToken: first.VerifyToken, AccessToken: first.AccessToken},
		},
	} {
		if _, err := d.UpdateChannel(t.Context(), v, id, c.edit); err != nil || opened() != c.want {
			t.Errorf("%s: %v", name, err)
		}
		back := service.ChannelEdit{Secret: crm.To(first.Secret), AccessToken: crm.To(first.AccessToken)}
		if _, err := d.UpdateChannel(t.Context(), v, id, back); err != nil || opened() != first {
			t.Errorf("%s, and back: %v", name, err)
		}
	}
}

func TestAnAccessTokenTakesNoSecretWithItThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	store, v := openStore(t)
	made, err := serviceOver(t, store, oneKey).CreateChannel(t.Context(), v, service.NewChannel{
		Name: "Page", Type: crm.Instagram, Secret: "app-secret-of-the-shop", AccessToken: "IGAA-token-of-the-account",
	})
	if err != nil {
		t.Fatal(err)
	}
	id, away := made.Channel.ID, serviceOver(t, store, otherKey)
	for _, token := range []string{"IGAA-newer-token-of-the-account", ""} {
		_, err := away.UpdateChannel(t.Context(), v, id, service.ChannelEdit{AccessToken: crm.To(token)})
		if invalid, ok := errors.AsType[*crm.InvalidError](err); !ok || invalid.Field != "accessToken" {
			t.Errorf("%v", err)
		}
	}
	back, err := serviceOver(t, store, oneKey).UpdateChannel(t.Context(), v, id, service.ChannelEdit{})
	if err != nil || !back.Setup.SecretSet || !back.Setup.AccessTokenSet {
		t.Errorf("%+v, %v", back, err)
	}
	_, err = serviceOver(t, store).CreateChannel(t.Context(), v, service.NewChannel{
		Name: "Page", Type: crm.Facebook, AccessToken: "EAAB-token-of-the-page",
	})
	if invalid, ok := errors.AsType[*crm.InvalidError](err); !ok || invalid.Field != "accessToken" || !strings.Contains(invalid.Reason, "KITH_SECRET_KEY") {
		t.Errorf("without a key: %v", err)
	}
}
