// The table of contacts: the rows on the screen, of a list that may be long, and how the keyboard goes about in it.

import {
  type KeyboardEvent,
  type ReactNode,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react'
import { flushSync } from 'react-dom'

import type { ContactRowFragment } from '../generated/graphql'
import { useRows } from '../list/rows'
import { composing } from '../shared/composing'
import { narrow, useMedia, useRem } from '../shared/media'
import { address, go as visit } from '../shared/route'
import { useStore } from '../shared/store'
import { enter, leading, openContact, useOpenContacts } from './edits'
import { known } from './known'
import type { Contacts, Sort } from './lists'
import { columns, Placeholder, Row } from './row'

const editable: Record<number, 'email' | 'phone' | 'notes'> = { 1: 'email', 2: 'phone', 3: 'notes' }
const lastColumn = columns.length - 1

interface Place {
  id: string
  column: number
}

interface GridProps {
  list: Contacts
  sort: Sort
  /** Whether a newer answer is on its way. */
  busy: boolean
  onSort: (sort: Sort) => void
  onDelete: (contact: ContactRowFragment) => void
  /** Whether there is no answer, and none to come for now. */
  unanswered: boolean
  /** Shown instead of rows in an empty list, or one without an answer. */
  empty: ReactNode
  /** Called when the beginning of the list has come onto the screen. */
  onStart: () => void
  /** Takes what the page wants the grid to do. */
  handle: { current: GridHandle | null }
}

/** GridHandle is what the page may ask of the grid. */
export interface GridHandle {
  /** focus goes to a cell of a row, or of the one that has taken its number. */
  focus: (id: string, column: number, index?: number) => void
  indexOf: (id: string) => number
  toStart: () => void
  atStart: () => boolean
  /** occupied reports whether somebody is editing a row, which then stays where it is. */
  occupied: () => boolean
}

export function Grid({ list, sort, busy, onSort, onDelete, unanswered, empty, onStart, handle }: GridProps) {
  const box = useRef<HTMLDivElement>(null)
  const cards = useMedia(narrow)
  const rem = useRem()
  const rowHeight = Math.round((cards ? 12.5 : 3.25) * rem)

  const open = useOpenContacts()
  const [active, setActive] = useState<Place>({ id: '', column: 0 })
  const hovered = useRef<{ id: string; at: number } | undefined>(undefined)
  const keep = useMemo(
    () => [...new Set([...open, active.id])],
    [open, active.id],
  )
  const steady = useCallback(() => {
    const focused = document.activeElement?.closest<HTMLElement>('[data-row]')?.dataset.row
    const pointed = hovered.current && performance.now() - hovered.current.at < 2_000 ? hovered.current.id : undefined
    return focused ?? pointed
  }, [])
  const rows = useRows(list, box, rowHeight, keep, steady, open.length > 0)
  const { stretch, placed } = rows
  const here = stretch.edges.some((edge) => edge.id === active.id)
    ? active
    : { id: stretch.edges[0]?.id ?? '', column: 0 }

  // Focus follows once the row is drawn.
  const wanted = useRef<(Place & { edit?: boolean }) | undefined>(undefined)
  useLayoutEffect(() => {
    const place = wanted.current
    const cell = place && find(box.current, place)
    if (!place || !cell) {
      return
    }
    wanted.current = undefined
    const field = editable[place.column]
    const contact = place.edit && field ? (known(place.id) ?? openContact(place.id)) : undefined
    if (contact && field) {
      enter(contact, field)
    } else {
      cell.focus({ preventScroll: true })
    }
  })

  // What is not saved is led back to from elsewhere: in this list if it is there, else in one of that contact alone.
  const led = useStore(leading)
  useLayoutEffect(() => {
    if (!led || !stretch.ready) {
      return
    }
    const index = indexOf(led.id)
    if (index >= 0) {
      leading.set(undefined)
      go({ id: led.id, column: columns.indexOf(led.field) }, index, true)
    } else if (list.only === led.id) {
      leading.set(undefined)
    } else {
      visit(address('/staff/contacts', { contact: led.id }))
    }
  }, [led, stretch])

  // When the row with the focus is gone, the focus goes to the one that has taken its place.
  const inside = useRef<{ id: string; column: number; index: number } | undefined>(undefined)
  useLayoutEffect(() => {
    const was = inside.current
    if (!was || document.activeElement !== document.body) {
      return
    }
    const index = indexOf(was.id)
    if (index >= 0) {
      was.index = index
    } else if (stretch.edges.length > 0) {
      inside.current = undefined
      toIndex(was.index, was.column)
    }
  }, [stretch])

  const go = useCallback(
    (place: Place, index: number, edit = false) => {
      wanted.current = { ...place, edit }
      rows.reveal(index)
      setActive({ ...place })
    },
    [rows.reveal],
  )

  const indexOf = (id: string) => {
    const at = list.stretch.get().edges.findIndex((edge) => edge.id === id)
    return at < 0 ? -1 : at + list.stretch.get().offset
  }

  const toIndex = (index: number, column: number) => {
    const { edges, offset } = list.stretch.get()
    const at = Math.max(0, Math.min(index - offset, edges.length - 1))
    const edge = edges[at]
    if (edge) {
      go({ id: edge.id, column }, at + offset)
    }
  }

  // arrive draws before anything else happens: the focus is never nowhere while a key is on its way.
  function arrive(scroll: () => void, index: number, column: number | undefined) {
    flushSync(() => {})
    flushSync(() => {
      scroll()
      if (column !== undefined) {
        toIndex(index, column)
      }
    })
  }

  // The far end has to be fetched first. Only the last key counts by then, and nobody is taken away from typing.
  const journey = useRef({ latest: 0, under: 0 })
  async function travel(fetch: (() => Promise<void>) | undefined, then: () => void) {
    const mine = ++journey.current.latest
    if (fetch) {
      journey.current.under++
      await fetch()
      journey.current.under--
    }
    if (mine === journey.current.latest && !document.activeElement?.closest('.editor')) {
      then()
    }
  }

  // stay gives up a journey: somebody goes on from where they are.
  function stay() {
    journey.current.latest++
    if (journey.current.under > 0) {
      list.close()
    }
  }

  const toEnd = (column: number | undefined) =>
    travel(list.stretch.get().hasNext || journey.current.under > 0 ? () => list.toEnd() : undefined, () =>
      arrive(() => rows.finish(), list.stretch.get().length - 1, column),
    )

  const toStart = (column: number | undefined) =>
    travel(list.stretch.get().hasPrevious || journey.current.under > 0 ? () => list.toStart() : undefined, () =>
      arrive(() => rows.startOver(), 0, column),
    )

  const move = useCallback(
    (id: string, column: number) => {
      go({ id, column: Math.max(0, Math.min(column, lastColumn)) }, indexOf(id), true)
    },
    [go, list],
  )

  handle.current = {
    indexOf,
    toStart: () => void toStart(undefined),
    atStart: () => rows.first() <= 0,
    occupied: () => steady() !== undefined,
    focus: (id, column, index) => {
      const at = indexOf(id)
      if (at >= 0) {
        go({ id, column }, at)
      } else if (index !== undefined) {
        toIndex(index, column)
      }
    },
  }

  function onKeyDown(event: KeyboardEvent) {
    const cell = (event.target as HTMLElement).closest<HTMLElement>('[data-row]')
    const inside = cell?.dataset.editing !== undefined && event.target !== cell // keys belong to what is open there
    if (!cell || inside || event.altKey || event.metaKey || composing(event)) {
      return
    }
    stay()
    const id = cell.dataset.row!
    const column = Number(cell.dataset.column)
    const index = indexOf(id)
    const aside = (to: number) => go({ id, column: Math.max(0, Math.min(to, lastColumn)) }, index)
    switch (event.key) {
      case 'ArrowUp':
        toIndex(index - 1, column)
        break
      case 'ArrowDown':
        toIndex(index + 1, column)
        break
      case 'PageUp':
        toIndex(index - rows.visible + 1, column)
        break
      case 'PageDown':
        toIndex(index + rows.visible - 1, column)
        break
      case 'ArrowLeft':
        aside(column - 1)
        break
      case 'ArrowRight':
        aside(column + 1)
        break
      case 'Home':
        event.ctrlKey ? void toStart(column) : aside(0)
        break
      case 'End':
        event.ctrlKey ? void toEnd(column) : aside(lastColumn)
        break
      case 'Enter':
      case 'F2': {
        const field = editable[column]
        const contact = field && known(id)
        if (!field || !contact) {
          return
        }
        setActive({ id, column })
        enter(contact, field)
        break
      }
      default:
        return
    }
    event.preventDefault()
  }

  // Home, End and the like scroll the list also from outside of its rows.
  const ends = useRef({ toStart, toEnd, stay })
  ends.current = { toStart, toEnd, stay }
  useEffect(() => {
    function onKey(event: globalThis.KeyboardEvent) {
      const own = 'input, textarea, select, [data-row], [role=dialog], [role=alertdialog]' // these handle their own keys
      if (document.activeElement?.closest(own) || event.altKey || event.metaKey || !box.current) {
        return
      }
      const page = box.current.clientHeight * 0.85
      const steps: Record<string, number> = { PageDown: page, PageUp: -page, ArrowDown: rowHeight, ArrowUp: -rowHeight }
      if (event.key === 'End') {
        void ends.current.toEnd(undefined)
      } else if (event.key === 'Home') {
        void ends.current.toStart(undefined)
      } else if (steps[event.key] !== undefined) {
        box.current.scrollTop += steps[event.key]!
      } else {
        return
      }
      event.preventDefault()
    }
    // A press elsewhere on the page gives up a journey, too: the focus would leave what was pressed, such as the search.
    function onPress(event: PointerEvent) {
      if (!box.current?.contains(event.target as Node)) {
        wanted.current = undefined
        ends.current.stay()
      }
    }
    addEventListener('keydown', onKey)
    addEventListener('pointerdown', onPress)
    return () => {
      removeEventListener('keydown', onKey)
      removeEventListener('pointerdown', onPress)
    }
  }, [rowHeight])

  const loading = !stretch.ready && !unanswered
  const none = unanswered || (stretch.ready && stretch.length === 0)
  return (
    <div
      className="box"
      ref={box}
      data-busy={busy || undefined}
      data-editing={open.length > 0 || undefined}
      onScroll={(event) => {
        if (event.currentTarget.scrollTop === 0 && !stretch.hasPrevious) {
          onStart()
        }
      }}
    >
      <table
        role="grid"
        aria-label="Contacts"
        aria-rowcount={loading ? -1 : stretch.length + 1}
        aria-colcount={columns.length}
        aria-busy={busy || loading}
        className="grid"
        onKeyDown={onKeyDown}
        onPointerDown={stay}
        onFocus={(event) => {
          const cell = event.target.closest<HTMLElement>('[data-row]')
          if (cell && (event.target === cell || !cell.dataset.editing)) {
            const place = { id: cell.dataset.row!, column: Number(cell.dataset.column) }
            inside.current = { ...place, index: indexOf(place.id) }
            setActive((now) => (now.id === place.id && now.column === place.column ? now : place))
          }
        }}
        onBlur={(event) => {
          if (event.target.isConnected) {
            inside.current = undefined
          }
        }}
        onPointerMove={(event) => {
          const row = (event.target as Element).closest('tr')?.querySelector<HTMLElement>('[data-row]')
          hovered.current = row ? { id: row.dataset.row!, at: performance.now() } : undefined
        }}
      >
        <Header sort={sort} searching={list.search !== ''} onSort={onSort} />
        <tbody
          role="rowgroup"
          style={{
            height: loading ? rowHeight * rows.visible : rows.height,
            ['--row' as string]: `${rowHeight}px`,
            ['--phase' as string]: `${rows.phase}px`,
          }}
          data-loading={loading || undefined}
        >
          {loading &&
            Array.from({ length: rows.visible }, (_, index) => <Placeholder key={index} top={index * rowHeight} />)}
          {placed.map(
            ({ key, index, edge, top }) =>
              edge && (
                <Row
                  key={key}
                  id={edge.id}
                  index={index}
                  top={top}
                  active={here.id === edge.id ? here.column : undefined}
                  labelled={cards}
                  search={list.search}
                  move={move}
                  onDelete={onDelete}
                />
              ),
          )}
        </tbody>
      </table>
      {none && empty}
    </div>
  )
}

function find(box: HTMLElement | null, { id, column }: Place): HTMLElement | null {
  return box?.querySelector(`[data-row="${CSS.escape(id)}"][data-column="${column}"]`) ?? null
}

function Header({ sort, searching, onSort }: { sort: Sort; searching: boolean; onSort: (sort: Sort) => void }) {
  const byName = sort === 'name' ? 'ascending' : sort === '-name' ? 'descending' : undefined
  const byActivity = searching ? undefined : sort === 'activity' ? 'ascending' : sort === '' ? 'descending' : undefined
  const nextByName: Sort = sort === 'name' ? '-name' : sort === '-name' && searching ? '' : 'name'
  const head = (column: number, label: ReactNode, order?: 'ascending' | 'descending') => (
    <th
      role="columnheader"
      scope="col"
      aria-colindex={column + 1}
      aria-sort={order}
      className={`cell ${columns[column]}`}
    >
      {label}
    </th>
  )
  return (
    <thead role="rowgroup">
      <tr role="row" className="head" aria-rowindex={1}>
        {head(
          0,
          <button type="button" data-order={byName} onClick={() => onSort(nextByName)}>
            Name
          </button>,
          byName,
        )}
        {head(1, 'Email')}
        {head(2, 'Phone')}
        {head(3, 'Notes')}
        {head(4, 'Channels')}
        {head(
          5,
          searching ? (
            <span title="Matches are sorted by relevance or by name">Last activity</span>
          ) : (
            <button type="button" data-order={byActivity} onClick={() => onSort(sort === '' ? 'activity' : '')}>
              Last activity
            </button>
          ),
          byActivity,
        )}
        {head(6, <span className="unseen">Delete</span>)}
      </tr>
    </thead>
  )
}
