// The contacts that are selected. They are kept as they were then: their rows may be far off the screen by now.

import { useCallback, useSyncExternalStore } from 'react'

import type { ContactRowFragment } from '../generated/graphql'
import { Store } from '../shared/store'

type Contact = Pick<ContactRowFragment, 'id'>

/** most is how many may be selected one by one: the server takes no more at a time. */
export const most = 100

/** Selecting is a selection, and how it grows and shrinks. */
export class Selecting<Kind extends Contact> {
  readonly chosen = new Store<ReadonlyMap<string, Kind>>(new Map())
  /** Whether all that match are selected, of which those in chosen are the first. */
  every = false
  #full: () => void
  #anchor: string | undefined
  // What was selected when the anchor was set: a range grows and shrinks over it.
  #base: ReadonlyMap<string, Kind> = new Map()

  /** full is called when more was to be selected than can be. */
  constructor(full: () => void) {
    this.#full = full
  }

  /** The row that a range starts from. */
  get anchor(): string | undefined {
    return this.#anchor
  }

  /** toggle selects a contact, or no longer; ranges start from it. */
  toggle(contact: Kind): void {
    const next = new Map(this.chosen.get())
    if (!next.delete(contact.id) && !this.every) {
      next.set(contact.id, contact)
    }
    this.#put(next)
    this.#anchor = contact.id
    this.#base = this.chosen.get()
  }

  /** range selects contacts one after the other, instead of the range before. */
  range(contacts: readonly Kind[]): void {
    const next = new Map(this.#base)
    for (const contact of contacts) {
      next.set(contact.id, contact)
    }
    this.#put(next)
  }

  /** all selects these, and no others. */
  all(contacts: readonly Kind[]): void {
    this.#anchor = contacts[0]?.id
    this.#put(new Map(contacts.map((contact) => [contact.id, contact])))
    this.#base = this.chosen.get()
  }

  /** everything selects all that match, beyond those that are selected. */
  everything(): void {
    this.every = true
    this.chosen.set(new Map(this.chosen.get()))
  }

  /** clear selects none. */
  clear(): void {
    this.#anchor = undefined
    this.#base = new Map()
    this.every = false
    if (this.chosen.get().size > 0) {
      this.chosen.set(new Map())
    }
  }

  /** drop takes out contacts that are no more. */
  drop(ids: readonly string[]): void {
    const without = (all: ReadonlyMap<string, Kind>) => new Map([...all].filter(([id]) => !ids.includes(id)))
    if (this.#anchor !== undefined && ids.includes(this.#anchor)) {
      this.#anchor = undefined
    }
    this.#base = without(this.#base)
    if (ids.some((id) => this.chosen.get().has(id))) {
      this.chosen.set(without(this.chosen.get()))
    }
  }

  #put(next: ReadonlyMap<string, Kind>): void {
    this.every = false
    if (next.size <= most) {
      this.chosen.set(next)
    } else {
      this.chosen.set(new Map([...next].slice(0, most)))
      this.#full()
    }
  }
}

/** useSelected reports whether a contact is selected. */
export function useSelected<Kind extends Contact>(selecting: Selecting<Kind>, id: string): boolean {
  return useSyncExternalStore(
    selecting.chosen.subscribe,
    useCallback(() => selecting.every || selecting.chosen.get().has(id), [selecting, id]),
  )
}
