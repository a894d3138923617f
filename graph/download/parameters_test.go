package download_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kith/graph/download"
	"kith/internal/crm"
	"kith/internal/service"
)

func parse(t *testing.T, query string) (download.Request, error) {
	t.Helper()
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	return download.Parse(values)
}

func TestAFilterAndAnOrderAreReadAsTheAPIReadsThem(t *testing.T) {
	t.Parallel()
	filter := `{"channelTypes": ["TELEGRAM", "WHATSAPP"], "hasEmail": true, "createdAfter": "2026-01-02T03:04:05+01:00", "email": "Ann@example.com",
		"identity": {"channelId": "channel_0198c2a1000070000123456789abcdef", "externalId": "7"}, "hasPhone": null, "channelIds": []}`
	got, err := parse(t, url.Values{"filter": {filter}, "orderBy": {"NAME DESC"}, "search": {"ann"}, "after": {"x"}, "bom": {"true"}}.Encode())
	if err != nil {
		t.Fatal(err)
	}
	f := got.Filter
	if diff := cmp.Diff([]crm.ChannelType{crm.Telegram, crm.WhatsApp}, f.Types); diff != "" {
		t.Error(diff)
	}
	if !*f.HasEmail || f.HasPhone != nil || *f.Email != "Ann@example.com" || f.Identity.External != "7" || f.Identity.Channel == (crm.ChannelID{}) ||
		f.Channels == nil || len(f.Channels) != 0 || !f.CreatedAfter.Equal(time.Date(2026, 1, 2, 2, 4, 5, 0, time.UTC)) {
		t.Errorf("filter %+v", f)
	}
	if got.Search != "ann" || *got.After != "x" || !got.Mark || *got.Order != (service.Order{Field: service.ByName, Direction: service.Descending}) {
		t.Errorf("read %+v", got)
	}
	for text, want := range map[string]service.Order{
		"NAME": {Field: service.ByName, Direction: service.Ascending}, `{"field": "CREATED"}`: {Field: service.ByCreated, Direction: service.Ascending},
		` { "field": "EMAIL", "direction": "DESC" }`: {Field: service.ByEmail, Direction: service.Descending},
	} {
		got, err := parse(t, url.Values{"orderBy": {text}}.Encode())
		if err != nil || *got.Order != want {
			t.Errorf("%s: %+v, %v", text, got.Order, err)
		}
	}
}

func TestWhatCannotBeReadIsRefusedBySayingWhichParameter(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"filter=x":                              "filter must be a ContactFilter of the API, as JSON",
		"filter=[]":                             "filter must be",
		"filter=null":                           "filter must be",
		"filter={}{}":                           "filter must be",
		`filter={"no":1}`:                       "filter must be",
		`filter={"a":{"hasEmail":1}}`:           "filter must be",
		`filter={"hasEmail":"yes"}`:             "filter.hasEmail must be of the type Boolean",
		`filter={"channelTypes":["FAX"]}`:       "filter.channelTypes must be of the type [ChannelType!]",
		`filter={"identity":{"channelId":"x"}}`: "filter.identity must be",
		`filter={"createdAfter":"yesterday"}`:   "filter.createdAfter must be a moment in RFC 3339",
		`filter={"createdBefore":"2026-13-01"}`: "filter.createdBefore must be a moment",
		"orderBy=AGE":                           "orderBy must be LAST_ACTIVITY, NAME, CREATED, EMAIL or RELEVANCE",
		"orderBy=NAME+DOWN":                     "orderBy must be",
		"orderBy=NAME+DESC+NULLS+LAST":          "orderBy must be",
		`orderBy={"direction":"DESC"}`:          "orderBy must be",
		"columns=id,age":                        "columns must be some of these, each once, separated by commas: id, name,",
		"columns=id,id":                         "columns must be",
		"columns=,":                             "columns must be",
		"bom=1":                                 "bom must be true or false",
		"search=a&search=b":                     "search must be given once",
		"serach=ann":                            "There are no other parameters than search, filter, orderBy, columns, after, bom",
		"first=10":                              "There are no other parameters",
	} {
		_, err := parse(t, query)
		invalid, ok := errors.AsType[*crm.InvalidError](err)
		if !ok || !strings.HasPrefix(invalid.Message(), want) {
			t.Errorf("%s: %v, want %q", query, err, want)
		}
	}
}
