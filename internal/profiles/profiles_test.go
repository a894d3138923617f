package profiles

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kith/internal/crm"
	"kith/internal/vault"
	"kith/storage"
	"kith/storage/postgres"
	"kith/storage/postgres/pgtest"
	"kith/storage/sqlite/sqlitetest"
)

func TestACustomerWithoutANameGetsTheOneThatTheProviderShows(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind         crm.ChannelType
		token        string
		answer, want string
		fields       string
	}{
		"Messenger":                   {crm.Facebook, pageToken, `{"name":"Peter Chang","first_name":"Peter","last_name":"Chang"}`, "Peter Chang", "name,first_name,last_name"},
		"Instagram, of a page":        {crm.Instagram, pageToken, `{"name":"Peter Chang","username":"peter_chang_live"}`, "Peter Chang", "name,username"},
		"Instagram, of its own login": {crm.Instagram, "IGAAGm0PX4ZCpsBAKZBtoken", `{"name":null,"username":"peter_chang_live"}`, "peter_chang_live", "name,username"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, answers(with(200, c.answer)))
			ch := f.channel(c.kind, vault.Secrets{Secret: appSecret, AccessToken: c.token})
			id := f.message(ch, psid, crm.Inbound)
			f.until("the name", func() bool { return f.name(id) == c.want })
			f.idle()
			got := f.contact(id)
			if got.Version != 2 || got.NameFrom != (crm.Provenance{Origin: crm.Claimed, Channel: ch}) {
				t.Errorf("%+v", got)
			}
			f.message(ch, psid, crm.Inbound)
			f.idle()
			if f.calls() != 1 || f.count(learned) != 1 {
				t.Fatalf("%d calls, %d names", f.calls(), f.count(learned))
			}
			r := f.requests[0]
			mac := hmac.New(sha256.New, []byte(appSecret))
			mac.Write([]byte(c.token))
			if r.Method != http.MethodGet || r.URL.Path != "/v24.0/"+psid || r.URL.Query().Get("fields") != c.fields ||
				r.URL.Query().Get("appsecret_proof") != hex.EncodeToString(mac.Sum(nil)) || len(r.URL.Query()) != 2 ||
				r.Header.Get("Authorization") != "Bearer "+c.token || strings.Contains(r.URL.String(), c.token) {
				t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
			}
		})
	}
}

// TestANameThatWasLearnedIsAskedForNoMore: what a store remembers of its contacts has the name, too.
func TestANameThatWasLearnedIsAskedForNoMore(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(*testing.T) storage.Store{
		"SQLite": func(t *testing.T) storage.Store { return sqlitetest.Open(t) },
		"PostgreSQL": func(t *testing.T) storage.Store {
			url := pgtest.Database(t)
			if _, err := postgres.Migrate(t.Context(), url, postgres.Options{}); err != nil {
				t.Fatal(err)
			}
			s, err := postgres.Open(t.Context(), url, postgres.Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := startOn(t, open(t), answers(with(500, ""), peter))
			f.lookups.pace.again = 0
			ch := f.page()
			var id crm.ContactID
			for range 3 {
				id = f.message(ch, psid, crm.Inbound)
			}
			f.until("the name", func() bool { return f.name(id) == "Peter Chang" })
			f.idle()
			asked := f.calls()
			for range 5 {
				f.message(ch, psid, crm.Inbound)
			}
			f.idle()
			if f.calls() != asked || f.contact(id).Version != 2 {
				t.Errorf("asked %d times more: %+v", f.calls()-asked, f.contact(id))
			}
		})
	}
}

