package postgres

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// beforeTheRules are the migrations that no release has brought to a database in service.
var beforeTheRules = map[string]string{
	"00002_channels_and_events.sql": "there was no release yet",
	"00003_audit.sql":               "there was no release yet",
	"00004_activity_hash.sql":       "there was no release yet",
	"00006_nothing_pairs.sql":       "there was no release yet",
	"00009_messages.sql":            "there was no release yet",
	"00011_accounts.sql":            "there was no release yet",
}

// releases are the newest migrations that each release knows, the last one last.
var releases []int64

// small are the tables with a row a workspace, or fewer, which a migration may read and write as a whole.
var small = []string{"workspaces", "event_heads", "duplicate_progress", "stale_keys", "schema_support", "secrets"}

// rules are statements that stop others for longer than a moment, or that processes of the last release cannot live with.
// Each pattern's first group is the table.
var rules = []struct {
	pattern  *regexp.Regexp
	problem  string
	contract bool // allowed in a migration that ends the support of older versions
}{
	{rule(`CREATE (?:UNIQUE )?INDEX (?:IF NOT EXISTS )?\w+ ON (\w+)`), "builds an index of a table in use: CONCURRENTLY, in a file without a transaction", false},
	{rule(`REINDEX (?:TABLE|INDEX) (\w+)`), "builds an index of a table in use: CONCURRENTLY", false},
	{rule(`ALTER TABLE (\w+) .*\bADD COLUMN [^,]*\bDEFAULT (?:[^tfn'\d-]|n\w+\(|t\w+\(|f\w+\()`), "adds a column whose default is not a constant: the table may be rewritten", false},
	{rule(`ALTER TABLE (\w+) .*\bADD COLUMN [^,]*\b(?:GENERATED|SERIAL|BIGSERIAL|SMALLSERIAL)\b`), "adds a column that is computed for each row", false},
	{rule(`ALTER TABLE (\w+) .*\bADD COLUMN [^,]*\b(?:UNIQUE|PRIMARY KEY|REFERENCES)\b`), "adds a column with an index or a reference", false},
	{rule(`ALTER TABLE (\w+) .*\bTYPE\b`), "changes the type of a column: add another column", false},
	{rule(`ALTER TABLE (\w+) .*\bADD (?:CONSTRAINT \w+ )?(?:UNIQUE|PRIMARY KEY) ?\(`), "builds an index of a table in use: USING INDEX", false},
	{rule(`(?:CLUSTER|VACUUM FULL|LOCK TABLE|LOCK|TRUNCATE)(?: TABLE)? (\w+)`), "locks a table for long", false},
	{rule(`(?:UPDATE|DELETE FROM) (\w+)`), "changes rows of a large table: do it in the background, see Maintain", false},
	{rule(`INSERT INTO (\w+) .*\bSELECT\b`), "changes rows of a large table: do it in the background, see Maintain", false},
	{rule(`ALTER TABLE (\w+) .*\bDROP (?:COLUMN|CONSTRAINT)\b`), "removes what the last release may use", true},
	{rule(`ALTER (?:TABLE|INDEX|FUNCTION) (\w+) .*\bRENAME\b`), "renames what the last release uses", true},
	{rule(`DROP (?:TABLE|FUNCTION|INDEX|VIEW|TRIGGER) (?:IF EXISTS )?(\w+)`), "removes what the last release may use", true},
}

func rule(pattern string) *regexp.Regexp { return regexp.MustCompile(`(?is)^` + pattern) }

var (
	createTable = rule(`CREATE TABLE (?:IF NOT EXISTS )?(\w+)`)
	alterTable  = rule(`ALTER TABLE (\w+)`)
	raised      = regexp.MustCompile(`(?i)\bUPDATE schema_support SET oldest = (\d+)`)

	addColumn     = regexp.MustCompile(`(?is)\bADD COLUMN (?:IF NOT EXISTS )?(\w+)([^,]*)`)
	setNotNull    = regexp.MustCompile(`(?is)\bALTER COLUMN (\w+) SET NOT NULL\b`)
	addConstraint = regexp.MustCompile(`(?is)\bADD CONSTRAINT (\w+) (?:CHECK|FOREIGN KEY)`)
	validated     = regexp.MustCompile(`(?is)^ALTER TABLE (\w+) VALIDATE CONSTRAINT (\w+)`)
	notNullCheck  = regexp.MustCompile(`(?is)^ALTER TABLE (\w+) .*\bADD CONSTRAINT (\w+) CHECK \((\w+) IS NOT NULL\)`)
)

