// What was chosen for sessions, until the server has it. Of one session one request is under way at a time, and what is
// chosen meanwhile follows it. It knows neither the page nor the network.

import type { UpdateSessionInput } from '../generated/graphql'
import { Store } from '../shared/store'

/** Chosen are the fields of a session that somebody has set. */
export type Chosen = Omit<UpdateSessionInput, 'id'>

/** Change is what was chosen for one session and is not saved. */
export interface Change {
  readonly id: string
  /** Whose session it is. */
  readonly name: string
  readonly chosen: Chosen
  /** Why it was not saved; undefined while it may still be. */
  readonly problem?: string | undefined
}

export class Changing {
  /** changes are those that are not saved, by the session's id. */
  readonly changes = new Store<ReadonlyMap<string, Change>>(new Map())
  #send: (id: string, chosen: Chosen) => Promise<string | undefined>
  #under = new Set<string>()

  /** send saves what was chosen, and says what went wrong when it cannot. */
  constructor(send: (id: string, chosen: Chosen) => Promise<string | undefined>) {
    this.#send = send
  }

  /** choose sets fields of a session. */
  choose(id: string, name: string, chosen: Chosen): void {
    this.#put({ id, name, chosen: { ...this.#get(id)?.chosen, ...chosen } })
    void this.#run(id)
  }

  /** retry sends once more what was not saved. */
  retry(id: string): void {
    const change = this.#get(id)
    if (change) {
      this.choose(id, change.name, {})
    }
  }

  /** drop gives up what was not saved. */
  drop(id: string): void {
    const next = new Map(this.changes.get())
    next.delete(id)
    this.changes.set(next)
  }

  #get(id: string): Change | undefined {
    return this.changes.get().get(id)
  }

  #put(change: Change): void {
    this.changes.set(new Map(this.changes.get()).set(change.id, change))
  }

  async #run(id: string): Promise<void> {
    if (this.#under.has(id)) {
      return
    }
    this.#under.add(id)
    for (let change = this.#get(id); change && change.problem === undefined; change = this.#get(id)) {
      const sent = change.chosen
      const problem = await this.#send(id, sent)
      this.#answered(id, sent, problem)
    }
    this.#under.delete(id)
  }

  #answered(id: string, sent: Chosen, problem: string | undefined): void {
    const change = this.#get(id)
    if (!change) {
      return
    }
    if (problem !== undefined) {
      if (change.chosen === sent) {
        this.#put({ ...change, problem })
      } // else something was chosen since, which is sent with it
      return
    }
    const left = Object.entries(change.chosen).filter(([field, value]) => sent[field as keyof Chosen] !== value)
    if (left.length === 0) {
      this.drop(id)
    } else {
      this.#put({ ...change, chosen: Object.fromEntries(left) })
    }
  }
}
