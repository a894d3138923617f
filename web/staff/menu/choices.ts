// What can be chosen in the menu, and which of it a text finds.

import { matches, words } from '../shared/fold'
import type { Recent } from './recent'

/** Choice is one line of the menu. */
export interface Choice {
  id: string
  name: string
  /** What tells it from others of the same name. */
  detail?: string
  keys?: readonly string[] | undefined
  run: () => void
}

/** Group is the choices of one kind. */
export interface Group {
  id: string
  title: string
  choices: readonly Choice[]
}

/** matching are the choices that have each word of a text somewhere in their name. */
export function matching(choices: readonly Choice[], text: string): Choice[] {
  const wanted = words(text)
  return choices.filter(({ name }) => wanted.every((word) => matches(name, word).length > 0))
}

/** recentFirst takes the recent ones out of all choices, the newest first, and returns both. */
export function recentFirst(choices: readonly Choice[], recents: readonly Recent[]): [recent: Choice[], rest: Choice[]] {
  const recent = recents.flatMap(({ id }) => choices.find((choice) => choice.id === id) ?? [])
  return [recent, choices.filter((choice) => !recent.includes(choice))]
}
