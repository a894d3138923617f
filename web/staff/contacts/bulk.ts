// Deleting several contacts: some at a time, with what became of each. It knows neither the page nor the network.

import { Store } from '../shared/store'

/** Outcome is what became of one contact: deleted, or why not. */
export type Outcome = 'deleted' | { reason: string }

/** Progress is how far a deletion is. */
export interface Progress {
  readonly outcomes: ReadonlyMap<string, Outcome>
  readonly busy: boolean
}

/** Delete deletes contacts, and answers with what became of each, in order. */
export type Delete = (ids: readonly string[]) => Promise<Outcome[]>

const chunk = 20

/** BulkDeletion deletes contacts; those that failed can be tried again. */
export class BulkDeletion {
  readonly progress = new Store<Progress>({ outcomes: new Map(), busy: false })
  #ids: readonly string[]
  #delete: Delete
  #failed: (error: unknown) => string

  /** failed puts into words why a request got no answer. */
  constructor(ids: readonly string[], deleting: Delete, failed: (error: unknown) => string) {
    this.#ids = ids
    this.#delete = deleting
    this.#failed = failed
  }

  /** left are the contacts that are not deleted. */
  get left(): string[] {
    const { outcomes } = this.progress.get()
    return this.#ids.filter((id) => outcomes.get(id) !== 'deleted')
  }

  /** run deletes what is left. It resolves to the ids that it deleted, and never rejects. */
  async run(): Promise<string[]> {
    if (this.progress.get().busy) {
      return []
    }
    const todo = this.left
    const gone: string[] = []
    const outcomes = new Map(this.progress.get().outcomes)
    todo.forEach((id) => outcomes.delete(id))
    this.progress.set({ outcomes: new Map(outcomes), busy: true })
    for (let at = 0; at < todo.length; at += chunk) {
      const ids = todo.slice(at, at + chunk)
      let answers: Outcome[]
      try {
        answers = await this.#delete(ids)
      } catch (error) {
        const reason = this.#failed(error)
        answers = ids.map(() => ({ reason }))
      }
      ids.forEach((id, index) => {
        const outcome = answers[index]!
        outcomes.set(id, outcome)
        if (outcome === 'deleted') {
          gone.push(id)
        }
      })
      this.progress.set({ outcomes: new Map(outcomes), busy: true })
    }
    this.progress.set({ outcomes, busy: false })
    return gone
  }
}
