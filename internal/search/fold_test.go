package search_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"kith/internal/search"
)

func TestFold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, want string }{
		"what is folded stays":                        {"ann smith", "ann smith"},
		"case is folded":                              {"ANN Smith", "ann smith"},
		"accents are dropped":                         {"Éloïse Ñandú", "eloise nandu"},
		"however they are written":                    {"E\u0301loi\u0308se", "eloise"},
		"German":                                      {"Groß Weiẞ Müller", "gross weiss muller"},
		"Polish":                                      {"Łukasz Żółć", "lukasz zolc"},
		"Danish and Norwegian":                        {"Søren Ærø Ångström", "soren aero angstrom"},
		"Icelandic":                                   {"Þórður Ðað", "thordur dad"},
		"Croatian and Vietnamese":                     {"Đoković Nguyễn Đức", "dokovic nguyen duc"},
		"French":                                      {"Sœur Œuvre", "soeur oeuvre"},
		"Turkish, with and without dots":              {"İstanbul ISPARTA ılık", "istanbul isparta ilik"},
		"Maltese and Sami":                            {"Ħal Ŧana Ŋaŋ ĸ", "hal tana nan k"},
		"Azerbaijani":                                 {"Əliyev", "eliyev"},
		"Hausa":                                       {"Ɓala Ɗan Ƙano Ƴar", "bala dan kano yar"},
		"Greek, the last sigma too":                   {"ΟΔΥΣΣΕΎΣ Οδυσσεύς", "οδυσσευσ οδυσσευσ"},
		"Cyrillic stays Cyrillic":                     {"Фёдор ЙОЖИК", "федор иожик"},
		"Georgian capitals":                           {"ᲓᲐᲕᲘᲗ", "დავით"},
		"Armenian":                                    {"ԱՐԱՄ", "արամ"},
		"Arabic without its vowel signs":              {"مُحَمَّد أحـمد", "محمد احمد"},
		"Hebrew without its points, one mem":          {"שָׁלוֹם שלומ", "שלומ שלומ"},
		"Chinese stays as it is":                      {"王小明", "王小明"},
		"Japanese, full and half width":               {"ﾔﾏﾀﾞ ヤマダ", "やまだ やまだ"},
		"Korean by its letters, finals as initials":   {"김", "\u1100\u1175\u1106"},
		"full-width Latin":                            {"Ａｎｎ　Ｓｍｉｔｈ", "ann smith"},
		"ligatures and circled letters":               {"ﬁnn Ⓐnn", "finn ann"},
		"mathematical letters":                        {"𝓐𝓷𝓷", "ann"},
		"digits of any script":                        {"٠١٢ ۳۴ ५ ６ 𝟟 ²", "012 34 5 6 7 2"},
		"spaces are collapsed":                        {" a \t\n\u00a0\u3000 b\u2028", "a b"},
		"control characters are dropped":              {"a\x00b\x7f\u009bc", "abc"},
		"format characters are dropped":               {"a\u00adb\u200bc\u200dd\ufeffe\u202e", "abcde"},
		"noncharacters are dropped":                   {"a\uffffb\U0010ffffc\ufdd0", "abc"},
		"invalid UTF-8 is dropped":                    {"a\xffb\xc3", "ab"},
		"the replacement character is dropped":        {"a\ufffdb", "ab"},
		"Hangul fillers are dropped":                  {"\u3164\uffa0\u115f", ""},
		"apostrophes are one":                         {"O’Brien O‘Brien Oʼbrien O´Brien O＇Brien Oʻbrien", "o'brien o'brien o'brien o'brien o'brien o'brien"},
		"dashes are one":                              {"a‐b‑c–d—e−f－g", "a-b-c-d-e-f-g"},
		"emoji stay":                                  {"Ann 😀", "ann 😀"},
		"an emoji's joiners and selectors do not":     {"👩‍🔧 ❤️", "👩🔧 ❤"},
		"percent, underscore, backslash, quotes stay": {`%_\'"` + "`", `%_\'"` + "`"},
		"nothing stays nothing":                       {"", ""},
		"space is nothing":                            {" \n ", ""},
		"a space before a dropped end is dropped":     {"a \x00", "a"},
		"a space around dropped things is one":        {"a \x00 b", "a b"},
		"a space before a capital stays":              {"a B", "a b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := search.Fold(c.in); got != c.want {
				t.Errorf("Fold(%q) = %q; want %q", c.in, got, c.want)
			}
			folded(t, c.in)
		})
	}
}

