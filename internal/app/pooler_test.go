package app

import (
	"strings"
	"testing"

	"kith/storage/postgres/pgtest"
)

// Behind a pooler in transaction mode each statement may meet another connection, with what the last client left there.
func TestKithBehindAPooler(t *testing.T) {
	t.Parallel()
	direct := pgtest.Database(t)
	env := environment{
		"KITH_DATABASE_URL": pgtest.Pooler(t, direct), "KITH_PG_EXEC_MODE": "exec", "KITH_DEMO": "on",
		"KITH_PG_CONNECTIONS": "6", "KITH_SECRET_KEY": secret,
	}
	for name, env := range map[string]environment{
		"alone": env, "with a way past it": env.with("KITH_DATABASE_DIRECT_URL", direct),
		"told by the URL": env.with("KITH_PG_EXEC_MODE", "").with("KITH_PG_CONNECTIONS", "").
			with("KITH_DATABASE_URL", env["KITH_DATABASE_URL"]+"&default_query_exec_mode=exec&pool_max_conns=5&pool_min_conns=2"),
	} {
		for range 2 {
			if _, _, err := execute(t, env, "migrate"); err != nil {
				t.Errorf("%s: migrate: %v", name, err)
			}
			s := start(t, env)
			for range 8 {
				if status, body := s.ask(t, "", `{ contacts(search: "a") { totalCount { value } nodes { name } } }`); status != 200 || !strings.Contains(body, `"name"`) {
					t.Errorf("%s: %d %s", name, status, body)
				}
			}
			s.stop()
			err := <-s.done
			if s.done <- err; err != nil {
				t.Errorf("%s: stopping: %v", name, err)
			}
		}
		if out, _, err := execute(t, env, "check"); err != nil || !strings.Contains(out, "sound") {
			t.Errorf("%s: check: %s %v", name, out, err)
		}
		pgtest.Exec(t, direct, `DROP INDEX sessions_by_time`)
		pgtest.Exec(t, direct, `UPDATE contacts SET name_key = 'old'`)
		if out, _, err := execute(t, env, "check", "--repair"); err != nil || !strings.Contains(out, "all repaired") {
			t.Errorf("%s: check --repair: %s %v", name, out, err)
		}
		if _, _, err := execute(t, env, "rekey"); err != nil {
			t.Errorf("%s: rekey: %v", name, err)
		}
		if _, _, err := execute(t, env, "demo", "--contacts=200", "--workspace="+name); err != nil {
			t.Errorf("%s: demo: %v", name, err)
		}
	}
}
