package search

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/unicode/rangetable"
)

// What folding makes of the letters and marks of each script. Two things decide, in this order: what the Unicode
// Collation Algorithm's default table (DUCET, the root collation of CLDR) and the search collations of CLDR say is one
// primary letter; and what people who write the script type for one another, as the sources beside the rows say.
//
//	script                             marks                                   letters that are one
//	Latin, Greek, Cyrillic, Coptic,    optional: accents, stress, titlo        ø o, ł l, ß ss; ς σ; ґ г, ё е, й и, қ к
//	Glagolitic
//	Ethiopic                           optional: gemination                    ሐ ኀ ሀ, ሠ ሰ, ዐ አ, ፀ ጸ of Amharic
//	Hebrew, Samaritan                  optional: points, cantillation          final and other forms (DUCET)
//	Arabic, Syriac, Mandaic            optional: vowel signs, hamza and        yeh, kaf and heh of Arabic, Persian and
//	                                   madda on a letter, superscript alef     Urdu, taa marbuta, alef maqsura
//	Devanagari, Bengali, Gurmukhi,     spelling: vowel signs, virama,          candrabindu and anusvara of Devanagari; its
//	Gujarati, Oriya, Tamil, Telugu,    anusvara, nukta                         letters for borrowed sounds without their nukta
//	Kannada, Malayalam, Sinhala and                                            final letters of Malayalam; ஶ ஸ of Tamil
//	the other scripts after Brahmi
//	Thai, Lao, Khmer, Myanmar, Tibetan spelling: vowel and tone signs, killers เเ แ, ເເ ແ
//	Hiragana, Katakana                 spelling: voicing, length, iteration    the two syllabaries; ヶ け
//	Han                                                                        髙 高, 﨑 崎 and their like
//	Hangul                             optional: tone dots                     the same consonant at both ends of a syllable
//	Thaana, N'Ko, Adlam and any other  spelling
//
// Tone marks of Thai are spelling although the collation makes them a secondary difference, as it makes the voicing of
// kana: มา, ม้า and หมา are words that have nothing to do with each other, and nobody leaves the marks out (the Royal
// Institute's dictionary orders by them only between words of the same letters). Small kana stay small (りゆう is not
// りゅう, JIS X 4061 compares them after the large ones), and so do ー, 々 and ゝ: each is a character of its own to whoever
// types it. เ and ເ typed twice are the character after them, which looks the same. ヶ is no small け but the sign 箇 cut
// short, and written either way (鎌ヶ谷, 鎌ケ谷).

// leftOut are the marks that those who write a script leave out or take for decoration. A mark belongs to the script that
// Unicode's Script property says; those that go with several scripts (Inherited) are accents, or only choose a glyph.
// The voicing marks of kana are Inherited too, and treated before.
var leftOut = rangetable.Merge(
	unicode.Inherited, unicode.Common, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Coptic, unicode.Glagolitic,
	unicode.Ethiopic, unicode.Old_Permic, unicode.Hebrew, unicode.Samaritan, unicode.Arabic, unicode.Syriac, unicode.Mandaic,
	unicode.Hangul, unicode.Han, unicode.Mongolian, unicode.Tifinagh,
)

const (
	voicing     = '\u3099' // dakuten
	semivoicing = '\u309A' // handakuten
	nukta       = '\u093C' // of Devanagari
)

// borrowed are the letters of Devanagari whose nukta is often left out: with it they write sounds of Persian, Arabic
// and English (क़ ख़ ग़ ज़ फ़). Those of ड़ and ढ़ are sounds of Hindi, and spelling.
const borrowed = "कखगजफ"

// withMark are the letters that a letter and the mark after it make, where NFKD has taken them apart but the one without
// the mark is another letter: the voiced kana.
var withMark = voicedKana()

func voicedKana() map[[2]rune]rune {
	voiced := map[[2]rune]rune{}
	for r := 'ぁ'; r <= 'ゟ'; r++ {
		if parts := []rune(norm.NFD.String(string(r))); len(parts) == 2 {
			voiced[[2]rune{parts[0], parts[1]}] = r
		}
	}
	return voiced
}

