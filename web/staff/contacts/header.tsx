// The head of the table: what the columns are called, how they are sorted, and how wide they are.

import { type PointerEvent, type ReactNode, useLayoutEffect, useRef } from 'react'

import { useViewer } from '../server/viewer'
import { useStore } from '../shared/store'
import { t } from '../texts/texts'
import { arrange, type Column, layout, sizeable, sized } from './columns'
import { selection } from './selected'
import { reveals, type Sort } from './sort'

interface HeaderProps {
  columns: readonly Column[]
  sort: Sort
  searching: boolean
  /** How many contacts are in the list, as far as it is loaded. */
  held: number
  onSort: (sort: Sort) => void
  onSelectAll: () => void
}

type Order = 'ascending' | 'descending' | undefined

export function Header({ columns, sort, searching, held, onSort, onSelectAll }: HeaderProps) {
  const { table } = t.contacts
  const masked = useViewer()?.masked

  // by is a head that sorts, first in one direction, then in the other.
  function by(first: Sort, then: Sort, label: string, afterwards: Sort = first): [ReactNode, Order] {
    if (searching ? first !== 'name' : masked && reveals(first)) {
      return [
        <span key="label" title={searching ? table.sortedMatches : undefined}>
          {label}
        </span>,
        undefined,
      ]
    }
    const order = orderOf(sort, first, then)
    const next = sort === first ? then : sort === then ? afterwards : first
    return [
      <button key="label" type="button" data-order={order} onClick={() => onSort(next)}>
        {label}
      </button>,
      order,
    ]
  }

  function head(column: Column): [ReactNode, Order] {
    switch (column) {
      case 'select':
        return [<SelectAll key="all" held={held} onSelectAll={onSelectAll} />, undefined]
      case 'name':
        return by('name', '-name', table.columns.name, searching ? '' : 'name')
      case 'email':
        return by('email', '-email', table.columns.email)
      case 'created':
        return by('-created', 'created', table.columns.created)
      case 'activity':
        return by('', 'activity', table.columns.activity)
      case 'actions':
        return [
          <span key="label" className="unseen">
            {table.delete}
          </span>,
          undefined,
        ]
      default:
        return [table.columns[column], undefined]
    }
  }

  return (
    <thead role="rowgroup">
      <tr role="row" className="head" aria-rowindex={1}>
        {columns.map((column, index) => {
          const [label, order] = head(column)
          return (
            <th
              key={column}
              role="columnheader"
              scope="col"
              aria-colindex={index + 1}
              aria-sort={order}
              className={`cell ${column}`}
            >
              {label}
              {(sizeable as readonly Column[]).includes(column) && <Resizer column={column} />}
            </th>
          )
        })}
      </tr>
    </thead>
  )
}

// orderOf is how a column is sorted by one of its two sorts. Times and the other way round: newest first is descending.
function orderOf(sort: Sort, first: Sort, then: Sort): Order {
  if (sort !== first && sort !== then) {
    return undefined
  }
  return sort === '' || sort.startsWith('-') ? 'descending' : 'ascending'
}

function SelectAll({ held, onSelectAll }: { held: number; onSelectAll: () => void }) {
  const { size } = useStore(selection.chosen)
  const box = useRef<HTMLInputElement>(null)
  const all = size > 0 && (selection.every || size >= held)
  useLayoutEffect(() => {
    if (box.current) {
      box.current.indeterminate = size > 0 && !all
    }
  }, [size, all])
  return (
    <input
      ref={box}
      type="checkbox"
      aria-label={t.contacts.selection.selectAll}
      checked={all}
      disabled={held === 0}
      onChange={() => (size > 0 ? selection.clear() : onSelectAll())}
    />
  )
}

// The edge of a column, to be dragged. By keyboard, widths are set in the table's options.
function Resizer({ column }: { column: Column }) {
  function onPointerDown(event: PointerEvent<HTMLElement>) {
    if (event.button !== 0) {
      return
    }
    event.preventDefault()
    event.stopPropagation()
    const edge = event.currentTarget
    edge.setPointerCapture(event.pointerId)
    const towards = getComputedStyle(edge).direction === 'rtl' ? -1 : 1
    const from = event.clientX
    const width = edge.parentElement!.getBoundingClientRect().width
    const before = layout.get()
    const moved = (to: globalThis.PointerEvent) =>
      layout.set(sized(before, column, width + towards * (to.clientX - from)))
    const done = () => {
      edge.removeEventListener('pointermove', moved)
      arrange(layout.get())
    }
    edge.addEventListener('pointermove', moved)
    edge.addEventListener('lostpointercapture', done, { once: true })
  }
  return (
    <span
      className="resizer"
      aria-hidden
      title={t.contacts.table.resize}
      onPointerDown={onPointerDown}
      onDoubleClick={() => arrange(sized(layout.get(), column, undefined))}
    />
  )
}
