// Command known measures how often a search finds the person that somebody means: it draws contacts, writes for each what
// people type who know the person, and looks whether the first row, and one of the first five, is right. A row is right when
// what was typed is true of it, for several people may have one surname and initial. The workspace was filled by kith demo;
// -add adds twenty names of as many scripts to it first.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"kith/bench/rig"
	"kith/internal/crm"
	"kith/internal/search"
	"kith/storage"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	database := flag.String("database", "", "sqlite:PATH or postgres://…")
	workspace := flag.String("workspace", "demo", "the workspace to search")
	n := flag.Int("n", 500, "how many searches of each kind")
	missed := flag.Bool("missed", false, "show what did not come first, and what did")
	add := flag.Bool("add", false, "add a name in each of twenty scripts first")
	flag.Parse()
	store, err := rig.OpenStore(ctx, *database)
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	w, err := store.Workspace(ctx, *workspace)
	if err != nil {
		return err
	}
	if *add {
		if err := store.Load(ctx, w, slices.Values(natives())); err != nil {
			return err
		}
	}
	contacts, err := everyone(ctx, store, w)
	if err != nil {
		return err
	}
	fmt.Printf("%d contacts\n%-26s %9s %8s %8s\n", len(contacts), "typed", "searches", "first %", "top 5 %")
	var all rate
	for _, k := range kinds {
		r, err := k.measure(ctx, store, w, contacts, *n, *missed)
		if err != nil {
			return err
		}
		r.print(k.name)
		all.add(r)
	}
	all.print("all")
	return nil
}

// everyone reads all contacts.
func everyone(ctx context.Context, store storage.Store, w crm.WorkspaceID) (all []crm.Contact, err error) {
	q := storage.ContactQuery{Order: storage.Created, Page: storage.Page{Size: 1000}}
	for {
		page, err := store.Contacts(ctx, w, q)
		if err != nil {
			return nil, err
		}
		for _, r := range page.Rows {
			all = append(all, r.Contact)
		}
		if !page.More {
			return all, nil
		}
		q.Page.After = new(page.Rows[len(page.Rows)-1].Position)
	}
}

// kind is a way to ask for somebody.
type kind struct {
	name string
	// typed is what is typed for a contact, and what has to be true of a row; "" where the contact has nothing to type.
	typed func(c crm.Contact, r *rand.Rand) (text string, right func(crm.Contact) bool)
}

var kinds = []kind{
	{"surname, initial", named(func(first, last string) string { return last + " " + initial(first) }, surnameInitial)},
	{"initial, surname", named(func(first, last string) string { return initial(first) + " " + last }, surnameInitial)},
	{"surname, comma, initial", named(func(first, last string) string { return last + ", " + initial(first) + "." }, surnameInitial)},
	{"first name, initial", named(func(first, last string) string { return first + " " + initial(last) }, firstInitial)},
	{"half a surname, initial", named(func(first, last string) string { return half(last) + " " + initial(first) }, surnameInitial)},
	{"whole name", named(func(first, last string) string { return first + " " + last }, whole)},
	{"last four digits", func(c crm.Contact, _ *rand.Rand) (string, func(crm.Contact) bool) {
		if c.Phone == nil {
			return "", nil
		}
		end := (*c.Phone)[max(0, len(*c.Phone)-4):]
		return end, func(row crm.Contact) bool { return row.Phone != nil && strings.HasSuffix(*row.Phone, end) }
	}},
	{"whole phone", func(c crm.Contact, _ *rand.Rand) (string, func(crm.Contact) bool) {
		if c.Phone == nil {
			return "", nil
		}
		return *c.Phone, func(row crm.Contact) bool { return row.Phone != nil && *row.Phone == *c.Phone }
	}},
	{"start of an email", func(c crm.Contact, r *rand.Rand) (string, func(crm.Contact) bool) {
		if c.Email == nil {
			return "", nil
		}
		local, _, _ := strings.Cut(*c.Email, "@")
		start := local[:min(len(local), 5+r.IntN(5))]
		if !alphanumeric(start) {
			return "", nil
		}
		return start, func(row crm.Contact) bool { return startsWord(row, start) }
	}},
	{"separators left out", func(c crm.Contact, _ *rand.Rand) (string, func(crm.Contact) bool) {
		word := separated(c)
		bare := strings.NewReplacer("'", "", "’", "", "-", "").Replace(word)
		if word == "" {
			return "", nil
		}
		return bare, func(row crm.Contact) bool {
			return row.Name != nil && strings.Contains(search.Fold(strings.NewReplacer("'", "", "’", "", "-", "", " ", "").Replace(*row.Name)), search.Fold(bare))
		}
	}},
	{"a space for a separator", func(c crm.Contact, _ *rand.Rand) (string, func(crm.Contact) bool) {
		word := separated(c)
		if !strings.Contains(word, "-") {
			return "", nil
		}
		parts := strings.Split(word, "-")
		return strings.Join(parts, " "), func(row crm.Contact) bool { return hasWords(row, parts) }
	}},
	{"native script", func(c crm.Contact, _ *rand.Rand) (string, func(crm.Contact) bool) {
		if c.Name == nil || !native(*c.Name) {
			return "", nil
		}
		return *c.Name, func(row crm.Contact) bool { return row.Name != nil && *row.Name == *c.Name }
	}},
}

// rate is how many searches had a right row first, and among the first five.
type rate struct{ searches, first, top int }

