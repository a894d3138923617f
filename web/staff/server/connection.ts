// Whether the server can be reached. Everything that asks reports here; while it cannot be reached, it is tried again
// in growing intervals, and at once when the person or the system says so.

import { Store } from '../shared/store'

/** Connection tells whether the server answers, and whether it is being tried just now. */
export interface Connection {
  reachable: boolean
  trying: boolean
}

export const connection = new Store<Connection>({ reachable: true, trying: false })

const returned = new Set<() => void>()

/** onReturn calls back whenever the server answers again after it did not. */
export function onReturn(callback: () => void): () => void {
  returned.add(callback)
  return () => returned.delete(callback)
}

let timer: ReturnType<typeof setTimeout> | undefined
let wait = 1_000

/** lost reports that the server did not answer. */
export function lost(): void {
  if (connection.get().reachable) {
    connection.set({ reachable: false, trying: false })
    wait = 1_000
    tryLater()
  }
}

/** found reports that it did. */
export function found(): void {
  if (!connection.get().reachable) {
    clearTimeout(timer)
    connection.set({ reachable: true, trying: false })
    again()
  }
}

/** again lets everything that may have failed be asked once more. */
export function again(): void {
  for (const callback of [...returned]) {
    callback()
  }
}

/** tryNow looks whether the server is there; quietly means without a word unless it is not. */
export async function tryNow(quietly = false): Promise<void> {
  if (!quietly || !connection.get().reachable) {
    clearTimeout(timer)
    connection.set({ reachable: false, trying: true })
  }
  try {
    const response = await fetch('/readyz', { cache: 'no-store', signal: AbortSignal.timeout(5_000) })
    if (response.ok) {
      found()
      return
    }
  } catch {
    // still away
  }
  if (connection.get().reachable) {
    wait = 1_000
  }
  connection.set({ reachable: false, trying: false })
  tryLater()
}

function tryLater(): void {
  clearTimeout(timer)
  timer = setTimeout(() => void tryNow(), wait)
  wait = Math.min(wait * 2, 30_000)
}

addEventListener('offline', lost)
addEventListener('online', () => {
  if (!connection.get().reachable) {
    void tryNow()
  }
})
