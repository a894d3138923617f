// What is done with a pair: merge it with the values that the server prefers, or dismiss it.

import type { UserErrorCode } from '../generated/graphql'
import { DismissDuplicatesDocument, MergeContactsDocument } from '../generated/later'
import { announceMerge } from '../merge/merges'
import { mutate } from '../server/client'
import { mine } from '../server/echoes'
import { announce } from '../shared/announce'
import { reasonOf } from '../shared/refusal'
import { t } from '../texts/later'
import type { Sides } from './pairs'

/** Verdict is what came of it: the ids of contacts that are gone, or why nothing was done. */
export interface Verdict {
  gone: readonly string[]
  problem?: string
  /** Whether what is shown is out of date. */
  stale?: boolean
}

const outdated: ReadonlySet<UserErrorCode> = new Set<UserErrorCode>(['CONFLICT', 'MERGED', 'NOT_FOUND'])

/** merge merges a pair, and offers to undo it. */
export async function merge({ survivor, other }: Sides): Promise<Verdict> {
  try {
    const { mergeContacts: merged } = await mutate(MergeContactsDocument, {
      input: {
        survivorId: survivor.id,
        expectedVersion: survivor.version,
        others: [{ id: other.id, expectedVersion: other.version }],
      },
    })
    const [error] = merged.userErrors
    if (error) {
      return { gone: [], problem: error.message, stale: outdated.has(error.code) }
    }
    mine(merged.eventId)
    const said = t.inbox.merged(other.displayName, survivor.displayName)
    announceMerge(merged, said)
    return { gone: merged.mergedContactIds }
  } catch (error) {
    return { gone: [], problem: reasonOf(error) }
  }
}

/** dismiss notes that a pair is two people. */
export async function dismiss(id: string, { survivor, other }: Sides): Promise<Verdict> {
  try {
    const { dismissDuplicates } = await mutate(DismissDuplicatesDocument, { input: { ids: [id] } })
    const error = dismissDuplicates.userErrors.find(({ code }) => code !== 'NOT_FOUND') // gone is what was wanted
    if (error) {
      return { gone: [], problem: error.message }
    }
    announce(t.inbox.dismissed(survivor.displayName, other.displayName))
    return { gone: [] }
  } catch (error) {
    return { gone: [], problem: reasonOf(error) }
  }
}
