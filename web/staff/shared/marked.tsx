import { matches, phoneMatches } from './fold'

/** Marked is text with what a search matched in it marked. */
export function Marked({ text, search, phone = false }: { text: string; search: string; phone?: boolean }) {
  if (search.trim() === '') {
    return text
  }
  const parts = []
  let at = 0
  for (const [from, to] of phone ? phoneMatches(text, search) : matches(text, search)) {
    parts.push(text.slice(at, from), <mark key={from}>{text.slice(from, to)}</mark>)
    at = to
  }
  return [...parts, text.slice(at)]
}