func TestEachTokenIsSentWhereItBelongs(t *testing.T) {
	t.Parallel()
	l := &Lookups{}
	for name, c := range map[string]struct {
		of   channel
		want string
	}{
		"Messenger":            {channel{kind: crm.Facebook, token: "EAAB"}, "https://graph.facebook.com/v24.0/1?fields=name%2Cfirst_name%2Clast_name"},
		"Instagram, of a page": {channel{kind: crm.Instagram, token: "EAAB"}, "https://graph.facebook.com/v24.0/1?fields=name%2Cusername"},
		"Instagram, its own":   {channel{kind: crm.Instagram, token: "IGAA"}, "https://graph.instagram.com/v24.0/1?fields=name%2Cusername"},
	} {
		if got := l.address(c.of, "1"); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestWhatStaffEnteredMeanwhileStays(t *testing.T) {
	t.Parallel()
	asked, named := make(chan bool), make(chan bool)
	f := start(t, func(w http.ResponseWriter, _ *http.Request) {
		asked <- true
		<-named
		peter(w)
	})
	id := f.message(f.page(), psid, crm.Inbound)
	<-asked
	if _, err := f.store.UpdateContact(t.Context(), f.viewer.Workspace, id, crm.ContactEdit{
		At: time.Now(), Event: crm.NewEventID(time.Now()), Actor: "ann", Change: func(c *crm.Contact) error {
			c.Name, c.NameFrom = new("Pete from the fair"), crm.Provenance{Origin: crm.Staff}
			return nil
		},
	}); err != nil {
		t.Fatal(err)
	}
	close(named)
	f.idle()
	if got := f.contact(id); *got.Name != "Pete from the fair" || got.Version != 2 {
		t.Errorf("%+v", got)
	}
}

func TestACustomerWhoWasDeletedMeanwhileDoesNotComeBack(t *testing.T) {
	t.Parallel()
	asked, gone := make(chan bool), make(chan bool)
	f := start(t, func(w http.ResponseWriter, _ *http.Request) {
		asked <- true
		<-gone
		peter(w)
	})
	id := f.message(f.page(), psid, crm.Inbound)
	<-asked
	deletion := crm.ContactDeletion{At: time.Now(), Event: crm.NewEventID(time.Now()), Actor: "ann"}
	if err := f.store.DeleteContact(t.Context(), f.viewer.Workspace, id, deletion); err != nil {
		t.Fatal(err)
	}
	close(gone)
	f.idle()
	if has, err := f.store.HasContacts(t.Context(), f.viewer.Workspace); has || err != nil {
		t.Errorf("%t, %v", has, err)
	}
}

func TestNothingIsAskedWithoutNeed(t *testing.T) {
	t.Parallel()
	f := start(t, answers(peter))
	with := vault.Secrets{Secret: appSecret, AccessToken: pageToken}
	f.message(f.channel(crm.Facebook, vault.Secrets{Secret: appSecret}), psid, crm.Inbound)
	f.message(f.channel(crm.Telegram, with), psid, crm.Inbound)
	f.message(f.channel(crm.WhatsApp, with), psid, crm.Inbound)
	page := f.page()
	f.message(page, psid, crm.Outbound)
	for _, external := range []string{"me", "../me", "1/accounts", "1?fields=id", "١٢٣", "", "user:1", strings.Repeat("1", 33)} {
		f.lookups.Recorded(crm.Interaction{ChannelID: page, ExternalID: external, Direction: crm.Inbound}, crm.Recorded{Contact: &crm.Contact{}})
	}
	for _, i := range []crm.Interaction{
		{Kind: crm.Revised, Direction: crm.Inbound}, {Kind: crm.Withdrawn, Direction: crm.Inbound}, {Kind: crm.Announced, Direction: crm.Inbound},
	} {
		i.ChannelID, i.ExternalID = page, psid
		f.lookups.Recorded(i, crm.Recorded{Contact: &crm.Contact{}})
	}
	message := crm.Interaction{ChannelID: page, ExternalID: psid, Direction: crm.Inbound}
	f.lookups.Recorded(message, crm.Recorded{})
	f.lookups.Recorded(message, crm.Recorded{Contact: &crm.Contact{Name: new("Ann")}})
	f.lookups.Recorded(message, crm.Recorded{Contact: &crm.Contact{}, Repeated: true})
	f.idle()
	if f.calls() != 0 {
		t.Errorf("asked %d times", f.calls())
	}
}

func TestACustomerTheTeamWroteToFirstIsLookedUpOnceTheyAnswer(t *testing.T) {
	t.Parallel()
	consent := with(400, `{"error":{"message":"(#230) User consent is required to access user profile","type":"OAuthException","code":230}}`)
	f := start(t, answers(consent, peter))
	f.lookups.pace.again = 0
	ch := f.page()
	id := f.message(ch, psid, crm.Outbound)
	f.message(ch, psid, crm.Inbound)
	f.until("the refusal", func() bool { return f.count(unknown) == 1 })
	f.idle()
	f.message(ch, psid, crm.Inbound)
	f.until("the name", func() bool { return f.name(id) == "Peter Chang" })
}

func TestATokenThatIsRefusedIsNotTriedAgainForAWhile(t *testing.T) {
	t.Parallel()
	f := start(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer "+pageToken {
			with(400, `{"error":{"message":"Malformed access token `+pageToken+`","type":"OAuthException","code":190}}`)(w)
			return
		}
		peter(w)
	})
	ch := f.page()
	first := f.message(ch, psid, crm.Inbound)
	f.until("the refusal", func() bool { return f.count(refused) == 1 })
	for n := range 20 {
		f.message(ch, fmt.Sprint(n), crm.Inbound)
		f.message(ch, psid, crm.Inbound)
	}
	f.idle()
	if f.calls() != 1 || strings.Count(f.log.String(), "refuses the access token") != 1 {
		t.Errorf("%d calls: %s", f.calls(), f.log)
	}
	f.setToken(ch, "EAAGm0PX4ZCpsBAKZBnewer-token")
	f.message(ch, psid, crm.Inbound)
	f.until("the name, with a new token", func() bool { return f.name(first) == "Peter Chang" })
}

