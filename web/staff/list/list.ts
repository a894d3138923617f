// A long list of which a stretch is held: pages are fetched as one scrolls, those far off the screen are let go. Rows
// are numbered from the start of the whole list. Where the stretch was reached from the end, or from the middle, its
// number is an estimate, and is put right when an end of the list comes into sight.

import { Store } from '../shared/store'

/** Edge is a row's id, and the cursor that marks its place. */
export interface Edge {
  readonly id: string
  readonly cursor: string
}

/** PageArgs are the arguments of a connection. */
export interface PageArgs {
  first?: number
  after?: string
  last?: number
  before?: string
  /** Rows to pass over from the start; without the cursors. */
  skip?: number
}

/** Page is what a connection answers. */
export interface Page {
  edges: Edge[]
  hasNext: boolean
  hasPrevious: boolean
}

/** Source is where pages come from. */
export interface Source {
  page(args: PageArgs, signal: AbortSignal): Promise<Page>
  /** The most rows that may be passed over. */
  furthest: number
  /** forget is called when no row of a page is held any more. */
  forget(args: PageArgs): void
}

/** Stretch is the loaded part of the list at one moment. */
export interface Stretch {
  readonly edges: readonly Edge[]
  /** The number of the first edge, from 0. */
  readonly offset: number
  readonly hasNext: boolean
  readonly hasPrevious: boolean
  /** The rows in all, as far as anybody knows. */
  readonly length: number
  /** False until the first answer. */
  readonly ready: boolean
  readonly failure: unknown
}

/** pageSize is how many rows are asked for at a time: the most that the server gives. */
export const pageSize = 100
const firstPageSize = 40
const most = 1_200 // rows held
const ahead = 80 // rows fetched before they come into sight
const near = 3 * pageSize // up to this far, rows are fetched one page after the other
const above = 30 // rows fetched above those that were jumped to
const rest = 120 // ms between two jumps: dragging the scroll bar passes many places

const nothing: Stretch = {
  edges: [],
  offset: 0,
  hasNext: false,
  hasPrevious: false,
  length: 0,
  ready: false,
  failure: undefined,
}

export class List {
  readonly stretch = new Store<Stretch>(nothing)
  #source: Source
  #total: number | undefined
  #working: AbortController | undefined
  #stale: 'no' | 'rows' | 'all' = 'no' // what to refresh after the running request
  #jumped = -Infinity
  #resting: ReturnType<typeof setTimeout> | undefined
  #wanted: [first: number, last: number] = [0, 30]
  #milestones = new Map<number, string>() // by a row's number, the cursor of the row before it
  #origins = new Map<string, PageArgs>() // the page that brought a row, by id

  constructor(source: Source) {
    this.#source = source
  }

  /** load fetches the beginning of the list. */
  load(): Promise<void> {
    return this.#toStart(firstPageSize)
  }