// Of each pair a person would say that it is one name, and software that compared characters said otherwise.
func TestFoldMakesOne(t *testing.T) {
	t.Parallel()
	for name, pairs := range map[string][][2]string{
		"Arabic and Persian yeh and kaf":               {{"علی کریمی", "علي كريمي"}, {"یاسین", "ياسين"}},
		"Arabic taa marbuta and heh":                   {{"فاطمة", "فاطمه"}},
		"Arabic alef maqsura and yeh":                  {{"مصطفى", "مصطفي"}, {"الدورى", "الدوري"}},
		"Arabic alef with hamza, madda or wasla":       {{"أحمد", "احمد"}, {"إبراهيم", "ابراهيم"}, {"آمنة", "امنه"}, {"ٱلحسن", "الحسن"}},
		"Arabic waw and yeh with hamza":                {{"رؤوف", "رووف"}, {"عائشة", "عايشه"}},
		"Arabic superscript alef and vowel signs":      {{"عبد الرحمٰن", "عبد الرحمن"}, {"مُحَمَّدٌ", "محمد"}},
		"Arabic tatweel and presentation forms":        {{"محـــمد", "محمد"}, {"ﻣﺤﻤﺪ", "محمد"}},
		"Urdu heh goal and do-chashmee heh":            {{"ہاشم", "هاشم"}, {"زھرہ", "زهره"}},
		"Persian heh with yeh above":                   {{"خانۀ", "خانه"}},
		"Syriac vowel signs":                           {{"ܝܽܘܚܰܢܳܢ", "ܝܘܚܢܢ"}},
		"Hebrew points, cantillation, final letters":   {{"מֹשֶׁה֙", "משה"}, {"אברהם", "אברהמ"}, {"ײדיש", "יידיש"}},
		"Hebrew geresh and apostrophe":                 {{"ג׳ורג׳", "ג'ורג'"}},
		"Greek accents, breathings and final sigma":    {{"Γιώργος", "ΓΙΩΡΓΟΣ"}, {"Ἀλέξανδρος", "αλεξανδροσ"}},
		"Russian ё and й, stress":                      {{"Фёдор", "федор"}, {"Андрей", "андреи"}, {"Ива́н", "иван"}},
		"Ukrainian ґ and ї":                            {{"Ґалина", "галина"}, {"Їжакевич", "іжакевич"}},
		"Kazakh and Tatar letters on Russian keys":     {{"Қайрат", "кайрат"}, {"Өмірзақ", "омірзак"}, {"Гүзәл", "гузал"}, {"Бауыржан Һадиұлы", "бауыржан хадиулы"}},
		"Vietnamese in both forms":                     {{"Nguyễn Thị Hương", "nguyen thi huong"}, {"Nguyễn", "nguyen"}},
		"Romanian comma and cedilla":                   {{"Ștefan Țepeș", "Ştefan Ţepeş"}},
		"transliterated Sanskrit with several marks":   {{"dhiyā́", "dhiya"}},
		"small capitals":                               {{"ᴊᴏʜɴ ᴅᴏᴇ", "john doe"}, {"ꜰʀᴀɴᴢɪꜱᴋᴀ", "franziska"}},
		"squared, circled, negative":                   {{"🅱🅴🅻🅻🅰", "bella"}, {"🄱🄴🄻🄻🄰", "bella"}, {"Ⓑⓔⓛⓛⓐ", "bella"}, {"🅑🅔🅛🅛🅐", "bella"}},
		"fraktur, script, double-struck, monospace":    {{"𝔅𝔢𝔩𝔩𝔞", "bella"}, {"𝓑𝓮𝓵𝓵𝓪", "bella"}, {"𝔹𝕖𝕝𝕝𝕒", "bella"}, {"𝙱𝚎𝚕𝚕𝚊", "bella"}},
		"katakana and hiragana":                        {{"タナカ ユイ", "たなか ゆい"}, {"ﾀﾅｶ ﾕｲ", "たなか ゆい"}, {"ヴィクトル", "ゔぃくとる"}},
		"voicing, composed and not, half width":        {{"ばな", "ばな"}, {"ﾊﾞﾅ", "バナ"}, {"ﾊﾟﾅ", "ぱな"}},
		"ヶ and ケ":                                      {{"鎌ヶ谷", "鎌ケ谷"}},
		"Han forms in names":                           {{"髙橋", "高橋"}, {"山﨑", "山崎"}, {"𠮷野", "吉野"}, {"渡邊", "渡辺"}, {"渡邉", "渡辺"}, {"齋藤", "斎藤"}, {"濵田", "浜田"}, {"澤田", "沢田"}},
		"Han compatibility ideographs":                 {{"福", "福"}, {"神", "神"}},
		"Han with a variation selector":                {{"辻\U000E0100", "辻"}},
		"Hangul, composed, not, and compatibility":     {{"김", "김"}, {"ㄱㅣㅁ", "김"}},
		"Hindi letters for borrowed sounds":            {{"ज़ोया", "जोया"}, {"फ़ातिमा", "फातिमा"}, {"ज़ोया", "ज़ोया"}},
		"Hindi candrabindu and anusvara":               {{"चाँद", "चांद"}},
		"Hindi with and without joiners":               {{"शर्\u200dमा", "शर्मा"}},
		"Bengali vowel of two parts, composed and not": {{"কো", "কো"}},
		"Thai sara am, composed and not":               {{"คำ", "คํา"}},
		"Khmer with an invisible vowel":                {{"ក឴", "ក"}},
		"Ethiopic with gemination":                     {{"አበ፟በ", "አበበ"}},
		"Amharic rows of one sound":                    {{"ኃይሉ", "ሀይሉ"}, {"ሠላም", "ሰላም"}, {"ዓለም", "አለም"}, {"ፀሐይ", "ጸሀይ"}},
		"Malayalam final letters":                      {{"മോഹൻ", "മോഹന്\u200d"}},
		"Tamil shri":                                   {{"ஶ்ரீ", "ஸ்ரீ"}},
		"Thai and Lao vowels typed twice":              {{"เเก้ว", "แก้ว"}, {"ເເກ້ວ", "ແກ້ວ"}},
		"Georgian capitals":                            {{"ᲒᲘᲝᲠᲒᲘ", "გიორგი"}},
		"Mongolian with a variation selector":          {{"ᠠ᠋", "ᠠ"}},
		"digits of any script":                         {{"९८", "98"}, {"๙๘", "98"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, p := range pairs {
				if a, b := search.Fold(p[0]), search.Fold(p[1]); a != b {
					t.Errorf("%q becomes %+q, %q becomes %+q", p[0], a, p[1], b)
				}
				folded(t, p[0])
				folded(t, p[1])
			}
		})
	}
}

