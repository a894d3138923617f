// The changes that this page has chosen for sessions, kept apart from the list: it stays when another session is opened, or
// another page is shown.

import { useCallback, useSyncExternalStore } from 'react'

import { UpdateSessionDocument } from '../generated/graphql'
import { mutate } from '../server/client'
import { mine } from '../server/echoes'
import { announce } from '../shared/announce'
import { refusalOf } from '../shared/refusal'
import { t } from '../texts/texts'
import { type Change, Changing, type Chosen } from './changing'

export const changing = new Changing(send)

async function send(id: string, chosen: Chosen): Promise<string | undefined> {
  try {
    const { updateSession } = await mutate(UpdateSessionDocument, { input: { id, ...chosen } })
    mine(updateSession.eventId)
    const [error] = updateSession.userErrors
    if (error) {
      return error.message
    }
    const said = wording({ ...chosen, markRead: false }) // reading a session is nothing to speak of
    if (said.length > 0) {
      announce(said.join(', '))
    }
    return undefined
  } catch (error) {
    return refusalOf(error, t.chat.notSaved)
  }
}

/** wording says what was chosen. */
export function wording({ status, tag, markRead }: Chosen): string[] {
  return [
    status ? t.chat.statusIs(t.chat.statuses[status]) : '',
    tag ? t.chat.tagIs(t.chat.tags[tag]) : tag === null ? t.chat.tagRemoved : '',
    markRead ? t.chat.markedRead : '',
  ].filter((each) => each !== '')
}

/** useChange is what was chosen for a session and is not saved. */
export function useChange(id: string): Change | undefined {
  return useSyncExternalStore(
    changing.changes.subscribe,
    useCallback(() => changing.changes.get().get(id), [id]),
  )
}
