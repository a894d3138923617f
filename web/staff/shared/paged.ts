// Lists that grow when asked to: the tables of the admin pages, which nobody scrolls a million rows of.

import { useCallback, useEffect, useRef, useState } from 'react'

import { onReturn } from '../server/connection'

/** Part is one page of a list. */
export interface Part<Item> {
  nodes: readonly Item[]
  pageInfo: { hasNextPage: boolean; endCursor: string | null }
}

/** Loader reads one page. */
export type Loader<Item> = (args: { first: number; after: string | undefined }, signal: AbortSignal) => Promise<Part<Item>>

/** Paged is a list as far as it has been read. */
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
const largest = 100

interface State<Item> {
  items: readonly Item[]
  ready: boolean
  end: string | null
  hasNext: boolean
  loading: boolean
  failure: unknown
}

/** usePaged reads the first page, and further ones on demand. The loader must stay the same while the list does. */
export function usePaged<Item extends { id: string }>(load: Loader<Item>): Paged<Item> {
  const [state, setState] = useState<State<Item>>({
    items: [],
    ready: false,
    end: null,
    hasNext: false,
    loading: true,
    failure: undefined,
  })
  const latest = useRef(state)
  latest.current = state
  const working = useRef<AbortController>(undefined)

  const work = useCallback(
    async (what: (signal: AbortSignal) => Promise<Partial<State<Item>>>) => {
      working.current?.abort()
      const mine = new AbortController()
      working.current = mine
      setState((now) => ({ ...now, loading: true }))
      let change: Partial<State<Item>>
      try {
        change = { ...(await what(mine.signal)), ready: true, failure: undefined }
      } catch (failure) {
        change = { failure }
      }
      if (!mine.signal.aborted) {
        setState((now) => ({ ...now, ...change, loading: false }))
      }
    },
    [],
  )

  const reload = useCallback(
    () =>
      void work(async (signal) => {
        const wanted = Math.max(latest.current.items.length, pageSize)
        const items: Item[] = []
        let after: string | undefined
        for (;;) {
          const part = await load({ first: Math.min(wanted - items.length, largest), after }, signal)
          items.push(...part.nodes)
          after = part.pageInfo.endCursor ?? undefined
          if (!part.pageInfo.hasNextPage || items.length >= wanted) {
            return { items: distinct(items), end: after ?? null, hasNext: part.pageInfo.hasNextPage }
          }
        }
      }),
    [load, work],
  )

  const more = useCallback(
    () =>
      void work(async (signal) => {
        const { end } = latest.current
        const part = await load({ first: pageSize, after: end ?? undefined }, signal)
        return {
          items: distinct([...latest.current.items, ...part.nodes]),
          end: part.pageInfo.endCursor ?? end,
          hasNext: part.pageInfo.hasNextPage,
        }
      }),
    [load, work],
  )

  useEffect(() => {
    reload()
    const stop = onReturn(reload)
    return () => {
      stop()
      working.current?.abort()
    }
  }, [reload])

  const change = useCallback(
    (how: (items: readonly Item[]) => readonly Item[]) => setState((now) => ({ ...now, items: how(now.items) })),
    [],
  )
  const { items, ready, hasNext, loading, failure } = state
  return { items, ready, hasNext, loading, failure, more, reload, change }
}

// A row that moved while pages were read comes twice.
function distinct<Item extends { id: string }>(items: readonly Item[]): readonly Item[] {
  return [...new Map(items.map((item) => [item.id, item])).values()]
}
