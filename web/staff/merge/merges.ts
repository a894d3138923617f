// The merges that were made in this browser and can still be undone. The server says how to undo a merge only in its answer,
// so that is kept: ids and a time, nothing about a person.

import { UndoMergeDocument } from '../generated/graphql'
import { base } from '../server/base'
import { mutate } from '../server/client'
import { mine } from '../server/echoes'
import { offered, withdraw } from '../shared/offer'
import { refusalOf } from '../shared/refusal'
import { Store } from '../shared/store'
import { t } from '../texts/texts'
import type { Merged } from './merging'

/** Done is a merge that can be undone. */
export interface Done {
  readonly id: string
  readonly survivor: string
  readonly merged: readonly string[]
  /** When it was made, in ms. */
  readonly at: number
  /** Until when it can be undone, in ms. */
  readonly until: number
}

const key = `kith.merges${base}`
const most = 50

/** merges are those that can be undone, the newest last. */
export const merges = new Store<readonly Done[]>(read())

/** remember keeps the way back from a merge, and offers it. */
export function remember({ mergeId, contact, mergedContactIds, undoableUntil }: Merged, text: string): void {
  if (!mergeId || !contact || !undoableUntil) {
    return
  }
  const done = { id: mergeId, survivor: contact.id, merged: mergedContactIds, at: Date.now(), until: Date.parse(undoableUntil) }
  put([...merges.get(), done].filter(({ until }) => until > Date.now()).slice(-most))
  offered.set({ id: mergeId, text, undo: async () => (await undoMerge(mergeId)).text })
}

/** undoableOf is the newest merge into a contact, while it can be undone. */
export function undoableOf(all: readonly Done[], survivor: string, now = Date.now()): Done | undefined {
  const last = all.findLast((each) => each.survivor === survivor)
  return last && last.until > now ? last : undefined
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
        forget(id)
      }
      return { text: error.message, done: false }
    }
    forget(id)
    return { text: t.duplicates.merge.undone(answer.kept.map((field) => t.duplicates.merge.fields[field])), done: true }
  } catch (error) {
    return { text: refusalOf(error, t.duplicates.merge.notUndone), done: false }
  }
}

function forget(id: string): void {
  put(merges.get().filter((each) => each.id !== id))
  withdraw(id)
}

function put(next: readonly Done[]): void {
  merges.set(next)
  try {
    localStorage.setItem(key, JSON.stringify(next))
  } catch {
    // Storage is full or forbidden: this page remembers nevertheless.
  }
}

function read(): readonly Done[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? '[]')
    return Array.isArray(kept) ? kept.filter(isDone) : []
  } catch {
    return []
  }
}

function isDone(value: unknown): value is Done {
  const { id, survivor, merged, at, until } = (value ?? {}) as Partial<Record<keyof Done, unknown>>
  return (
    typeof id === 'string' &&
    typeof survivor === 'string' &&
    Array.isArray(merged) &&
    typeof at === 'number' &&
    typeof until === 'number' &&
    until > Date.now()
  )
}
