// What is changed about the saved views.

import type { UpdateSavedViewInput } from '../generated/graphql'
import { CreateSavedViewDocument, DeleteSavedViewDocument, UpdateSavedViewDocument } from '../generated/later'
import { mutate } from '../server/client'
import type { View } from './view'
import { dropView, putView } from './views'

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
    putView(savedView)
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
