package limit

import "github.com/vektah/gqlparser/v2/ast"

// Document refuses a document that is not worth validating, with an [*ExceededError]. It takes any document that parses:
// fragments may be missing, circular or unused. The length of the text is not looked at.
func Document(doc *ast.QueryDocument) error {
	if err := exceeded("operations", len(doc.Operations), MaxOperations); err != nil {
		return err
	}
	if err := exceeded("fragments", len(doc.Fragments), MaxFragments); err != nil {
		return err
	}
	s := &shapes{doc: doc, fragments: make(map[string]*shape, len(doc.Fragments))}
	for _, o := range doc.Operations {
		if err := exceeded("variables", len(o.VariableDefinitions), MaxVariables); err != nil {
			return err
		}
		s.directives += len(o.Directives)
		for _, v := range o.VariableDefinitions {
			s.directives += len(v.Directives)
		}
	}
	for _, f := range doc.Fragments { // all of them: validation looks at those that nobody spreads, too
		s.directives += len(f.Directives)
		of := s.fragment(f)
		if s.err == nil { // it may be one about the schema; where it is spread is looked at below
			s.err = exceeded("levels of fields", of.depth, MaxSchemaDepth)
		}
	}
	for _, o := range doc.Operations {
		of := s.of(o.SelectionSet)
		if s.err == nil {
			s.err = exceeded("root fields", of.roots, MaxRootFields)
		}
		if s.err == nil {
			s.err = of.check()
		}
	}
	if s.err == nil {
		s.err = exceeded("directives", s.directives, MaxDirectives)
	}
	return s.err
}

// shape is what a selection set adds up to, fragments included.
type shape struct {
	roots   int // fields of the set itself, not within each other
	depth   int
	fields  int
	aliases int
	names   map[string]int // how often the set itself asks for each name of the answer

	schemaDepth  int // within __schema and __type
	schemaFields int
}

func (s *shape) check() error {
	for _, c := range []struct {
		what        string
		value, most int
	}{
		{"levels of fields", s.depth, MaxDepth},
		{"fields", s.fields, MaxFields},
		{"aliases", s.aliases, MaxAliases},
		{"levels of fields about the schema", s.schemaDepth, MaxSchemaDepth},
		{"fields about the schema", s.schemaFields, MaxSchemaFields},
	} {
		if err := exceeded(c.what, c.value, c.most); err != nil {
			return err
		}
	}
	return nil
}

// shapes measures the selection sets of one document. What goes beyond a bound ends it.
type shapes struct {
	doc        *ast.QueryDocument
	fragments  map[string]*shape // nil while a fragment is being measured: it is within itself
	directives int
	err        error
}

func (s *shapes) fragment(f *ast.FragmentDefinition) *shape {
	of, seen := s.fragments[f.Name]
	if !seen {
		s.fragments[f.Name] = nil
		of = s.of(f.SelectionSet)
		s.fragments[f.Name] = of
	}
	if of == nil {
		return &shape{}
	}
	return of
}

func (s *shapes) of(set ast.SelectionSet) *shape {
	out := &shape{names: make(map[string]int, len(set))}
	s.into(out, set)
	return out
}

// into adds a selection set to another that it is part of.
func (s *shapes) into(out *shape, set ast.SelectionSet) {
	for _, selection := range set {
		if s.err != nil {
			return
		}
		switch selection := selection.(type) {
		case *ast.Field:
			s.directives += len(selection.Directives)
			s.field(out, selection)
		case *ast.InlineFragment:
			s.directives += len(selection.Directives)
			s.into(out, selection.SelectionSet)
		case *ast.FragmentSpread:
			s.directives += len(selection.Directives)
			if f := s.doc.Fragments.ForName(selection.Name); f != nil {
				s.spread(out, s.fragment(f))
			}
		}
		if s.err == nil && out.fields > MaxSchemaFields { // too many wherever the set is
			s.err = exceeded("fields", out.fields, MaxFields)
		}
	}
}

func (s *shapes) field(out *shape, f *ast.Field) {
	name := f.Alias // the parser puts the name there where there is no alias
	s.repeat(out, name, 1)
	out.roots = add(out.roots, 1)
	out.fields = add(out.fields, 1)
	if f.Alias != f.Name {
		out.aliases = add(out.aliases, 1)
	}
	out.depth = max(out.depth, 1)
	if len(f.SelectionSet) == 0 {
		return
	}
	of := s.of(f.SelectionSet)
	if f.Name == "__schema" || f.Name == "__type" {
		out.schemaDepth = max(out.schemaDepth, of.depth, of.schemaDepth)
		out.schemaFields = add(out.schemaFields, add(of.fields, of.schemaFields))
		return
	}
	out.depth = max(out.depth, add(of.depth, 1))
	out.fields = add(out.fields, of.fields)
	out.aliases = add(out.aliases, of.aliases)
	out.schemaDepth = max(out.schemaDepth, of.schemaDepth)
	out.schemaFields = add(out.schemaFields, of.schemaFields)
}

func (s *shapes) spread(out, of *shape) {
	out.roots = add(out.roots, of.roots)
	out.depth = max(out.depth, of.depth)
	out.fields = add(out.fields, of.fields)
	out.aliases = add(out.aliases, of.aliases)
	out.schemaDepth = max(out.schemaDepth, of.schemaDepth)
	out.schemaFields = add(out.schemaFields, of.schemaFields)
	for name, n := range of.names {
		s.repeat(out, name, n)
	}
}

// repeat counts a name of the answer: validation compares each that is repeated with each other.
func (s *shapes) repeat(out *shape, name string, n int) {
	out.names[name] = add(out.names[name], n)
	if s.err == nil {
		s.err = exceeded("repetitions of one field", out.names[name], MaxRepeated)
	}
}
