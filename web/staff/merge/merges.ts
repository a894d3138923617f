// The way back from a merge.

import { UndoMergeDocument } from '../generated/graphql'
import { mutate } from '../server/client'
import { mine } from '../server/echoes'
import { announce } from '../shared/announce'
import { offered, withdraw } from '../shared/offer'
import { refusalOf } from '../shared/refusal'
import { t } from '../texts/later'
import type { Merged } from './merging'

/** announceMerge says that contacts were merged, and offers the way back if there is one. */
export function announceMerge({ mergeId, undoableUntil }: Merged, text: string): void {
  if (mergeId && undoableUntil) {
    offered.set({ id: mergeId, text, undo: async () => (await undoMerge(mergeId)).text })
  } else {
    announce(text)
  }
}

/** Undone says what became of undoing a merge. */
export interface Undone {
  text: string
  done: boolean
}

/** undoMerge brings the merged contacts back. */
export async function undoMerge(id: string): Promise<Undone> {
  try {
    const { undoMerge: answer } = await mutate(UndoMergeDocument, { input: { mergeId: id } })
    mine(answer.eventId)
    const [error] = answer.userErrors
    if (error) {
      if (error.code === 'UNDO_EXPIRED' || error.code === 'NOT_FOUND') {
        withdraw(id)
      }
      return { text: error.message, done: false }
    }
    withdraw(id)
    return { text: t.duplicates.merge.undone(answer.kept.map((field) => t.duplicates.merge.fields[field])), done: true }
  } catch (error) {
    return { text: refusalOf(error, t.duplicates.merge.notUndone), done: false }
  }
}
