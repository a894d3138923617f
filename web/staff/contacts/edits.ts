// The edits of this page: what contacts/editing.ts rules, with the server at one end and the page at the other. They
// live outside of the rows, so that nothing typed is lost when a row scrolls away, a search hides it, or another page is
// shown.

import { useCallback, useSyncExternalStore } from 'react'

import { type ContactRowFragment, UpdateContactDocument } from '../generated/graphql'
import { mutate, Refused, Unreachable } from '../server/client'
import { mine } from '../server/echoes'
import { Store } from '../shared/store'
import { t } from '../texts/texts'
import { type Answer, type Edit, Editing, editKey, type Field, type Request } from './editing'

/** fieldNames are what people call the fields, in the language of the page. */
export const fieldNames: Readonly<Record<Field, string>> = {
  get name() {
    return t.contact.name
  },
  get email() {
    return t.contact.email
  },
  get phone() {
    return t.contact.phone
  },
  get notes() {
    return t.contact.notes
  },
}

const leavers = new Set<(id: string) => void>()

/** onGone calls back when a deleted contact can go: nothing typed into it is left. */
export function onGone(callback: (id: string) => void): void {
  leavers.add(callback)
}

export const editing = new Editing(send, changed, (id) => leavers.forEach((callback) => callback(id)))

async function send({ contact, field, text, duplicate, unusual }: Request): Promise<Answer> {
  try {
    const { updateContact } = await mutate(UpdateContactDocument, {
      input: {
        id: contact.id,
        [field]: field === 'notes' || text.trim() ? text : null,
        expectedVersion: contact.version,
        allowDuplicate: duplicate,
        ...(unusual && { allowUnusual: true }),
      },
    })
    mine(updateContact.eventId)
    return { contact: updateContact.contact, error: updateContact.userErrors[0] }
  } catch (error) {
    return { unsent: reason(error) }
  }
}

// changed is asked where a mask hides it. What cannot be known may have been changed.
async function changed({ id, version }: ContactRowFragment, { version: to }: ContactRowFragment, field: Field): Promise<boolean> {
  try {
    const { changedWithin } = await import('./meanwhile')
    return await changedWithin({ id, from: version, to }, field)
  } catch {
    return true
  }
}

function reason(error: unknown): string {
  if (error instanceof Unreachable) {
    return t.contact.unreachable
  }
  if (error instanceof Refused) {
    return error.code === 'UNAUTHENTICATED' ? t.contact.signedOut : error.message
  }
  return String(error)
}

/** useEdit is the edit of one cell, while there is one. */
export function useEdit(id: string, field: Field): Edit | undefined {
  const key = editKey(id, field)
  return useSyncExternalStore(
    editing.edits.subscribe,
    useCallback(() => editing.edits.get().get(key), [key]),
  )
}

/** openContact is a contact of which a cell is open, as its edit knows it. */
export function openContact(id: string): ContactRowFragment | undefined {
  for (const { contact, draft } of editing.edits.get().values()) {
    if (draft && contact.id === id) {
      return contact
    }
  }
  return undefined
}

/** useOpenContact is openContact, followed. */
export function useOpenContact(id: string): ContactRowFragment | undefined {
  return useSyncExternalStore(
    editing.edits.subscribe,
    useCallback(() => openContact(id), [id]),
  )
}

let open: readonly string[] = []

/** useOpenContacts are the ids of contacts of which a cell is open; the same array while they are the same. */
export function useOpenContacts(): readonly string[] {
  return useSyncExternalStore(editing.edits.subscribe, () => {
    const now = [...new Set([...editing.edits.get().values()].filter(({ draft }) => draft).map(({ contact }) => contact.id))]
    if (now.join() !== open.join()) {
      open = now
    }
    return open
  })
}

/** Entering says that the focus should go into an open cell's input, and where in its text. */
export interface Entering {
  key: string
  /** The index of a character. Without one: the end of notes; all of an email or a phone, which one rather replaces. */
  caret?: number | undefined
}

export const entering = new Store<Entering | undefined>(undefined)

/** Place is where a field can be edited: in its row, or where its contact is shown whole. */
export type Place = 'row' | 'panel'

// The edits that were begun where the contact is shown whole; all others belong to the rows.
const inPanel = new Store<ReadonlySet<string>>(new Set())

function put(key: string, place: Place): void {
  const next = new Set(inPanel.get())
  place === 'panel' ? next.add(key) : next.delete(key)
  inPanel.set(next)
}

/** placeOf is where the input of a field is shown while it is edited: in one place, though both show its value. */
export const placeOf = (key: string): Place => (inPanel.get().has(key) ? 'panel' : 'row')

/** usePlace is placeOf, followed. */
export function usePlace(key: string): Place {
  return useSyncExternalStore(
    inPanel.subscribe,
    useCallback(() => placeOf(key), [key]),
  )
}

/** leavePanel leaves a contact's edits to its row. */
export function leavePanel(id: string): void {
  inPanel.set(new Set([...inPanel.get()].filter((key) => !key.startsWith(`${id}.`))))
}

/** enter opens a field, unless it is open, and puts the focus into it. */
export function enter(contact: ContactRowFragment, field: Field, caret?: number, place: Place = 'row'): void {
  const key = editKey(contact.id, field)
  put(key, place)
  entering.set({ key, caret })
  editing.begin(contact, field)
}

/** leading is the field that should be shown, wherever it is, and opened. */
export const leading = new Store<{ id: string; field: Field } | undefined>(undefined)
