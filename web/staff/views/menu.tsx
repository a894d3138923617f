// The views in the line of filters: which one is open, the way to the others, and to saving what was changed.

import { Suspense, useRef } from 'react'
import { flushSync } from 'react-dom'

import { Popover } from '../contacts/popover'
import { useMay } from '../server/viewer'
import { ViewsIcon } from '../shared/icons'
import { later } from '../shared/later'
import { t } from '../texts/texts'
import type { Viewing } from './viewing'

// They come together: what the menu asks for has to be there also when the server is not.
const List = later(async () => (await import('./list')).List)
const Notices = later(async () => (await import('./list')).Notices)

/** ViewsMenu opens, names and removes views. */
export function ViewsMenu({ viewing }: { viewing: Viewing }) {
  const { views } = t.contacts
  const { view, changed } = viewing
  const label = view ? (changed ? views.openChanged(view.name) : views.open(view.name)) : views.button
  return (
    <Popover
      className="views"
      label={label}
      button={
        <>
          <ViewsIcon />
          <bdi className={view ? 'view-name' : 'tool-name'}>{view?.name ?? views.button}</bdi>
          {changed && <span className="changed" aria-hidden />}
        </>
      }
    >
      {(close) => (
        <Suspense>
          <List viewing={viewing} onClose={close} />
        </Suspense>
      )}
    </Popover>
  )
}

/** SaveChanges saves the list as the view that is open, while it differs. */
export function SaveChanges({ viewing }: { viewing: Viewing }) {
  const { edit } = useMay()
  const { view, changed, save } = viewing
  const button = useRef<HTMLButtonElement>(null)
  if (!edit || !view || !changed) {
    return null
  }
  // The button goes with the changes; the focus goes on to the view.
  async function press() {
    const line = button.current?.closest('.filter-line')
    await save()
    flushSync(() => {})
    if (document.activeElement === document.body) {
      line?.querySelector<HTMLElement>('.views .tool')?.focus()
    }
  }
  return (
    <button ref={button} type="button" className="tool save-view" onClick={() => void press()}>
      {t.contacts.views.saveChanges}
    </button>
  )
}

/** ViewNotices says that the view of the address is gone, and asks what has to be asked. */
export function ViewNotices({ viewing }: { viewing: Viewing }) {
  return <Suspense>{(viewing.gone || viewing.asking) && <Notices viewing={viewing} />}</Suspense>
}
