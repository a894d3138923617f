// The views that are saved in the workspace.

import { useEffect } from 'react'

import {
  CreateSavedViewDocument,
  DeleteSavedViewDocument,
  SavedViewsDocument,
  UpdateSavedViewDocument,
  type UpdateSavedViewInput,
} from '../generated/graphql'
import { mutate, query } from '../server/client'
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

const put = (view: View) => change((views) => [...views.filter(({ id }) => id !== view.id), view])

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

/**
 * Outcome is a view that was saved, or why not. With a conflict, somebody else has saved the view since: it is as they
 * saved it.
 */
export type Outcome = { view: View; conflict: boolean } | { problem: string; gone: boolean }

interface Answer {
  savedView: View | null
  userErrors: { code: string; message: string }[]
}

function outcomeOf({ savedView, userErrors }: Answer): Outcome {
  const [error] = userErrors
  if (savedView) {
    put(savedView)
    return { view: savedView, conflict: error?.code === 'CONFLICT' }
  }
  return { problem: userErrors.map(({ message }) => message).join(' '), gone: error?.code === 'NOT_FOUND' }
}

/** createView saves a list under a name. */
export async function createView(name: string, address: string): Promise<Outcome> {
  return outcomeOf((await mutate(CreateSavedViewDocument, { input: { name, address } })).createSavedView)
}

/** updateView changes the name of a view, or its list. One that is gone is forgotten. */
export async function updateView(input: UpdateSavedViewInput): Promise<Outcome> {
  const outcome = outcomeOf((await mutate(UpdateSavedViewDocument, { input })).updateSavedView)
  if ('gone' in outcome && outcome.gone) {
    dropView(input.id)
  }
  return outcome
}

/** deleteView removes a view for everybody. It resolves to why not; one that was gone already is as was wanted. */
export async function deleteView(id: string): Promise<string | undefined> {
  const { deleteSavedView } = await mutate(DeleteSavedViewDocument, { input: { id } })
  const error = deleteSavedView.userErrors.find(({ code }) => code !== 'NOT_FOUND')
  if (!error) {
    dropView(id)
  }
  return error?.message
}
