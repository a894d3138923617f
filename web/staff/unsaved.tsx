// Unsaved values of all pages: how many there are, and a link back to each.

import { useEffect, useRef, useState } from 'react'

import { changing, wording } from './chat/changes'
import { contactPath, shownIn } from './contact/place'
import { isPending, isUnsaved } from './contacts/editing'
import { editing, fieldNames, leading } from './contacts/edits'
import { address, go, useRoute } from './shared/route'
import { useStore } from './shared/store'
import { number } from './shared/time'

/** Item is one value that is not saved. */
interface Item {
  key: string
  /** What it is a value of. */
  field: string
  name: string
  text: string
  /** Why it is not saved. */
  why: string
  /** Whether it was tried. */
  refused: boolean
  show: () => void
  discard: () => void
}

const reasons: Partial<Record<string, string>> = {
  conflict: 'Somebody else changed it meanwhile.',
  deleted: 'This contact was deleted meanwhile.',
}

function useItems(): Item[] {
  const edits = useStore(editing.edits)
  const changes = useStore(changing.changes)
  const { path, params } = useRoute()
  const fields = [...edits.values()].filter(isUnsaved).map(
    ({ key, field, contact, draft, problem }): Item => ({
      key,
      field: fieldNames[field],
      name: contact.displayName,
      text: draft?.text ?? '',
      why: problem ? (reasons[problem.kind] ?? problem.message) : 'Not sent yet',
      refused: problem !== undefined,
      show: () => {
        leading.set({ id: contact.id, field })
        if (field === 'name' || shownIn(path) !== '') {
          go(address(contactPath(contact.id), path === '/staff/chat' ? {} : Object.fromEntries(params)))
        } else if (path === '/staff/chat') {
          go(address('/staff/contacts', { contact: contact.id }))
        }
      },
      discard: () => editing.giveUp(key),
    }),
  )
  const sessions = [...changes.values()].flatMap(({ id, name, chosen, problem }): Item[] =>
    problem === undefined
      ? []
      : [
          {
            key: id,
            field: 'Session',
            name,
            text: wording(chosen).join(', '),
            why: problem,
            refused: true,
            show: () => go(address('/staff/chat', { session: id })),
            discard: () => changing.drop(id),
          },
        ],
  )
  return [...fields, ...sessions]
}

/** Unsaved says how many values are not saved, and lists them when asked. */
export function Unsaved() {
  const items = useItems()
  const refused = items.filter((item) => item.refused).length
  const [open, setOpen] = useState(false)
  const box = useRef<HTMLDivElement>(null)
  const button = useRef<HTMLButtonElement>(null)

  const some = items.length > 0
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
      {/* The value that is being typed is not announced. */}
      <span className="unseen" role="status">
        {refused > 0 && `${number(refused)} unsaved`}
      </span>
      {some && (
        <button
          ref={button}
          type="button"
          aria-expanded={open}
          aria-controls={open ? 'unsaved' : undefined}
          onClick={() => setOpen(!open)}
        >
          {number(items.length)} unsaved
        </button>
      )}
      {open && some && (
        <ul id="unsaved" aria-label="Not saved">
          {items.map(({ key, field, name, text, why, show, discard }) => (
            <li key={key}>
              <button
                type="button"
                className="show"
                onClick={() => {
                  setOpen(false)
                  show()
                }}
              >
                <span className="what">
                  {field} of <bdi>{name}</bdi>
                </span>
                <q dir="auto">{text}</q>
                <span className="why">{why}</span>
              </button>
              <button
                type="button"
                aria-label={`Discard ${field} of ${name}`}
                onClick={() => {
                  button.current?.focus()
                  discard()
                }}
              >
                Discard
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

// Closing the tab would lose unsaved values, so the browser asks. Only then: elsewhere a listener of this kind keeps
// Firefox from showing the page immediately when one comes back.
function ask(event: BeforeUnloadEvent): void {
  event.preventDefault()
}

function guard(): void {
  const edits = [...editing.edits.get().values()]
  if (changing.changes.get().size > 0 || edits.some((edit) => isUnsaved(edit) || isPending(edit))) {
    addEventListener('beforeunload', ask)
  } else {
    removeEventListener('beforeunload', ask)
  }
}

editing.edits.subscribe(guard)
changing.changes.subscribe(guard)