func TestATokenThatIsRefusedIsTriedAgainLaterAndLoggedOnce(t *testing.T) {
	t.Parallel()
	expired := with(400, `{"error":{"message":"Error validating access token","type":"OAuthException","code":190,"error_subcode":463}}`)
	f := start(t, answers(expired, expired, peter))
	f.lookups.pace.refused = 0
	ch := f.page()
	id := f.message(ch, psid, crm.Inbound)
	f.until("the name", func() bool {
		f.message(ch, psid, crm.Inbound)
		return f.name(id) == "Peter Chang"
	})
	if n := strings.Count(f.log.String(), "refuses the access token"); n != 1 {
		t.Errorf("logged %d times", n)
	}
}

func TestAChannelTakesUpATokenThatItGetsLater(t *testing.T) {
	t.Parallel()
	f := start(t, answers(peter))
	ch := f.channel(crm.Facebook, vault.Secrets{Secret: appSecret})
	id := f.message(ch, psid, crm.Inbound)
	f.idle()
	f.setToken(ch, pageToken)
	f.message(ch, psid, crm.Inbound)
	f.until("the name", func() bool { return f.name(id) == "Peter Chang" })
}

func TestWhenAskedTooOftenTheLineWaits(t *testing.T) {
	t.Parallel()
	tooOften := with(400, `{"error":{"message":"(#613) Calls to this api have exceeded the rate limit.","type":"OAuthException","code":613}}`)
	f := start(t, answers(tooOften, with(429, ""), tooOften, tooOften, tooOften, tooOften, peter))
	id := f.message(f.page(), psid, crm.Inbound)
	f.until("the name", func() bool { return f.name(id) == "Peter Chang" })
	if f.count(limited) != 6 || f.count(failed) != 0 {
		t.Errorf("limited %d times, failed %d times", f.count(limited), f.count(failed))
	}
}

func TestWhoeverHasWaitedTooLongIsGivenUp(t *testing.T) {
	t.Parallel()
	f := start(t, answers(with(429, "")))
	f.lookups.pace.waits = 20 * time.Millisecond
	f.message(f.page(), psid, crm.Inbound)
	f.until("the end", func() bool { return f.count(dropped) == 1 })
	f.idle()
}

