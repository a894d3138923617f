// What was typed and could not be saved, when its row is not in the list: named above it, until it is saved or dropped.

import { useStore } from '../shared/store'
import { editKey, edits, fieldNames, giveUp, pending, save } from './edits'
import type { Contacts } from './lists'

/** Unsaved lists the edits that are out of sight. */
export function Unsaved({ list }: { list: Contacts }) {
  const all = useStore(edits)
  const { edges } = useStore(list.stretch)
  const waiting = [...all.values()].filter((edit) => edit.state !== 'saving' && pending(edit))
  if (waiting.length === 0) {
    return null
  }
  const here = new Set(edges.map((edge) => edge.id))
  return waiting
    .filter((edit) => !here.has(edit.contact.id))
    .map((edit) => {
      const key = editKey(edit.contact.id, edit.field)
      return (
        <div className="notice" key={key} role="group" aria-label="Not saved">
          <p>
            Not saved: {fieldNames[edit.field]} of <bdi>{edit.contact.displayName}</bdi>, “<bdi>{edit.draft}</bdi>”
            {edit.message ? ` – ${edit.message}` : ''}
          </p>
          <button type="button" onClick={() => void save(key)}>
            Try again
          </button>
          <button type="button" onClick={() => giveUp(key)}>
            Discard
          </button>
        </div>
      )
    })
}
