// A list that grows on demand: the newest rows first, more when asked. It knows neither the page nor the network.

import { Store } from './store'

/** Part is one page of a list, as a connection of the API has it. */
export interface Part<Row> {
  nodes: readonly Row[]
  pageInfo: { hasNextPage: boolean; endCursor: string | null }
}

/** Shown is what of a list is there. */
export interface Shown<Row> {
  readonly rows: readonly Row[]
  readonly more: boolean
  /** False until the first answer. */
  readonly ready: boolean
  readonly busy: boolean
  /** Why the last question had no answer. It stays until there is one: whoever retries keeps the button. */
  readonly failure: unknown
}

/** Ask asks for one page. */
export type Ask<Row> = (args: { first: number; after?: string }, signal: AbortSignal) => Promise<Part<Row>>

const largest = 100 // page that the server gives

/** Pager reads the pages, of size rows each. */
export class Pager<Row extends { id: string }> {
  readonly shown = new Store<Shown<Row>>({ rows: [], more: false, ready: false, busy: false, failure: undefined })
  #ask: Ask<Row>
  #size: number
  #end: string | null = null
  #working: AbortController | undefined

  constructor(ask: Ask<Row>, size = 25) {
    this.#ask = ask
    this.#size = size
  }

  /** refresh asks again for as many rows as are there, or for the first. */
  refresh(): Promise<void> {
    const size = this.#size
    const wanted = Math.max(Math.ceil(this.shown.get().rows.length / size) * size, size)
    return this.#work([], null, wanted)
  }

  /** more asks for the rows that follow. */
  more(): Promise<void> {
    return this.#end === null ? this.refresh() : this.#work(this.shown.get().rows, this.#end, this.#size)
  }

  /** change replaces the rows, after something was done to them here. */
  change(how: (rows: readonly Row[]) => readonly Row[]): void {
    this.#put({ rows: how(this.shown.get().rows) })
  }

  /** close cancels the running question. */
  close(): void {
    this.#working?.abort()
    this.#working = undefined
  }

  // #work reads so many rows after a cursor, and shows them after those before.
  async #work(before: readonly Row[], after: string | null, wanted: number): Promise<void> {
    this.close()
    const working = new AbortController()
    this.#working = working
    this.#put({ busy: true })
    try {
      const rows: Row[] = []
      let end = after
      let more = true
      while (more && rows.length < wanted) {
        const first = Math.min(wanted - rows.length, largest)
        const { nodes, pageInfo } = await this.#ask({ first, after: end ?? undefined }, working.signal)
        rows.push(...nodes)
        end = pageInfo.endCursor
        more = pageInfo.hasNextPage
      }
      if (this.#working === working) {
        this.#end = end
        this.#put({ rows: distinct([...before, ...rows]), more, ready: true, busy: false, failure: undefined })
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

// A row that moved while pages were read comes twice: its last place is the newer one.
function distinct<Row extends { id: string }>(rows: readonly Row[]): readonly Row[] {
  const last = new Map(rows.map((row, at) => [row.id, at]))
  return rows.filter(({ id }, at) => last.get(id) === at)
}