// hiragana is the hiragana of a katakana; any other character stays as it is.
func hiragana(r rune) rune {
	switch {
	case 'ァ' <= r && r <= 'ヶ', r == 'ヽ':
		return r - ('ァ' - 'ぁ')
	}
	return r
}

// jamo are the letters of Hangul that are written otherwise. Finals become the initial of the same sound, pairs what one
// types for them on the two-set keyboard (KS X 5002).
var jamo = map[rune]string{
	'ᆨ': "ᄀ", 'ᆩ': "ᄁ", 'ᆪ': "ᄀᄉ", 'ᆫ': "ᄂ", 'ᆬ': "ᄂᄌ", 'ᆭ': "ᄂᄒ", 'ᆮ': "ᄃ", 'ᆯ': "ᄅ", 'ᆰ': "ᄅᄀ", 'ᆱ': "ᄅᄆ", 'ᆲ': "ᄅᄇ", 'ᆳ': "ᄅᄉ",
	'ᆴ': "ᄅᄐ", 'ᆵ': "ᄅᄑ", 'ᆶ': "ᄅᄒ", 'ᆷ': "ᄆ", 'ᆸ': "ᄇ", 'ᆹ': "ᄇᄉ", 'ᆺ': "ᄉ", 'ᆻ': "ᄊ", 'ᆼ': "ᄋ", 'ᆽ': "ᄌ", 'ᆾ': "ᄎ", 'ᆿ': "ᄏ", 'ᇀ': "ᄐ",
	'ᇁ': "ᄑ", 'ᇂ': "ᄒ",
	'ᅪ': "ᅩᅡ", 'ᅫ': "ᅩᅢ", 'ᅬ': "ᅩᅵ", 'ᅯ': "ᅮᅥ", 'ᅰ': "ᅮᅦ", 'ᅱ': "ᅮᅵ", 'ᅴ': "ᅳᅵ",
	'\u115F': "", '\u1160': "", // fillers show nothing
}

// HangulInitials are the first consonants of the syllables in a folded name, as people type them to look somebody up:
// ᄀᄆᄉ for 김민수, with or without a space in the name. It is empty for a name without Hangul.
func HangulInitials(folded string) string {
	var b strings.Builder
	initial := rune(0)
	for _, r := range folded {
		if initial != 0 && 'ᅡ' <= r && r <= 'ᅵ' {
			b.WriteRune(initial)
		}
		initial = 0
		if 'ᄀ' <= r && r <= 'ᄒ' {
			initial = r
		}
	}
	return b.String()
}

// spellings are the letters that have a spelling without marks, which is not the letter alone: of the phonebook order of
// German, and of Danish, Norwegian and Swedish before they had the letters (CLDR: de-u-co-phonebk, da, nb, sv).
var spellings = strings.NewReplacer(
	"ü", "ue", "ö", "oe", "ä", "ae", "å", "aa", "ø", "oe",
	"Ü", "ue", "Ö", "oe", "Ä", "ae", "Å", "aa", "Ø", "oe",
	"u\u0308", "ue", "o\u0308", "oe", "a\u0308", "ae", "a\u030A", "aa",
	"U\u0308", "ue", "O\u0308", "oe", "A\u0308", "ae", "A\u030A", "aa",
)

// Spelled is [Fold] with ü, ö, ä, å and ø as ue, oe, ae, aa and oe: juergen for Jürgen, whose fold is jurgen. It is empty
// where it would not differ from the fold.
func Spelled(s string) string {
	if spelled := spellings.Replace(s); spelled != s {
		return Fold(spelled)
	}
	return ""
}