  /** close cancels the running requests. */
  close(): void {
    this.#working?.abort(new DOMException('no longer wanted', 'AbortError'))
    this.#working = undefined
    clearTimeout(this.#resting)
    this.#resting = undefined
  }

  /** release lets go of everything. */
  release = (): void => {
    this.close()
    this.#put(nothing)
  }

  /** count is how many rows the whole list has; below is true when there are more. */
  count(total: number): void {
    this.#total = total
    this.#put({})
  }

  /** show takes the rows that are on the screen, and loads them and their neighbours. */
  show(first: number, last: number): void {
    this.#wanted = [first, last]
    if (this.#working === undefined && this.#resting === undefined && this.stretch.get().ready && this.stretch.get().failure === undefined) {
      this.#next()
    }
  }

  /** retry does what failed once more. */
  retry(): Promise<void> {
    const { ready, failure } = this.stretch.get()
    if (!ready) {
      return this.load()
    }
    if (failure !== undefined) {
      this.#put({ failure: undefined })
    }
    return this.refresh()
  }

  /** toStart shows the beginning of the list. */
  toStart(): Promise<void> {
    return this.#toStart(pageSize)
  }

  /** toEnd shows its end. */
  toEnd(): Promise<void> {
    return this.#work(async (signal) => {
      const args = { last: pageSize }
      const page = await this.#source.page(args, signal)
      const offset = page.hasPrevious ? Math.max(this.stretch.get().length - page.edges.length, 1) : 0
      this.#replace(args, page, offset)
      this.#look(this.stretch.get().length)
    })
  }

  /**
   * refresh asks for the rows around the screen again, and puts what comes in the place of what was there: rows that
   * are new appear, rows that moved go where they belong.
   */
  refresh(): Promise<void> {
    return this.#refresh('rows')
  }

  /**
   * reread is refresh where rows may not belong here any more: those off the screen are let go, and asked for again
   * when they are about to be seen.
   */
  reread(): Promise<void> {
    return this.#refresh('all')
  }

  #refresh(what: 'rows' | 'all'): Promise<void> {
    if (this.#working !== undefined) {
      this.#stale = this.#stale === 'all' ? 'all' : what // somebody waits for that; this comes next
      return Promise.resolve()
    }
    this.#stale = 'no'
    return this.#work(async (signal) => {
      const { offset, hasPrevious, edges } = this.stretch.get()
      let from = Math.min(Math.max(this.#wanted[0] - 20 - offset, 0), Math.max(edges.length - 1, 0))
      if (from === 0 && hasPrevious) {
        from = 1
      }
      const after = from === 0 ? undefined : edges[from - 1]?.cursor
      const size = Math.max(this.#wanted[1] + 10 - offset - from, 20)
      const args = { first: Math.min(size, pageSize), after }
      const page = await this.#source.page(args, signal)
      if (what === 'rows') {
        this.#merge(args, page, after)
      } else if (page.edges.length === 0 && after !== undefined) {
        return this.toEnd()
      } else {
        this.#replace(args, page, after === undefined ? 0 : offset + from)
      }
    })
  }

  /** holds reports whether a row is loaded. */
  holds(id: string): boolean {
    return this.#origins.has(id)
  }

  /** remove takes a row out that is no more. */
  remove(id: string): void {
    const { edges } = this.stretch.get()
    if (!this.holds(id)) {
      return
    }
    this.#put({ edges: edges.filter((edge) => edge.id !== id) })
  }

  async #toStart(size: number): Promise<void> {
    await this.#work(async (signal) => {
      const args = { first: size }
      this.#replace(args, await this.#source.page(args, signal), 0)
      this.#look(0)
    })
  }

  // look is where the screen will be by the time it has drawn this.
  #look(first: number): void {
    const high = this.#wanted[1] - this.#wanted[0]
    const at = Math.max(0, Math.min(first, this.stretch.get().length - high))
    this.#wanted = [at, at + high]
  }

  // work runs one task at a time; a later one replaces the running one.
  async #work(what: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.close()
    const working = new AbortController()
    this.#working = working
    try {
      await what(working.signal)
    } catch (failure) {
      if (!working.signal.aborted) {
        this.#working = undefined
        this.#put({ failure })
      }
      return
    }
    if (this.#working === working) {
      this.#working = undefined
      if (this.#stale !== 'no') {
        void this.#refresh(this.#stale)
      } else {
        this.#next()
      }
    }
  }

  // next fetches the rows that the screen is about to need.
  #next(): void {
    const { offset, edges, hasNext, hasPrevious, length } = this.stretch.get()
    const [first, last] = this.#wanted
    const end = offset + edges.length
    if ((first > end + near && hasNext) || (last < offset - near && hasPrevious)) {
      if (first < near) {
        void this.toStart()
      } else if (last > length - near) {
        void this.toEnd()
      } else {
        this.#jumpTo(first)
      }
    } else if (last + (first > 0 ? ahead : 0) > end && hasNext) {
      void this.#work((signal) => this.#down(signal))
    } else if (first - ahead < offset && hasPrevious) {
      void this.#work((signal) => this.#up(signal))
    }
  }

  async #down(signal: AbortSignal): Promise<void> {
    const args = { first: pageSize, after: this.stretch.get().edges.at(-1)?.cursor }
    const page = await this.#source.page(args, signal)
    const now = this.stretch.get()
    const edges = [...now.edges, ...this.#fresh(args, page.edges, now.edges)]
    const tooMany = Math.min(Math.max(edges.length - most, 0), Math.max(this.#wanted[0] - now.offset - near, 0))
    this.#put({
      edges: edges.slice(tooMany),
      offset: now.offset + tooMany,
      hasPrevious: now.hasPrevious || tooMany > 0,
      hasNext: page.hasNext,
    })
  }

  async #up(signal: AbortSignal): Promise<void> {
    const args = { last: pageSize, before: this.stretch.get().edges[0]?.cursor }
    const page = await this.#source.page(args, signal)
    const now = this.stretch.get()
    const fresh = this.#fresh(args, page.edges, now.edges)
    const edges = [...fresh, ...now.edges]
    const keep = Math.max(
      this.#wanted[1] - now.offset + fresh.length + near,
      edges.length - Math.max(edges.length - most, 0),
    )
    this.#put({
      edges: edges.slice(0, keep),
      offset: now.offset - fresh.length,
      hasPrevious: page.hasPrevious,
      hasNext: now.hasNext || keep < edges.length,
    })
  }

  // jumpTo jumps, or waits until the screen has rested for a moment.
  #jumpTo(first: number): void {
    const wait = this.#jumped + rest - performance.now()
    if (wait <= 0) {
      void this.#jump(first)
    } else {
      this.#resting ??= setTimeout(() => {
        this.#resting = undefined
        this.#next()
      }, wait)
    }
  }

  // jump goes to the middle of the list: by its number, and page by page from the furthest number that the server takes.
  #jump(target: number): Promise<void> {
    return this.#work(async (signal) => {
      this.#jumped = performance.now()
      const place = Math.max(target - above, 0)
      let at = Math.min(place, this.#source.furthest)
      let args: PageArgs = { first: pageSize, skip: at }
      const passed = [...this.#milestones.keys()].filter((each) => each <= place).reduce((a, b) => Math.max(a, b), 0)
      if (passed > at) {
        at = passed
        args = { first: pageSize, after: this.#milestones.get(passed)! }
      }
      let page = await this.#source.page(args, signal)
      while (place - at >= pageSize && page.hasNext) {
        this.#source.forget(args)
        at += page.edges.length
        args = { first: pageSize, after: page.edges.at(-1)!.cursor }
        this.#milestones.set(at, args.after!)
        page = await this.#source.page(args, signal)
      }
      if (page.edges.length === 0) {
        return this.toEnd()
      }
      this.#replace(args, page, at)
    })
  }

  #replace(args: PageArgs, page: Page, offset: number): void {
    const atStart = args.last === undefined ? args.after === undefined && !args.skip : !page.hasPrevious
    const atEnd = args.last === undefined ? !page.hasNext : args.before === undefined
    this.#put({
      edges: this.#fresh(args, page.edges, []),
      offset,
      hasPrevious: !atStart,
      hasNext: !atEnd,
      ready: true,
      failure: undefined,
    })
  }

  #merge(args: PageArgs, page: Page, after: string | undefined): void {
    const now = this.stretch.get()
    const from = after === undefined ? 0 : now.edges.findIndex((edge) => edge.cursor === after) + 1
    const fresh = this.#fresh(args, page.edges, [])
    const moved = new Set(fresh.map((edge) => edge.id))
    // Behind the last row that stayed where it was, the stretch goes on as before.
    const places = new Map(now.edges.map((edge, index) => [edge.cursor, index]))
    let to = now.edges.length
    let kept = fresh.length
    for (let i = fresh.length - 1; i >= 0; i--) {
      const place = places.get(fresh[i]!.cursor)
      if (place !== undefined && place >= from) {
        to = page.hasNext ? place + 1 : now.edges.length
        kept = page.hasNext ? i + 1 : fresh.length
        break
      }
    }
    const before = now.edges.slice(0, from).filter((edge) => !moved.has(edge.id))
    const behind = now.edges.slice(to).filter((edge) => !moved.has(edge.id))
    this.#put({
      edges: [...before, ...fresh.slice(0, behind.length === 0 ? undefined : kept), ...behind],
      offset: now.offset,
      hasNext: behind.length === 0 ? page.hasNext : now.hasNext,
      failure: undefined,
      ready: true,
    })
  }

  // fresh notes where rows came from, and leaves out those that are held already: they moved while the list was walked.
  #fresh(args: PageArgs, edges: readonly Edge[], held: readonly Edge[]): Edge[] {
    const known = new Set(held.map((edge) => edge.id))
    const fresh = edges.filter((edge) => !known.has(edge.id))
    for (const edge of fresh) {
      this.#origins.set(edge.id, args)
    }
    return fresh
  }

  #put(change: Partial<Stretch>): void {
    const next = { ...this.stretch.get(), ...change }
    if (!next.hasPrevious) {
      next.offset = 0
    } else if (next.offset <= 0) {
      next.offset = pageSize
    }
    const end = next.offset + next.edges.length
    next.length = next.hasNext ? Math.max(end + 1, this.#total ?? 0) : end
    if (change.edges) {
      this.#letGo(next.edges)
      const last = next.edges.at(-1)
      if (last && next.hasNext) {
        this.#milestones.set(end, last.cursor)
      }
    }
    this.stretch.set(next)
  }

  #letGo(edges: readonly Edge[]): void {
    const before = new Set(this.#origins.values())
    const origins = new Map<string, PageArgs>()
    for (const { id } of edges) {
      origins.set(id, this.#origins.get(id)!)
    }
    this.#origins = origins
    const still = new Set(origins.values())
    for (const args of before) {
      if (!still.has(args)) {
        this.#source.forget(args)
      }
    }
  }
}
