// What was typed and is not saved, wherever its row is: how much there is, on every page, and the way back to each.

import { useEffect, useRef, useState } from 'react'

import { go, useRoute, address } from '../shared/route'
import { useStore } from '../shared/store'
import { number } from '../shared/time'
import { type Edit, isUnsaved } from './editing'
import { editing, fieldNames, leading } from './edits'

/** Unsaved says how many values are not saved, and lists them when asked. */
export function Unsaved() {
  const all = useStore(editing.edits)
  const unsaved = [...all.values()].filter(isUnsaved)
  const refused = unsaved.filter(({ problem }) => problem)
  const [open, setOpen] = useState(false)
  const box = useRef<HTMLDivElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  const { path } = useRoute()

  const some = unsaved.length > 0
  useEffect(() => {
    if (!some) {
      setOpen(false)
    }
  }, [some])
  useEffect(() => {
    function onPointer(event: PointerEvent) {
      if (!(event.target instanceof Node && box.current?.contains(event.target))) {
        setOpen(false)
      }
    }
    if (open) {
      addEventListener('pointerdown', onPointer)
    }
    return () => removeEventListener('pointerdown', onPointer)
  }, [open])

  function show({ contact, field }: Edit) {
    setOpen(false)
    leading.set({ id: contact.id, field })
    if (path === '/staff/chat') {
      go(address('/staff/contacts', { contact: contact.id }))
    }
  }

  function discard({ key }: Edit) {
    button.current?.focus()
    editing.giveUp(key)
  }

  return (
    <div
      className="unsaved"
      ref={box}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && open) {
          event.stopPropagation()
          setOpen(false)
          button.current?.focus()
        }
      }}
    >
      {/* What is being typed at this moment need not be said. */}
      <span className="unseen" role="status">
        {refused.length > 0 && `${number(refused.length)} unsaved`}
      </span>
      {some && (
        <button
          ref={button}
          type="button"
          aria-expanded={open}
          aria-controls={open ? 'unsaved' : undefined}
          onClick={() => setOpen(!open)}
        >
          {number(unsaved.length)} unsaved
        </button>
      )}
      {open && some && (
        <ul id="unsaved" aria-label="Not saved">
          {unsaved.map((edit) => (
            <Item key={edit.key} edit={edit} onShow={() => show(edit)} onDiscard={() => discard(edit)} />
          ))}
        </ul>
      )}
    </div>
  )
}

function Item({ edit, onShow, onDiscard }: { edit: Edit; onShow: () => void; onDiscard: () => void }) {
  const { field, contact, draft, problem } = edit
  const name = `${fieldNames[field]} of ${contact.displayName}`
  return (
    <li>
      <button type="button" className="show" onClick={onShow}>
        <span className="what">
          {fieldNames[field]} of <bdi>{contact.displayName}</bdi>
        </span>
        <q dir="auto">{draft?.text}</q>
        <span className="why">{reasons[problem?.kind ?? 'draft'] ?? problem?.message}</span>
      </button>
      <button type="button" aria-label={`Discard ${name}`} onClick={onDiscard}>
        Discard
      </button>
    </li>
  )
}

const reasons: Partial<Record<string, string>> = {
  draft: 'Not sent yet',
  conflict: 'Somebody else changed it meanwhile.',
  deleted: 'This contact was deleted meanwhile.',
}
