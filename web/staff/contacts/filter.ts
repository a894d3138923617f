// Which contacts are shown, as in the address: parameters that one can read, and change by hand.

import type { ChannelType, ContactFilter } from '../generated/graphql'

export const flags = ['email', 'phone', 'notes', 'unread', 'open'] as const
export const limits = ['active-after', 'active-before', 'created-after', 'created-before'] as const

/** Flag is what a contact has or has not. */
export type Flag = (typeof flags)[number]
/** Limit is one end of a stretch of time. */
export type Limit = (typeof limits)[number]

/** Filter is what the address says. What is absent lets everything through. */
export interface Filter {
  readonly types: readonly ChannelType[]
  readonly channels: readonly string[]
  readonly flags: Readonly<Partial<Record<Flag, boolean>>>
  /** Each a day, such as 2026-03-01, or so many days ago, such as 7d. */
  readonly times: Readonly<Partial<Record<Limit, string>>>
}

export const unfiltered: Filter = { types: [], channels: [], flags: {}, times: {} }

/** Part is a condition that is shown, and cleared, as one. */
export type Part = 'types' | 'channels' | Flag | 'active' | 'created'

// What the address calls the products, in the order of the choices.
const typeNames: Readonly<Record<ChannelType, string>> = {
  WHATSAPP: 'whatsapp',
  FACEBOOK: 'messenger',
  INSTAGRAM: 'instagram',
  TELEGRAM: 'telegram',
  TIKTOK: 'tiktok',
  HTML_EMBED: 'web',
}

export const channelTypes = Object.keys(typeNames) as ChannelType[]

const channelId = /^channel_[0-9a-f]{32}$/
const mostChannels = 100
const daysAgo = /^(\d{1,4})d$/
// What the page itself keeps in the address.
const others = ['search', 'sort', 'columns', 'contact', 'view']

/** Read is a filter, and the parameters that were left out because they mean nothing here. */
export interface Read {
  filter: Filter
  unknown: string[]
}

/** filterOf reads a filter out of an address. */
export function filterOf(params: URLSearchParams): Read {
  const unknown = new Set<string>()
  const types: ChannelType[] = []
  const channels: string[] = []
  const has: Partial<Record<Flag, boolean>> = {}
  const times: Partial<Record<Limit, string>> = {}
  for (const [name, value] of params) {
    const type = channelTypes.find((each) => typeNames[each] === value.toLowerCase())
    if (name === 'type' && type) {
      types.push(type)
    } else if (name === 'channel' && channelId.test(value) && channels.length < mostChannels) {
      channels.push(value)
    } else if (isOne(flags, name) && has[name] === undefined && (value === 'yes' || value === 'no')) {
      has[name] = value === 'yes'
    } else if (isOne(limits, name) && times[name] === undefined && startOf(value, new Date(0))) {
      times[name] = value
    } else if (!others.includes(name)) {
      unknown.add(name)
    }
  }
  const filter = {
    types: channelTypes.filter((each) => types.includes(each)),
    channels: [...new Set(channels)].sort(),
    flags: has,
    times,
  }
  return { filter, unknown: [...unknown] }
}

/** parameters is a filter as the address has it. */
export function parameters({ types, channels, flags: has, times }: Filter): Record<string, string | string[]> {
  const out: Record<string, string | string[]> = { type: types.map((each) => typeNames[each]), channel: [...channels] }
  for (const flag of flags) {
    const value = has[flag]
    if (value !== undefined) {
      out[flag] = value ? 'yes' : 'no'
    }
  }
  for (const limit of limits) {
    const time = times[limit]
    if (time !== undefined) {
      out[limit] = time
    }
  }
  return out
}

/**
 * asked is the filter as the server takes it; undefined for all contacts. Days are those of the reader's calendar, and
 * both ends of a stretch belong to it.
 */
