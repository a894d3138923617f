// Whether the server can be reached. Everything that asks reports here; while it cannot be reached, it is tried again
// in growing intervals, and immediately when the person or the system asks for it.

import { Store } from '../shared/store'
import { base } from './base'
import { type Reach, Recovery, type Trouble } from './retry'

export const connection = new Store<Reach>({ trouble: undefined, trying: false })

const patience = 5_000 // ms until an answer

const returned = new Set<() => void>()
const woken = new Set<(how: Wake) => void>()

/** Wake is a reason to retry immediately: the network is back, somebody looks at the page, or asks for it. */
export type Wake = 'online' | 'visible' | 'asked'

/** onReturn calls back whenever the server answers again after it did not, and when somebody has signed in again. */
export function onReturn(callback: () => void): () => void {
  returned.add(callback)
  return () => returned.delete(callback)
}

/** onWake calls back when there is a reason to retry immediately. */
export function onWake(callback: (how: Wake) => void): () => void {
  woken.add(callback)
  return () => woken.delete(callback)
}

/** again lets everything that may have failed be asked once more. */
export function again(): void {
  for (const callback of [...returned]) {
    callback()
  }
}

const recovery = new Recovery({
  probe,
  later: (what, ms) => {
    const timer = setTimeout(what, ms)
    return () => clearTimeout(timer)
  },
  changed: connection.set,
  returned: again,
})

// Kith itself says in plain text that it is not ready. Any other error is a proxy's: the server is away, or the proxy
// keeps the path to itself, and only what all else goes through can tell.
async function probe(): Promise<Trouble | undefined> {
  try {
    const signal = AbortSignal.timeout(patience)
    const { status, headers } = await fetch(`${base}/readyz`, { cache: 'no-store', signal })
    if (status < 500) {
      return undefined
    }
    if (status === 503 && headers.get('content-type')?.startsWith('text/plain')) {
      return 'unready'
    }
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"query":"{__typename}"}' }
    const answer = await fetch(`${base}/graphql`, { ...init, signal })
    return answer.status < 500 ? undefined : 'unreachable'
  } catch {
    return navigator.onLine ? 'unreachable' : 'offline'
  }
}

/** lost reports that the server did not answer, or could not. */
export function lost(trouble: Trouble = navigator.onLine ? 'unreachable' : 'offline'): void {
  recovery.lost(trouble)
}

/** found reports that it did. */
export const found = () => recovery.found()

/** look finds out whether the server is reachable, with one probe at a time for all callers. */
export const look = () => recovery.look()

/** wake retries everything that waits for its next attempt. */
export function wake(how: Wake): void {
  if (how === 'asked' || connection.get().trouble !== undefined) {
    void look()
  }
  for (const callback of [...woken]) {
    callback(how)
  }
}

addEventListener('offline', () => lost('offline'))
addEventListener('online', () => wake('online'))
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') {
    wake('visible')
  }
})
