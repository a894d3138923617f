package profiles

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"testing"
	"time"

	"kith/internal/crm"
)

// TestWhatTheProviderAnswers has answers as they were reported, each with where.
func TestWhatTheProviderAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		want   result
		called string
	}{
		"a name alone (chatwoot#15840)":                             {200, `{"name": "Sample Customer", "id": "1"}`, learned, "Sample Customer"},
		"one name of one part (chatwoot#15840)":                     {200, `{"name":"Madonna","first_name":"Madonna","id":"1"}`, learned, "Madonna"},
		"the parts alone (messenger4j#26)":                          {200, `{"first_name":"Peter","last_name":"Chang","profile_pic":""}`, learned, "Peter Chang"},
		"a first name alone":                                        {200, `{"first_name":"Peter","last_name":""}`, learned, "Peter"},
		"no name, but a user name (chatwoot#12789, botpress!12880)": {200, `{"name":"","username":"bitter.g"}`, learned, "bitter.g"},
		"a name that nobody sees":                                   {200, `{"name":"\u200b \u200d","username":"ann"}`, learned, "ann"},
		"a name that is null (Meta's docs)":                         {200, `{"name":null}`, nameless, ""},
		"nothing (Meta's docs before 2018)":                         {200, `{}`, nameless, ""},
		"a name that is no text":                                    {200, `{"name":{"first":"Peter"},"first_name":["x"],"username":7}`, nameless, ""},
		"text in capitals, letters, an emoji, half a pair":          {200, `{"name":"ANN 李 😀\ud83d"}`, learned, "ANN 李 😀"},
		"a name of two lines":                                       {200, `{"name":"Ann\r\nMiller\u202e"}`, learned, ""},

		"an account made with a phone number (facebook-messenger#202)": {400, `{"error":{"message":"(#100) No profile available for this user.","type":"OAuthException","code":100,"error_subcode":2018218,"fbtrace_id":"G2oz2QE++k1"}}`, unknown, ""},
		"an id that is not there (node-fb-messenger#32)":               {400, `{"error":{"message":"Unsupported get request. Object with ID '1' does not exist, cannot be loaded due to missing permissions","type":"GraphMethodException","code":100,"error_subcode":33}}`, unknown, ""},
		"an id that Instagram cannot load (chatwoot!13002)":            {400, `{"error":{"message":"Object with ID does not exist","type":"IGApiException","code":100,"error_subcode":33}}`, unknown, ""},
		"Meta's own reviewer (chatwoot!11496)":                         {400, `{"error":{"message":"No matching Instagram user","type":"IGApiException","code":9010}}`, unknown, ""},
		"no consent yet (chatwoot!11484)":                              {400, `{"error":{"message":"(#230) User consent is required to access user profile","type":"OAuthException","code":230}}`, unknown, ""},
		"not found, without a body":                                    {404, ``, unknown, ""},

		"an app without the permission (messenger-bot#98)":        {400, `{"error":{"message":"(#100) Insufficient permission to access user profile.","type":"OAuthException","code":100,"error_subcode":2018247}}`, refused, ""},
		"an app without access to others (chatwoot#11578)":        {400, `{"error":{"message":"(#200) App does not have Advanced Access to instagram_manage_messages permission, and recipient user does not have role on app.","type":"OAuthException","code":200}}`, refused, ""},
		"an app without the capability (fbRads#60)":               {400, `{"error":{"message":"(#3) Application does not have the capability to make this API call.","type":"OAuthException","code":3}}`, refused, ""},
		"a password that was changed (botframework-sdk#1444)":     {400, `{"error":{"message":"Error validating access token: The session has been invalidated because the user has changed the password.","type":"OAuthException","code":190,"error_subcode":460}}`, refused, ""},
		"a token of the other host (instagram-graph-api-lib#462)": {401, `{"error":{"message":"Invalid OAuth access token - Cannot parse access token","type":"OAuthException","code":190}}`, refused, ""},
		"a token that is repeated (react-native-fbsdk#220)":       {400, `{"error":{"message":"Malformed access token ` + pageToken + `","type":"OAuthException","code":190}}`, refused, ""},
		"a code in quotes":         {400, `{"error":{"message":"Invalid OAuth access token.","code":"190","error_subcode":"463"}}`, refused, ""},
		"an error with status 200": {200, `{"error":{"message":"Invalid OAuth access token.","code":190}}`, refused, ""},
		"refused without a body":   {403, ``, refused, ""},
		"refused by a proxy":       {403, `<html>Forbidden</html>`, refused, ""},

		"the page asks too often (bottender#420)":                  {400, `{"error":{"message":"(#32) Page request limit reached","type":"OAuthException","code":32}}`, limited, ""},
		"too often, and transient (facebook-messenger!275)":        {403, `{"error":{"message":"(#4) Application request limit reached","type":"OAuthException","is_transient":true,"code":4}}`, limited, ""},
		"too often for the business case (facebook-mcp-server!12)": {400, `{"error":{"message":"(#80006) There have been too many messenger api calls to this Page account.","type":"OAuthException","code":80006}}`, limited, ""},
		"too often, without a body":                                {429, ``, limited, ""},

		"a failure that passes (node-fb-messenger#36)":  {400, `{"error":{"message":"(#2) Service temporarily unavailable","type":"OAuthException","is_transient":true,"code":2}}`, failed, ""},
		"an unknown failure (php-graph-sdk#948)":        {500, `{"error":{"code":1,"message":"An unknown error occurred","error_subcode":99}}`, failed, ""},
		"a page instead of JSON (facebook-node-sdk!65)": {200, `<!DOCTYPE html><title>Sorry, something went wrong</title>`, failed, ""},
		"nothing at all":          {200, ``, failed, ""},
		"half an answer":          {200, `{"name":"Pet`, failed, ""},
		"a list":                  {200, `[{"name":"Peter"}]`, failed, ""},
		"an error that is a word": {400, `{"error":"nope"}`, failed, ""},
		"an error that is null":   {400, `{"error":null}`, failed, ""},
		"too large":               {200, `{"name":"Peter","x":"` + strings.Repeat("x", maxAnswer) + `"}`, failed, ""},
		"nested without end":      {200, strings.Repeat(`{"error":`, 6000), failed, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, answers(with(c.status, c.body)))
			if c.want == limited { // asked again and again
				f.lookups.pace.waits = 100 * time.Millisecond
			}
			id := f.message(f.page(), psid, crm.Inbound)
			f.idle()
			if got := f.name(id); c.want == learned && got == "" || c.called != "" && got != c.called || c.want != learned && got != "" {
				t.Errorf("called %q", got)
			}
			want := map[result]int{c.want: 1}
			if c.want == failed {
				want[failed] = maxTries
			}
			for _, r := range []result{learned, nameless, unknown, refused, failed} {
				if n := f.count(r); n != want[r] && c.want != limited {
					t.Errorf("%s: %d times, not %d", r, n, want[r])
				}
			}
			if c.want == limited && f.count(dropped) != 1 {
				t.Errorf("limited %d times, dropped %d times", f.count(limited), f.count(dropped))
			}
		})
	}
}

