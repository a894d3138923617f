// A cell that turns into an input in place.

import { type FocusEvent, type KeyboardEvent, memo, type MouseEvent, useId, useLayoutEffect, useRef } from 'react'

import type { ContactRowFragment } from '../generated/graphql'
import { caretAt } from '../shared/caret'
import { composing } from '../shared/composing'
import { Marked } from '../shared/marked'
import { address, Link } from '../shared/route'
import { useStore } from '../shared/store'
import { type Edit, editKey, type Field, isPending, latest, type Problem, value } from './editing'
import { editing, enter, entering, fieldNames, useEdit } from './edits'

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
  const open = edit?.draft !== undefined
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
      {edit?.draft ? (
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
  const words = verified ? 'Verified by channel or staff' : 'Typed by the customer'
  return <span className="vouched" role="img" aria-label={words} title={words} data-verified={verified || undefined} />
}

interface EditorProps {
  edit: Edit
  draft: string
  /** onReturn is called when the focus should go back to the cell. */
  onReturn: () => void
  onTab: (backwards: boolean) => void
}

function Editor({ edit, draft, onReturn, onTab }: EditorProps) {
  const { key, field, contact, problem } = edit
  const message = useId()
  const input = useRef<HTMLInputElement & HTMLTextAreaElement>(null)

  // The focus comes when it is sent here, and when the server refused while it waited at the cell.
  const wanted = useStore(entering)
  useLayoutEffect(() => {
    const here = wanted?.key === key
    if (here) {
      entering.set(undefined)
    }
    if (input.current && (here || input.current.closest('td') === document.activeElement)) {
      place(input.current, wanted?.caret, field === 'notes' || problem !== undefined)
    }
  }, [wanted])

  function onKeyDown(event: KeyboardEvent) {
    if (composing(event)) {
      return
    }
    // On the buttons below the input, Enter and Tab work as everywhere else.
    const typing = event.target === input.current
    if (event.key === 'Escape') {
      onReturn()
      editing.giveUp(key)
    } else if (event.key === 'Enter' && typing && !(event.shiftKey && field === 'notes')) {
      event.preventDefault()
      onReturn()
      editing.commit(key)
    } else if (event.key === 'Tab' && typing && draft !== problem?.text) {
      event.preventDefault()
      editing.commit(key)
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
    'aria-invalid': problem !== undefined || undefined,
    'aria-describedby': problem && message,
    autoComplete: 'off',
    spellCheck: field === 'notes',
    onChange: (event: { currentTarget: { value: string } }) => editing.type(key, event.currentTarget.value),
  }
  return (
    <div className="editor" onKeyDown={onKeyDown} onClick={(event) => event.stopPropagation()}>
      {field === 'notes' ? (
        <textarea {...common} rows={3} aria-multiline />
      ) : (
        <input {...common} type="text" inputMode={field === 'email' ? 'email' : 'tel'} />
      )}
      {problem && (
        <div className="trouble" id={message} role="alert" tabIndex={-1}>
          <Trouble edit={edit} problem={problem} onReturn={onReturn} />
        </div>
      )}
    </div>
  )
}

// place puts the focus into an input. A new email or phone replaces the one before; notes, and what was turned down,
// are gone on with.
function place(input: HTMLInputElement | HTMLTextAreaElement, caret: number | undefined, goOn: boolean): void {
  if (document.activeElement === input) {
    return
  }
  input.focus({ preventScroll: true })
  if (goOn) {
    const at = Math.min(caret ?? input.value.length, input.value.length)
    input.setSelectionRange(at, at)
    if (caret === undefined) {
      input.scrollTop = input.scrollHeight
    }
  } else {
    input.select()
  }
}

const unusualEmail = 'Invalid email format by the rules of mail. If the mailbox exists, save it anyway.'
const unusualPhone = 'Invalid phone number for its country. If it is right, save it anyway.'

interface TroubleProps {
  edit: Edit
  problem: Problem
  onReturn: () => void
}

function Trouble({ edit: { key, field }, problem: { kind, message, other }, onReturn }: TroubleProps) {
  const button = (label: string, act: () => void) => (
    <button
      type="button"
      onClick={() => {
        onReturn()
        act()
      }}
    >
      {label}
    </button>
  )
  switch (kind) {
    case 'taken':
      return (
        <>
          <p>{other ? <Belongs message={message} name={other.displayName} to={value(other, field)} /> : message}</p>
          {button('Save anyway', () => editing.commit(key, { duplicate: true }))}
        </>
      )
    case 'unusual':
      return (
        <>
          <p>{field === 'email' ? unusualEmail : unusualPhone}</p>
          {button('Save anyway', () => editing.commit(key, { unusual: true }))}
        </>
      )
    case 'conflict':
      return (
        <>
          <p>
            Somebody else changed this to <strong dir="auto">{(other && value(other, field)) || 'nothing'}</strong>{' '}
            meanwhile.
          </p>
          {button('Keep mine', () => editing.commit(key, { overwrite: true }))}
          {button('Take theirs', () => editing.giveUp(key))}
        </>
      )
    case 'unsent':
      return (
        <>
          <p>Not saved. {message}</p>
          {button('Try again', () => editing.commit(key))}
        </>
      )
    case 'deleted':
      return (
        <>
          <p>This contact was deleted meanwhile. What you typed is still here to copy.</p>
          {button('Discard', () => editing.giveUp(key))}
        </>
      )
    case 'refused':
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