func TestFailuresAreTriedAgainAndEnd(t *testing.T) {
	t.Parallel()
	t.Run("a failure that passes", func(t *testing.T) {
		t.Parallel()
		f := start(t, answers(with(500, ""), with(503, "<html>"), peter))
		id := f.message(f.page(), psid, crm.Inbound)
		f.until("the name", func() bool { return f.name(id) == "Peter Chang" })
	})
	t.Run("a failure that stays", func(t *testing.T) {
		t.Parallel()
		f := start(t, answers(with(502, "Bad Gateway")))
		ch := f.page()
		f.message(ch, psid, crm.Inbound)
		f.until("the last failure", func() bool { return f.count(failed) == maxTries })
		f.idle()
		f.message(ch, psid, crm.Inbound)
		f.message(ch, "1", crm.Inbound)
		f.until("the failures of the other one", func() bool { return f.count(failed) == 2*maxTries })
		f.idle()
		if n := strings.Count(f.log.String(), "names cannot be looked up"); n != 1 || f.calls() != 2*maxTries {
			t.Errorf("logged %d times: %s", n, f.log)
		}
	})
	t.Run("a server that is not there", func(t *testing.T) {
		t.Parallel()
		f := start(t, answers(peter))
		away := httptest.NewServer(nil)
		f.lookups.options.BaseURL = away.URL
		away.Close()
		f.message(f.page(), psid, crm.Inbound)
		f.until("the last failure", func() bool { return f.count(failed) == maxTries })
	})
	t.Run("an answer that takes too long", func(t *testing.T) {
		t.Parallel()
		slow := func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusOK)
			w.(http.Flusher).Flush()
			time.Sleep(300 * time.Millisecond)
		}
		f := start(t, answers(slow, peter))
		f.lookups.pace.timeout = 100 * time.Millisecond
		id := f.message(f.page(), psid, crm.Inbound)
		f.until("the name", func() bool { return f.name(id) == "Peter Chang" })
		if f.count(failed) < 1 {
			t.Error("the slow answer counts as one")
		}
	})
}

func TestARedirectIsNotFollowedWithTheToken(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("followed") }))
	defer elsewhere.Close()
	f := start(t, answers(with(302, "", "Location", elsewhere.URL), peter))
	id := f.message(f.page(), psid, crm.Inbound)
	f.until("the name", func() bool { return f.name(id) == "Peter Chang" })
}

func TestAProviderThatHangsHoldsUpNeitherMessagesNorOtherChannelsNorTheEnd(t *testing.T) {
	t.Parallel()
	f := start(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v24.0/1" {
			<-r.Context().Done()
			return
		}
		peter(w)
	})
	f.lookups.pace.timeout = time.Hour
	hanging := f.page()
	f.message(hanging, "1", crm.Inbound)
	f.until("the call", func() bool { return f.calls() == 1 })
	for range 100 { // would take an hour each
		f.message(hanging, psid, crm.Inbound)
	}
	id := f.message(f.page(), psid, crm.Inbound)
	f.until("the name on the other channel", func() bool { return f.name(id) == "Peter Chang" })
	began := time.Now()
	if err := f.lookups.Close(); err != nil || time.Since(began) > time.Second {
		t.Errorf("closed after %s: %v", time.Since(began), err)
	}
	f.message(hanging, "2", crm.Inbound)
	f.idle()
	if f.calls() != 2 {
		t.Errorf("%d calls", f.calls())
	}
}

func TestThoseWhoWaitAreBounded(t *testing.T) {
	t.Parallel()
	f := start(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	f.lookups.pace.timeout = time.Hour
	flood := func(ch crm.ChannelID, n int) {
		for i := range n {
			f.lookups.Recorded(crm.Interaction{ChannelID: ch, ExternalID: fmt.Sprint(i + 1), Direction: crm.Inbound}, crm.Recorded{Contact: &crm.Contact{}})
		}
	}
	var channels []crm.ChannelID
	for range maxWaiting/maxOfChannel + 2 {
		ch := f.page()
		channels = append(channels, ch)
		calls := f.calls()
		flood(ch, 1)
		if len(channels) <= maxWaiting/maxOfChannel+1 {
			f.until("the first call", func() bool { return f.calls() == calls+1 })
		}
	}
	for _, ch := range channels {
		flood(ch, maxOfChannel+10)
	}
	f.lookups.mu.Lock()
	waiting := f.lookups.waiting
	f.lookups.mu.Unlock()
	if waiting != maxWaiting || f.count(dropped) == 0 {
		t.Errorf("%d wait, %d were dropped", waiting, f.count(dropped))
	}
}

func TestAPanicEndsNoLine(t *testing.T) {
	t.Parallel()
	f := start(t, answers(peter))
	panics := make(chan bool, 1)
	open := f.lookups.options.Open
	f.lookups.options.Panicked = func() {
		f.lookups.options.Open = open
		panics <- true
	}
	f.lookups.options.Open = func(crm.WorkspaceID, crm.ChannelID, crm.Sealed) (vault.Secrets, error) { panic("oh") }
	ch := f.page()
	f.message(ch, "1", crm.Inbound)
	<-panics
	id := f.message(ch, psid, crm.Inbound)
	f.until("the name of the next", func() bool { return f.name(id) == "Peter Chang" })
}