// TestAProofThatIsNotAcceptedIsLeftOut: an Instagram app has a secret of its own (python-facebook#101, php-graph-sdk#1117).
func TestAProofThatIsNotAcceptedIsLeftOut(t *testing.T) {
	t.Parallel()
	wrong := with(400, `{"error":{"message":"Invalid appsecret_proof provided in the API argument","type":"GraphMethodException","code":100}}`)
	missing := with(400, `{"error":{"message":"API calls from the server require an appsecret_proof argument","type":"GraphMethodException","code":100}}`)
	t.Run("by an app that needs none", func(t *testing.T) {
		t.Parallel()
		f := start(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Has("appsecret_proof") {
				wrong(w)
				return
			}
			peter(w)
		})
		ch := f.page()
		first, second := f.message(ch, "1", crm.Inbound), f.message(ch, "2", crm.Inbound)
		f.until("the names", func() bool { return f.name(first) != "" && f.name(second) != "" })
		if f.calls() != 3 || f.log.String() != "" {
			t.Errorf("%d calls: %s", f.calls(), f.log)
		}
	})
	t.Run("by an app that needs one (goth#96)", func(t *testing.T) {
		t.Parallel()
		f := start(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Has("appsecret_proof") {
				wrong(w)
				return
			}
			missing(w)
		})
		ch := f.page()
		f.message(ch, psid, crm.Inbound)
		f.until("the refusal", func() bool { return f.count(refused) == 1 })
		f.message(ch, "2", crm.Inbound)
		f.idle()
		if f.calls() != 2 || !strings.Contains(f.log.String(), "refuses the access token") {
			t.Errorf("%d calls: %s", f.calls(), f.log)
		}
	})
}

