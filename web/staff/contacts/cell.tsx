// A cell that turns into an input in place.

import { type FocusEvent, memo, type MouseEvent, useLayoutEffect, useRef } from 'react'

import type { ContactRowFragment } from '../generated/graphql'
import { caretAt } from '../shared/caret'
import { Marked } from '../shared/marked'
import { t } from '../texts/texts'
import { editKey, type Field, isPending, latest, value } from './editing'
import { Editor } from './editor'
import { editing, enter, fieldNames, useEdit, usePlace } from './edits'

interface CellProps {
  contact: ContactRowFragment
  field: Field
  column: number
  /** Whether Tab reaches the cell. */
  active: boolean
  /** Whether the cell names its field, as it has to where there is no head above it. */
  labelled: boolean
  search: string
  /** move goes to the cell beside this one, opening it where that can be. */
  move: (id: string, column: number) => void
}

/** EditableCell shows a field, and on a click or Enter takes a new value for it. */
export const EditableCell = memo(function EditableCell({
  contact,
  field,
  column,
  active,
  labelled,
  search,
  move,
}: CellProps) {
  const edit = useEdit(contact.id, field)
  const here = usePlace(editKey(contact.id, field)) === 'row'
  const open = edit?.draft !== undefined && here
  const pending = edit !== undefined && isPending(edit)
  const shown = edit && pending ? latest(edit) : value(contact, field)
  const cell = useRef<HTMLTableCellElement>(null)
  const text = useRef<HTMLSpanElement>(null)
  const back = useRef(false)

  // After Enter or Esc the focus stays with the cell.
  useLayoutEffect(() => {
    if (!open && back.current) {
      back.current = false
      if (document.activeElement === document.body || cell.current?.contains(document.activeElement)) {
        cell.current?.focus({ preventScroll: true })
      }
    }
  }, [open])

  function left(event: FocusEvent) {
    const inside = event.relatedTarget instanceof Node && cell.current?.contains(event.relatedTarget)
    if (!inside && document.hasFocus()) {
      editing.leave(editKey(contact.id, field))
    }
  }

  function onClick(event: MouseEvent) {
    enter(contact, field, field === 'notes' ? caretAt(text.current, event.clientX, event.clientY) : undefined)
  }

  return (
    <td
      ref={cell}
      role="gridcell"
      aria-colindex={column + 1}
      aria-busy={pending || undefined}
      className={`cell ${field}`}
      data-row={contact.id}
      data-column={column}
      data-field={field}
      data-editing={open || undefined}
      data-pending={pending || undefined}
      tabIndex={active && !open ? 0 : -1}
      onClick={onClick}
      onBlur={left}
    >
      {labelled && (
        <span className="label" aria-hidden>
          {fieldNames[field]}
        </span>
      )}
      {edit?.draft && here ? (
        <Editor
          edit={edit}
          draft={edit.draft.text}
          onReturn={() => {
            back.current = true
          }}
          onTab={(backwards) => move(contact.id, column + (backwards ? -1 : 1))}
        />
      ) : (
        <span
          ref={text}
          className="value"
          dir={field === 'phone' ? 'ltr' : 'auto'}
          title={pending ? 'Saving …' : field === 'phone' ? undefined : shown}
        >
          {field === 'notes' ? shown : <Marked text={shown} search={search} phone={field === 'phone'} />}
        </span>
      )}
      {!open && !pending && shown !== '' && field !== 'notes' && (
        <Vouched verified={field === 'email' ? contact.emailVerified : contact.phoneVerified} />
      )}
    </td>
  )
})

// Vouched says who vouches for a value.
function Vouched({ verified }: { verified: boolean }) {
  const words = verified ? t.contact.verified : t.contact.typed
  return <span className="vouched" role="img" aria-label={words} title={words} data-verified={verified || undefined} />
}