// What is another name to those who write it stays another, and no beginning of it either.
func TestFoldKeepsApart(t *testing.T) {
	t.Parallel()
	for name, pairs := range map[string][][2]string{
		"Hindi vowel signs":                {{"हसन", "हुसैन"}, {"मना", "मीना"}, {"सुनल", "सुनील"}},
		"Hindi letters with nukta":         {{"पडा", "पड़ा"}, {"बढा", "बढ़ा"}},
		"Bengali vowel signs and letters":  {{"সমন", "সুমন"}, {"বডা", "বড়া"}},
		"Tamil vowel signs and virama":     {{"கமல", "கமலா"}, {"கணன", "கண்ணன்"}},
		"Telugu":                           {{"రమ", "రామ"}},
		"Kannada":                          {{"ರವ", "ರವಿ"}},
		"Malayalam":                        {{"മന", "മിനി"}},
		"Gujarati":                         {{"મના", "મીના"}},
		"Gurmukhi":                         {{"ਜਤ", "ਜੀਤ"}, {"ਸਰ", "ਸ਼ਰ"}},
		"Oriya":                            {{"ମନ", "ମିନା"}},
		"Sinhala":                          {{"කමල", "කමිල"}},
		"Thai vowel signs, tones, killers": {{"มานะ", "มานี"}, {"มา", "ม้า"}, {"ปอม", "ป้อม"}, {"จัน", "จันทร์"}},
		"Lao":                              {{"ມາ", "ມ້າ"}, {"ນກ", "ນິກ"}},
		"Khmer":                            {{"សុខ", "សខ"}},
		"Myanmar":                          {{"မမ", "မိုးမ"}},
		"Tibetan":                          {{"བད", "བདེ"}},
		"Thaana":                           {{"އަލީ", "އލ"}},
		"kana voicing":                     {{"ハナ", "バナ"}, {"ハナ", "パナ"}, {"バナ", "パナ"}, {"かき", "かぎ"}, {"ｶｷ", "ｶｷﾞ"}},
		"small kana and length":            {{"りゆう", "りゅう"}, {"かと", "かっと"}, {"おの", "おーの"}},
		"Russian и and Ukrainian і":        {{"миша", "міша"}},
		"Han that only look alike":         {{"土", "士"}, {"斎", "斉"}},
		"Greek and Latin":                  {{"ΑΒ", "AB"}},
		"Arabic letters of other sounds":   {{"پرویز", "برویز"}, {"حسن", "حسين"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, p := range pairs {
				if a, b := search.Fold(p[0]), search.Fold(p[1]); a == b {
					t.Errorf("%q and %q both become %+q", p[0], p[1], a)
				}
				folded(t, p[0])
				folded(t, p[1])
			}
		})
	}
	for _, p := range [][2]string{{"は", "ば"}, {"や", "やま"}} {
		a, b := search.Fold(p[0]), search.Fold(p[1])
		if strings.HasPrefix(b, a) != strings.HasPrefix(p[1], p[0]) {
			t.Errorf("%q becomes %+q, %q becomes %+q", p[0], a, p[1], b)
		}
	}
}