func TestAnAnswerIsBoundedAsItUnfolds(t *testing.T) {
	t.Parallel()
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	_, _ = z.Write([]byte(`{"name":"Peter","x":"` + strings.Repeat("x", 1<<20) + `"}`))
	_ = z.Close()
	f := start(t, answers(with(200, bomb.String(), "Content-Encoding", "gzip"), peter))
	id := f.message(f.page(), psid, crm.Inbound)
	f.until("the name", func() bool { return f.name(id) == "Peter Chang" })
	if f.count(failed) != 1 {
		t.Errorf("failed %d times", f.count(failed))
	}
}

func TestHowLongTheProviderWantsToBeLeftAlone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		retry, usage string
		want         time.Duration
	}{
		"it does not say":          {"", "", 0},
		"seconds":                  {"90", "", 90 * time.Second},
		"a date":                   {"Fri, 31 Dec 2026 23:59:59 GMT", "", 0},
		"less than nothing":        {"-5", `{"1":[{"estimated_time_to_regain_access":-3}]}`, 0},
		"minutes, by use":          {"", `{"1":[{"type":"pages","call_count":107,"estimated_time_to_regain_access":4},{"type":"messenger","estimated_time_to_regain_access":19}]}`, 19 * time.Minute},
		"both":                     {"3600", `{"1":[{"estimated_time_to_regain_access":19}]}`, time.Hour},
		"an odd shape":             {"7", `{"1":{"estimated_time_to_regain_access":19}}`, 7 * time.Second},
		"no JSON":                  {"7", `call_count`, 7 * time.Second},
		"more than there can be":   {"99999999999999999999", `{"1":[{"estimated_time_to_regain_access":9999999999999}]}`, (1 << 20) * time.Second},
		"more minutes than can be": {"", `{"1":[{"estimated_time_to_regain_access":9999999999999}]}`, (1 << 14) * time.Minute},
	} {
		h := http.Header{}
		h.Set("Retry-After", c.retry)
		h.Set("X-Business-Use-Case-Usage", c.usage)
		if got := waitOf(h); got != c.want {
			t.Errorf("%s: %s, not %s", name, got, c.want)
		}
	}
}

func TestPausesGrowAndStayWithinTheirBound(t *testing.T) {
	t.Parallel()
	for n := range 100 {
		want := usual.longest
		if n < 10 {
			want = min(want, time.Second<<n)
		}
		for range 50 {
			if got := usual.backoff(time.Second, n); got > want || got < want/2 {
				t.Fatalf("after %d: %s of %s", n, got, want)
			}
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{`{}`, `{"name":"Peter"}`, `{"error":{"code":190}}`, `{"error":{"code":"100","message":7}}`, `[]`, `{"name":"\ud83d"}`} {
		f.Add(200, s)
	}
	f.Fuzz(func(t *testing.T, status int, body string) {
		got := read(status, http.Header{}, []byte(body))
		if (got.result == learned) != (got.name != "") || got.result == "" {
			t.Errorf("%+v", got)
		}
	})
}
