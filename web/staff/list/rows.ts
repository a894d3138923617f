// The rows of a list that are on the screen, and their positions. A browser's boxes end at some million pixels, so a
// longer list is shown through a window that moves along: scrolling is exact, dragging the scroll bar proportional.

import { type Range, useVirtualizer } from '@tanstack/react-virtual'
import { type RefObject, useCallback, useLayoutEffect, useMemo, useRef, useState } from 'react'

import { cameBack } from '../shared/route'
import { useStore } from '../shared/store'
import type { Edge, List, Stretch } from './list'

const tallest = 4_000_000 // pixels

// How far each list had been scrolled, in pixels of the whole.
const left = new WeakMap<List, number>()

/** Placed is a row on the screen; without an edge it is still to come. */
export interface Placed {
  /** The name under which the row is drawn: that of its id for as long as it is on the screen. */
  key: string
  index: number
  edge: Edge | undefined
  /** Pixels from the top of the list's box. */
  top: number
}

/** Rows is what a list draws. */
export interface Rows {
  stretch: Stretch
  placed: Placed[]
  /** The height of the list's box, in pixels. */
  height: number
  /** Where the stripes of rows to come begin, so that they meet the rows that are there. */
  phase: number
  /** How many rows fit on the screen. */
  visible: number
  /** The number of the first row that is wholly on the screen. */
  first: () => number
  /** reveal scrolls as little as it takes to bring a row onto the screen; a number beyond an end means that end's row. */
  reveal: (index: number) => void
  /** startOver scrolls to the beginning; finish to the end. */
  startOver: () => void
  finish: () => void
}

/** Steady names the row that must not move, whatever comes and goes above it: the one somebody is at. */
export type Steady = () => string | undefined

/**
 * useRows places a list's rows in a scrolling box. Rows of the ids to keep stay, even off the screen. While hold is
 * true, somebody types: then the list's box rather starts with a gap than that their row moves.
 */