export function asked({ types, channels, flags: has, times }: Filter, now = new Date()): ContactFilter | undefined {
  const filter: ContactFilter = {
    ...(types.length > 0 && { channelTypes: [...types] }),
    ...(channels.length > 0 && { channelIds: [...channels] }),
    ...(has.email !== undefined && { hasEmail: has.email }),
    ...(has.phone !== undefined && { hasPhone: has.phone }),
    ...(has.notes !== undefined && { hasNotes: has.notes }),
    ...(has.unread !== undefined && { hasUnread: has.unread }),
    ...(has.open !== undefined && { hasOpenSession: has.open }),
    ...bound('activeAfter', times['active-after'], now),
    ...bound('activeBefore', times['active-before'], now),
    ...bound('createdAfter', times['created-after'], now),
    ...bound('createdBefore', times['created-before'], now),
  }
  return Object.keys(filter).length === 0 ? undefined : filter
}

type Bound = 'activeAfter' | 'activeBefore' | 'createdAfter' | 'createdBefore'

function bound(name: Bound, time: string | undefined, now: Date): ContactFilter {
  const start = time === undefined ? undefined : startOf(time, now)
  if (!start) {
    return {}
  }
  if (name.endsWith('Before') && !daysAgo.test(time!)) {
    start.setDate(start.getDate() + 1) // up to the end of the day
  } else if (name.endsWith('After')) {
    start.setMilliseconds(-1) // the server leaves out the moment itself
  }
  return { [name]: start.toISOString() }
}

// startOf is when a day began where the reader is; undefined for what is no day.
function startOf(time: string, now: Date): Date | undefined {
  const ago = daysAgo.exec(time)
  if (ago) {
    return new Date(now.getFullYear(), now.getMonth(), now.getDate() - Number(ago[1]))
  }
  const day = /^([12]\d{3})-(\d\d)-(\d\d)$/.exec(time)
  if (!day) {
    return undefined
  }
  const start = new Date(Number(day[1]), Number(day[2]) - 1, Number(day[3]))
  return start.getMonth() === Number(day[2]) - 1 && start.getDate() === Number(day[3]) ? start : undefined
}

/** isDay reports whether a time is a day of the calendar. */
export function isDay(time: string): boolean {
  return !daysAgo.test(time) && startOf(time, new Date(0)) !== undefined
}

/** days is how many days ago a time is, for one that is counted from today. */
export function days(time: string): number | undefined {
  const ago = daysAgo.exec(time)
  return ago ? Number(ago[1]) : undefined
}

/** partsOf are the conditions that a filter has, in the order in which they are shown. */
export function partsOf({ types, channels, flags: has, times }: Filter): Part[] {
  const parts: Part[] = []
  if (types.length > 0) {
    parts.push('types')
  }
  if (channels.length > 0) {
    parts.push('channels')
  }
  parts.push(...flags.filter((flag) => has[flag] !== undefined))
  for (const kind of ['active', 'created'] as const) {
    if (times[`${kind}-after`] ?? times[`${kind}-before`]) {
      parts.push(kind)
    }
  }
  return parts
}

/** without is a filter that lacks one condition. */
export function without(filter: Filter, part: Part): Filter {
  switch (part) {
    case 'types':
    case 'channels':
      return { ...filter, [part]: [] }
    case 'active':
    case 'created':
      return withTimes(filter, part, {})
    default:
      return withFlag(filter, part, undefined)
  }
}

/** withFlag is a filter with another value, or none, for a flag. */
export function withFlag(filter: Filter, flag: Flag, value: boolean | undefined): Filter {
  const next = { ...filter.flags }
  delete next[flag]
  return { ...filter, flags: value === undefined ? next : { ...next, [flag]: value } }
}

/** withTimes is a filter with other limits for when contacts wrote last, or were created. */
export function withTimes(
  filter: Filter,
  kind: 'active' | 'created',
  { after, before }: { after?: string | undefined; before?: string | undefined },
): Filter {
  const times = { ...filter.times }
  delete times[`${kind}-after`]
  delete times[`${kind}-before`]
  return {
    ...filter,
    times: { ...times, ...(after && { [`${kind}-after`]: after }), ...(before && { [`${kind}-before`]: before }) },
  }
}

function isOne<Value extends string>(all: readonly Value[], value: string): value is Value {
  return (all as readonly string[]).includes(value)
}