// letters gives, in lower case and after NFKD, what folding writes for a character.
var letters = map[rune]string{
	// Latin: what people type who lack the letter. DUCET makes most of them a letter of their own, CLDR's transform
	// Latin-ASCII and the unaccent rules of PostgreSQL write them so.
	'ß': "ss", 'ẞ': "ss", 'æ': "ae", 'œ': "oe", 'þ': "th", 'ĳ': "ij", 'ȸ': "db", 'ȹ': "qp", 'ƕ': "hv", 'ꜳ': "aa", 'ꜵ': "ao",
	'ø': "o", 'ɵ': "o", 'ɔ': "o", 'ł': "l", 'ƚ': "l", 'ɫ': "l", 'đ': "d", 'ð': "d", 'ɖ': "d", 'ɗ': "d", 'ƌ': "d", 'ȡ': "d",
	'ı': "i", 'ɨ': "i", 'ɩ': "i", 'ȷ': "j", 'ɉ': "j", 'ħ': "h", 'ɦ': "h", 'ŧ': "t", 'ƭ': "t", 'ʈ': "t", 'ⱦ': "t",
	'ŋ': "n", 'ɲ': "n", 'ƞ': "n", 'ɳ': "n", 'ĸ': "k", 'ƙ': "k", 'ⱪ': "k", 'ƒ': "f", 'ɓ': "b", 'ƀ': "b", 'ƃ': "b",
	'ƈ': "c", 'ȼ': "c", 'ɇ': "e", 'ə': "e", 'ǝ': "e", 'ɛ': "e", 'ɠ': "g", 'ǥ': "g", 'ɣ': "g", 'ƥ': "p", 'ᵽ': "p",
	'ɋ': "q", 'ɍ': "r", 'ɽ': "r", 'ȿ': "s", 'ʂ': "s", 'ʉ': "u", 'ʊ': "u", 'ʋ': "v", 'ƴ': "y", 'ɏ': "y",
	'ƶ': "z", 'ȥ': "z", 'ɀ': "z", 'ɑ': "a", 'ⱥ': "a", 'ɡ': "g", 'ꝛ': "r",

	// Latin small capitals, by their names in Unicode.
	'ᴀ': "a", 'ʙ': "b", 'ᴄ': "c", 'ᴅ': "d", 'ᴇ': "e", 'ꜰ': "f", 'ɢ': "g", 'ʜ': "h", 'ɪ': "i", 'ᴊ': "j", 'ᴋ': "k", 'ʟ': "l", 'ᴍ': "m",
	'ɴ': "n", 'ᴏ': "o", 'ᴘ': "p", 'ꞯ': "q", 'ʀ': "r", 'ꜱ': "s", 'ᴛ': "t", 'ᴜ': "u", 'ᴠ': "v", 'ᴡ': "w", 'ʏ': "y", 'ᴢ': "z", 'ᴁ': "ae",
	'ɶ': "oe", 'ᴌ': "l", 'ᴃ': "b", 'ᴆ': "d", 'ᵻ': "i", 'ᵾ': "u",

	// Cyrillic: letters with a stroke, hook or descender, which people type without on a keyboard that lacks them, and
	// which passports wrote so (the Kazakh, Tatar, Bashkir and Tajik letters in Russian documents; ґ was no letter between
	// 1933 and 1990). ё, й, ї, ў and their like fall apart under NFKD.
	'ґ': "г", 'ғ': "г", 'ҕ': "г", 'җ': "ж", 'ҙ': "з", 'қ': "к", 'ҝ': "к", 'ҟ': "к", 'ҡ': "к", 'ң': "н", 'ҥ': "н", 'ӊ': "н", 'ө': "о",
	'ҫ': "с", 'ҭ': "т", 'ү': "у", 'ұ': "у", 'ҳ': "х", 'һ': "х", 'ҷ': "ч", 'ҹ': "ч", 'ӌ': "ч", 'ә': "а",

	// Hebrew: DUCET has the final forms and the Yiddish digraphs as the letters.
	'ך': "כ", 'ם': "מ", 'ן': "נ", 'ף': "פ", 'ץ': "צ", 'װ': "וו", 'ױ': "וי", 'ײ': "יי",

	// Arabic: forms of one letter on the keyboards of Arabic, Persian, Urdu, Sindhi, Kurdish and Uyghur, and what is
	// written without its dots. Alef, waw and yeh with hamza or madda fall apart under NFKD. The letter ء stays.
	'ٱ': "ا", 'ٲ': "ا", 'ٳ': "ا", 'ى': "ي", 'ی': "ي", 'ک': "ك", 'ڪ': "ك",
	'ة': "ه", 'ہ': "ه", 'ۃ': "ه", 'ھ': "ه", 'ە': "ه",
	'ـ': "", // tatweel only stretches a word

	// Devanagari: the moon and dot over a letter without (CLDR, hi: spelled either way in print).
	'ँ': "ं",

	// Malayalam: the final letters as they were written before they had characters (Unicode 5.1, core specification 12.9).
	'ൺ': "ണ്", 'ൻ': "ന്", 'ർ': "ര്", 'ൽ': "ല്", 'ൾ': "ള്", 'ൿ': "ക്",

	// Tamil: ஶ came to keyboards late; ஸ்ரீ and ஶ்ரீ are one syllable.
	'ஶ': "ஸ",

	// Kana that are no small letters but a sign for 箇.
	'ゕ': "か", 'ゖ': "け",

	// Khmer signs that show nothing (Default_Ignorable_Code_Point).
	'\u17B4': "", '\u17B5': "",

	// Han: forms of one character in names. The old forms that the Jōyō table (2010) gives in brackets, those of the
	// personal name table (戸籍法施行規則, table 2) and the ones of address registers. Most compatibility ideographs fall
	// together under NFKD; 﨑 is one of the twelve that are not.
	'髙': "高", '﨑': "崎", '嵜': "崎", '𠮷': "吉", '德': "徳", '濱': "浜", '濵': "浜", '邊': "辺", '邉': "辺", '齋': "斎", '齊': "斉",
	'澤': "沢", '廣': "広", '國': "国", '櫻': "桜", '龍': "竜", '惠': "恵", '眞': "真", '榮': "栄", '瀧': "滝", '圓': "円", '曾': "曽", '渕': "淵",
	'冨': "富", '峯': "峰", '嶋': "島", '嶌': "島", '藏': "蔵", '關': "関", '桒': "桑", '槇': "槙", '遙': "遥", '彌': "弥", '禮': "礼", '壽': "寿",
	'藝': "芸", '實': "実", '澁': "渋", '條': "条", '壯': "壮", '靜': "静", '黑': "黒", '晉': "晋", '萬': "万", '增': "増", '橫': "横", '應': "応",
	'學': "学", '寶': "宝", '佛': "仏", '與': "与", '豐': "豊", '淺': "浅", '祕': "秘", '來': "来", '亞': "亜", '鐵': "鉄", '將': "将",
	'勳': "勲", '薰': "薫", '兒': "児", '螢': "蛍", '舘': "館", '栁': "柳", '卷': "巻", '飮': "飲",

	// Marks of punctuation.
	'‘': "'", '’': "'", '‛': "'", '′': "'", 'ʹ': "'", 'ʼ': "'", 'ʻ': "'", 'ʽ': "'", 'ˈ': "'", 'ꞌ': "'", '՚': "'", '׳': "'",
	'“': `"`, '”': `"`, '„': `"`, '‟': `"`, '״': `"`,
	'−': "-", '⁃': "-", '⁄': "/", '∕': "/",
}

func init() {
	// Ethiopic: rows of one sound in Amharic, which people write one for the other (ኃይሉ, ሀይሉ); of h and the glottal stop the
	// first and the fourth form, too.
	for _, row := range [][2]rune{{'ሐ', 'ሀ'}, {'ኀ', 'ሀ'}, {'ሠ', 'ሰ'}, {'ዐ', 'አ'}, {'ፀ', 'ጸ'}} {
		for form := range rune(7) {
			letters[row[0]+form] = string(row[1] + form)
		}
	}
	for _, fourth := range "ሃሓኃ" {
		letters[fourth] = "ሀ"
	}
	for _, fourth := range "ኣዓ" {
		letters[fourth] = "አ"
	}
	for r := range rune(26) { // negative circled and negative squared letters, which NFKD leaves whole
		letters['🅐'+r], letters['🅰'+r] = string('a'+r), string('a'+r)
	}
}