export function useRows(
  list: List,
  box: RefObject<HTMLElement | null>,
  rowHeight: number,
  keep: readonly string[],
  steady: Steady,
  hold = false,
): Rows {
  const stretch = useStore(list.stretch)
  const [shift, setShift] = useState(0) // pixels of the whole list that lie above the box's top; below 0 is a gap
  const whole = stretch.length * rowHeight
  const height = Math.min(whole, tallest)
  const lead = Math.min(shift, Math.max(whole - height, 0))

  const count = stretch.edges.length
  const skip = Math.max(0, Math.ceil((lead - stretch.offset * rowHeight) / rowHeight)) // held rows above the box
  const base = stretch.offset + Math.min(skip, count)
  const kept = useMemo(() => {
    const numbers = new Map(stretch.edges.map((edge, index) => [edge.id, index]))
    return keep.flatMap((id) => numbers.get(id) ?? []).map((at) => at + stretch.offset - base)
  }, [keep, stretch, base])

  const virtualizer = useVirtualizer({
    count: stretch.offset + count - base,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    overscan: 6,
    paddingStart: base * rowHeight - lead,
    getItemKey: (index) => stretch.edges[index + base - stretch.offset]?.id ?? index,
    rangeExtractor: useCallback(
      (range: Range) => {
        const shown = new Set(kept.filter((at) => at >= 0))
        const to = Math.min(range.endIndex + range.overscan, range.count - 1)
        for (let at = Math.max(range.startIndex - range.overscan, 0); at <= to; at++) {
          shown.add(at)
        }
        return [...shown].sort((a, b) => a - b)
      },
      [kept],
    ),
  })
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, rowHeight])

  const tall = virtualizer.scrollRect?.height ?? box.current?.clientHeight ?? 600
  const visible = Math.max(1, Math.ceil(tall / rowHeight))
  const header = useRef(0)

  // What the scroll handler and the effects below compare with.
  const seen = useRef({ top: 0, index: new Map<string, number>(), list })
  const state = { lead, rowHeight, height, whole, visible, list, hold }
  const latest = useRef(state)
  latest.current = state

  // far is true while a far jump of the scroll bar is still to be read: its event comes later than it shows.
  const far = useCallback(
    (element: HTMLElement) => Math.abs(element.scrollTop - seen.current.top) > 4 * (element.clientHeight - header.current),
    [],
  )

  const first = useCallback(() => {
    const { lead, rowHeight } = latest.current
    return Math.ceil(((box.current?.scrollTop ?? 0) + lead) / rowHeight - 0.01)
  }, [box])

  const moveTo = useCallback(
    (pixels: number) => {
      // Into the window if the position is outside of it, where positions are proportional.
      const { height, whole, lead, hold } = latest.current
      const element = box.current
      if (!element) {
        return
      }
      const room = element.clientHeight - header.current
      // A row may be held anywhere within the list's length, or below its beginning; but no further.
      const wanted = hold ? Math.min(pixels, whole) : Math.max(0, Math.min(pixels, whole - room))
      let next = lead
      if (wanted < Math.min(lead, 0)) {
        next = wanted
      } else if (wanted < lead || wanted > lead + Math.max(height - room, 0)) {
        next = Math.round((wanted / Math.max(whole - room, 1)) * (whole - height))
      }
      setShift(next)
      latest.current.lead = next
      seen.current.top = wanted - next
      element.scrollTop = wanted - next
    },
    [box],
  )

  // Another list starts from its beginning; one that is come back to, where it was left.
  const placedList = useRef<List>(undefined)
  useLayoutEffect(() => {
    const element = box.current
    if (placedList.current === list || !stretch.ready || !element) {
      return
    }
    placedList.current = list
    seen.current.index = new Map()
    latest.current.lead = 0
    moveTo(cameBack() ? (left.get(list) ?? 0) : 0)
  }, [list, stretch.ready, box, moveTo])

  // Reports to the list which rows are on the screen, and reads far jumps of the scroll bar as a proportion of the whole.
  useLayoutEffect(() => {
    const element = box.current
    if (!element) {
      return
    }
    header.current = element.querySelector('thead')?.getBoundingClientRect().height ?? 0
    function scrolled() {
      const { lead, whole, height, rowHeight, visible, list } = latest.current
      const top = element!.scrollTop
      let next = lead
      if (lead < 0 && top >= -lead) {
        next = 0
        latest.current.lead = 0
        setShift(0)
        element!.scrollTop = top + lead
      } else if (whole > height) {
        const room = element!.clientHeight - header.current
        const jumped = far(element!)
        const atEdge = (top < 2 * room && lead > 0) || (top > height - 3 * room && lead < whole - height)
        if (jumped || atEdge) {
          const share = top / Math.max(height - room, 1)
          const place = jumped ? share * (whole - room) : top + lead
          next = Math.round(jumped ? place - top : (place / Math.max(whole - room, 1)) * (whole - height))
          next = Math.max(0, Math.min(next, whole - height))
          if (next !== lead) {
            latest.current.lead = next
            setShift(next)
            if (!jumped) {
              element!.scrollTop = place - next
            }
          }
        }
      }
      seen.current.top = element!.scrollTop
      left.set(list, element!.scrollTop + next)
      const firstRow = Math.floor((element!.scrollTop + next) / rowHeight)
      list.show(firstRow, firstRow + visible)
    }
    scrolled()
    element.addEventListener('scroll', scrolled, { passive: true })
    return () => element.removeEventListener('scroll', scrolled)
  }, [box, list, rowHeight, visible, height, far])

  // Keeps the steady row, or else the first on the screen, where it is when rows come or go above it.
  useLayoutEffect(() => {
    const element = box.current
    const before = seen.current
    const index = new Map(stretch.edges.map((edge, at) => [edge.id, at + stretch.offset]))
    if (element && before.list === list && before.index.size > 0 && !far(element)) {
      const id = steady() ?? (element.scrollTop + lead < 1 ? undefined : nameOf(before.index, first()))
      const was = id === undefined ? undefined : before.index.get(id)
      const is = id === undefined ? undefined : index.get(id)
      if (was !== undefined && is !== undefined && was !== is) {
        moveTo(element.scrollTop + latest.current.lead + (is - was) * rowHeight)
      }
    }
    seen.current = { top: seen.current.top, index, list }
  }, [stretch, list])

  // Nobody types any more: the gap closes.
  useLayoutEffect(() => {
    const { lead } = latest.current
    if (!hold && lead < 0) {
      setShift(0)
      if (box.current) {
        box.current.scrollTop += lead
      }
    }
  }, [hold, box])

  const reveal = useCallback(
    (wanted: number) => {
      const { rowHeight, lead, whole } = latest.current
      const element = box.current
      if (!element || whole === 0) {
        return
      }
      const index = Math.max(0, Math.min(wanted, whole / rowHeight - 1))
      const room = element.clientHeight - header.current
      const top = element.scrollTop + lead
      if (index * rowHeight < top) {
        moveTo(index * rowHeight)
      } else if ((index + 1) * rowHeight > top + room) {
        moveTo((index + 1) * rowHeight - room)
      }
    },
    [box, moveTo],
  )

  const items = virtualizer.getVirtualItems()
  const keys = useKeys(list, box, items.map((item) => String(item.key)), hold)
  const placed = items.map((item) => ({
    key: keys.get(String(item.key))!,
    index: item.index + base,
    edge: stretch.edges[item.index + base - stretch.offset],
    top: item.start,
  }))
  return {
    stretch,
    placed,
    height: height - Math.min(lead, 0),
    phase: -(lead % rowHeight),
    visible,
    first,
    reveal,
    startOver: useCallback(() => moveTo(0), [moveTo]),
    finish: useCallback(() => {
      const room = (box.current?.clientHeight ?? 0) - header.current
      moveTo(Math.max(0, latest.current.whole - room))
    }, [box, moveTo]),
  }
}

// useKeys names the rows that are drawn, by their ids. Making rows costs most of what drawing a list does, so a list that takes the
// place of another is drawn into the rows of that one, unless somebody is at one of them.
function useKeys(list: List, box: RefObject<HTMLElement | null>, ids: readonly string[], hold: boolean): Map<string, string> {
  const drawn = useRef({ list, keys: new Map<string, string>() })
  const made = useRef(0)
  const before = drawn.current
  const reuse = before.list !== list && !hold && !box.current?.contains(document.activeElement)
  const free = reuse ? [...before.keys.values()] : []
  const keys = new Map(ids.map((id) => [id, (reuse ? free.shift() : before.keys.get(id)) ?? `row-${++made.current}`]))
  useLayoutEffect(() => {
    drawn.current = { list, keys }
  })
  return keys
}

function nameOf(index: Map<string, number>, number: number): string | undefined {
  for (const [id, at] of index) {
    if (at === number) {
      return id
    }
  }
  return undefined
}