// Typing a name of Hangul, each state of the input method is the beginning of the name.
func TestFoldOfHalfTypedHangul(t *testing.T) {
	t.Parallel()
	for name, typed := range map[string][]string{
		"이하은": {"ㅇ", "이", "잏", "이하", "이항", "이하으", "이하은"},
		"곽민수": {"ㄱ", "고", "과", "곽", "곽ㅁ", "곽미", "곽민", "곽민ㅅ", "곽민수"},
		"닭":   {"ㄷ", "다", "달", "닭"},
		"박씨":  {"ㅂ", "바", "박", "박ㅆ", "박씨"},
		"권":   {"ㄱ", "구", "궈", "권"},
		"김 수": {"김", "김 ", "김 ㅅ"},
	} {
		for _, s := range typed {
			if f := search.Fold(s); !strings.HasPrefix(search.Fold(name), f) {
				t.Errorf("%s becomes %+q, which %+q does not start with", s, f, search.Fold(name))
			}
		}
	}
}

func TestHangulInitials(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"김민수": "ㄱㅁㅅ", "이 영희": "ㅇㅇㅎ", "닭갈비": "ㄷㄱㅂ", "박씨": "ㅂㅆ", "곽없다": "ㄱㅇㄷ", "Kim 민수": "ㅁㅅ", "값어치": "ㄱㅇㅊ",
		"ㄱㅁㅅ": "", "ㅋㅋ": "", "Ann": "", "": "", "山田": "",
	} {
		if got := search.HangulInitials(search.Fold(name)); got != search.Fold(want) {
			t.Errorf("the initials of %q are %q; want %q", name, got, search.Fold(want))
		}
	}
}

