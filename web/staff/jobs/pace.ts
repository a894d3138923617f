// When to look at a job, how fast it goes, and so how long it has left.

/** often is how many ms lie between two looks at a job. */
export const often = 1_000
/** seldom is the same where nobody looks at the page, or the server does not answer. */
export const seldom = 5_000

/** ended reports whether nothing more will become of a job. */
export const ended = ({ state }: { state: string }): boolean => state === 'DONE' || state === 'CANCELLED' || state === 'FAILED'

const looked = 30_000 // ms that the pace is taken from
const least = 2_000 // ms before anything is said

interface Sample {
  at: number
  done: number
}

/** Pace estimates the time left from what it has seen of the progress. */
export class Pace {
  #samples: Sample[] = []

  /** add notes how many are done at a time, in ms. */
  add(done: number, at: number): void {
    const last = this.#samples.at(-1)
    if (last && last.done === done) {
      return
    }
    if (last && last.done > done) {
      this.#samples = []
    }
    this.#samples.push({ at, done })
    while (this.#samples.length > 2 && at - this.#samples[0]!.at > looked) {
      this.#samples.shift()
    }
  }

  /** perSecond is how many are done in a second; undefined until that can be said. */
  perSecond(): number | undefined {
    const [first] = this.#samples
    const last = this.#samples.at(-1)
    if (!first || !last || last.at - first.at < least) {
      return undefined
    }
    return ((last.done - first.done) * 1000) / (last.at - first.at)
  }

  /** left is how many seconds it takes until all are done; undefined until that can be said. */
  left(all: number): number | undefined {
    const rate = this.perSecond()
    const last = this.#samples.at(-1)
    return rate === undefined || !last ? undefined : Math.max(all - last.done, 0) / rate
  }
}
