// A cell that turns into an input where it stands.

import { type FocusEvent, type KeyboardEvent, memo, useId, useLayoutEffect, useRef } from 'react'

import type { ContactRowFragment } from '../generated/graphql'
import { address, Link } from '../shared/route'
import { Marked } from '../shared/marked'
import { begin, type Edit, editKey, type Field, fieldNames, giveUp, leave, save, type, useEdit, value } from './edits'
import { removeEverywhere } from './lists'

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
  const cell = useRef<HTMLTableCellElement>(null)
  const back = useRef(false)

  // After Enter or Esc the focus stays with the cell.
  useLayoutEffect(() => {
    if (!edit && back.current) {
      back.current = false
      if (document.activeElement === document.body || cell.current?.contains(document.activeElement)) {
        cell.current?.focus({ preventScroll: true })
      }
    }
  }, [edit])

  function left(event: FocusEvent) {
    const inside = event.relatedTarget instanceof Node && cell.current?.contains(event.relatedTarget)
    if (edit && !inside && document.hasFocus()) {
      leave(editKey(contact.id, field))
    }
  }

  return (
    <td
      ref={cell}
      role="gridcell"
      aria-colindex={column + 1}
      className={`cell ${field}`}
      data-row={contact.id}
      data-column={column}
      data-editing={edit ? true : undefined}
      tabIndex={edit ? undefined : active ? 0 : -1}
      onClick={() => begin(contact, field)}
      onBlur={left}
    >
      {labelled && (
        <span className="label" aria-hidden>
          {fieldNames[field]}
        </span>
      )}
      {edit ? (
        <Editor
          edit={edit}
          onReturn={() => {
            back.current = true
          }}
          onTab={(backwards) => move(contact.id, column + (backwards ? -1 : 1))}
        />
      ) : (
        <span
          className="value"
          dir={field === 'phone' ? 'ltr' : 'auto'}
          title={field === 'phone' ? undefined : value(contact, field)}
        >
          <Shown contact={contact} field={field} search={search} />
        </span>
      )}
    </td>
  )
})

function Shown({ contact, field, search }: { contact: ContactRowFragment; field: Field; search: string }) {
  const text = value(contact, field)
  return field === 'notes' ? text : <Marked text={text} search={search} phone={field === 'phone'} />
}

interface EditorProps {
  edit: Edit
  /** onReturn is called when the focus should go back to the cell. */
  onReturn: () => void
  onTab: (backwards: boolean) => void
}

function Editor({ edit, onReturn, onTab }: EditorProps) {
  const { field, contact, draft, state } = edit
  const key = editKey(contact.id, field)
  const message = useId()
  const input = useRef<HTMLInputElement & HTMLTextAreaElement>(null)

  useLayoutEffect(() => {
    if (state === 'open') {
      input.current?.focus({ preventScroll: true })
      input.current?.select()
    }
    // Only when it opens.
  }, [])

  function onKeyDown(event: KeyboardEvent) {
    if (event.nativeEvent.isComposing) {
      return
    }
    if (event.key === 'Escape') {
      onReturn()
      giveUp(key)
    } else if (event.key === 'Enter' && !(event.shiftKey && field === 'notes')) {
      event.preventDefault()
      onReturn()
      void save(key)
    } else if (event.key === 'Tab' && event.target === input.current && (!troubled(edit) || edit.draft !== edit.sent)) {
      // With an answer below the input, Tab goes to its buttons, as everywhere else.
      event.preventDefault()
      void save(key)
      onTab(event.shiftKey)
    } else {
      return
    }
    event.stopPropagation()
  }

  const common = {
    ref: input,
    value: draft,
    dir: field === 'phone' ? 'ltr' : 'auto',
    'aria-label': `${fieldNames[field]} of ${contact.displayName}`,
    'aria-invalid': troubled(edit) || undefined,
    'aria-describedby': troubled(edit) ? message : undefined,
    'aria-busy': state === 'saving' || undefined,
    autoComplete: 'off',
    spellCheck: field === 'notes',
    onChange: (event: { currentTarget: { value: string } }) => type(key, event.currentTarget.value),
  }
  return (
    <div className="editor" data-state={state} onKeyDown={onKeyDown} onClick={(event) => event.stopPropagation()}>
      {field === 'notes' ? (
        <textarea {...common} rows={3} aria-multiline />
      ) : (
        <input {...common} type="text" inputMode={field === 'email' ? 'email' : 'tel'} />
      )}
      {troubled(edit) && (
        <div className="trouble" id={message} role="alert">
          <Trouble edit={edit} onReturn={onReturn} />
        </div>
      )}
    </div>
  )
}

function troubled({ state }: Edit): boolean {
  return state !== 'open' && state !== 'saving'
}

function Trouble({ edit, onReturn }: { edit: Edit; onReturn: () => void }) {
  const { field, contact, state, message, other } = edit
  const key = editKey(contact.id, field)
  function then(act: () => void) {
    return () => {
      onReturn()
      act()
    }
  }
  switch (state) {
    case 'taken':
      return (
        <>
          <p>
            {other ? <Belongs message={message ?? ''} name={other.displayName} to={value(other, field)} /> : message}
          </p>
          <button type="button" onClick={then(() => void save(key, { duplicate: true }))}>
            Save anyway
          </button>
        </>
      )
    case 'conflict':
      return (
        <>
          <p>
            Somebody else changed this to <strong dir="auto">{(other && value(other, field)) || 'nothing'}</strong>{' '}
            meanwhile.
          </p>
          <button type="button" onClick={then(() => void save(key, { overwrite: true }))}>
            Keep mine
          </button>
          <button type="button" onClick={then(() => giveUp(key))}>
            Take theirs
          </button>
        </>
      )
    case 'unreachable':
      return (
        <>
          <p>{message}</p>
          <button type="button" onClick={then(() => void save(key))}>
            Try again
          </button>
        </>
      )
    case 'gone':
      return (
        <>
          <p>This contact was deleted meanwhile. What you typed is still here to copy.</p>
          <button
            type="button"
            onClick={() => {
              giveUp(key)
              removeEverywhere(contact.id)
            }}
          >
            Discard
          </button>
        </>
      )
    default:
      return <p>{message}</p>
  }
}

// Belongs is the server's sentence, the other contact's name in it a link to them.
function Belongs({ message, name, to }: { message: string; name: string; to: string }) {
  const [before, after] = message.includes(name) ? message.split(name, 2) : [message, '']
  return (
    <>
      {before}
      <Link href={address('/staff/contacts', { search: to })} dir="auto">
        {name}
      </Link>
      {after}
    </>
  )
}
