// Which letters the search treats as equal: a small version of the server's folding, enough to highlight matches.

const spelled: Record<string, string> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  þ: 'th',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  ħ: 'h',
  ı: 'i',
  ŧ: 't',
  ŋ: 'n',
  ĸ: 'k',
  ə: 'e',
  ɛ: 'e',
  '‘': "'",
  '’': "'",
  '´': "'",
  ʼ: "'",
  '–': '-',
  '—': '-',
  '‐': '-',
  '‑': '-',
  '−': '-',
}

function foldCharacter(character: string): string {
  let out = ''
  for (const c of (spelled[character] ?? character).normalize('NFKD')) {
    const letter = c.toUpperCase().toLowerCase()
    if (!/\p{Mn}|\p{Cf}/u.test(c)) {
      const digit = /\p{Nd}/u.test(c) ? digitOf(c) : undefined
      out += digit ?? spelled[letter] ?? letter
    }
  }
  return out
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
    if (folded.to.length > 0 && /\p{Mn}/u.test(character)) {
      folded.to[folded.to.length - 1] = end
    }
    at = end
  }
  return folded
}

/** words are the parts of a search that have to match, longest first. */
export function words(search: string): string[] {
  const parts = fold(search)
    .text.split(' ')
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
