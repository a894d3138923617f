import { type FocusEvent, type KeyboardEvent, useId, useLayoutEffect, useRef } from 'react'

import { editKey, type Field as Name, isPending, latest, value } from '../contacts/editing'
import { Editor } from '../contacts/editor'
import { editing, enter, fieldNames, useEdit, usePlace } from '../contacts/edits'
import type { ContactRowFragment } from '../generated/graphql'
import { Breakable } from '../shared/breakable'
import { caretAt } from '../shared/caret'
import { t } from '../texts/texts'
import { shownPhone } from './phone'

interface FieldProps {
  contact: ContactRowFragment
  field: Name
  /** Whether the viewer may change it. */
  editable: boolean
}

/** Field is one value of a contact, which turns into an input in place as a cell of the table does. */
export function Field({ contact, field, editable }: FieldProps) {
  const key = editKey(contact.id, field)
  const edit = useEdit(contact.id, field)
  const here = usePlace(key) === 'panel'
  const open = edit?.draft !== undefined && here
  const pending = edit !== undefined && isPending(edit)
  const text = edit && pending ? latest(edit) : value(contact, field)
  const label = useId()
  const shown = useId()
  const box = useRef<HTMLDivElement>(null)
  const span = useRef<HTMLSpanElement>(null)

  // After Enter or Esc the focus stays with the field.
  const back = useRef(false)
  useLayoutEffect(() => {
    if (!open && back.current) {
      back.current = false
      if (document.activeElement === document.body || box.current?.contains(document.activeElement)) {
        box.current?.focus({ preventScroll: true })
      }
    }
  }, [open])

  const begin = (caret?: number) => enter(contact, field, caret, 'panel')

  function left(event: FocusEvent) {
    const inside = event.relatedTarget instanceof Node && box.current?.contains(event.relatedTarget)
    if (open && !inside && document.hasFocus()) {
      editing.leave(key)
    }
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.target === box.current && (event.key === 'Enter' || event.key === 'F2' || event.key === ' ')) {
      event.preventDefault()
      begin()
    }
  }

  const opens = editable && !open
  return (
    <div className="field" data-of={field}>
      <span className="label" id={label}>
        {fieldNames[field]}
      </span>
      <div
        ref={box}
        className="field-value"
        data-field={field}
        data-open={open || undefined}
        data-pending={pending || undefined}
        data-editable={opens || undefined}
        aria-busy={pending || undefined}
        {...(open && { tabIndex: -1 })} // the focus is still here when a refused value opens it
        {...(opens && {
          role: 'button',
          tabIndex: 0,
          'aria-labelledby': `${label} ${shown}`,
          title: pending ? t.contact.saving : t.contact.edit,
          onClick: (event) =>
            begin(field === 'notes' ? caretAt(span.current, event.clientX, event.clientY) : undefined),
          onKeyDown,
        })}
        onBlur={left}
      >
        {open && edit?.draft ? (
          <>
            <Editor
              edit={edit}
              draft={edit.draft.text}
              grows
              onReturn={() => {
                back.current = true
              }}
            />
            {field === 'notes' && <p className="hint keys">{t.contact.notesKeys}</p>}
          </>
        ) : (
          <span ref={span} id={shown} className={text === '' ? 'nothing' : undefined} dir={field === 'phone' ? 'ltr' : 'auto'}>
            {text === '' ? (
              t.contact.empty
            ) : field === 'phone' ? (
              shownPhone(text, contact)
            ) : field === 'email' ? (
              <Breakable email={text} />
            ) : (
              text
            )}
          </span>
        )}
      </div>
      {!open && !pending && text !== '' && (field === 'email' || field === 'phone') && (
        <Vouched verified={field === 'email' ? contact.emailVerified : contact.phoneVerified} />
      )}
    </div>
  )
}

// Vouched says in words who vouches for a value.
function Vouched({ verified }: { verified: boolean }) {
  return (
    <p className="vouched-for" data-verified={verified || undefined}>
      {verified ? t.contact.verified : t.contact.typed}
    </p>
  )
}