func (r *rate) add(o rate) {
	r.searches, r.first, r.top = r.searches+o.searches, r.first+o.first, r.top+o.top
}

func (r rate) print(name string) {
	share := func(n int) float64 { return 100 * float64(n) / float64(max(r.searches, 1)) }
	fmt.Printf("%-26s %9d %8.1f %8.1f\n", name, r.searches, share(r.first), share(r.top))
}

func (k kind) measure(ctx context.Context, store storage.Store, w crm.WorkspaceID, contacts []crm.Contact, n int, missed bool) (r rate, err error) {
	rng := rand.New(rand.NewPCG(1, uint64(len(k.name))))
	for _, i := range rng.Perm(len(contacts)) {
		text, right := k.typed(contacts[i], rng)
		if text == "" {
			continue
		}
		page, err := store.Contacts(ctx, w, storage.ContactQuery{
			Search: search.Parse(text, ""), Order: storage.Relevance, Page: storage.Page{Size: 5},
		})
		if err != nil {
			return r, err
		}
		r.searches++
		at := slices.IndexFunc(page.Rows, func(row storage.ContactRow) bool { return right(row.Contact) })
		if at == 0 {
			r.first++
		} else if missed {
			fmt.Printf("%q for %s:", text, contacts[i].DisplayName())
			for _, row := range page.Rows {
				fmt.Printf(" %s,", row.Contact.DisplayName())
			}
			fmt.Println()
		}
		if at >= 0 {
			r.top++
		}
		if r.searches == n {
			break
		}
	}
	return r, nil
}

// named asks by the first and the last word of a name of letters.
func named(
	typed func(first, last string) string, right func(first, last string, row []string) bool,
) func(crm.Contact, *rand.Rand) (string, func(crm.Contact) bool) {
	return func(c crm.Contact, _ *rand.Rand) (string, func(crm.Contact) bool) {
		words := wordsOf(c)
		if len(words) < 2 {
			return "", nil
		}
		first, last := words[0], words[len(words)-1]
		return typed(first, last), func(row crm.Contact) bool { return right(first, last, wordsOf(row)) }
	}
}

// surnameInitial: a word is the surname (or starts as the half of it) and another one starts with the initial.
func surnameInitial(first, last string, row []string) bool {
	return together(row, half(last), initial(first))
}

func firstInitial(first, last string, row []string) bool { return together(row, first, initial(last)) }

func whole(first, last string, row []string) bool { return together(row, first, last) }

// together reports whether two different words start with two strings.
func together(words []string, a, b string) bool {
	for i, v := range words {
		for j, w := range words {
			if i != j && strings.HasPrefix(v, a) && strings.HasPrefix(w, b) {
				return true
			}
		}
	}
	return false
}

func hasWords(c crm.Contact, words []string) bool {
	name := wordsOf(c)
	for _, w := range words {
		if !slices.ContainsFunc(name, func(n string) bool { return strings.HasPrefix(n, search.Fold(w)) }) {
			return false
		}
	}
	return true
}

func wordsOf(c crm.Contact) []string {
	if c.Name == nil {
		return nil
	}
	return strings.FieldsFunc(search.Fold(*c.Name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) && r != '\'' })
}

func startsWord(c crm.Contact, s string) bool {
	words := wordsOf(c)
	if c.Email != nil {
		words = append(words, strings.FieldsFunc(search.Fold(*c.Email), func(r rune) bool { return strings.ContainsRune(".@-_+", r) })...)
	}
	return slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, search.Fold(s)) })
}

// separated is a word of the name that is written with an apostrophe or a hyphen.
func separated(c crm.Contact) string {
	if c.Name == nil {
		return ""
	}
	for w := range strings.FieldsSeq(*c.Name) {
		if strings.ContainsAny(w, "'’-") {
			return w
		}
	}
	return ""
}

func initial(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return s[:n]
}

func half(s string) string {
	runes := []rune(s)
	return string(runes[:(len(runes)+1)/2])
}

func alphanumeric(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf || !unicode.IsLetter(r) && !unicode.IsDigit(r) }) < 0
}

func native(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r)
}

// natives are names in twenty scripts.
func natives() (all []storage.Loaded) {
	now := time.Now().UTC()
	for i, name := range []string{
		"Αλέξανδρος Παπαδόπουλος", "Оксана Шевченко", "Անահիտ Սարգսյան", "שירה כהן", "فاطمة الزهراء", "ܝܘܚܢܢ ܒܪ ܙܟܪܝܐ", "ދޯން އަލީ",
		"सुनीता शर्मा", "সুমন চক্রবর্তী", "ਗੁਰਪ੍ਰੀਤ ਸਿੰਘ", "પ્રિયા પટેલ", "ଅନିତା ଦାସ", "முருகன் சுந்தரம்", "లక్ష్మి రెడ్డి", "ಕಾವ್ಯ ಗೌಡ", "മീനാക്ഷി നായർ",
		"සුනිල් පෙරේරා", "สมชาย ใจดี", "ສົມພອນ ວົງສາ", "သီရိ အောင်", "სოფიო გელაშვილი", "ተስፋዬ ገብረ", "សុខា ចាន់", "ᠪᠠᠲᠤ", "ひらの さくら", "ハナ キムラ", "髙橋 健", "김서연",
	} {
		id := crm.NewContactID(now.Add(time.Duration(i) * time.Millisecond))
		all = append(all, storage.Loaded{Contact: crm.Contact{ID: id, Name: &name, CreatedAt: now, UpdatedAt: now, Version: 1}})
	}
	return all
}
