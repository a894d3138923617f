// Which columns the table has, how wide they are and how high its rows: as somebody arranged it in this browser.

import { Store, useStore } from '../shared/store'

/** columns are those that there are, in order. */
export const columns = ['select', 'name', 'email', 'phone', 'notes', 'channels', 'created', 'activity', 'actions'] as const
export type Column = (typeof columns)[number]

/** hideable are the columns that one can do without. */
export const hideable = ['email', 'phone', 'notes', 'channels', 'created', 'activity'] as const satisfies Column[]
/** sizeable are those with a width of one's choice. */
export const sizeable = ['name', ...hideable] as const satisfies Column[]

export const narrowest = 80
export const widest = 800

/** Layout is how the table is arranged. */
export interface Layout {
  readonly hidden: readonly Column[]
  /** In pixels; a column without a width takes its share of the room. */
  readonly widths: Readonly<Partial<Record<Column, number>>>
  readonly dense: boolean
}

export const standard: Layout = { hidden: ['created'], widths: {}, dense: false }

// The share of a column without a width, or the room that it needs.
const shares: Readonly<Record<Column, string>> = {
  select: 'var(--select-width)',
  name: 'minmax(5.5rem, 1.7fr)',
  email: 'minmax(5.5rem, 1.6fr)',
  phone: 'minmax(5.5rem, 1.75fr)', // whole at 1024 pixels, and beside a panel at 1440
  notes: 'minmax(5.5rem, 1.2fr)',
  channels: 'var(--channels-width)',
  created: 'var(--time-width)',
  activity: 'var(--time-width)',
  actions: 'var(--actions-width)',
}

/** layoutOf reads a layout; whatever is not one, or of another version, is as it is at first. */
export function layoutOf(text: string | null): Layout {
  let read: unknown
  try {
    read = JSON.parse(text ?? 'null')
  } catch {
    return standard
  }
  if (typeof read !== 'object' || read === null) {
    return standard
  }
  const { hidden, widths, dense } = read as { hidden?: unknown; widths?: unknown; dense?: unknown }
  const sized: Partial<Record<Column, number>> = {}
  for (const column of sizeable) {
    const width = (widths as Record<string, unknown> | null | undefined)?.[column]
    if (typeof width === 'number' && Number.isFinite(width)) {
      sized[column] = within(width)
    }
  }
  return {
    hidden: Array.isArray(hidden) ? hideable.filter((each) => hidden.includes(each)) : standard.hidden,
    widths: sized,
    dense: dense === true,
  }
}

/** hiddenOf reads which columns are hidden out of an address, such as name,email,activity; undefined where it does not say. */
export function hiddenOf(parameter: string | null): readonly Column[] | undefined {
  if (parameter === null) {
    return undefined
  }
  const shown = parameter.split(',')
  return hideable.filter((each) => !shown.includes(each))
}

/** areColumns reports whether an address names nothing but columns. */
export function areColumns(parameter: string): boolean {
  return parameter.split(',').every((each) => each === 'name' || (hideable as readonly string[]).includes(each))
}

/** shownColumns are the columns that are not hidden, as the address has them. */
export function shownColumns(hidden: readonly Column[]): string {
  return ['name', ...hideable.filter((each) => !hidden.includes(each))].join(',')
}

/** within is a width that a column may have. */
export function within(width: number): number {
  return Math.round(Math.max(narrowest, Math.min(width, widest)))
}

/** sized is a layout with another width for a column, or its share of the room. */
export function sized(layout: Layout, column: Column, width: number | undefined): Layout {
  const widths = { ...layout.widths }
  if (width === undefined) {
    delete widths[column]
  } else {
    widths[column] = within(width)
  }
  return { ...layout, widths }
}

/** hiding is which columns are hidden once one of them is shown, or hidden. */
export function hiding(hidden: readonly Column[], column: Column, shown: boolean): readonly Column[] {
  return hideable.filter((each) => (each === column ? !shown : hidden.includes(each)))
}

/** template is the columns as CSS has them, and the least room that they need. */
export function template({ widths }: Layout, shown: readonly Column[]): { columns: string; least: string } {
  const tracks = shown.map((column) => (widths[column] === undefined ? shares[column] : `${widths[column]}px`))
  const least = tracks.map((track) => /^minmax\((\S+),/.exec(track)?.[1] ?? track)
  return { columns: tracks.join(' '), least: `calc(${least.join(' + ')} + 2 * var(--gap))` }
}

const key = 'kith.contacts.table'

// The storage may be off, full, or not ours to read; then the layout lasts as long as the page.
function stored(): Layout {
  try {
    return layoutOf(localStorage.getItem(key))
  } catch {
    return standard
  }
}

export const layout = new Store<Layout>(stored())

/** arrange changes the layout, and remembers it. */
export function arrange(next: Layout): void {
  layout.set(next)
  try {
    localStorage.setItem(key, JSON.stringify(next))
  } catch {
    // as above
  }
}

export const useLayout = () => useStore(layout)
