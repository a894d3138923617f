import { memo, type MouseEvent } from 'react'
import { useQuery } from 'urql'

import { Avatar } from '../contact/avatar'
import { OpenButton, useShown } from '../contact/open'
import { type ChannelType, ContactDocument, type ContactRowFragment } from '../generated/graphql'
import { BinIcon, ChannelIcon } from '../shared/icons'
import { Marked } from '../shared/marked'
import { address, Link } from '../shared/route'
import { Ago } from '../shared/time'
import { t } from '../texts/texts'
import { EditableCell, type Move, useField } from './cell'
import type { Column } from './columns'
import { Editor } from './editor'
import { useOpenContact } from './edits'
import { selection } from './selected'
import { useSelected } from './selection'

export interface RowProps {
  id: string
  index: number
  top: number
  columns: readonly Column[]
  /** The column that Tab reaches, when it is in this row. */
  active: Column | undefined
  /** Whether cells name their fields. */
  labelled: boolean
  readOnly: boolean
  search: string
  move: Move
  onOpen: (id: string) => void
  onDelete: (contact: ContactRowFragment) => void
}

/** Row is one contact, as the cache has it now. */
export const Row = memo(function Row(props: RowProps) {
  const { id, index, top, columns, active, labelled, readOnly, search, move, onOpen, onDelete } = props
  const [{ data }] = useQuery({ query: ContactDocument, variables: { id }, requestPolicy: 'cache-only' })
  const open = useOpenContact(id)
  const contact = (data?.contact?.id === id ? data.contact : undefined) ?? open
  const shown = useShown(id)
  const selected = useSelected(selection, id)
  if (!contact) {
    return <Placeholder top={top} columns={columns} />
  }
  const cellOf = (column: Column) => ({
    role: 'gridcell',
    'aria-colindex': columns.indexOf(column) + 1,
    className: `cell ${column}`,
  })
  const reach = (column: Column) => ({
    'data-row': id,
    'data-column': column,
    tabIndex: active === column ? 0 : -1,
  })

  function draw(column: Column) {
    switch (column) {
      case 'select':
        return (
          <td key={column} {...cellOf(column)}>
            <input
              type="checkbox"
              aria-label={t.contacts.selection.select(contact!.displayName)}
              checked={selected}
              {...reach(column)}
              onChange={() => {}} // the grid selects: it knows ranges
            />
          </td>
        )
      case 'name':
        return (
          <NameCell
            key={column}
            contact={contact!}
            place={columns.indexOf(column) + 1}
            active={active === column}
            search={search}
            move={move}
            onOpen={onOpen}
          />
        )
      case 'email':
      case 'phone':
      case 'notes':
        return (
          <EditableCell
            key={column}
            contact={contact!}
            field={column}
            place={columns.indexOf(column) + 1}
            active={active === column}
            labelled={labelled}
            readOnly={readOnly}
            search={search}
            move={move}
          />
        )
      case 'channels':
        return (
          <td key={column} {...cellOf(column)} {...reach(column)}>
            <span className="unseen">{contact!.identities.length === 0 ? t.contacts.table.none : ''}</span>
            {channels(contact!).map(([type, name]) => (
              <span key={type} className="channel" data-type={type}>
                <ChannelIcon type={type} name={name} />
              </span>
            ))}
          </td>
        )
      case 'created':
        return (
          <td key={column} {...cellOf(column)} {...reach(column)}>
            <Ago at={contact!.createdAt} />
          </td>
        )
      case 'activity':
        return (
          <td key={column} {...cellOf(column)} {...reach(column)}>
            {contact!.lastActivityAt ? (
              <Ago at={contact!.lastActivityAt} />
            ) : (
              <span className="nothing">{t.contacts.table.never}</span>
            )}
          </td>
        )
      case 'actions':
        return (
          <td key={column} {...cellOf(column)}>
            <button
              type="button"
              className="quiet"
              aria-label={t.contacts.table.deleteName(contact!.displayName)}
              title={t.contacts.table.delete}
              {...reach(column)}
              onClick={() => onDelete(contact!)}
            >
              <BinIcon />
            </button>
          </td>
        )
    }
  }

  return (
    <tr
      role="row"
      className="row"
      aria-rowindex={index + 2}
      aria-selected={readOnly ? undefined : selected}
      data-editing={open ? true : undefined}
      data-shown={shown || undefined}
      style={{ transform: `translateY(${top}px)` }}
    >
      {columns.map(draw)}
    </tr>
  )
})

interface NameProps {
  contact: ContactRowFragment
  place: number
  active: boolean
  search: string
  move: Move
  onOpen: (id: string) => void
}

// The name leads to the sessions; F2 edits it.
function NameCell({ contact, place, active, search, move, onOpen }: NameProps) {
  const { draft, edit, open, pending, shown, cell, onReturn, onBlur } = useField(contact, 'name')
  const { id, displayName, name, phone } = contact
  const text = pending && shown !== '' ? shown : displayName

  // With a key held, a press selects the row; a link would open elsewhere.
  function onClick(event: MouseEvent) {
    if (event.shiftKey) {
      event.preventDefault()
    }
  }

  return (
    <th
      ref={cell}
      role="rowheader"
      aria-colindex={place}
      aria-busy={pending || undefined}
      className="cell name"
      data-field="name"
      data-pending={pending || undefined}
      onBlur={onBlur}
      {...(open && { 'data-row': id, 'data-column': 'name', 'data-editing': true, tabIndex: -1 })}
    >
      <Avatar id={id} name={text} />
      {edit && draft ? (
        <Editor edit={edit} draft={draft.text} onReturn={onReturn} onTab={(backwards) => move(id, 'name', backwards)} />
      ) : (
        <>
          <Link
            data-row={id}
            data-column="name"
            tabIndex={active ? 0 : -1}
            href={address('/staff/chat', { contact: id })}
            dir="auto"
            data-unnamed={name === null || undefined}
            onClick={onClick}
          >
            <Marked text={text} search={search} phone={text === phone} />
          </Link>
          <OpenButton id={id} name={displayName} onOpen={onOpen} />
        </>
      )}
    </th>
  )
}

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
export function Placeholder({ top, columns }: { top: number; columns: readonly Column[] }) {
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
