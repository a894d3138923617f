// When to try again. This file knows neither a network nor a page: both are passed in.

const shortest = 1_000 // ms
const longest = 30_000

/** Backoff says how long to wait before the next attempt: exponentially longer each time, with full jitter. */
export class Backoff {
  #random: () => number
  #failures = 0

  constructor(random: () => number = Math.random) {
    this.#random = random
  }

  /** failures counts those since the last reset. */
  get failures(): number {
    return this.#failures
  }

  /** next counts a failure, and is how many ms to wait. */
  next(): number {
    const ceiling = Math.min(shortest * 2 ** ++this.#failures, longest)
    return shortest + this.#random() * (ceiling - shortest)
  }

  reset(): void {
    this.#failures = 0
  }
}

/**
 * Trouble is why there is no answer: the device has no network, nobody answers, or somebody answers that Kith cannot
 * serve just now.
 */
export type Trouble = 'offline' | 'unreachable' | 'unready'

/** Reach says whether the server answers, and whether it is being tried right now. */
export interface Reach {
  trouble: Trouble | undefined
  trying: boolean
}

/** World is what a Recovery acts on. */
export interface World {
  /** probe asks the server once whether it is there. It never rejects, and has a time limit. */
  probe(): Promise<Trouble | undefined>
  /** later calls back after some ms, unless the function that it returns is called before. */
  later(what: () => void, ms: number): () => void
  changed(reach: Reach): void
  /** Called when the server answers after it did not. */
  returned(): void
}

/**
 * Recovery finds out when a server that was lost is back. It probes one at a time. The back-off starts over with a real
 * answer, not with a probe: a server that is found by every probe and lost by every request is not worth a request a
 * second.
 */
export class Recovery {
  #world: World
  #backoff: Backoff
  #reach: Reach = { trouble: undefined, trying: false }
  #probing: Promise<boolean> | undefined
  #answers = 0
  #cancel = () => {}

  constructor(world: World, backoff = new Backoff()) {
    this.#world = world
    this.#backoff = backoff
  }

  /** lost reports that a request had no answer. */
  lost(trouble: Trouble): void {
    if (this.#reach.trouble === undefined) {
      this.#set({ trouble, trying: this.#reach.trying })
      if (this.#probing === undefined) {
        this.#schedule()
      }
    }
  }

  /** found reports that a request was answered. */
  found(): void {
    this.#answers++
    this.#backoff.reset()
    this.#back()
  }

  /** look probes now, or waits for the probe that is under way. It is true when the server is there. */
  look(): Promise<boolean> {
    this.#probing ??= this.#look().finally(() => (this.#probing = undefined))
    return this.#probing
  }

  async #look(): Promise<boolean> {
    this.#cancel()
    if (this.#reach.trouble !== undefined) {
      this.#set({ trouble: this.#reach.trouble, trying: true })
    }
    const before = this.#answers
    const trouble = await this.#world.probe()
    if (trouble !== undefined && this.#answers === before) {
      this.#set({ trouble, trying: false })
      this.#schedule()
      return false
    }
    this.#back()
    return true
  }

  #back(): void {
    this.#cancel()
    const away = this.#reach.trouble !== undefined
    this.#set({ trouble: undefined, trying: false })
    if (away) {
      this.#world.returned()
    }
  }

  #schedule(): void {
    this.#cancel()
    this.#cancel = this.#world.later(() => void this.look(), this.#backoff.next())
  }

  #set(reach: Reach): void {
    if (reach.trouble !== this.#reach.trouble || reach.trying !== this.#reach.trying) {
      this.#reach = reach
      this.#world.changed(reach)
    }
  }
}

/** Transport is a way to hear of events: a WebSocket, or a stream of server-sent events. */
export type Transport = 'socket' | 'stream'

/** Ending is how an attempt to hear of events ended. */
export interface Ending {
  /** How many ms it held; undefined when it was never established. */
  held: number | undefined
  /** Whether it brought an event. */
  heard: boolean
  /** Whether the server itself ended it and said why, which says nothing against the transport. */
  answered: boolean
}

const refusals = 3 // in a row, until the other transport is tried
const steady = 5_000 // ms, after which a connection has proved itself

/** Line chooses the transport, and when to try again. */
export class Line {
  transport: Transport = 'socket'
  #backoff: Backoff
  #refused = 0
  #given = new Set<Transport>() // those given up since anything worked

  constructor(backoff = new Backoff()) {
    this.#backoff = backoff
  }

  /** interrupted is true once more than a passing failure keeps events away. */
  get interrupted(): boolean {
    return this.#backoff.failures > 1
  }

  /** ended takes note of an attempt, and is how many ms to wait before the next. */
  ended({ held, heard, answered }: Ending): number {
    if (heard || (held !== undefined && held >= steady)) {
      this.#backoff.reset()
      this.#refused = 0
      this.#given.clear()
    } else if (!answered && ++this.#refused >= refusals) {
      this.#refused = 0
      this.#given.add(this.transport)
      this.transport = this.transport === 'socket' ? 'stream' : 'socket'
      if (!this.#given.has(this.transport)) {
        return Math.min(this.#backoff.next(), shortest)
      }
    }
    return this.#backoff.next()
  }

  /** moved is called when the network may be another: what was refused there may be welcome here. */
  moved(): void {
    this.transport = 'socket'
    this.#refused = 0
    this.#given.clear()
  }
}
