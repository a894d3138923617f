// Finding a contact by name, email or phone, to see the sessions of that one alone.

import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react'

import { ContactsDocument, type ContactRowFragment } from '../generated/graphql'
import { query } from '../server/client'
import { composing } from '../shared/composing'
import { SearchIcon } from '../shared/icons'
import { Marked } from '../shared/marked'
import { t } from '../texts/texts'

const most = 8 // contacts offered

/** FindContact is a text box that offers the contacts that match, and calls onChoose with the id of the one chosen. */
export function FindContact({ onChoose }: { onChoose: (id: string) => void }) {
  const [typed, setTyped] = useState('')
  const { found, state } = useFound(typed.trim())
  const [open, setOpen] = useState(false)
  const [active, setActive] = useState(0)
  const list = useId()
  const box = useRef<HTMLDivElement>(null)
  const at = Math.min(active, found.length - 1)
  const shown = open && typed.trim() !== ''

  function onKeyDown(event: KeyboardEvent) {
    if (composing(event)) {
      return
    }
    const chosen = found[at]
    if (event.key === 'Escape' && (shown || typed !== '')) {
      shown ? setOpen(false) : setTyped('')
    } else if (event.key === 'Enter' && shown && chosen) {
      onChoose(chosen.id)
    } else if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && typed.trim() !== '') {
      const step = event.key === 'ArrowDown' ? 1 : found.length - 1
      setActive(shown ? (at + step) % Math.max(found.length, 1) : 0)
      setOpen(true)
    } else {
      return
    }
    event.preventDefault()
    event.stopPropagation()
  }

  return (
    <div
      className="find"
      ref={box}
      onBlur={(event) => !box.current?.contains(event.relatedTarget as Node | null) && setOpen(false)}
    >
      <label className="search">
        <span className="unseen">{t.chat.find}</span>
        <SearchIcon />
        <input
          type="text"
          role="combobox"
          aria-expanded={shown}
          aria-controls={shown ? list : undefined}
          aria-autocomplete="list"
          aria-activedescendant={shown && found.length > 0 ? `${list}-${at}` : undefined}
          value={typed}
          placeholder={t.chat.findHint}
          autoComplete="off"
          spellCheck={false}
          dir="auto"
          maxLength={500}
          onChange={(event) => {
            setTyped(event.currentTarget.value)
            setActive(0)
            setOpen(true)
          }}
          onFocus={() => setOpen(true)}
          onKeyDown={onKeyDown}
        />
      </label>
      <div className="unseen" role="status">
        {shown && (state === 'found' ? t.chat.found(found.length) : state === 'failed' ? t.chat.notSearched : '')}
      </div>
      {shown && (
        <ul id={list} role="listbox" aria-label={t.chat.find} className="found">
          {found.map((contact, index) => (
            <li
              key={contact.id}
              id={`${list}-${index}`}
              role="option"
              aria-selected={index === at}
              onPointerDown={(event) => event.preventDefault()} // the focus stays in the box
              onClick={() => onChoose(contact.id)}
            >
              <span dir="auto">
                <Marked text={contact.displayName} search={typed} />
              </span>
              <span className="hint">
                {[contact.email, contact.phone].filter((each) => each && each !== contact.displayName).join(' · ')}
              </span>
            </li>
          ))}
          {found.length === 0 && (
            <li role="option" aria-disabled aria-selected={false} className="hint">
              {state === 'asking' ? t.contact.loading : state === 'failed' ? t.chat.notSearched : t.chat.found(0)}
            </li>
          )}
        </ul>
      )}
    </div>
  )
}

interface Found {
  found: readonly ContactRowFragment[]
  state: 'asking' | 'found' | 'failed'
}

// useFound asks with each key; what was found last stays until the next answer.
function useFound(search: string): Found {
  const [answer, setAnswer] = useState<Found & { search: string }>({ found: [], state: 'asking', search: '' })
  useEffect(() => {
    if (search === '') {
      return undefined
    }
    const asking = new AbortController()
    query(ContactsDocument, { search, first: most }, asking.signal).then(
      ({ contacts }) => setAnswer({ found: contacts.edges.map(({ node }) => node), state: 'found', search }),
      () => !asking.signal.aborted && setAnswer({ found: [], state: 'failed', search }),
    )
    return () => asking.abort()
  }, [search])
  return search === '' ? { found: [], state: 'asking' } : answer
}