// problems are the reasons why a database in service must not be migrated so, after the migrations before it.
func problems(m migration, before []migration, releases []int64) (out []string) {
	var list []string
	if len(m.builds) == 0 {
		list = statements(m.text)
	}
	var created, altered []string
	contract := raised.FindStringSubmatch(m.text)
	if contract != nil && (len(releases) == 0 || contract[1] != fmt.Sprint(releases[len(releases)-1])) {
		out = append(out, "ends the support of the last release")
	}
	complain := func(table, problem string) { out = append(out, table+": "+problem) }
	for _, s := range list {
		s = strings.Join(strings.Fields(s), " ")
		if t := createTable.FindStringSubmatch(s); t != nil {
			created = append(created, t[1])
			continue
		}
		if t := alterTable.FindStringSubmatch(s); t != nil && !slices.Contains(created, t[1]) {
			if altered = append(altered, t[1]); altered[0] != t[1] {
				complain(t[1], "is locked while "+altered[0]+" is: one table a migration")
			}
			alterations(t[1], s, before, complain)
		}
		for _, r := range rules {
			t := r.pattern.FindStringSubmatch(s)
			if t == nil || slices.Contains(created, t[1]) || r.contract && contract != nil {
				continue
			}
			rows := strings.HasPrefix(r.problem, "changes rows")
			if !rows || !slices.Contains(small, t[1]) {
				complain(t[1], r.problem)
			}
		}
	}
	return out
}

// alterations looks at what ALTER TABLE does with columns and constraints.
func alterations(table, s string, before []migration, complain func(table, problem string)) {
	for _, c := range addColumn.FindAllStringSubmatch(s, -1) {
		if options := strings.ToUpper(c[2]); strings.Contains(options, "NOT NULL") && !strings.Contains(options, "DEFAULT") {
			complain(table, "adds the column "+c[1]+", which rows of the last release lack")
		}
	}
	for _, c := range setNotNull.FindAllStringSubmatch(s, -1) {
		if !knownNotNull(table, c[1], before) {
			complain(table, "SET NOT NULL reads all rows: validate a check of "+c[1]+" in an earlier migration")
		}
	}
	if c := addConstraint.FindStringSubmatch(s); c != nil && !strings.HasSuffix(strings.ToUpper(s), "NOT VALID") {
		complain(table, "ADD CONSTRAINT reads all rows: NOT VALID, and VALIDATE CONSTRAINT in a later migration")
	}
}

// knownNotNull reports whether a validated check says that a column has no NULL.
func knownNotNull(table, column string, before []migration) bool {
	checks := map[string]bool{}
	for _, m := range before {
		for _, s := range statements(m.text) {
			if c := notNullCheck.FindStringSubmatch(s); c != nil && c[1] == table && c[3] == column {
				checks[c[2]] = true
			}
			if c := validated.FindStringSubmatch(s); c != nil && c[1] == table && checks[c[2]] {
				return true
			}
		}
	}
	return false
}

func TestMigrationsLetOthersGoOn(t *testing.T) {
	t.Parallel()
	all, err := readMigrations(embeddedMigrations())
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range all[1:] { // the first makes the tables
		found := problems(m, all[:i+1], releases)
		_, excepted := beforeTheRules[m.name]
		if excepted != (len(found) > 0) {
			t.Errorf("%s: problems %q, excepted %v", m.name, found, excepted)
		}
	}
	for name := range beforeTheRules {
		if !slices.ContainsFunc(all, func(m migration) bool { return m.name == name }) {
			t.Errorf("there is no migration %s", name)
		}
	}
}

