// A cell that turns into an input in place.

import { type FocusEvent, memo, type MouseEvent, useDeferredValue, useLayoutEffect, useRef } from 'react'

import { shownPhone } from '../contact/phone'
import type { ContactRowFragment } from '../generated/graphql'
import { Breakable } from '../shared/breakable'
import { caretAt } from '../shared/caret'
import { copy } from '../shared/clipboard'
import { CopyIcon, MailIcon, PhoneIcon } from '../shared/icons'
import { Marked } from '../shared/marked'
import { t } from '../texts/texts'
import type { Column } from './columns'
import { editKey, type Field, isMasked, isPending, latest, value } from './editing'
import { Editor } from './editor'
import { editing, enter, fieldNames, useEdit, usePlace } from './edits'

const oneLine = 32 // characters of an email that fit on a line of a card, on a phone

/** Move goes from a field on to the next that can be edited, or back to the one before, and opens it. */
export type Move = (id: string, from: Field, backwards: boolean) => void

interface CellProps {
  contact: ContactRowFragment
  field: Exclude<Field, 'name'> & Column
  /** Its number among the columns, from 1. */
  place: number
  /** Whether Tab reaches the cell. */
  active: boolean
  /** Whether the cell names its field, as it has to where there is no head above it. */
  labelled: boolean
  readOnly: boolean
  search: string
  move: Move
}

/** useField is a field of a row that can be edited in place. */
export function useField(contact: ContactRowFragment, field: Field) {
  const edit = useEdit(contact.id, field)
  const key = editKey(contact.id, field)
  const here = usePlace(key) === 'row'
  const open = edit?.draft !== undefined && here
  const pending = edit !== undefined && isPending(edit)
  const cell = useRef<HTMLTableCellElement>(null)
  const back = useRef(false)

  // After Enter or Esc the focus stays with the cell.
  useLayoutEffect(() => {
    if (!open && back.current) {
      back.current = false
      if (document.activeElement === document.body || cell.current?.contains(document.activeElement)) {
        const focusable = cell.current?.dataset.row ? cell.current : cell.current?.querySelector<HTMLElement>('[data-row]')
        focusable?.focus({ preventScroll: true })
      }
    }
  }, [open])

  return {
    draft: open ? edit.draft : undefined,
    edit,
    open,
    pending,
    shown: edit && pending ? latest(edit) : value(contact, field),
    cell,
    onReturn: () => {
      back.current = true
    },
    onBlur: (event: FocusEvent) => {
      const inside = event.relatedTarget instanceof Node && cell.current?.contains(event.relatedTarget)
      if (!inside && document.hasFocus()) {
        editing.leave(key)
      }
    },
  }
}

/** EditableCell shows a field, and on a click or Enter takes a new value for it. */
export const EditableCell = memo(function EditableCell({
  contact,
  field,
  place,
  active,
  labelled,
  readOnly,
  search,
  move,
}: CellProps) {
  const { draft, edit, open, pending, shown, cell, onReturn, onBlur } = useField(contact, field)
  const text = useRef<HTMLSpanElement>(null)
  const settled = useDeferredValue(true, false) // the values are on the screen before what one does with them

  function onClick(event: MouseEvent) {
    const selects = event.shiftKey || event.ctrlKey || event.metaKey
    // Text that was selected by dragging over it is there to be copied.
    const dragged = getSelection()?.isCollapsed === false && getSelection()?.containsNode(event.currentTarget, true)
    if (!readOnly && !selects && !dragged) {
      enter(contact, field, field === 'notes' ? caretAt(text.current, event.clientX, event.clientY) : undefined)
    }
  }

  return (
    <td
      ref={cell}
      role="gridcell"
      aria-colindex={place}
      aria-busy={pending || undefined}
      aria-readonly={readOnly || undefined}
      className={`cell ${field}`}
      data-row={contact.id}
      data-column={field}
      data-field={field}
      data-editing={open || undefined}
      data-pending={pending || undefined}
      tabIndex={active && !open ? 0 : -1}
      onClick={onClick}
      onBlur={onBlur}
    >
      {labelled && (
        <span className="label" aria-hidden>
          {fieldNames[field]}
        </span>
      )}
      {edit && draft ? (
        <Editor
          edit={edit}
          draft={draft.text}
          onReturn={onReturn}
          onTab={(backwards) => move(contact.id, field, backwards)}
        />
      ) : (
        <span
          ref={text}
          className="value"
          data-long={(labelled && field === 'email' && shown.length > oneLine) || undefined}
          dir={field === 'phone' ? 'ltr' : 'auto'}
          title={pending ? t.contacts.table.saving : field === 'phone' ? undefined : shown}
        >
          {field === 'notes' ? shown : field === 'email' && labelled && search === '' ? <Breakable email={shown} /> : <Marked text={field === 'phone' ? shownPhone(shown, contact) : shown} search={search} phone={field === 'phone'} />}
        </span>
      )}
      {!open && !pending && shown !== '' && field !== 'notes' && (
        <>
          <Vouched verified={field === 'email' ? contact.emailVerified : contact.phoneVerified} />
          {settled && !isMasked(shown) && <Tools field={field} value={shown} reachable={active} />}
        </>
      )}
    </td>
  )
})

// Vouched says who vouches for a value.
function Vouched({ verified }: { verified: boolean }) {
  const words = verified ? t.contact.verified : t.contact.typed
  return <span className="vouched" role="img" aria-label={words} title={words} data-verified={verified || undefined} />
}

interface ToolsProps {
  field: 'email' | 'phone'
  value: string
  /** Whether Tab reaches them, from the cell that they are in. */
  reachable: boolean
}

// Tools are what one does with an address or a number: write or call, and copy.
function Tools({ field, value, reachable }: ToolsProps) {
  const { table } = t.contacts
  const [href, label] = field === 'email' ? [mailto(value), table.mail(value)] : [`tel:${value}`, table.call(value)]
  const tabIndex = reachable ? 0 : -1
  return (
    <span className="tools" onClick={(event) => event.stopPropagation()}>
      <a href={href} tabIndex={tabIndex} aria-label={label} title={label}>
        {field === 'email' ? <MailIcon /> : <PhoneIcon />}
      </a>
      <button
        type="button"
        tabIndex={tabIndex}
        aria-label={table.copy(value)}
        title={table.copy(value)}
        onClick={() => copy(value)}
      >
        <CopyIcon />
      </button>
    </span>
  )
}

// What mail programs take for more than an address (RFC 6068) is escaped.
function mailto(email: string): string {
  return `mailto:${encodeURIComponent(email).replaceAll('%40', '@')}`
}
