package clause_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"kith/internal/search"
	"kith/storage/clause"
)

type row struct {
	id   int
	name string
	key  string
}

var table = clause.Table[row]{
	{Name: "id", As: clause.Codec[row]{
		Target:   func(r *row) any { return &r.id },
		Argument: func(r *row) any { return r.id },
	}},
	{Name: "name", Edited: true, As: clause.Codec[row]{
		Target:   func(r *row) any { return &r.name },
		Argument: func(r *row) any { return r.name },
	}},
	{Name: "name_key", Edited: true, As: clause.Written(func(r *row) any { return r.key })},
}

func TestATableGivesTheListsOfEveryStatement(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ got, want string }{
		{table.Select("t"), "t.id, t.name"},
		{table.Insert(), "workspace_id, id, name, name_key"},
		{table.Values(), "@workspace, @id, @name, @name_key"},
		{table.Set(), "name = @name, name_key = @name_key"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestARowIsScannedAndWrittenInTheOrderOfTheLists(t *testing.T) {
	t.Parallel()
	r := row{id: 1, name: "Ann", key: "ann"}
	args := map[string]any{}
	table.Arguments(&r, args)
	if diff := cmp.Diff(map[string]any{"id": 1, "name": "Ann", "name_key": "ann"}, args); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]any{7, 1, "Ann", "ann"}, table.Row(7, &r)); diff != "" {
		t.Error(diff)
	}
	other := 0
	if diff := cmp.Diff([]any{&other, &r.id, &r.name}, table.Targets(&r, &other)); diff != "" {
		t.Error(diff)
	}
}

func TestASearchIsAConditionWithItsArguments(t *testing.T) {
	t.Parallel()
	args := map[string]any{}
	got := clause.Holding("instr", "c.text", search.Filter{With: []string{"a", "bé", "bé"}, Without: []string{"c"}}, args)
	want := " AND instr(c.text, @with0) > 0 AND length(c.text) - length(replace(c.text, @with1, '')) >= 4 AND instr(c.text, @without0) = 0"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if diff := cmp.Diff(map[string]any{"with0": "a", "with1": "bé", "without0": "c"}, args); diff != "" {
		t.Error(diff)
	}
}