func TestTheRulesOfMigrations(t *testing.T) {
	t.Parallel()
	const lastRelease = 30
	checked := []migration{
		{text: `ALTER TABLE contacts ADD CONSTRAINT email_there CHECK (email IS NOT NULL) NOT VALID;`},
		{text: `ALTER TABLE contacts VALIDATE CONSTRAINT email_there;`},
		{text: `ALTER TABLE contacts ADD CONSTRAINT phone_there CHECK (phone IS NOT NULL) NOT VALID;`},
	}
	for text, want := range map[string]string{
		`CREATE TABLE t (a int); CREATE INDEX i ON t (a); ALTER TABLE t ADD COLUMN b serial;`:         "",
		`ALTER TABLE contacts ADD COLUMN a int;`:                                                      "",
		`ALTER TABLE contacts ADD COLUMN a int NOT NULL DEFAULT 0, ADD COLUMN b text DEFAULT 'x, y';`: "",
		`ALTER TABLE contacts ADD COLUMN a boolean NOT NULL DEFAULT false;`:                           "",
		`ALTER TABLE contacts ALTER COLUMN email DROP NOT NULL;`:                                      "",
		`ALTER TABLE contacts ALTER COLUMN email SET NOT NULL;`:                                       "",
		`UPDATE duplicate_progress SET contact_id = NULL;`:                                            "",
		`INSERT INTO stale_keys SELECT workspace_id FROM workspaces;`:                                 "",
		`UPDATE schema_support SET oldest = 30; ALTER TABLE contacts DROP COLUMN notes;`:              "",

		`CREATE INDEX i ON contacts (a);`:                                                "builds an index",
		`CREATE UNIQUE INDEX IF NOT EXISTS i ON contacts (a);`:                           "builds an index",
		`create index i on contacts (a);`:                                                "builds an index",
		`REINDEX TABLE contacts;`:                                                        "builds an index",
		`ALTER TABLE contacts ADD CONSTRAINT u UNIQUE (email);`:                          "builds an index",
		`ALTER TABLE contacts ADD COLUMN a uuid DEFAULT gen_random_uuid();`:              "not a constant",
		`ALTER TABLE contacts ADD COLUMN a timestamptz DEFAULT timeofday();`:             "not a constant",
		`ALTER TABLE contacts ADD COLUMN a bigint DEFAULT nextval('s');`:                 "not a constant",
		`ALTER TABLE contacts ADD COLUMN a int, ADD COLUMN b float DEFAULT random();`:    "not a constant",
		`ALTER TABLE contacts ADD COLUMN a int GENERATED ALWAYS AS (1) STORED;`:          "computed",
		`ALTER TABLE contacts ADD COLUMN a bigserial;`:                                   "computed",
		`ALTER TABLE contacts ADD COLUMN a int UNIQUE;`:                                  "with an index",
		`ALTER TABLE contacts ADD COLUMN a int NOT NULL;`:                                "rows of the last release lack",
		`ALTER TABLE contacts ALTER COLUMN email TYPE varchar;`:                          "changes the type",
		`ALTER TABLE contacts ALTER COLUMN email SET DATA TYPE varchar;`:                 "changes the type",
		`ALTER TABLE contacts ALTER COLUMN phone SET NOT NULL;`:                          "SET NOT NULL",
		`ALTER TABLE contacts ALTER COLUMN name SET NOT NULL;`:                           "SET NOT NULL",
		`ALTER TABLE contacts ADD CONSTRAINT c CHECK (version > 0);`:                     "NOT VALID",
		`ALTER TABLE contacts DROP COLUMN notes;`:                                        "removes",
		`ALTER TABLE contacts RENAME COLUMN notes TO note;`:                              "renames",
		`ALTER TABLE contacts RENAME TO people;`:                                         "renames",
		`DROP TABLE contacts;`:                                                           "removes",
		`DROP INDEX contacts_by_name;`:                                                   "removes",
		`UPDATE contacts SET notes = '';`:                                                "in the background",
		`INSERT INTO messages SELECT * FROM sessions;`:                                   "in the background",
		`DELETE FROM contacts WHERE name IS NULL;`:                                       "in the background",
		`LOCK TABLE contacts;`:                                                           "locks",
		`ALTER TABLE contacts ADD COLUMN a int; ALTER TABLE sessions ADD COLUMN b int;`:  "one table a migration",
		`UPDATE schema_support SET oldest = 31; ALTER TABLE contacts DROP COLUMN notes;`: "ends the support of the last release",
	} {
		m := migration{name: "99999_next.sql", text: text}
		found := strings.Join(problems(m, checked, []int64{10, lastRelease}), "; ")
		if want == "" && found != "" || want != "" && !strings.Contains(found, want) {
			t.Errorf("%s\n\tfound %q, want %q", text, found, want)
		}
	}
	for name, text := range map[string]string{
		"a statement that is no build":  "-- +goose NO TRANSACTION\n-- +goose Up\nUPDATE contacts SET notes = '';",
		"a build that may fail halfway": "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE INDEX CONCURRENTLY i ON contacts (a);",
		"no section":                    "CREATE TABLE t ();",
	} {
		if _, err := parseMigration("99999_next.sql", text); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}
