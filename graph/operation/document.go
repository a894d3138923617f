package operation

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"kith/graph/limit"
	"kith/graph/problem"
)

// Documents are parsed and validated here because gqlgen's executor has no hook between the two, where a document can be refused
// that is not worth validating: some rules compare every field with every other.

// document is the valid document of a text, or the refusal of the text, which suggests names of the schema if it may.
func (r *Runner) document(text string, suggest bool) (*ast.QueryDocument, *problem.Refusal) {
	if doc, ok := r.documents.get(text); ok {
		return doc, nil
	}
	tokens := limit.MaxTokens
	switch {
	case r.unlimited:
		tokens = 0
	case len(text) > limit.MaxBytes:
		return nil, problem.RefuseDocument(
			problem.Coded(fmt.Sprintf("The document is too long: it can have at most %d bytes", limit.MaxBytes), problem.TooComplex))
	}
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, tokens)
	switch {
	case err != nil:
		return nil, problem.RefuseSyntax(complaints(err))
	case len(doc.Operations) == 0 && len(doc.Fragments) == 0:
		return nil, problem.BadRequest("The document has no operation")
	case len(doc.Operations) == 0:
		return nil, problem.Unprocessable("The document has no operation")
	}
	if err := limit.Document(doc); err != nil && !r.unlimited {
		return nil, problem.RefuseDocument(tooComplex(err))
	}
	if r.trusted != nil && !r.trusted.knows(text, doc) {
		return nil, problem.RefuseDocument(problem.Coded(untrusted, problem.Forbidden))
	}
	check := silentRules()
	if suggest && len(text) <= maxHelped {
		check = rules.NewDefaultRules()
	}
	if errs := validator.ValidateWithRules(r.schema, doc, check); len(errs) > 0 {
		return nil, problem.RefuseDocument(problem.OfDocument(errs))
	}
	r.documents.add(text, doc)
	return doc, nil
}

// complaints are the errors of the parser.
func complaints(err error) gqlerror.List {
	if one, ok := errors.AsType[*gqlerror.Error](err); ok {
		return problem.OfDocument(gqlerror.List{one})
	}
	return problem.Coded("The document cannot be read", problem.BadUserInput)
}

// tooComplex words a refusal of package limit.
func tooComplex(err error) gqlerror.List { return problem.Coded(err.Error(), problem.TooComplex) }

// silentRules are the rules of validation, without suggestions for misspelled names, which are for those
// who may read the schema.
func silentRules() *rules.Rules {
	r := rules.NewDefaultRules()
	for _, of := range []struct {
		name    string
		instead validator.Rule
	}{
		{rules.FieldsOnCorrectTypeRule.Name, rules.FieldsOnCorrectTypeRuleWithoutSuggestions},
		{rules.ScalarLeafsRule.Name, rules.ScalarLeafsRuleWithoutSuggestions},
		{rules.KnownArgumentNamesRule.Name, rules.KnownArgumentNamesRuleWithoutSuggestions},
		{rules.KnownTypeNamesRule.Name, rules.KnownTypeNamesRuleWithoutSuggestions},
		{rules.ValuesOfCorrectTypeRule.Name, rules.ValuesOfCorrectTypeRuleWithoutSuggestions},
	} {
		r.RemoveRule(of.name)
		r.AddRule(of.instead.Name, of.instead.RuleFunc)
	}
	return r
}

// maxHelped is the length of a text whose misspelled names get suggestions: each name is compared with many.
const maxHelped = 8 << 10

// The bounds of the cache of documents.
const (
	// maxCachedDocument is the length of a text that is cached: a longer one is not worth its memory.
	maxCachedDocument = 8 << 10
	// maxCachedBytes is what all documents together may take, by an estimate.
	maxCachedBytes = 16 << 20
	// bytesPerToken is what a word or sign of a text takes once it is parsed, and rather more than less.
	bytesPerToken = 256
)

// documents caches valid documents that were used lately.
type documents struct {
	mu    sync.Mutex
	kept  *simplelru.LRU[string, *ast.QueryDocument]
	bytes int
}

func newDocuments() *documents {
	d := &documents{}
	kept, err := simplelru.NewLRU(math.MaxInt, func(text string, _ *ast.QueryDocument) { d.bytes -= weight(text) })
	if err != nil {
		panic(err) // only for a size below one
	}
	d.kept = kept
	return d
}

func (d *documents) get(text string) (*ast.QueryDocument, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.kept.Get(text)
}

func (d *documents) add(text string, doc *ast.QueryDocument) {
	if len(text) > maxCachedDocument {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.kept.Contains(text) {
		return
	}
	d.kept.Add(text, doc)
	d.bytes += weight(text)
	for d.bytes > maxCachedBytes {
		d.kept.RemoveOldest()
	}
}

// weight estimates the memory of a text and its document.
func weight(text string) int {
	tokens, word := 0, false
	for i := range len(text) {
		switch c := text[i]; {
		case c == '_' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z':
			if !word {
				tokens++
			}
			word = true
		case c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',':
			word = false
		default:
			tokens++
			word = false
		}
	}
	return len(text) + bytesPerToken*min(tokens, limit.MaxTokens)
}

// PreparedDocument hands gqlgen's executor the document of the context, in place of a cache.
type PreparedDocument struct{}

type documentKey struct{}

func withDocument(ctx context.Context, doc *ast.QueryDocument) context.Context {
	return context.WithValue(ctx, documentKey{}, doc)
}

// Get implements [graphql.Cache].
func (PreparedDocument) Get(ctx context.Context, _ string) (*ast.QueryDocument, bool) {
	doc, ok := ctx.Value(documentKey{}).(*ast.QueryDocument)
	return doc, ok
}

// Add implements [graphql.Cache].
func (PreparedDocument) Add(context.Context, string, *ast.QueryDocument) {}
