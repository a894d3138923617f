// What was saved last, and the way back from it, at the foot of every page for a while.

import { useEffect, useId, useState } from 'react'

import { announce } from '../shared/announce'
import { type Offer, offered } from '../shared/offer'
import { useStore } from '../shared/store'
import { t } from '../texts/texts'
import type { Saved } from './editing'
import { editing, fieldNames } from './edits'

// Long enough to notice a slip, to read it out, and to get there by keyboard; what was saved without a way back is
// only news.
const offeredLong = 10_000 // ms
const news = 5_000

/** Undo lists what was saved last. */
export function Undo() {
  const saved = useStore(editing.saved)
  const offer = useStore(offered)
  // Leaving the pointer or the focus there keeps what is there.
  const [held, setHeld] = useState(false)

  useEffect(() => {
    function onKey(event: KeyboardEvent) {
      const own = 'input, textarea, select, [role=alertdialog], [role=dialog]' // these have their own undo, or handle no keys
      if (event.key.toLowerCase() !== 'z' || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) {
        return
      }
      const last = editing.saved.get().findLast(({ before }) => before !== undefined)
      if (last && !document.activeElement?.closest(own) && !document.querySelector('[role=alertdialog], [role=dialog]')) {
        event.preventDefault()
        editing.undo(last.key)
      }
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])

  // What held it may have gone with its button.
  useEffect(() => {
    if (saved.length === 0 && !offer) {
      setHeld(false)
    }
  }, [saved, offer])

  return (
    <div
      className="announcements"
      role="status"
      aria-live="polite"
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      {saved.map((each, index) => (
        <Item key={each.key} saved={each} held={held} last={index === saved.length - 1} />
      ))}
      {offer && <Offered key={offer.id} offer={offer} held={held} />}
    </div>
  )
}

function Item({ saved, held, last }: { saved: Saved; held: boolean; last: boolean }) {
  const { key, field, contact, before, undo } = saved
  const name = t.contact.fieldOf(fieldNames[field], contact.displayName)
  const id = useId()
  useEffect(() => {
    if (!held) {
      const timer = setTimeout(() => editing.dismiss(key), before === undefined ? news : offeredLong)
      return () => clearTimeout(timer)
    }
    return undefined
  }, [held, saved])
  return (
    <p>
      <span id={id} dir="auto">
        {undo ? t.contact.changedBack(name) : t.contact.saved(name)}
      </span>
      {before !== undefined && (
        <button
          type="button"
          aria-describedby={id}
          aria-keyshortcuts={last ? 'Control+Z' : undefined}
          onClick={(event) => {
            editing.undo(key)
            // By keyboard, the focus goes on to what was undone, if that is there.
            if (event.detail === 0) {
              placeOf(field, contact.id)?.focus()
            }
          }}
        >
          {t.contact.undo}
        </button>
      )}
    </p>
  )
}

// placeOf is where a value is shown: first where its contact is shown whole.
function placeOf(field: string, contact: string): HTMLElement | null {
  const id = CSS.escape(contact)
  return (
    document.querySelector<HTMLElement>(`[data-contact="${id}"] [data-field="${field}"]`) ??
    document.querySelector<HTMLElement>(`.${field}[data-row="${id}"]`)
  )
}

function Offered({ offer, held }: { offer: Offer; held: boolean }) {
  const described = useId()
  const [busy, setBusy] = useState(false)
  useEffect(() => {
    if (!held && !busy) {
      const timer = setTimeout(() => offered.set(undefined), offeredLong)
      return () => clearTimeout(timer)
    }
    return undefined
  }, [held, busy])
  async function undo() {
    setBusy(true)
    announce(await offer.undo())
    setBusy(false)
  }
  return (
    <p>
      <span id={described} dir="auto">
        {offer.text}
      </span>
      <button type="button" aria-describedby={described} disabled={busy} onClick={() => void undo()}>
        {t.contact.undo}
      </button>
    </p>
  )
}
