// Which letters the search treats as equal: a small version of the server's folding, enough to highlight matches. What it
// does with each script is written down there, in internal/search/foldletters.go.

const spelled = new Map<string, string>()
for (const each of [
  'ß ss æ ae œ oe þ th ø o ł l đ d ð d ħ h ı i ŧ t ŋ n ĸ k ə e ɛ e ‘ \' ’ \' ´ \' ʼ \' ׳ \' – - — - ‐ - ‑ - − -',
  'ґ г ғ г қ к ң н ө о ү у ұ у һ х ә а ς σ ך כ ם מ ן נ ף פ ץ צ',
  'ى ي ی ي ک ك ة ه ہ ه ھ ه ە ه ٱ ا ँ ं ゕ か ゖ け',
  'ᴀ a ʙ b ᴄ c ᴅ d ᴇ e ꜰ f ɢ g ʜ h ɪ i ᴊ j ᴋ k ʟ l ᴍ m ɴ n ᴏ o ᴘ p ʀ r ꜱ s ᴛ t ᴜ u ᴠ v ᴡ w ʏ y ᴢ z',
  '髙 高 﨑 崎 德 徳 濱 浜 濵 浜 邊 辺 邉 辺 齋 斎 齊 斉 澤 沢 廣 広 國 国 櫻 桜 惠 恵 眞 真 嶋 島',
  'ᆨ ᄀ ᆩ ᄁ ᆪ ᄀᄉ ᆫ ᄂ ᆬ ᄂᄌ ᆭ ᄂᄒ ᆮ ᄃ ᆯ ᄅ ᆰ ᄅᄀ ᆱ ᄅᄆ ᆲ ᄅᄇ ᆳ ᄅᄉ ᆴ ᄅᄐ ᆵ ᄅᄑ ᆶ ᄅᄒ ᆷ ᄆ ᆸ ᄇ ᆹ ᄇᄉ ᆺ ᄉ ᆻ ᄊ ᆼ ᄋ ᆽ ᄌ ᆾ ᄎ ᆿ ᄏ ᇀ ᄐ ᇁ ᄑ ᇂ ᄒ',
  'ᅪ ᅩᅡ ᅫ ᅩᅢ ᅬ ᅩᅵ ᅯ ᅮᅥ ᅰ ᅮᅦ ᅱ ᅮᅵ ᅴ ᅳᅵ',
]) {
  const pairs = each.split(' ')
  for (let i = 0; i < pairs.length; i += 2) {
    spelled.set(pairs[i]!, pairs[i + 1]!)
  }
}

// Marks that their writers leave out. Those of other scripts are spelling, as is the voicing of kana.
const leftOut =
  /(?=\p{M})[\p{Script=Inherited}\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}]/u
const voicing = /[\u3099\u309A]/u

function foldCharacter(character: string): string {
  let out = ''
  for (const c of (spelled.get(character) ?? character).normalize('NFKD')) {
    if (voicing.test(c)) {
      out = (out + c).normalize('NFC') // of one kana
    } else if (!leftOut.test(c) && !/\p{Cf}/u.test(c)) {
      const letter = hiragana(c.toUpperCase().toLowerCase())
      const digit = /\p{Nd}/u.test(c) ? digitOf(c) : undefined
      out += digit ?? spelled.get(letter) ?? letter
    }
  }
  return out
}

function hiragana(c: string): string {
  return /[ァ-ヶヽ]/u.test(c) ? String.fromCharCode(c.charCodeAt(0) - 0x60) : c
}

// digitOf finds a digit's value by its distance from the zero of its script: digits come in runs of ten, and what runs
// lie side by side NFKD has undone.
function digitOf(c: string): string {
  const code = c.codePointAt(0)!
  let value = 0
  while (/\p{Nd}/u.test(String.fromCodePoint(code - value - 1))) {
    value++
  }
  return String(value)
}

/** Folded is text as the search sees it, and where each of its characters came from. */
export interface Folded {
  text: string
  /** For each code unit of text, where its origin starts and ends. */
  from: number[]
  to: number[]
}

/** fold reduces text to what the search compares. */
export function fold(source: string): Folded {
  const folded: Folded = { text: '', from: [], to: [] }
  let at = 0
  for (const character of source) {
    const end = at + character.length
    for (const unit of foldCharacter(character).replace(/\s/gu, ' ').split('')) {
      folded.text += unit
      folded.from.push(at)
      folded.to.push(end)
    }
    // A mark that was dropped belongs to the letter before it.
    if (folded.to.length > 0 && leftOut.test(character)) {
      folded.to[folded.to.length - 1] = end
    }
    at = end
  }
  return folded
}

/** words are the parts of a search that have to match, longest first. Quotes, commas and brackets around them do not. */
export function words(search: string): string[] {
  const parts = fold(search)
    .text.split(' ')
    .map((word) => word.replace(/^[,;:"'()[\]{}<>]+|[,;:"'()[\]{}<>]+$/g, '') || word)
    .filter((word) => word !== '')
  return parts.sort((a, b) => b.length - a.length)
}

/** isNumber reports whether a search is for a phone number: only digits and phone punctuation. */
export function isNumber(search: string): boolean {
  const text = fold(search).text
  return /\d/.test(text) && /^[\d\s+\-./()]+$/.test(text)
}

/** Span is a stretch of text, from the first index up to but not including the second. */
export type Span = [number, number]

/** matches finds what a search matched in a name or an email, in order and without overlaps. */
export function matches(source: string, search: string): Span[] {
  const folded = fold(source)
  const spans: Span[] = []
  for (const word of words(search)) {
    for (let i = folded.text.indexOf(word); i >= 0; i = folded.text.indexOf(word, i + word.length)) {
      spans.push([folded.from[i]!, folded.to[i + word.length - 1]!])
    }
  }
  return joined(spans)
}

/** phoneMatches finds what a search matched in a phone number, however either is written. */
export function phoneMatches(phone: string, search: string): Span[] {
  if (!isNumber(search)) {
    return joined(words(search).flatMap((word) => (isNumber(word) ? phoneMatches(phone, word) : [])))
  }
  const places: number[] = []
  let digits = ''
  for (let i = 0; i < phone.length; i++) {
    if (/\d/.test(phone[i]!)) {
      places.push(i)
      digits += phone[i]
    }
  }
  const typed = fold(search).text.replace(/\D/g, '')
  // 00 is another way to write +, and a leading zero is dropped behind a country code.
  for (const form of [typed, typed.replace(/^00/, ''), typed.replace(/^0/, '')]) {
    const at = form === '' ? -1 : digits.indexOf(form)
    if (at >= 0) {
      return [[places[at]!, places[at + form.length - 1]! + 1]]
    }
  }
  return []
}

function joined(spans: Span[]): Span[] {
  const out: Span[] = []
  for (const span of spans.sort((a, b) => a[0] - b[0])) {
    const last = out.at(-1)
    if (last && span[0] <= last[1]) {
      last[1] = Math.max(last[1], span[1])
    } else {
      out.push([...span])
    }
  }
  return out
}
