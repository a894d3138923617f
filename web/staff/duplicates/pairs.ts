// What the inbox decides about a pair without a browser: who stays, and what differs.

import type { DuplicatesQuery } from '../generated/graphql'

export type Pair = DuplicatesQuery['duplicates']['nodes'][number]
export type One = Pair['contacts'][number]

/** Line is one row of the comparison: a value for each contact, and whether they contradict each other. */
export interface Line<Value> {
  values: [Value, Value]
  differs: boolean
}

/** Sides is the contact that stays, the older one, and the one that is merged into it. */
export interface Sides {
  survivor: One
  other: One
}

/** sidesOf orders the contacts of a pair; undefined when one of them has gone. */
export function sidesOf({ contacts }: Pair): Sides | undefined {
  const [a, b] = contacts
  if (!a || !b) {
    return undefined
  }
  const older = Date.parse(a.createdAt) === Date.parse(b.createdAt) ? a.id < b.id : a.createdAt < b.createdAt
  return older ? { survivor: a, other: b } : { survivor: b, other: a }
}

/** compare puts the values of both side by side. A value that only one of them has contradicts nothing. */
export function compare<Value extends string | null>({ survivor, other }: Sides, read: (contact: One) => Value): Line<Value> {
  const values: [Value, Value] = [read(survivor), read(other)]
  const [a, b] = values.map((each) => each?.trim() ?? '')
  return { values, differs: a !== '' && b !== '' && a !== b }
}

/** without are the pairs that are left when contacts have gone. */
export function without(pairs: readonly Pair[], contacts: readonly string[]): readonly Pair[] {
  return pairs.filter((pair) => pair.contacts.every(({ id }) => !contacts.includes(id)))
}
