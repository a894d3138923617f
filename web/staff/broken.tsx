// The fallback for a page that crashed: how to continue, and the unsaved text.

import { useEffect, useRef } from 'react'

import { forgetSessions } from './chat/lists'
import { isUnsaved } from './contacts/editing'
import { editing, fieldNames } from './contacts/edits'
import { forgetContacts } from './contacts/lists'
import { Rich } from './shared/rich'
import { go, useRoute } from './shared/route'
import { useStore } from './shared/store'
import { t } from './texts/texts'

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
        {t.app.brokenPage}
      </h1>
      <p>{t.app.brokenPageHint}</p>
      <div className="choices">
        <button type="button" className="primary" onClick={onGoOn}>
          {t.app.goOn}
        </button>
        {params.size > 0 && (
          <button
            type="button"
            onClick={() => {
              go(path)
              onGoOn()
            }}
          >
            {t.app.goOnWithoutFilters}
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
      <h1>{t.app.broken}</h1>
      <p>{t.app.brokenHint}</p>
      <div className="choices">
        <button type="button" className="primary" onClick={() => location.reload()}>
          {t.app.reload}
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
      <h2 id="drafts">{t.app.notSavedYet}</h2>
      <dl>
        {unsaved.map(({ key, contact, field, draft }) => (
          <div key={key}>
            <dt>
              <Rich
                text={t.contact.fieldOf(fieldNames[field], '{name}')}
                parts={{ name: <bdi>{contact.displayName}</bdi> }}
              />
            </dt>
            <dd dir="auto">{draft?.text}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
