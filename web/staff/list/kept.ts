// The lists that were used last, so that coming back to one shows it immediately.

import type { List } from './list'

const most = 6

/** Kept holds a few lists of one kind, by what they were asked for with. */
export class Kept<Kind extends List> {
  #lists = new Map<string, Kind>()

  /** get is the list of a key, new or as it was left. The one that was not used for longest is let go. */
  get(key: string, make: () => Kind): Kind {
    const list = this.#lists.get(key) ?? make()
    this.#lists.delete(key)
    this.#lists.set(key, list)
    for (const [oldest, { release }] of this.#lists) {
      if (this.#lists.size <= most) {
        break
      }
      this.#lists.delete(oldest)
      release()
    }
    return list
  }

  /** clear lets go of all of them. */
  clear(): void {
    this.#lists.forEach((list) => list.release())
    this.#lists.clear()
  }

  /** all are the lists that are held. */
  all(): Kind[] {
    return [...this.#lists.values()]
  }
}
