// The way back from what was just done, at the foot of the page for a while.

import { Store } from './store'

/** Offer is a way back. */
export interface Offer {
  readonly id: string
  /** What was done, in a sentence. */
  readonly text: string
  /** undo goes back, and says what became of it. */
  readonly undo: () => Promise<string>
}

/** offered is the last one, until it is taken or dismissed. */
export const offered = new Store<Offer | undefined>(undefined)

/** withdraw takes an offer back, if it is still there. */
export function withdraw(id: string): void {
  if (offered.get()?.id === id) {
    offered.set(undefined)
  }
}
