package crm

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxPhoneInput bounds what is read, in bytes: the longest number in full-width digits, within a link.
const maxPhoneInput = 240

// typedPhone is a phone number as somebody typed or pasted it. It takes digits of any script, with spaces, dashes, dots,
// slashes and brackets between them, + or 00 before the country code, letters on the keys of a telephone after three
// digits (1-800-FLOWERS), and around it: quotes, commas and angle brackets, a word for telephone, tel: and other schemes
// of links, the links and ids of WhatsApp, an extension.
type typedPhone struct {
	text      string // ASCII digits, perhaps a plus before and one (0) within
	extension bool   // an extension, which is not in text
	letters   bool   // some digits were letters
	apart     bool   // space or punctuation sets 00, or 00 and a country code, apart from what follows
}

// international reports whether a plus or 00 says that the country code follows.
func (p typedPhone) international() bool {
	return strings.HasPrefix(p.text, "+") || strings.HasPrefix(p.text, "00")
}

// readPhone reads a number. It is not ok when there is anything that belongs in no number, or no digit.
func readPhone(s string) (typedPhone, bool) {
	if len(s) > maxPhoneInput || !utf8.ValidString(s) || !strings.ContainsFunc(s, isDigit) {
		return typedPhone{}, false
	}
	s = unlabel(unlink(bare(unnote(s))))
	if text, letters, ok := phoneText(s); ok && !letters {
		return typedPhone{text: text, apart: dialsApart(s)}, true
	}
	number, extension := cutExtension(s)
	text, letters, ok := phoneText(bare(number))
	return typedPhone{text, extension, letters, dialsApart(number)}, ok
}

// dialsApart reports whether a number starts like "00 49" or "0049 30".
func dialsApart(s string) bool {
	after, ok := strings.CutPrefix(s, "00")
	rest := strings.TrimLeft(after, "0123456789")
	if !ok || rest == "" {
		return false
	}
	code := after[:len(after)-len(rest)]
	country, _ := splitCountry(code + "0")
	return code == country
}

func isDigit(r rune) bool {
	_, ok := Digit(r)
	return ok
}

// bare is s without what a sentence, a list, a spreadsheet or a signature puts around a value: ☎ is a symbol.
func bare(s string) string {
	return strings.TrimFunc(s, func(r rune) bool {
		return blank(r) || unicode.In(r, unicode.So, unicode.Variation_Selector) || strings.ContainsRune("\"'`´‘’‚‛“”„«»<>,;:.=、。，；", r)
	})
}

// unlink is the number within a link or an id of WhatsApp; any other text stays as it is.
func unlink(s string) string {
	small := strings.ToLower(s)
	for _, host := range []string{"@s.whatsapp.net", "@c.us"} { // 14155550134:7@s.whatsapp.net is a device
		if user, ok := strings.CutSuffix(small, host); ok {
			user, _, _ = strings.Cut(user, ":")
			return plus(user)
		}
	}
	for _, scheme := range []string{"https://", "http://", "www."} {
		small = strings.TrimPrefix(small, scheme)
	}
	if path, ok := strings.CutPrefix(small, "wa.me/"); ok {
		return plus(path[:len(path)-len(strings.TrimLeft(path, "+0123456789"))])
	}
	for _, send := range []string{"api.whatsapp.com/send", "web.whatsapp.com/send", "whatsapp://send"} {
		if query, ok := strings.CutPrefix(small, send); ok {
			values, _ := url.ParseQuery(strings.TrimLeft(query, "/?"))
			return plus(strings.TrimSpace(values.Get("phone")))
		}
	}
	for _, scheme := range []string{"tel:", "callto:", "sms:", "whatsapp:"} {
		if rest, ok := cutScheme(s, scheme); ok {
			return unscheme(rest)
		}
	}
	return s
}

// plus is digits that start with a country code, as a number.
func plus(digits string) string { return "+" + strings.TrimPrefix(digits, "+") }

// unscheme is the number in what follows the scheme of a link (RFC 3966): +1-415-555-0134;ext=7, or
// 30123456;phone-context=+49.
func unscheme(s string) string {
	s, _, _ = strings.Cut(strings.TrimLeft(s, "/"), "?")
	if plain, err := url.PathUnescape(s); err == nil {
		s = plain
	}
	number, parameters, _ := strings.Cut(s, ";")
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(parameter, "=")
		switch strings.ToLower(name) {
		case "phone-context":
			if strings.HasPrefix(value, "+") {
				number = value + number
			}
		case "ext":
			number += ";ext=" + value
		}
	}
	return number
}