func TestSpelled(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Jürgen Müller": "juergen mueller", "Jürgen": "juergen", "Søren Bjørn": "soeren bjoern", "Åse Aagård": "aase aagaard",
		"Ærø Ångström": "aeroe aangstroem", "JÄGER": "jaeger", "Öz": "oez", "Łukasz É": "", "Groß": "", "Æsa": "", "Ann": "", "": "",
		"Müller-Łódź": "mueller-lodz",
	} {
		got := search.Spelled(in)
		if got != want {
			t.Errorf("Spelled(%q) = %q; want %q", in, got, want)
		}
		if got != "" && got == search.Fold(in) {
			t.Errorf("Spelled(%q) is its fold", in)
		}
	}
}

// A mark is left out exactly in the scripts where the table says so, whatever Unicode adds to them.
func TestMarksByScript(t *testing.T) {
	t.Parallel()
	optional := []*unicode.RangeTable{
		unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Inherited,
	}
	spelling := []*unicode.RangeTable{
		unicode.Bengali, unicode.Gurmukhi, unicode.Gujarati, unicode.Oriya, unicode.Tamil, unicode.Telugu, unicode.Kannada,
		unicode.Malayalam, unicode.Sinhala, unicode.Thai, unicode.Lao, unicode.Tibetan, unicode.Myanmar, unicode.Thaana,
	}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !unicode.IsMark(r) || r == '\u3099' || r == '\u309A' {
			continue
		}
		if f := search.Fold("x" + string(r)); unicode.In(r, optional...) && f != "x" || unicode.In(r, spelling...) && f == "x" {
			t.Errorf("x and %U become %+q", r, f)
		}
	}
}

func TestFoldOfEveryCharacter(t *testing.T) {
	t.Parallel()
	caser := cases.Fold()
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if r == 0x40000 {
			r = 0xE0000 // nothing is assigned between them
		}
		s := string(r)
		f := search.Fold(s)
		if search.Fold(f) != f {
			t.Fatalf("%U becomes %q and then %q", r, f, search.Fold(f))
		}
		if !unicode.IsLetter(r) {
			continue
		}
		// Case is folded as Unicode's table says. The one mark that the table makes a letter of is dropped before.
		if g := search.Fold(caser.String(strings.ReplaceAll(norm.NFKD.String(s), "\u0345", ""))); f != g {
			t.Errorf("%U becomes %q, case-folded first %q", r, f, g)
		}
	}
}

// folded checks what holds for every folded string.
func folded(t *testing.T, s string) {
	t.Helper()
	f := search.Fold(s)
	if again := search.Fold(f); again != f {
		t.Errorf("%q became %q and then %q", s, f, again)
	}
	if !utf8.ValidString(f) || strings.ContainsAny(f, "\n\t\x00\x7f\U0010FFFE"+search.Ceiling) || strings.Contains(f, "  ") || strings.TrimSpace(f) != f {
		t.Errorf("%q became %q", s, f)
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{
		"Ann Smith", " É \t ß ", "a\u0315\u0300b", "\u1100\u1161\u11a8", "각", "İ", "\u0345α", "\u302e\u1d165", "a\u1b44\u034f\u0300",
		"\xff\xfe", "ﷺ", "\U0001d15e\U0001d165\U0001d16e", "´", "a\u200d ́", "\u3164", "क्षि", "ज़\u200d़", "は\u0e48\ufe0f\u3099", "ก\u0e48\ufe0f\u0e38", "닭ㅘ", "ൾ\U00011446\u3099", "เ\u200dเ", "a \x00", "ŉ", "ǆ", "ᾳ", "\xf2¸",
	} {
		f.Add(s)
	}
	f.Fuzz(folded)
}

func BenchmarkFold(b *testing.B) {
	for _, c := range []struct{ name, text string }{
		{"folded", "ann.smith@example.com"}, {"ASCII", "Ann Margaret Smith"}, {"Latin", "Éloïse Müller-Łódź"}, {"Han", "王小明 山田太郎"},
		{"Arabic", "مُحَمَّد أحمد علی"}, {"Hindi", "हुसैन अली शर्मा"}, {"kana", "タナカ ユイ"}, {"Hangul", "김민수 이하은"},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				search.Fold(c.text)
			}
		})
	}
}
