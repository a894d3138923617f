import { useCallback, useSyncExternalStore } from 'react'

import { PanelIcon } from '../shared/icons'
import { t } from '../texts/texts'
import { shown } from './place'

/** useShown reports whether a contact is shown whole beside its row. */
export function useShown(id: string): boolean {
  return useSyncExternalStore(
    shown.subscribe,
    useCallback(() => shown.get() === id, [id]),
  )
}

interface OpenProps {
  id: string
  name: string
  onOpen: (id: string) => void
}

/** OpenButton shows a contact whole, from its row. Shift+Enter does the same anywhere in the row, so Tab passes it over. */
export function OpenButton({ id, name, onOpen }: OpenProps) {
  return (
    <button
      type="button"
      className="open-contact"
      tabIndex={-1}
      data-row={id}
      data-column="name"
      aria-label={t.contact.open(name)}
      title={t.contact.openHint}
      aria-keyshortcuts="Shift+Enter"
      onClick={() => onOpen(id)}
    >
      <PanelIcon />
    </button>
  )
}