// phoneWords are the words that people write before a number: those of vCard's types, and what is printed on cards.
var phoneWords = []string{
	"t", "tel", "tél", "telephone", "téléphone", "telefon", "telefono", "teléfono", "telefone", "telef", "tlf", "tfn", "p", "ph",
	"phone", "m", "mob", "mobile", "mobil", "móvil", "movil", "portable", "cell", "cel", "celular", "cellulare", "handy", "gsm",
	"whatsapp", "wa", "fax", "private", "büro", "privat", "c", "h", "w", "home", "work", "office", "number", "no", "nr", "n", "num", "тел", "телефон", "моб", "电话",
	"電話", "電話番号", "手机", "手機", "携帯", "전화", "휴대폰", "핸드폰", "هاتف", "جوال", "تلفن", "موبایل", "फ़ोन", "फोन", "मोबाइल", "โทร", "טל", "טלפון",
}

// unlabel is s without the words for telephone before it.
func unlabel(s string) string {
	for {
		word := s[:len(s)-len(strings.TrimLeftFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsMark(r) }))]
		rest := strings.TrimLeftFunc(s[len(word):], func(r rune) bool { return blank(r) || strings.ContainsRune(".:#：．°º", r) })
		if word == "" || rest == "" || len(rest) == len(s)-len(word) && !startsNumber(rest) ||
			!slices.Contains(phoneWords, strings.ToLower(word)) {
			return s
		}
		s = rest
	}
}

// unnote is s without a word for telephone behind it, as in "+49 30 123456 (mobile)".
func unnote(s string) string {
	s = strings.TrimRightFunc(s, blank)
	inner := strings.TrimSuffix(strings.TrimSuffix(s, ")"), "]")
	word := inner[len(strings.TrimRightFunc(inner, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsMark(r) })):]
	before := strings.TrimSuffix(inner, word)
	number := strings.TrimRightFunc(before, func(r rune) bool { return blank(r) || strings.ContainsRune("([-–", r) })
	if word == "" || number == "" || number == before || !slices.Contains(phoneWords, strings.ToLower(word)) {
		return s
	}
	return number
}

func startsNumber(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return isDigit(r) || strings.ContainsRune("+＋(（", r)
}

// extensions is an extension at the end of a number, by the notations that libphonenumber reads and the words of a few
// more languages, or after the commas and semicolons that telephones take for a pause.
var extensions = regexp.MustCompile(`(?i)(?:[\s.,;\-]*(?:;ext=|extension|extensión|extn|ext|ex|x|ｘ|доб|доп|вн|anexo|ramal|` +
	`interno|int|poste|durchwahl|dw|apparat|app|toestel|tst|wew|内線|內線|分機|分机|내선|داخلي|داخلی|#|＃|~)[\s.:=\-]*|\s*[,;]+\s*)` +
	`\p{Nd}{1,9}#?$`)

// cutExtension is s without an extension, and whether there was one.
func cutExtension(s string) (string, bool) {
	at := extensions.FindStringIndex(s)
	if at == nil {
		return s, false
	}
	before, _ := utf8.DecodeLastRuneInString(strings.TrimRightFunc(s[:at[0]], blank))
	if !isDigit(before) && before != ')' { // "1-800-FOX 12": a letter of the number
		return s, false
	}
	return s[:at[0]], true
}

// minDigits is how many digits must stand before letters for those to be on keys, and minLetters how many must follow:
// libphonenumber takes no fewer.
const (
	minDigits  = 3
	minLetters = 3
)

// phoneText reduces a number to ASCII digits, a leading + and (0).
func phoneText(s string) (text string, lettered, ok bool) {
	b := make([]byte, 0, len(s))
	digits, letters := 0, 0
	for _, r := range s {
		d, digit := Digit(r)
		switch {
		case digit:
			b = append(b, d)
			digits++
		case r == '+' || r == '＋':
			if digits > 0 || len(b) > 0 && b[len(b)-1] == '+' {
				return "", false, false
			}
			b = append(b[:0], '+') // "(+49) 30": the bracket before it says nothing
		case strings.ContainsRune("([（［", r):
			b = append(b, '(')
		case strings.ContainsRune(")]）］", r):
			b = append(b, ')')
		case blank(r), unicode.Is(unicode.Pd, r), strings.ContainsRune("./−．／·・", r):
		case digits >= minDigits && key(r) != 0:
			b = append(b, key(r))
			letters++
		default:
			return "", false, false
		}
	}
	if letters > 0 && (letters < minLetters || len(b) > maxE164+1) {
		return "", false, false
	}
	if n := len(b) - len("(0"); n > 0 && string(b[n:]) == "(0" { // half typed
		b = b[:n]
	}
	return brackets.Replace(string(b)), letters > 0, digits > 0
}

// brackets keeps the one kind that means something, around a trunk zero.
var brackets = strings.NewReplacer("(0)", "(0)", "(", "", ")", "")

// key is the digit on the key of a letter (ITU-T E.161); zero for what is on none.
func key(r rune) byte {
	if r |= 0x20; r < 'a' || r > 'z' {
		return 0
	}
	return "22233344455566677778889999"[r-'a']
}
