// The input of a field that is edited, in a row or where its contact is shown whole.

import { type KeyboardEvent, useId, useLayoutEffect, useRef } from 'react'

import { composing } from '../shared/composing'
import { address, Link } from '../shared/route'
import { useStore } from '../shared/store'
import { t } from '../texts/texts'
import { type Edit, type Problem, value } from './editing'
import { editing, entering, fieldNames } from './edits'

interface EditorProps {
  edit: Edit
  draft: string
  /** onReturn is called when the focus should go back to where the value is shown. */
  onReturn: () => void
  /** onTab goes to the field beside this one; without it, Tab goes on as everywhere. */
  onTab?: (backwards: boolean) => void
  /** Whether the input is as high as its text. */
  grows?: boolean
}

/** Editor is the input of an open field, with what is wrong with its value. */
export function Editor({ edit, draft, onReturn, onTab, grows = false }: EditorProps) {
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
    if (input.current && (here || input.current.closest('[data-field]') === document.activeElement)) {
      place(input.current, wanted?.caret, field === 'notes' || problem !== undefined || wanted?.caret !== undefined)
    }
  }, [wanted])

  useLayoutEffect(() => {
    if (grows && field === 'notes' && input.current) {
      input.current.style.height = 'auto'
      input.current.style.height = `${input.current.scrollHeight + 2}px`
    }
  }, [grows, field, draft])

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
    } else if (event.key === 'Tab' && typing && onTab && draft !== problem?.text) {
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
    'aria-label': t.contact.fieldOf(fieldNames[field], contact.displayName),
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
        <input {...common} type="text" inputMode={inputModes[field]} />
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

const inputModes = { name: 'text', email: 'email', phone: 'tel' } as const

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
          {button(t.contact.saveAnyway, () => editing.commit(key, { duplicate: true }))}
        </>
      )
    case 'unusual':
      return (
        <>
          <p>{field === 'email' ? t.contact.unusualEmail : t.contact.unusualPhone}</p>
          {button(t.contact.saveAnyway, () => editing.commit(key, { unusual: true }))}
        </>
      )
    case 'conflict':
      return (
        <>
          <p>
            {t.contact.changedTo[0]}
            <strong dir="auto">{(other && value(other, field)) || t.contact.nothing}</strong>
            {t.contact.changedTo[1]}
          </p>
          {button(t.contact.keepMine, () => editing.commit(key, { overwrite: true }))}
          {button(t.contact.takeTheirs, () => editing.giveUp(key))}
        </>
      )
    case 'unsent':
      return (
        <>
          <p>{t.contact.notSaved(message)}</p>
          {button(t.contact.tryAgain, () => editing.commit(key))}
        </>
      )
    case 'deleted':
      return (
        <>
          <p>{t.contact.deletedMeanwhile}</p>
          {button(t.contact.discard, () => editing.giveUp(key))}
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
