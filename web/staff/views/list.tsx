// The menu of views: all that there are, and what can be done with them. It is not needed at first.

import { type KeyboardEvent, useRef, useState } from 'react'

import { contactsPath } from '../contacts/listing'
import { Unreachable } from '../server/client'
import { useMay } from '../server/viewer'
import { BinIcon } from '../shared/icons'
import { offered, withdraw } from '../shared/offer'
import { reasonOf, refusalOf } from '../shared/refusal'
import { go, here, Link } from '../shared/route'
import { t } from '../texts/later'
import { createView, deleteView } from './saving'
import { ofContacts, openAddress, type View } from './view'
import { loadViews, useViews } from './views'
import { leaveView, type Viewing } from './viewing'
import '../style/views.css'

export { Notices } from './notices'

interface ListProps {
  viewing: Viewing
  /** onClose takes the focus back to what opened it. */
  onClose: () => void
}

/** List is all views, and what can be done with each. */
export function List({ viewing, onClose }: ListProps) {
  const { views, failure } = useViews(true)
  const { edit } = useMay()
  const list = useRef<HTMLUListElement>(null)
  const mine = views?.filter(ofContacts)
  const { id: open, ask } = viewing
  const [problem, setProblem] = useState('')

  // The arrow keys go from view to view, Tab to what can be done with one.
  function onKeyDown(event: KeyboardEvent) {
    const links = [...(list.current?.querySelectorAll<HTMLElement>('a') ?? [])]
    const row = (event.target as Element).closest('li')?.querySelector('a')
    const at = row ? links.indexOf(row) : -1
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[event.key]
    if (to !== undefined) {
      event.preventDefault()
      links[Math.max(0, Math.min(to, links.length - 1))]?.focus()
    }
  }

  async function remove(view: View) {
    setProblem('')
    const refused = await deleteView(view.id).catch(reasonOf)
    if (refused !== undefined) {
      setProblem(refused)
      return
    }
    const wasOpen = leaveView(view.id)
    offered.set({ id: view.id, text: t.views.deleted(view.name), undo: () => bringBack(view, wasOpen) })
    list.current?.querySelector('a')?.focus()
  }

  return (
    <>
      <p className="problem" role="alert">
        {problem}
      </p>
      <ul className="view-list" ref={list} onKeyDown={onKeyDown}>
        <li>
          <Link href={contactsPath} aria-current={open === '' || undefined} onClick={onClose}>
            {t.views.none}
          </Link>
        </li>
        {mine?.map((view) => (
          <li key={view.id}>
            <Link href={openAddress(view)} aria-current={view.id === open || undefined} onClick={onClose} title={view.name}>
              <bdi>{view.name}</bdi>
            </Link>
            {edit && (
              <>
                <button
                  type="button"
                  className="quiet"
                  aria-label={t.views.renameOf(view.name)}
                  title={t.views.rename}
                  onClick={() => {
                    onClose()
                    ask({ name: view })
                  }}
                >
                  <svg className="icon" viewBox="0 0 20 20" aria-hidden>
                    <path d="m4 16 .8-3.3 8.9-8.9 2.5 2.5-8.9 8.9zM12 5.5 14.5 8" />
                  </svg>
                </button>
                <button
                  type="button"
                  className="quiet"
                  aria-label={t.views.deleteOf(view.name)}
                  title={t.views.delete}
                  onClick={() => void remove(view)}
                >
                  <BinIcon />
                </button>
              </>
            )}
          </li>
        ))}
      </ul>
      {!views && failure === undefined && <p className="hint">{t.app.loading}</p>}
      {failure !== undefined && (
        <div className="hint" role="alert">
          <p>{failure instanceof Unreachable ? t.contact.unreachable : reasonOf(failure)}</p>
          <button type="button" onClick={() => void loadViews()}>
            {t.outage.again}
          </button>
        </div>
      )}
      {mine?.length === 0 && <p className="hint">{edit ? t.views.noneYet : t.views.noneYetReader}</p>}
      {edit && (
        <button
          type="button"
          onClick={() => {
            onClose()
            ask({ name: undefined })
          }}
        >
          {t.contacts.views.saveAs}
        </button>
      )}
    </>
  )
}

// bringBack saves a deleted view once more, and opens it if it was open; not where another one has been opened since.
async function bringBack(view: View, wasOpen: boolean): Promise<string> {
  try {
    const outcome = await createView(view.name, view.address)
    if ('problem' in outcome) {
      return `${t.views.notBack} ${outcome.problem}`
    }
    withdraw(view.id)
    const { path, params } = here()
    if (wasOpen && path.startsWith(contactsPath) && !params.has('view')) {
      params.set('view', outcome.view.id)
      go(`${path}?${params}`, 'replace')
    }
    return t.views.back(view.name)
  } catch (error) {
    return refusalOf(error, t.views.notBack)
  }
}

