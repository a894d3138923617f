package operation

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"

	"kith/graph/limit"
)

// untrusted refuses other documents.
const untrusted = "This server answers trusted documents only, and this is none of them"

// TrustedDocuments are the only documents that an endpoint serves: those of a manifest, by their id, by the hash of their text or
// by their exact text, and those of Kith's own pages.
type TrustedDocuments struct {
	byID  map[string]string
	texts map[string]string   // by the SHA-256 hash of each, in hexadecimal digits
	own   map[string]struct{} // in canonical form
}

// ReadTrustedDocuments reads a manifest: a JSON object of ids and documents, as GraphQL Code Generator's client preset and
// Relay's compiler write it, or a manifest of Apollo. Every document must be one that the endpoint could serve with the schema;
// the error names those that are not.
func ReadTrustedDocuments(r io.Reader, schema *ast.Schema) (*TrustedDocuments, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	byID, err := readManifest(text)
	if err != nil {
		return nil, err
	}
	if len(byID) == 0 {
		return nil, errors.New("the manifest has no document")
	}
	t := &TrustedDocuments{byID: byID, texts: make(map[string]string, len(byID)), own: map[string]struct{}{}}
	var all []error
	for id, text := range byID {
		t.texts[hash(text)] = text
		if err := checkTrusted(schema, text); err != nil {
			all = append(all, fmt.Errorf("document %.80q: %w", id, err))
		}
	}
	slices.SortFunc(all, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return t, errors.Join(all...)
}

func readManifest(text []byte) (map[string]string, error) {
	var byID map[string]string
	if json.Unmarshal(text, &byID) == nil && byID != nil {
		return byID, nil
	}
	var apollo struct {
		Format     string
		Operations []struct{ ID, Body string }
	}
	if json.Unmarshal(text, &apollo) != nil || apollo.Format != "apollo-persisted-query-manifest" {
		return nil, errors.New("the manifest must be one JSON object of ids and documents")
	}
	byID = make(map[string]string, len(apollo.Operations))
	for _, o := range apollo.Operations {
		byID[o.ID] = o.Body
	}
	return byID, nil
}

func checkTrusted(schema *ast.Schema, text string) error {
	if len(text) > limit.MaxBytes {
		return &limit.ExceededError{What: "bytes in its document", Value: len(text), Max: limit.MaxBytes}
	}
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, limit.MaxTokens)
	if err != nil {
		return err
	}
	if err := limit.Document(doc); err != nil {
		return err
	}
	if errs := validator.ValidateWithRules(schema, doc, silentRules()); len(errs) > 0 {
		return errs[0]
	}
	return nil
}

// TrustOwn adds the operations of one of Kith's pages. A client library may send each alone, with __typename added. It panics
// when they cannot be read: they are part of the program.
func (t *TrustedDocuments) TrustOwn(operations string) {
	doc, err := parser.ParseQuery(&ast.Source{Input: operations})
	if err != nil {
		panic(err)
	}
	for _, o := range doc.Operations {
		one := &ast.QueryDocument{Operations: ast.OperationList{o}}
		for _, f := range doc.Fragments {
			if reaches(doc, o.SelectionSet, f.Name, map[string]bool{}) {
				one.Fragments = append(one.Fragments, f)
			}
		}
		t.own[canonical(one)] = struct{}{}
	}
}

// reaches reports whether a selection set spreads a fragment, directly or through others.
func reaches(doc *ast.QueryDocument, set ast.SelectionSet, name string, seen map[string]bool) bool {
	for _, selection := range set {
		var below ast.SelectionSet
		switch selection := selection.(type) {
		case *ast.Field:
			below = selection.SelectionSet
		case *ast.InlineFragment:
			below = selection.SelectionSet
		case *ast.FragmentSpread:
			if selection.Name == name {
				return true
			}
			if f := doc.Fragments.ForName(selection.Name); f != nil && !seen[f.Name] {
				seen[f.Name] = true
				below = f.SelectionSet
			}
		}
		if reaches(doc, below, name, seen) {
			return true
		}
	}
	return false
}

// text is the document of an id: one of the manifest, or the hash of the text; either may follow the prefix "sha256:".
func (t *TrustedDocuments) text(id string) (text string, ok bool) {
	plain := strings.TrimPrefix(id, "sha256:")
	for _, known := range []struct {
		by map[string]string
		id string
	}{{t.byID, id}, {t.byID, plain}, {t.texts, strings.ToLower(plain)}} {
		if text, ok = known.by[known.id]; ok {
			return text, true
		}
	}
	return "", false
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// knows reports whether a text is trusted, or the document that it was parsed to.
func (t *TrustedDocuments) knows(text string, doc *ast.QueryDocument) bool {
	if _, ok := t.texts[hash(text)]; ok {
		return true
	}
	_, ok := t.own[canonical(doc)]
	return ok
}

// canonical prints a document without what client libraries change: white space, comments, the order of fragments, and each
// __typename without an alias.
func canonical(doc *ast.QueryDocument) string {
	one := ast.QueryDocument{Fragments: make(ast.FragmentDefinitionList, 0, len(doc.Fragments))}
	for _, o := range doc.Operations {
		plain := *o
		plain.SelectionSet = withoutTypename(o.SelectionSet)
		one.Operations = append(one.Operations, &plain)
	}
	for _, f := range doc.Fragments {
		plain := *f
		plain.SelectionSet = withoutTypename(f.SelectionSet)
		one.Fragments = append(one.Fragments, &plain)
	}
	slices.SortStableFunc(one.Fragments, func(a, b *ast.FragmentDefinition) int { return strings.Compare(a.Name, b.Name) })
	var b strings.Builder
	formatter.NewFormatter(&b).FormatQueryDocument(&one)
	return b.String()
}

func withoutTypename(set ast.SelectionSet) ast.SelectionSet {
	out := make(ast.SelectionSet, 0, len(set))
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			if s.Name == "__typename" && s.Alias == s.Name && len(s.Directives) == 0 {
				continue
			}
			plain := *s
			plain.SelectionSet = withoutTypename(s.SelectionSet)
			out = append(out, &plain)
		case *ast.InlineFragment:
			plain := *s
			plain.SelectionSet = withoutTypename(s.SelectionSet)
			out = append(out, &plain)
		default:
			out = append(out, selection)
		}
	}
	return out
}
