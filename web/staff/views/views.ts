// The views that are saved in the workspace.

import { useEffect } from 'react'

import { SavedViewsDocument } from '../generated/graphql'
import { query } from '../server/client'
import { onReturn } from '../server/connection'
import { Store, useStore } from '../shared/store'
import { locale } from '../texts/texts'
import type { View } from './view'

/** Known is the views, once the server has named them, and why it could not at last. */
interface Known {
  readonly views: readonly View[] | undefined
  readonly failure: unknown
}

const known = new Store<Known>({ views: undefined, failure: undefined })

const sorted = (views: readonly View[]) => [...views].sort((a, b) => a.name.localeCompare(b.name, locale, { numeric: true }))

let changes = 0

function change(how: (views: readonly View[]) => readonly View[]): void {
  changes++
  const { views } = known.get()
  if (views) {
    known.set({ views: sorted(how(views)), failure: undefined })
  }
}

/** loadViews asks for all of them. */
export async function loadViews(): Promise<void> {
  const before = changes
  try {
    const { savedViews } = await query(SavedViewsDocument, {})
    if (changes !== before) {
      return loadViews() // the answer may be older than what was changed here meanwhile
    }
    known.set({ views: sorted(savedViews.nodes), failure: undefined })
  } catch (failure) {
    known.set({ ...known.get(), failure })
  }
}

/** putView puts a view in the place of the one with its id. */
export const putView = (view: View) => change((views) => [...views.filter(({ id }) => id !== view.id), view])

/** dropView forgets a view that is gone. */
export const dropView = (id: string) => change((views) => views.filter((view) => view.id !== id))

/** useViews are the views by name; they are asked for whenever somebody begins to want them. */
export function useViews(wanted: boolean): Known {
  useEffect(() => {
    if (!wanted) {
      return undefined
    }
    void loadViews()
    return onReturn(() => void loadViews())
  }, [wanted])
  return useStore(known)
}
