// What lies over any page: the command menu and the list of shortcuts, not needed at first.

import { Suspense, useEffect } from 'react'

import { session } from '../server/session'
import { Boundary } from '../shared/boundary'
import { later } from '../shared/later'
import { useStore } from '../shared/store'
import { opened } from './opened'

const Menu = later(async () => (await import('./menu')).Menu)
const Shortcuts = later(async () => (await import('./shortcuts')).Shortcuts)

const dialogs = '[role=dialog], [role=alertdialog]'
const fields = 'input, textarea, select, [contenteditable=true]'

function onKey(event: KeyboardEvent): void {
  if (event.isComposing || event.altKey || !session.get()?.signedIn || document.querySelector(dialogs)) {
    return
  }
  if (event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey) && !event.shiftKey) {
    event.preventDefault() // a browser's own search
    opened.set('menu')
  } else if (event.key === '?' && !event.ctrlKey && !event.metaKey) {
    if (!(event.target instanceof Element && event.target.closest(fields))) {
      event.preventDefault()
      opened.set('shortcuts')
    }
  }
}

/** Menus opens them by their keys. */
export function Menus() {
  const which = useStore(opened)
  useEffect(() => {
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])
  return (
    <Boundary key={which} fallback={() => null}>
      <Suspense fallback={null}>
        {which === 'menu' && <Menu />}
        {which === 'shortcuts' && <Shortcuts />}
      </Suspense>
    </Boundary>
  )
}
