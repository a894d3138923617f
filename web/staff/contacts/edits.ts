// What is being typed into cells. It lives outside of the rows, so that nothing typed is lost when a row scrolls
// away, a search hides it, or another page is shown.

import { useCallback, useSyncExternalStore } from 'react'

import { type ContactRowFragment, UpdateContactDocument, type UpdateContactMutation } from '../generated/graphql'
import { mutate, Refused, Unreachable } from '../server/client'
import { mine } from '../server/echoes'
import { announce } from '../shared/announce'
import { Store } from '../shared/store'

/** Field is one that is edited in place. */
export type Field = 'email' | 'phone' | 'notes'

export const fieldNames: Record<Field, string> = { email: 'Email', phone: 'Phone', notes: 'Notes' }

/** Edit is one cell being edited. */
export interface Edit {
  field: Field
  /** The contact that the edit started from, or was rebased on. */
  contact: ContactRowFragment
  draft: string
  /**
   * open: being typed. saving: on its way. invalid: refused, message says why. taken: other has the value already.
   * conflict: other is the contact as somebody else left it. unreachable: not saved, to be tried again. gone: the
   * contact was deleted.
   */
  state: 'open' | 'saving' | 'invalid' | 'taken' | 'conflict' | 'unreachable' | 'gone'
  message?: string
  other?: ContactRowFragment
  /** The draft that was sent last. */
  sent?: string
}

/** edits are all of them, by editKey. */
export const edits = new Store<ReadonlyMap<string, Edit>>(new Map())

export const editKey = (id: string, field: Field) => `${id}.${field}`

/** useEdit is the edit of one cell, while there is one. */
export function useEdit(id: string, field: Field): Edit | undefined {
  const key = editKey(id, field)
  return useSyncExternalStore(
    edits.subscribe,
    useCallback(() => edits.get().get(key), [key]),
  )
}

/** useEditing tells whether any cell of a contact is being edited. */
export function useEditing(id: string): boolean {
  return useSyncExternalStore(
    edits.subscribe,
    useCallback(() => [...edits.get().values()].some((edit) => edit.contact.id === id), [id]),
  )
}

function put(key: string, edit: Edit | undefined): void {
  const next = new Map(edits.get())
  if (edit) {
    next.set(key, edit)
  } else {
    next.delete(key)
  }
  edits.set(next)
}

/** value is what a cell shows of a contact, and what its edit starts with. */
export function value(contact: ContactRowFragment, field: Field): string {
  return contact[field] ?? ''
}

/** begin opens a cell. One that is open stays as it is. */
export function begin(contact: ContactRowFragment, field: Field): void {
  const key = editKey(contact.id, field)
  if (!edits.get().has(key)) {
    put(key, { field, contact, draft: value(contact, field), state: 'open' })
  }
}

/** type takes what is typed. */
export function type(key: string, draft: string): void {
  const edit = edits.get().get(key)
  if (edit) {
    put(key, { ...edit, draft })
  }
}

/** giveUp drops what was typed. */
export function giveUp(key: string): void {
  put(key, undefined)
}

/** pending tells whether an edit would be lost with the page. */
export function pending(edit: Edit): boolean {
  return edit.draft !== value(edit.contact, edit.field)
}

/** leave saves when the cell is left, unless that very text has been refused already. */
export function leave(key: string): void {
  const edit = edits.get().get(key)
  if (edit && edit.state !== 'saving' && (edit.state === 'open' || edit.draft !== edit.sent)) {
    void save(key)
  }
}

/** How a save goes past what stopped it. */
export interface Consent {
  /** Take a value that another contact has. */
  duplicate?: boolean
  /** Write over what somebody else entered meanwhile. */
  overwrite?: boolean
}

type Payload = UpdateContactMutation['updateContact']

/** save sends what was typed. It closes the cell when the server has it, and else says in the cell why not. */
export async function save(key: string, consent: Consent = {}): Promise<void> {
  const edit = edits.get().get(key)
  if (!edit || edit.state === 'saving') {
    return
  }
  let contact = consent.overwrite && edit.other ? edit.other : edit.contact
  const { field, draft } = edit
  if (draft.trim() === value(contact, field).trim()) {
    giveUp(key)
    return
  }
  put(key, { ...edit, contact, state: 'saving', sent: draft, message: undefined, other: undefined })

  try {
    for (let attempt = 0; ; attempt++) {
      const { updateContact } = await mutate(UpdateContactDocument, {
        input: {
          id: contact.id,
          [field]: draft,
          expectedVersion: contact.version,
          allowDuplicate: consent.duplicate ?? false,
        },
      })
      mine(updateContact.eventId)
      const newer = newerVersion(updateContact)
      if (!newer || attempt === 10) {
        settle(key, draft, updateContact)
        return
      }
      if (value(newer, field).trim() === draft.trim()) {
        settle(key, draft, { ...updateContact, contact: newer, userErrors: [] })
        return
      }
      if (value(newer, field) !== value(contact, field)) {
        settle(key, draft, updateContact)
        return
      }
      contact = newer // somebody changed something else
    }
  } catch (error) {
    fail(key, error)
  }
}

function newerVersion(payload: Payload): ContactRowFragment | undefined {
  const conflict = payload.userErrors.find((each) => each.code === 'CONFLICT')
  return conflict ? (conflict.contact ?? payload.contact ?? undefined) : undefined
}

function settle(key: string, sent: string, { contact, userErrors }: Payload): void {
  const edit = edits.get().get(key)
  if (!edit) {
    return
  }
  const [error] = userErrors
  if (!error && contact) {
    announce(`${fieldNames[edit.field]} of ${contact.displayName} saved`)
    // Typed on meanwhile: the cell stays open, on top of what was saved.
    put(key, edit.draft === sent ? undefined : { ...edit, contact, state: 'open' })
    return
  }
  const message = error?.message ?? 'The server did not say whether it was saved'
  const other = error?.contact ?? undefined
  switch (error?.code) {
    case 'EMAIL_TAKEN':
    case 'PHONE_TAKEN':
      put(key, { ...edit, state: 'taken', message, other })
      break
    case 'CONFLICT':
      put(key, { ...edit, state: 'conflict', message, other: other ?? contact ?? undefined })
      break
    case 'NOT_FOUND':
      put(key, { ...edit, state: 'gone' })
      break
    default:
      put(key, { ...edit, state: 'invalid', message })
  }
}

function fail(key: string, error: unknown): void {
  const edit = edits.get().get(key)
  if (!edit) {
    return
  }
  if (error instanceof Refused && error.code !== 'UNAUTHENTICATED') {
    put(key, { ...edit, state: 'invalid', message: error.message })
  } else {
    const reason = error instanceof Unreachable ? 'The server cannot be reached' : 'You are signed out'
    put(key, { ...edit, state: 'unreachable', message: `Not saved. ${reason}.` })
  }
}

/** deleted notes that a contact is no more; true when something is being typed into it. */
export function deleted(id: string): boolean {
  let typing = false
  for (const [key, edit] of edits.get()) {
    if (edit.contact.id === id) {
      if (pending(edit)) {
        typing = true
        put(key, { ...edit, state: 'gone' })
      } else {
        giveUp(key)
      }
    }
  }
  return typing
}

addEventListener('beforeunload', (event) => {
  if ([...edits.get().values()].some(pending)) {
    event.preventDefault()
  }
})
