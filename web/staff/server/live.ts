// Hearing of what others do. A subscription goes on after the last event it has seen, so that nothing is missed when the
// connection was away for a while.

import type { AnyVariables, OperationContext, TypedDocumentNode } from '@urql/core'
import { onEnd, pipe, subscribe } from 'wonka'

import { LastEventDocument } from '../generated/graphql'
import { Store } from '../shared/store'
import { connection, look, onWake } from './connection'
import { type Ending, Line } from './retry'
import { refused, session } from './session'
import { type Attempt, checkSocket } from './transport'

/** interrupted is true while the server answers, but events do not come. */
export const interrupted = new Store(false)

const patience = 5_000 // ms to wait for a subscription before the page says that it is not live

const line = new Line()

onWake((how) => {
  if (how === 'online') {
    line.moved()
  }
  checkSocket()
})

// Errors after which a subscription can go on where it was. After any other it starts afresh: an event that cannot be
// told would be asked for again, for ever.
const passing: ReadonlySet<unknown> = new Set(['SLOW_CONSUMER', 'RATE_LIMITED', 'UNAVAILABLE', 'UNAUTHENTICATED'])

/** Asker is what follow needs of the client. */
export interface Asker {
  subscription: typeof import('./client').client.subscription
  query: typeof import('./client').query
}

/** Follower receives the events. */
export interface Follower<Data> {
  /** The id of an event, to go on after. */
  id: (data: Data) => string
  event: (data: Data) => void
  /** Anything may have happened: reload what is on the screen. */
  resync: () => void
}

/** follow hears events from now on until the function that it returns is called. */
export function follow<Data, Variables extends { after?: string | null }>(
  asker: Asker,
  document: TypedDocumentNode<Data, Variables>,
  variables: Omit<Variables, 'after'>,
  follower: Follower<Data>,
): () => void {
  const stopping = new AbortController()
  const { signal } = stopping
  let after: string | undefined

  async function run() {
    for (;;) {
      await worthwhile(signal)
      if (signal.aborted) {
        return
      }
      const ending = await attempt()
      if (ending !== 'left') {
        const wait = line.ended(ending)
        interrupted.set(line.interrupted)
        if (line.interrupted && !hidden() && connection.get().trouble === undefined) {
          follower.resync() // perhaps nothing but the events are kept from us
        }
        await rest(wait, signal)
      }
    }
  }

  async function attempt(): Promise<Ending | 'left'> {
    try {
      if (after === undefined) {
        after = (await asker.query(LastEventDocument, {}, signal)).lastEventId
        follower.resync()
      }
    } catch {
      return { held: undefined, heard: false, answered: true } // the query has notified the rest of the page
    }
    return hear()
  }

  // hear resolves when the subscription has ended.
  function hear(): Promise<Ending | 'left'> {
    return new Promise((resolve) => {
      const { transport } = line
      let since: number | undefined
      let heard = false
      const onEstablished = () => {
        since ??= performance.now()
        interrupted.set(false)
      }
      let failed = false
      let over = false
      const slow = setTimeout(() => since ?? interrupted.set(true), patience)
      const end = (how: 'left' | { answered: boolean }) => {
        if (over) {
          return
        }
        over = true
        clearTimeout(slow)
        stopWatching()
        stopWaking()
        signal.removeEventListener('abort', leave)
        unsubscribe()
        const held = since === undefined ? undefined : performance.now() - since
        resolve(how === 'left' ? how : { ...how, held, heard })
      }
      const leave = () => end('left')
      // A browser has few connections for streams, all tabs together: one that nobody sees gives its own back.
      const stopWatching = transport === 'stream' ? onHidden(leave) : () => {}
      const stopWaking = onWake((how) => how === 'online' && transport === 'stream' && leave())
      signal.addEventListener('abort', leave)

      const context: Partial<OperationContext> & { attempt: Attempt } = { attempt: { transport, onEstablished } }
      const { unsubscribe } = pipe(
        asker.subscription(document, { ...variables, after } as unknown as Variables & AnyVariables, context),
        onEnd(() => !failed && queueMicrotask(() => end({ answered: true }))),
        subscribe(({ data, error }) => {
          if (over) {
            return
          }
          if (data && !error) {
            heard = true
            after = follower.id(data)
            follower.event(data)
          } else if (error) { // the data may be null only because of the error
            failed = true
            const code = error.graphQLErrors[0]?.extensions.code
            if (code !== undefined && !passing.has(code)) {
              after = undefined
            }
            void whatIsWrong(code, error.networkError).then((answered) => end({ answered }))
          }
        }),
      )
    })
  }

  void run()
  return () => stopping.abort()
}

// whatIsWrong finds out why events ended: signed out, out of reach, or something in between. It is true when the server
// itself said so.
async function whatIsWrong(code: unknown, reason: unknown): Promise<boolean> {
  const closed = reason instanceof CloseEvent ? reason.code : undefined
  const status = (reason as { response?: Response } | undefined)?.response?.status
  if (code === 'UNAUTHENTICATED' || closed === 4401 || closed === 4403 || status === 401) {
    await refused()
    return true
  }
  const there = await look()
  return !there || code !== undefined || closed === goingAway || closed === tryLater
}

const goingAway = 1001
const tryLater = 1013

// worthwhile waits until the server is there, somebody is signed in, and a stream would be for somebody to see.
function worthwhile(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const now = () => {
      const there = connection.get().trouble === undefined && session.get()?.signedIn
      if (signal.aborted || (there && !(line.transport === 'stream' && hidden()))) {
        stop.forEach((each) => each())
        signal.removeEventListener('abort', now)
        resolve()
      }
    }
    const stop = [connection.subscribe(now), session.subscribe(now), onWake(now)]
    signal.addEventListener('abort', now)
    now()
  })
}

// rest waits, but ends early when there is a reason to retry immediately.
function rest(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      stopWaking()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    const stopWaking = onWake(done)
    signal.addEventListener('abort', done)
    if (signal.aborted) {
      done()
    }
  })
}

const hidden = () => document.hidden

function onHidden(callback: () => void): () => void {
  const changed = () => hidden() && callback()
  document.addEventListener('visibilitychange', changed)
  return () => document.removeEventListener('visibilitychange', changed)
}
