// What was saved last, and the way back from it, at the foot of every page for a while.

import { useEffect, useId, useState } from 'react'

import { offered, undoMerge } from '../merge/merges'
import { announce } from '../shared/announce'
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
  const merge = useStore(offered)
  // Leaving the pointer or the focus there keeps what is there.
  const [held, setHeld] = useState(false)

  useEffect(() => {
    function onKey(event: KeyboardEvent) {
      const own = 'input, textarea, select, [role=alertdialog]' // these have their own undo, or handle no keys
      if (event.key.toLowerCase() !== 'z' || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) {
        return
      }
      const last = editing.saved.get().findLast(({ before }) => before !== undefined)
      if (last && !document.activeElement?.closest(own) && !document.querySelector('[role=alertdialog]')) {
        event.preventDefault()
        editing.undo(last.key)
      }
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])

  // What held it may have gone with its button.
  useEffect(() => {
    if (saved.length === 0 && !merge) {
      setHeld(false)
    }
  }, [saved, merge])

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
      {merge && <Merge key={merge.id} id={merge.id} text={merge.text} held={held} />}
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
              document.querySelector<HTMLElement>(`.${field}[data-row="${CSS.escape(contact.id)}"]`)?.focus()
            }
          }}
        >
          {t.contact.undo}
        </button>
      )}
    </p>
  )
}

function Merge({ id, text, held }: { id: string; text: string; held: boolean }) {
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
    announce((await undoMerge(id)).text)
    setBusy(false)
  }
  return (
    <p>
      <span id={described} dir="auto">
        {text}
      </span>
      <button type="button" aria-describedby={described} disabled={busy} onClick={() => void undo()}>
        {t.contact.undo}
      </button>
    </p>
  )
}
