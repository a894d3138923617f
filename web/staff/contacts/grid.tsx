// The table of contacts: the rows on the screen, of a list that may be long, and how the keyboard goes about in it.

import {
  type ClipboardEvent,
  type KeyboardEvent,
  type MouseEvent,
  type ReactNode,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react'
import { flushSync } from 'react-dom'

import { shown } from '../contact/place'
import type { ContactRowFragment } from '../generated/graphql'
import { useRows } from '../list/rows'
import { announce } from '../shared/announce'
import { composing } from '../shared/composing'
import { cardsOnly, useMedia, useRem } from '../shared/media'
import { address, go as visit } from '../shared/route'
import { useSteady } from '../shared/steady'
import { useStore } from '../shared/store'
import { t } from '../texts/texts'
import type { Move } from './cell'
import { type Column, columns as allColumns, template, useLayout } from './columns'
import { editKey, type Field, value } from './editing'
import { editing, enter, leading, openContact, useOpenContacts } from './edits'
import { Header } from './header'
import { known } from './known'
import type { Contacts } from './lists'
import { Placeholder, Row } from './row'
import { selection } from './selected'
import type { Sort } from './sort'

// The fields that Tab goes through, and that a letter opens. The name is opened by F2 alone: it leads to the sessions.
const fields: readonly Column[] = ['email', 'phone', 'notes']
const isField = (column: Column | undefined): column is Exclude<Field, 'name'> =>
  column !== undefined && fields.includes(column)

interface Place {
  id: string
  column: Column
}

interface GridProps {
  list: Contacts
  sort: Sort
  /** The columns that are hidden. */
  hidden: readonly Column[]
  /** Whether the viewer may read only. */
  readOnly: boolean
  /** Whether a newer answer is on its way. */
  busy: boolean
  onSort: (sort: Sort) => void
  /** onOpen shows a contact whole. */
  onOpen: (id: string) => void
  onDelete: (contact: ContactRowFragment) => void
  /** onSelectAll selects all that match. */
  onSelectAll: () => void
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
  focus: (id: string, column: Column, index?: number) => void
  /** focusActive goes to the cell that Tab would reach. */
  focusActive: () => void
  indexOf: (id: string) => number
  /** reveal scrolls to the row of this number. */
  reveal: (index: number) => void
  toStart: () => void
  atStart: () => boolean
  /** occupied reports whether somebody is editing a row, which then stays where it is. */
  occupied: () => boolean
}

export function Grid({
  list,
  sort,
  hidden,
  readOnly,
  busy,
  onSort,
  onOpen,
  onDelete,
  onSelectAll,
  unanswered,
  empty,
  onStart,
  handle,
}: GridProps) {
  const box = useRef<HTMLDivElement>(null)
  const cards = useMedia(cardsOnly)
  const rem = useRem()
  const touched = useMedia('(pointer: coarse)')
  const layout = useLayout()
  const rowHeight = Math.round((cards ? 12 : layout.dense && !touched ? 32 / 15 : 44 / 15) * rem)
  const columns = useMemo(
    () =>
      allColumns.filter((each) =>
        each === 'select' || each === 'actions' ? !readOnly : cards ? each !== 'created' : !hidden.includes(each),
      ),
    [readOnly, cards, hidden],
  )
  const tracks = useMemo(() => template(layout, columns), [layout, columns])

  const open = useOpenContacts()
  const [active, setActive] = useState<Place>({ id: '', column: 'name' })
  const hovered = useRef<string | undefined>(undefined)
  const keep = useMemo(
    () => [...new Set([...open, active.id])],
    [open, active.id],
  )
  const steady = useCallback(() => {
    const focused = document.activeElement?.closest<HTMLElement>('[data-row]')?.dataset.row
    return focused ?? hovered.current
  }, [])
  const rows = useRows(list, box, rowHeight, keep, steady, open.length > 0)
  const { stretch, placed } = rows
  const here: Place = stretch.edges.some((edge) => edge.id === active.id)
    ? { id: active.id, column: columns.includes(active.column) ? active.column : 'name' }
    : { id: stretch.edges[0]?.id ?? '', column: 'name' }

  // Focus follows once the row is drawn.
  const wanted = useRef<(Place & { edit?: boolean }) | undefined>(undefined)
  useLayoutEffect(() => {
    const place = wanted.current
    const cell = place && find(box.current, place)
    if (!place || !cell) {
      return
    }
    wanted.current = undefined
    const contact = place.edit && isField(place.column) ? (known(place.id) ?? openContact(place.id)) : undefined
    if (contact && isField(place.column)) {
      enter(contact, place.column)
    } else {
      cell.focus({ preventScroll: true })
    }
  })

  // What is not saved is led back to from elsewhere: in this list if it is there, else in one of that contact alone.
  const led = useStore(leading)
  useLayoutEffect(() => {
    if (!led || !stretch.ready || led.field === 'name' || shown.get() !== '') {
      return // where a contact is shown whole, it is led back to there
    }
    const index = indexOf(led.id)
    if (index >= 0) {
      leading.set(undefined)
      go({ id: led.id, column: led.field }, index, true)
    } else if (list.only === led.id) {
      leading.set(undefined)
    } else {
      visit(address('/staff/contacts', { contact: led.id }))
    }
  }, [led, stretch])

  // When the row with the focus is gone, the focus goes to the one that has taken its place.
  const inside = useRef<(Place & { index: number }) | undefined>(undefined)
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

  const toIndex = (index: number, column: Column) => {
    const { edges, offset } = list.stretch.get()
    const at = Math.max(0, Math.min(index - offset, edges.length - 1))
    const edge = edges[at]
    if (edge) {
      go({ id: edge.id, column }, at + offset)
    }
  }

  // arrive draws before anything else happens: the focus is never nowhere while a key is on its way.
  function arrive(scroll: () => void, index: number, column: Column | undefined) {
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

  const toEnd = (column: Column | undefined) =>
    travel(list.stretch.get().hasNext || journey.current.under > 0 ? () => list.toEnd() : undefined, () =>
      arrive(() => rows.finish(), list.stretch.get().length - 1, column),
    )

  const toStart = (column: Column | undefined) =>
    travel(list.stretch.get().hasPrevious || journey.current.under > 0 ? () => list.toStart() : undefined, () =>
      arrive(() => rows.startOver(), 0, column),
    )

  // move goes on over the end of a row, to the next one that is there.
  const move: Move = (id, from, backwards) => {
    const row = columns.filter(isField)
    const at = from === 'name' ? (backwards ? 0 : -1) : row.indexOf(from)
    const to = row[at + (backwards ? -1 : 1)]
    if (to) {
      go({ id, column: to }, indexOf(id), true)
      return
    }
    const { edges } = list.stretch.get()
    const beside = edges[edges.findIndex((edge) => edge.id === id) + (backwards ? -1 : 1)]
    const column = backwards ? row.at(-1) : row[0]
    if (beside && column) {
      go({ id: beside.id, column }, indexOf(beside.id), true)
    } else {
      const last = columns.indexOf(from) + (backwards ? -1 : 1)
      go({ id, column: columns[Math.max(0, Math.min(last, columns.length - 1))]! }, indexOf(id))
    }
  }

  // Rows are drawn again only where something changed in them.
  const inRow = { move: useSteady(move), onOpen: useSteady(onOpen), onDelete: useSteady(onDelete) }

  // select selects a row, or all from the one where the selection began.
  function select(id: string, range: boolean) {
    const { edges } = list.stretch.get()
    const contact = known(id)
    const from = edges.findIndex((edge) => edge.id === selection.anchor)
    const to = edges.findIndex((edge) => edge.id === id)
    if (range && from >= 0 && to >= 0) {
      const between = edges.slice(Math.min(from, to), Math.max(from, to) + 1)
      const contacts = between.flatMap((edge) => known(edge.id) ?? [])
      selection.range(from <= to ? contacts : contacts.reverse())
    } else if (contact) {
      selection.toggle(contact)
    }
  }

  function extend(id: string, by: 1 | -1, column: Column) {
    const { edges } = list.stretch.get()
    if (selection.anchor === undefined || !edges.some((edge) => edge.id === selection.anchor)) {
      select(id, false)
    }
    const next = edges[edges.findIndex((edge) => edge.id === id) + by]
    if (next) {
      select(next.id, true)
      go({ id: next.id, column }, indexOf(next.id))
    }
  }

  handle.current = {
    focusActive: () => {
      const at = Math.max(indexOf(here.id), 0)
      toIndex(at, here.column)
    },
    indexOf,
    reveal: rows.reveal,
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

  // open opens a field for typing. What is typed replaces its value, or goes on behind it.
  function openFor(id: string, field: Field, how: 'replace' | 'goOn') {
    const contact = known(id)
    if (!contact || readOnly) {
      return false
    }
    setActive({ id, column: field })
    flushSync(() => enter(contact, field, how === 'goOn' ? Infinity : undefined))
    if (how === 'replace' && document.activeElement instanceof HTMLTextAreaElement) {
      document.activeElement.select()
    }
    return true
  }

  // put saves a value without opening the field.
  function put(id: string, field: Field, text: string) {
    const contact = known(id)
    if (contact && !readOnly) {
      const key = editKey(id, field)
      editing.begin(contact, field)
      editing.type(key, text)
      editing.commit(key)
    }
  }

  function onKeyDown(event: KeyboardEvent) {
    const target = event.target as HTMLElement
    const cell = target.closest<HTMLElement>('[data-row]')
    const inside = cell?.dataset.editing !== undefined && target !== cell // keys belong to what is open there
    if (!cell || inside || event.altKey) {
      return
    }
    const id = cell.dataset.row!
    const column = cell.dataset.column as Column
    // A key of an input method opens the field before it has made a letter.
    if (target === cell && isField(column) && composing(event) && !event.nativeEvent.isComposing) {
      openFor(id, column, 'replace')
      return
    }
    if (composing(event)) {
      return
    }
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'a' && !event.shiftKey && !readOnly) {
      event.preventDefault()
      onSelectAll()
      return
    }
    if (event.metaKey) {
      return
    }
    stay()
    const index = indexOf(id)
    const place = columns.indexOf(column)
    const aside = (to: number) =>
      go({ id, column: columns[Math.max(0, Math.min(to, columns.length - 1))]! }, index)
    const pressed = target !== cell || target instanceof HTMLButtonElement // a button or a link does its own
    const extending = event.shiftKey && !readOnly
    switch (event.key) {
      case 'ArrowUp':
        extending ? extend(id, -1, column) : toIndex(index - 1, column)
        break
      case 'ArrowDown':
        extending ? extend(id, 1, column) : toIndex(index + 1, column)
        break
      case 'PageUp':
        toIndex(index - rows.visible + 1, column)
        break
      case 'PageDown':
        toIndex(index + rows.visible - 1, column)
        break
      case 'ArrowLeft':
        aside(place - 1)
        break
      case 'ArrowRight':
        aside(place + 1)
        break
      case 'Home':
        event.ctrlKey ? void toStart(column) : aside(0)
        break
      case 'End':
        event.ctrlKey ? void toEnd(column) : aside(columns.length - 1)
        break
      case ' ':
        if (pressed || readOnly) {
          return
        }
        select(id, event.shiftKey)
        break
      case 'Escape':
        if (selection.chosen.get().size === 0) {
          return
        }
        selection.clear()
        break
      case 'Enter':
        if (event.shiftKey && !pressed) {
          onOpen(id)
          break
        }
        if (pressed || !isField(column) || !openFor(id, column, 'goOn')) {
          return
        }
        break
      case 'F2':
        if (!(isField(column) || column === 'name') || !openFor(id, column, 'goOn')) {
          return
        }
        break
      case 'Delete':
      case 'Backspace':
        if (pressed || !isField(column)) {
          return
        }
        put(id, column, '')
        break
      default:
        // The letter itself goes into the input that is there by then.
        if (!pressed && isField(column) && !event.ctrlKey && (event.key.length === 1 || event.key === 'Dead')) {
          openFor(id, column, 'replace')
        }
        return
    }
    event.preventDefault()
  }

  // fieldAt is the closed field that has the focus, when nothing on the page is selected instead.
  function fieldAt(event: ClipboardEvent): Place | undefined {
    const cell = (event.target as HTMLElement).closest<HTMLElement>('[data-row]')
    if (!cell || cell.dataset.editing !== undefined || getSelection()?.isCollapsed === false) {
      return undefined
    }
    return { id: cell.dataset.row!, column: cell.dataset.column as Column }
  }

  function onCopy(event: ClipboardEvent) {
    const at = fieldAt(event)
    const contact = at && known(at.id)
    if (contact && (isField(at.column) || at.column === 'name')) {
      const text = at.column === 'name' ? contact.displayName : value(contact, at.column)
      event.clipboardData.setData('text/plain', text)
      event.preventDefault()
      announce(text === '' ? t.contacts.table.nothingCopied : t.contacts.table.copied(text))
    }
  }

  function onPaste(event: ClipboardEvent) {
    const at = fieldAt(event)
    const text = event.clipboardData.getData('text/plain')
    if (at && isField(at.column) && text !== '') {
      event.preventDefault()
      put(at.id, at.column, at.column === 'notes' ? text : text.trim())
    }
  }

  function onClick(event: MouseEvent) {
    const target = event.target as HTMLElement
    const id = target.closest('tr')?.querySelector<HTMLElement>('[data-row]')?.dataset.row
    const onBox = target.closest('.cell.select') !== null
    const held = event.shiftKey || ((event.ctrlKey || event.metaKey) && !target.closest('a'))
    if (!id || readOnly || target.closest('.editor, thead') || !(onBox || held)) {
      return
    }
    if (held && !onBox) {
      event.preventDefault()
    }
    select(id, event.shiftKey)
  }

  // Home, End and the like scroll the list also from outside of its rows.
  const ends = useRef({ toStart, toEnd, stay })
  ends.current = { toStart, toEnd, stay }
  useEffect(() => {
    function onKey(event: globalThis.KeyboardEvent) {
      const own =
        'input, textarea, select, [data-row], .beside, [role=alertdialog], [role=dialog]' // these handle their own keys
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
        aria-multiselectable={!readOnly || undefined}
        aria-readonly={readOnly || undefined}
        aria-busy={busy || loading}
        className="grid"
        data-dense={layout.dense || undefined}
        style={{ ['--columns' as string]: tracks.columns, ['--least' as string]: tracks.least }}
        onKeyDown={onKeyDown}
        onCopy={onCopy}
        onPaste={onPaste}
        onClick={onClick}
        onMouseDown={(event) => {
          // A range of rows is wanted, not of letters.
          if (event.shiftKey && !(event.target as HTMLElement).closest('.editor')) {
            event.preventDefault()
          }
        }}
        onPointerDown={stay}
        onFocus={(event) => {
          const cell = event.target.closest<HTMLElement>('[data-row]')
          if (cell && (event.target === cell || !cell.dataset.editing)) {
            const place = { id: cell.dataset.row!, column: cell.dataset.column as Column }
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
          hovered.current = row?.dataset.row
        }}
        onPointerLeave={() => {
          hovered.current = undefined
        }}
      >
        <Header
          columns={columns}
          sort={sort}
          searching={list.search !== ''}
          held={stretch.length}
          onSort={onSort}
          onSelectAll={onSelectAll}
        />
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
            Array.from({ length: rows.visible }, (_, index) => (
              <Placeholder key={index} top={index * rowHeight} columns={columns} />
            ))}
          {placed.map(
            ({ key, index, edge, top }) =>
              edge && (
                <Row
                  key={key}
                  id={edge.id}
                  index={index}
                  top={top}
                  columns={columns}
                  active={here.id === edge.id ? here.column : undefined}
                  labelled={cards}
                  readOnly={readOnly}
                  search={list.search}
                  {...inRow}
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
