// The changes that this page has chosen for sessions, kept apart from the list: it stays when another session is opened, or
// another page is shown.

import { useCallback, useSyncExternalStore } from 'react'

import { UpdateSessionDocument } from '../generated/graphql'
import { mutate, Unreachable } from '../server/client'
import { mine } from '../server/echoes'
import { announce } from '../shared/announce'
import { type Change, Changing, type Chosen } from './changing'
import { statusNames, tagNames } from './words'

export const changing = new Changing(send)

async function send(id: string, chosen: Chosen): Promise<string | undefined> {
  try {
    const { updateSession } = await mutate(UpdateSessionDocument, { input: { id, ...chosen } })
    mine(updateSession.eventId)
    const [error] = updateSession.userErrors
    if (error) {
      return error.message
    }
    announce(wording(chosen).join(', '))
    return undefined
  } catch (error) {
    return error instanceof Unreachable ? 'Not saved. The server cannot be reached.' : (error as Error).message
  }
}

/** wording says what was chosen. */
export function wording({ status, tag, markRead }: Chosen): string[] {
  return [
    status ? `Status: ${statusNames[status]}` : '',
    tag ? `Tag: ${tagNames[tag]}` : tag === null ? 'Tag removed' : '',
    markRead ? 'Marked as read' : '',
  ].filter((each) => each !== '')
}

/** useChange is what was chosen for a session and is not saved. */
export function useChange(id: string): Change | undefined {
  return useSyncExternalStore(
    changing.changes.subscribe,
    useCallback(() => changing.changes.get().get(id), [id]),
  )
}
