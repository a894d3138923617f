// Answers can overtake one another: a page of contacts asked for before an edit may arrive after it. What an edit or an
// event has said about a contact or a session stays, until an answer knows more.

import type { Exchange, OperationResult } from '@urql/core'
import { map, pipe, tap } from 'wonka'

type Thing = Record<string, unknown> & { __typename: string; id: string }

interface Said {
  thing: Thing
  at: number
}

/** How many things are remembered: those of the last minutes, in a busy workspace. */
const limit = 2_000

/** newestExchange sits between the cache and the network. */
export function newestExchange(clock: () => number): Exchange {
  const said = new Map<string, Said>()
  const asked = new Map<number, number>()

  function remember(thing: Thing) {
    const key = `${thing.__typename}:${thing.id}`
    said.delete(key)
    said.set(key, { thing, at: clock() })
    for (const oldest of said.keys()) {
      if (said.size <= limit) {
        break
      }
      said.delete(oldest)
    }
  }

  function correct(thing: Thing, since: number) {
    const known = said.get(`${thing.__typename}:${thing.id}`)
    if (!known || !newer(known, thing, since)) {
      return
    }
    for (const field of Object.keys(thing)) {
      if (field in known.thing) {
        thing[field] = covering(known.thing[field], thing[field]) ?? thing[field]
      }
    }
  }

  function receive(result: OperationResult): OperationResult {
    if (result.operation.kind === 'query') {
      const since = asked.get(result.operation.key) ?? 0
      visit(result.data, (thing) => correct(thing, since))
      asked.delete(result.operation.key)
    } else {
      visit(result.data, remember)
    }
    return result
  }

  return ({ forward }) =>
    (operations) =>
      pipe(
        operations,
        tap((operation) => {
          if (operation.kind === 'query') {
            asked.set(operation.key, clock())
          } else if (operation.kind === 'teardown') {
            asked.delete(operation.key)
          }
        }),
        forward,
        map(receive),
      )
}

// covering is what is known, with all that the answer asks of it; undefined where that is not known: an event says less of
// a contact's identities than its page asks, and the cache answers nothing at all where something is missing.
function covering(known: unknown, answer: unknown): unknown {
  if (Array.isArray(known) && Array.isArray(answer)) {
    const all = known.map((each) => covering(each, answer.find((other) => isRecord(other) && other.id === each?.id) ?? answer[0]))
    return all.includes(undefined) ? undefined : all
  }
  if (!isRecord(known) || !isRecord(answer)) {
    return known
  }
  const whole: Record<string, unknown> = { ...known }
  for (const [field, asked] of Object.entries(answer)) {
    const value = field in known ? covering(known[field], asked) : undefined
    if (value !== undefined) {
      whole[field] = value
    } else if (known.id === answer.id) {
      whole[field] = asked
    } else {
      return undefined
    }
  }
  return whole
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

// A contact has a version, which activity leaves alone; a session has nothing but the time of its last message.
function newer(known: Said, thing: Thing, since: number): boolean {
  if (
    typeof known.thing.version === 'number' &&
    typeof thing.version === 'number' &&
    known.thing.version !== thing.version
  ) {
    return known.thing.version > thing.version
  }
  return known.at >= since && moment(known.thing) >= moment(thing)
}

function moment(thing: Thing): number {
  const at = thing.lastActivityAt ?? thing.lastMessageAt
  return typeof at === 'string' ? Date.parse(at) : 0
}

function visit(value: unknown, found: (thing: Thing) => void): void {
  if (Array.isArray(value)) {
    for (const each of value) {
      visit(each, found)
    }
  } else if (typeof value === 'object' && value !== null) {
    const thing = value as Partial<Thing>
    if (typeof thing.id === 'string' && (thing.__typename === 'Contact' || thing.__typename === 'Session')) {
      found(thing as Thing)
    }
    for (const each of Object.values(value)) {
      visit(each, found)
    }
  }
}
