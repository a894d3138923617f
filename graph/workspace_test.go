package graph_test

import (
	"strings"
	"testing"
	"time"

	"kith/graph"
	"kith/internal/service"
	"kith/storage/sqlite/sqlitetest"
)

// TestTheSettingsOfAWorkspace reads and changes them step by step.
func TestTheSettingsOfAWorkspace(t *testing.T) {
	t.Parallel()
	store := sqlitetest.Open(t)
	s := serveStore(t, store, func(o *graph.Options) {
		o.Service = service.New(store, service.Options{
			Now: clock(), Region: "DE", Retention: service.Retention{History: 36 * time.Hour, Failures: 90 * 24 * time.Hour},
		})
	})
	const all = `name displayName defaultRegion exportRole exportAllowed maskedFor revision retention { historyDays auditDays failureDays } ` +
		`serverDefaults { defaultRegion historyDays auditDays failureDays }`
	const update = `mutation ($in: UpdateWorkspaceInput!) { updateWorkspace(input: $in) { workspace { displayName exportRole maskedFor revision ` +
		`retention { historyDays auditDays } } userErrors { code field } } }`
	for _, c := range []struct {
		name, who, document string
		in                  vars
		want                string
	}{
		{"at first", "admin", `{ workspace { ` + all + ` } }`, nil,
			`{"workspace":{"name":"acme","displayName":null,"defaultRegion":null,"exportRole":"ADMIN","exportAllowed":true,"maskedFor":[],"revision":0,` +
				`"retention":{"historyDays":null,"auditDays":null,"failureDays":null},` +
				`"serverDefaults":{"defaultRegion":"DE","historyDays":2,"auditDays":0,"failureDays":90}}}`},
		{"changed", "admin", update, vars{"displayName": " Acme ", "exportRole": "STAFF", "maskedFor": []string{"READER"}, "historyDays": 30, "expectedRevision": 0},
			`{"updateWorkspace":{"workspace":{"displayName":"Acme","exportRole":"STAFF","maskedFor":["READER"],"revision":1,"retention":{"historyDays":30,"auditDays":null}},"userErrors":[]}}`},
		{"one alone", "admin", update, vars{"auditDays": 0},
			`{"updateWorkspace":{"workspace":{"displayName":"Acme","exportRole":"STAFF","maskedFor":["READER"],"revision":2,"retention":{"historyDays":30,"auditDays":0}},"userErrors":[]}}`},
		{"by somebody who has not seen that", "admin", update, vars{"displayName": "Other", "expectedRevision": 1},
			`{"updateWorkspace":{"workspace":{"displayName":"Acme","exportRole":"STAFF","maskedFor":["READER"],"revision":2,"retention":{"historyDays":30,"auditDays":0}},` +
				`"userErrors":[{"code":"CONFLICT","field":["input","expectedRevision"]}]}}`},
		{"wrong", "admin", update, vars{"defaultRegion": "Germany", "exportRole": "CHANNEL", "maskedFor": []string{"ADMIN"}, "auditDays": 7, "failureDays": 0},
			`{"updateWorkspace":{"workspace":null,"userErrors":[{"code":"INVALID","field":["input","defaultRegion"]},{"code":"INVALID","field":["input","exportRole"]},` +
				`{"code":"INVALID","field":["input","maskedFor"]},{"code":"INVALID","field":["input","auditDays"]},{"code":"INVALID","field":["input","failureDays"]}]}}`},
		{"as staff", "staff", `{ workspace { ` + all + ` } }`, nil,
			`{"workspace":{"name":"acme","displayName":"Acme","defaultRegion":null,"exportRole":"STAFF","exportAllowed":true,"maskedFor":["READER"],"revision":2,` +
				`"retention":null,"serverDefaults":null}}`},
		{"as a reader", "reader", `{ workspace { displayName exportAllowed } }`, nil, `{"workspace":{"displayName":"Acme","exportAllowed":false}}`},
		{"as a channel", "channel", `{ workspace { displayName exportAllowed } }`, nil, `{"workspace":{"displayName":"Acme","exportAllowed":false}}`},
		{"another workspace", "admin/other", `{ workspace { displayName exportRole } }`, nil, `{"workspace":{"displayName":null,"exportRole":"ADMIN"}}`},
		{"reset", "admin", update, vars{"displayName": nil, "defaultRegion": nil, "exportRole": nil, "maskedFor": nil, "historyDays": nil, "auditDays": nil, "failureDays": nil},
			`{"updateWorkspace":{"workspace":{"displayName":null,"exportRole":"ADMIN","maskedFor":[],"revision":3,"retention":{"historyDays":null,"auditDays":null}},"userErrors":[]}}`},
		{"reset again", "admin", update, vars{"displayName": nil, "expectedRevision": 3},
			`{"updateWorkspace":{"workspace":{"displayName":null,"exportRole":"ADMIN","maskedFor":[],"revision":3,"retention":{"historyDays":null,"auditDays":null}},"userErrors":[]}}`},
		{"the audit", "admin", `{ auditLog { nodes { action fields } } }`, nil,
			`{"auditLog":{"nodes":[{"action":"WORKSPACE_EDITED","fields":["DISPLAY_NAME","EXPORT_ROLE","MASKED_FOR","HISTORY_DAYS","AUDIT_DAYS"]},` +
				`{"action":"WORKSPACE_EDITED","fields":["AUDIT_DAYS"]},{"action":"WORKSPACE_EDITED","fields":["DISPLAY_NAME","EXPORT_ROLE","MASKED_FOR","HISTORY_DAYS"]}]}}`},
	} {
		got := s.query(c.who, c.document, vars{"in": c.in}).body
		if !strings.HasPrefix(got, `{"data":`+c.want) {
			t.Errorf("%s\ngot  %s\nwant %s", c.name, got, c.want)
		}
	}
}
