// Times and numbers in the reader's language.

import { locale } from '../texts/texts'
import { Store, useStore } from './store'

const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['week', 7 * 86_400],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
]

// The formats are made when they are first used: the language is known by then.
const relative = once(() => new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }))
const exact = once(() => new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'medium' }))
const lists = once(() => new Intl.ListFormat(locale, { type: 'conjunction' }))
const calendar = once(() => new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }))
const numbers = once(() => new Intl.NumberFormat(locale))

function once<Value>(make: () => Value): () => Value {
  let made: Value | undefined
  return () => (made ??= make())
}

const now = new Store(Date.now())
setInterval(() => now.set(Date.now()), 30_000)

/** ago says how long ago a moment was: "5 minutes ago", "yesterday". Less than a minute is "now". */
export function ago(moment: number, from: number): string {
  const seconds = (moment - from) / 1000
  for (const [unit, length] of units) {
    if (Math.abs(seconds) >= length) {
      return relative().format(Math.trunc(seconds / length), unit)
    }
  }
  return relative().format(0, 'second')
}

/** Ago shows a moment as time gone by, and exactly when pointed at. */
export function Ago({ at }: { at: string }) {
  const from = Math.max(useStore(now), Date.parse(at))
  return (
    <time dateTime={at} title={exact().format(new Date(at))}>
      {ago(Date.parse(at), from)}
    </time>
  )
}

/** useNow is the time, as it was in the last half minute. */
export function useNow(): number {
  return useStore(now)
}

/** Until shows a moment to come as the time until then. */
export function Until({ at }: { at: string }) {
  const from = useNow()
  return (
    <time dateTime={at} title={exact().format(new Date(at))}>
      {ago(Date.parse(at), from)}
    </time>
  )
}

/** Exactly shows a moment in full. */
export function Exactly({ at }: { at: string }) {
  return <time dateTime={at}>{exact().format(new Date(at))}</time>
}

/** number is written as the reader's language has it. */
export function number(value: number): string {
  return numbers().format(value)
}

/** listed puts parts together as the reader's language does: "a, b and c". */
export function listed(parts: readonly string[]): string {
  return lists().format(parts)
}

/** day is a day of the calendar, such as 2026-03-01, as the reader's language has it. */
export function day(date: string): string {
  return calendar().format(new Date(`${date}T00:00`))
}
