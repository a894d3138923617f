// What is decided before contacts are merged: which of them stays, and whose values are kept. The server previews each
// decision. It knows neither the page nor the network.

import type { ContactField, ContactsToMergeQuery, MergeContactsInput, MergeContactsMutation, MergePreviewQuery } from '../generated/graphql'
import { Store } from '../shared/store'

type Node = NonNullable<ContactsToMergeQuery['nodes'][number]>

/** Candidate is a contact to merge. */
export type Candidate = Extract<Node, { displayName: string }>

/** Preview is what a merge would do. */
export type Preview = NonNullable<MergePreviewQuery['mergePreview']>

/** Merged is the server's answer to a merge. */
export type Merged = MergeContactsMutation['mergeContacts']

/** Server is what a merge needs of it. Each function throws when there is no answer. */
export interface Server {
  contacts: (ids: readonly string[]) => Promise<readonly (Candidate | undefined)[]>
  preview: (input: MergeContactsInput) => Promise<Preview | null>
  merge: (input: MergeContactsInput) => Promise<Merged>
}

/** State is where a decision has come to. */
export interface State {
  readonly phase: 'loading' | 'ready' | 'merging'
  /** Those that are there: fewer than were asked for when some were deleted or merged elsewhere. */
  readonly contacts: readonly Candidate[]
  readonly missing: number
  readonly survivor: string
  readonly chosen: Readonly<Partial<Record<ContactField, string>>>
  /** The notes as typed; undefined for those that the server proposes. */
  readonly notes: string | undefined
  readonly preview: Preview | undefined
  /** Whether a contact was changed elsewhere after it was compared. */
  readonly changed: boolean
  /** Why the last request failed. */
  readonly failure: unknown
}

const rounds = 3 // of reading contacts again that change while they are compared

export class Merging {
  readonly state: Store<State>
  #server: Server
  #ids: readonly string[]
  #latest = 0

  /** The first of the ids is proposed as the survivor. */
  constructor(ids: readonly string[], server: Server) {
    this.#ids = [...new Set(ids)]
    this.#server = server
    this.state = new Store<State>({
      phase: 'loading',
      contacts: [],
      missing: 0,
      survivor: this.#ids[0] ?? '',
      chosen: {},
      notes: undefined,
      preview: undefined,
      changed: false,
      failure: undefined,
    })
  }

  /** load reads the contacts and previews the merge. */
  async load(): Promise<void> {
    const mine = ++this.#latest
    try {
      for (let round = 1; round <= rounds; round++) {
        await this.#read(mine)
        if (await this.#look(mine)) {
          return
        }
      }
      this.#put(mine, { phase: 'ready', preview: undefined, changed: true })
    } catch (failure) {
      this.#put(mine, { phase: 'ready', failure })
    }
  }

  /** survive chooses the contact that stays. */
  survive(survivor: string): Promise<void> {
    return this.#decide({ survivor })
  }

  /** keep chooses whose value a field gets. */
  keep(field: ContactField, id: string): Promise<void> {
    return this.#decide({ chosen: { ...this.state.get().chosen, [field]: id } })
  }

  /** write replaces the joined notes; preview looks at them. */
  write(notes: string): void {
    this.state.set({ ...this.state.get(), notes })
  }

  /** preview asks what the decisions so far would do. */
  preview(): Promise<void> {
    return this.#decide({})
  }

  /** merge resolves to the answer when the contacts are merged; else the state says why they are not. */
  async merge(): Promise<Merged | undefined> {
    const input = this.#input()
    if (!input || this.state.get().phase !== 'ready') {
      return undefined
    }
    const mine = ++this.#latest
    this.#put(mine, { phase: 'merging', failure: undefined, changed: false })
    try {
      const answer = await this.#server.merge(input)
      if (answer.contact) {
        return answer
      }
      await this.#refused(mine, answer.userErrors)
    } catch (failure) {
      this.#put(mine, { phase: 'ready', failure })
    }
    return undefined
  }

  async #decide(decision: Partial<State>): Promise<void> {
    const mine = ++this.#latest
    this.#put(mine, { ...decision, failure: undefined })
    try {
      if (!(await this.#look(mine))) {
        await this.load()
        this.state.set({ ...this.state.get(), changed: true })
      }
    } catch (failure) {
      this.#put(mine, { failure })
    }
  }

  async #refused(mine: number, userErrors: Preview['userErrors']): Promise<void> {
    if (userErrors.some(isOutdated)) {
      await this.load()
      this.state.set({ ...this.state.get(), changed: true })
      return
    }
    const { preview } = this.state.get()
    this.#put(mine, { phase: 'ready', preview: preview && { ...preview, userErrors } })
  }

  async #read(mine: number): Promise<void> {
    const found = await this.#server.contacts(this.#ids)
    const contacts = found.filter((each) => each !== undefined)
    const there = (id: string | undefined) => contacts.some((each) => each.id === id)
    const { survivor, chosen } = this.state.get()
    this.#put(mine, {
      contacts,
      missing: found.length - contacts.length,
      survivor: there(survivor) ? survivor : (contacts[0]?.id ?? ''),
      chosen: Object.fromEntries(Object.entries(chosen).filter(([, id]) => there(id))),
      failure: undefined,
    })
  }

  // look is false when the contacts have to be read again first.
  async #look(mine: number): Promise<boolean> {
    const input = this.#input()
    if (!input) {
      this.#put(mine, { phase: 'ready', preview: undefined })
      return true
    }
    const preview = await this.#server.preview(input)
    if (preview === null || preview.userErrors.some(isOutdated)) {
      return mine !== this.#latest
    }
    this.#put(mine, { phase: 'ready', preview })
    return true
  }

  #input(): MergeContactsInput | undefined {
    const { contacts, survivor, chosen, notes } = this.state.get()
    const stays = contacts.find((each) => each.id === survivor)
    const others = contacts.filter((each) => each !== stays)
    if (!stays || others.length === 0) {
      return undefined
    }
    return {
      survivorId: survivor,
      expectedVersion: stays.version,
      others: others.map(({ id, version }) => ({ id, expectedVersion: version })),
      ...(chosen.NAME && { nameFrom: chosen.NAME }),
      ...(chosen.EMAIL && { emailFrom: chosen.EMAIL }),
      ...(chosen.PHONE && { phoneFrom: chosen.PHONE }),
      ...(notes !== undefined && { notes }),
    }
  }

  // Answers to questions that are no longer asked are left alone.
  #put(mine: number, change: Partial<State>): void {
    if (mine === this.#latest) {
      this.state.set({ ...this.state.get(), ...change })
    }
  }
}

const isOutdated = ({ code }: { code: string }) => code === 'CONFLICT' || code === 'NOT_FOUND' || code === 'MERGED'
