// The fallback for a page that crashed: how to continue, and the unsaved text.

import { useEffect, useRef } from 'react'

import { forgetSessions } from './chat/lists'
import { isUnsaved } from './contacts/editing'
import { editing, fieldNames } from './contacts/edits'
import { forgetContacts } from './contacts/lists'
import { go, useRoute } from './shared/route'
import { useStore } from './shared/store'

/** Broken takes the place of a page that failed. */
export function Broken({ onGoOn }: { onGoOn: () => void }) {
  const { path, params } = useRoute()
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    heading.current?.focus()
    // What the lists hold may be what failed: either way on, they are read again.
    forgetContacts()
    forgetSessions()
  }, [])

  return (
    <main className="broken">
      <h1 ref={heading} tabIndex={-1}>
        Something went wrong on this page
      </h1>
      <p>It stopped because of a fault in Kith. What was saved is safe, and what you typed is still here.</p>
      <div className="choices">
        <button type="button" className="primary" onClick={onGoOn}>
          Go on
        </button>
        {params.size > 0 && (
          <button
            type="button"
            onClick={() => {
              go(path)
              onGoOn()
            }}
          >
            Go on without search and filters
          </button>
        )}
      </div>
      <Drafts />
    </main>
  )
}

/** Wreck takes the place of everything, when not even the frame round the pages could be drawn. */
export function Wreck() {
  return (
    <main className="broken">
      <h1>Something went wrong</h1>
      <p>The page stopped because of a fault in Kith. Copy what you typed, then reload it to continue.</p>
      <div className="choices">
        <button type="button" className="primary" onClick={() => location.reload()}>
          Reload
        </button>
      </div>
      <Drafts />
    </main>
  )
}

// Drafts shows unsaved text, to be read and copied.
function Drafts() {
  const unsaved = [...useStore(editing.edits).values()].filter(isUnsaved)
  if (unsaved.length === 0) {
    return null
  }
  return (
    <section aria-labelledby="drafts">
      <h2 id="drafts">Not saved yet</h2>
      <dl>
        {unsaved.map(({ key, contact, field, draft }) => (
          <div key={key}>
            <dt>
              {fieldNames[field]} of <bdi>{contact.displayName}</bdi>
            </dt>
            <dd dir="auto">{draft?.text}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
