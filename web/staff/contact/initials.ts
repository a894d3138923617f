/** initialsOf are the first letters of the first and the last word of a name, at most two; empty without a letter. */
export function initialsOf(name: string): string {
  const words = name.split(/[\s,.@]+/u).filter((word) => /^[\p{L}\p{N}]/u.test(word))
  const firsts = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => (word ? first(word) : ''))
  return firsts.join('').toLocaleUpperCase()
}

let letters: Intl.Segmenter | undefined // made once: making one takes milliseconds, and a list has many names

const plain = /^[A-Za-z0-9](?![^\x20-\x7e])/ // nothing combines with it

// A letter may be several code points, as in many scripts of India.
function first(word: string): string {
  if (plain.test(word)) {
    return word[0]!
  }
  letters ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' })
  const [segment] = letters.segment(word)
  return segment?.segment ?? ''
}

/** hueOf is a colour that stays with an id, in degrees. */
export function hueOf(id: string): number {
  let hash = 0
  for (const character of id) {
    hash = (hash * 31 + character.charCodeAt(0)) % 360
  }
  return hash
}
