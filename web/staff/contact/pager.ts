// A list that grows on demand: the newest rows first, more when asked. It knows neither the page nor the network.

import { Store } from '../shared/store'

/** Rows are what was answered to one question. */
export interface Rows<Row> {
  rows: readonly Row[]
  end: string | null
  more: boolean
}

/** Shown is what of a list is there. */
export interface Shown<Row> {
  readonly rows: readonly Row[]
  readonly more: boolean
  /** False until the first answer. */
  readonly ready: boolean
  readonly busy: boolean
  readonly failure: unknown
}

/** Ask asks for rows. */
export type Ask<Row> = (args: { first: number; after?: string }, signal: AbortSignal) => Promise<Rows<Row>>

const size = 25
const most = 100 // that the server gives in one answer

export class Pager<Row extends { id: string }> {
  readonly shown = new Store<Shown<Row>>({ rows: [], more: false, ready: false, busy: false, failure: undefined })
  #ask: Ask<Row>
  #end: string | null = null
  #working: AbortController | undefined

  constructor(ask: Ask<Row>) {
    this.#ask = ask
  }

  /** refresh asks again for as many rows as are there, or for the first. */
  refresh(): Promise<void> {
    const { length } = this.shown.get().rows
    return this.#work({ first: Math.min(Math.max(Math.ceil(length / size) * size, size), most) }, () => [])
  }

  /** more asks for the rows that follow. */
  more(): Promise<void> {
    if (this.#end === null) {
      return this.refresh()
    }
    return this.#work({ first: size, after: this.#end }, () => this.shown.get().rows)
  }

  /** close cancels the running question. */
  close(): void {
    this.#working?.abort()
    this.#working = undefined
  }

  async #work(args: { first: number; after?: string }, before: () => readonly Row[]): Promise<void> {
    this.close()
    const working = new AbortController()
    this.#working = working
    this.#put({ busy: true, failure: undefined })
    try {
      const { rows, end, more } = await this.#ask(args, working.signal)
      if (this.#working === working) {
        const kept = before().filter((known) => !rows.some(({ id }) => id === known.id))
        this.#end = end
        this.#put({ rows: [...kept, ...rows], more, ready: true, busy: false })
      }
    } catch (failure) {
      if (this.#working === working) {
        this.#put({ busy: false, failure })
      }
    }
  }

  #put(change: Partial<Shown<Row>>): void {
    this.shown.set({ ...this.shown.get(), ...change })
  }
}
