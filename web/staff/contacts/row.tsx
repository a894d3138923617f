import { memo } from 'react'
import { useQuery } from 'urql'

import { OpenButton, useShown } from '../contact/open'
import { type ChannelType, ContactDocument, type ContactRowFragment } from '../generated/graphql'
import { BinIcon, ChannelIcon } from '../shared/icons'
import { Marked } from '../shared/marked'
import { address, Link } from '../shared/route'
import { Ago } from '../shared/time'
import { EditableCell } from './cell'
import { useOpenContact } from './edits'

/** columns are the cells of a row, in order. */
export const columns = ['name', 'email', 'phone', 'notes', 'channels', 'activity', 'actions'] as const

export interface RowProps {
  id: string
  index: number
  top: number
  /** The column that Tab reaches, when it is in this row. */
  active: number | undefined
  /** Whether cells name their fields. */
  labelled: boolean
  search: string
  move: (id: string, column: number) => void
  onOpen: (id: string) => void
  onDelete: (contact: ContactRowFragment) => void
}

/** Row is one contact, as the cache has it now. */
export const Row = memo(function Row({ id, index, top, active, labelled, search, move, onOpen, onDelete }: RowProps) {
  const [{ data }] = useQuery({ query: ContactDocument, variables: { id }, requestPolicy: 'cache-only' })
  const open = useOpenContact(id)
  const contact = data?.contact ?? open
  const shown = useShown(id)
  if (!contact) {
    return <Placeholder top={top} />
  }
  const reach = (column: number) => ({
    'data-row': id,
    'data-column': column,
    tabIndex: active === column ? 0 : -1,
  })
  const cell = (column: number) => ({
    role: 'gridcell',
    'aria-colindex': column + 1,
    className: `cell ${columns[column]}`,
  })
  const editable = (column: 1 | 2 | 3) => (
    <EditableCell
      contact={contact}
      field={columns[column]}
      column={column}
      active={active === column}
      labelled={labelled}
      search={search}
      move={move}
    />
  )
  return (
    <tr
      role="row"
      className="row"
      aria-rowindex={index + 2}
      data-editing={open ? true : undefined}
      data-shown={shown || undefined}
      style={{ transform: `translateY(${top}px)` }}
    >
      <th role="rowheader" aria-colindex={1} className="cell name">
        <Link
          {...reach(0)}
          href={address('/staff/chat', { contact: id })}
          dir="auto"
          data-unnamed={contact.name === null || undefined}
        >
          <Marked text={contact.displayName} search={search} phone={contact.displayName === contact.phone} />
        </Link>
        <OpenButton id={id} name={contact.displayName} onOpen={onOpen} />
      </th>
      {editable(1)}
      {editable(2)}
      {editable(3)}
      <td {...cell(4)} {...reach(4)}>
        <span className="unseen">{contact.identities.length === 0 ? 'none' : ''}</span>
        {channels(contact).map(([type, name]) => (
          <ChannelIcon key={type} type={type} name={name} />
        ))}
      </td>
      <td {...cell(5)} {...reach(5)}>
        {contact.lastActivityAt ? <Ago at={contact.lastActivityAt} /> : <span className="nothing">never</span>}
      </td>
      <td {...cell(6)}>
        <button
          type="button"
          className="quiet"
          aria-label={`Delete ${contact.displayName}`}
          title="Delete"
          {...reach(6)}
          onClick={() => onDelete(contact)}
        >
          <BinIcon />
        </button>
      </td>
    </tr>
  )
})

// channels are the products that the contact writes by, each once, with the channel's name where there is one of a
// kind.
function channels(contact: ContactRowFragment): [ChannelType, string | undefined][] {
  const names = new Map<ChannelType, Set<string>>()
  for (const { channel } of contact.identities) {
    names.set(channel.type, (names.get(channel.type) ?? new Set()).add(channel.name))
  }
  return [...names].map(([type, of]) => [type, [...of].join(', ')])
}

/** Placeholder is a row that is still to come. */
export function Placeholder({ top }: { top: number }) {
  return (
    <tr className="row placeholder" aria-hidden role="presentation" style={{ transform: `translateY(${top}px)` }}>
      {columns.map((column) => (
        <td key={column} className={`cell ${column}`} role="presentation">
          <span className="bar" />
        </td>
      ))}
    </tr>
  )
}
