import { useEffect, useMemo } from 'react'

import { onReturn } from '../server/connection'
import { type Ask, Pager } from './pager'
import { useStore } from './store'

/** Loader reads one page. */
export type Loader<Item> = Ask<Item>

/** Paged is a list of the admin pages, as far as it has been read. */
export interface Paged<Item> {
  items: readonly Item[]
  /** False until the first answer. */
  ready: boolean
  hasNext: boolean
  loading: boolean
  failure: unknown
  /** more reads the next page. */
  more: () => void
  /** reload reads again what is shown. */
  reload: () => void
  /** change replaces the items, after something was done to them here. */
  change: (how: (items: readonly Item[]) => readonly Item[]) => void
}

const pageSize = 50

/** usePaged reads the first page, and further ones on demand. The loader must stay the same while the list does. */
export function usePaged<Item extends { id: string }>(load: Loader<Item>): Paged<Item> {
  const pager = useMemo(() => new Pager(load, pageSize), [load])
  const { rows, more, ready, busy, failure } = useStore(pager.shown)
  const actions = useMemo(
    () => ({
      more: () => void pager.more(),
      reload: () => void pager.refresh(),
      change: pager.change.bind(pager),
    }),
    [pager],
  )
  useEffect(() => {
    actions.reload()
    const stop = onReturn(actions.reload)
    return () => {
      stop()
      pager.close()
    }
  }, [pager, actions])
  return { items: rows, ready, hasNext: more, loading: busy, failure, ...actions }
}
