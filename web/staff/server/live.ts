// Hearing of what others do. One WebSocket carries all subscriptions; each goes on after the last event it has seen, so
// that nothing is missed when the connection was away for a while.

import type { AnyVariables, SubscriptionForwarder, TypedDocumentNode } from '@urql/core'
import { createClient } from 'graphql-ws'
import { onEnd, pipe, subscribe } from 'wonka'

import { LastEventDocument } from '../generated/graphql'
import { onReturn, tryNow } from './connection'
import { authorization, refused, session } from './session'

const beat = 15_000 // ms between pings
const patience = 5_000 // ms until a pong

let open: WebSocket | undefined
let late: ReturnType<typeof setTimeout> | undefined

const socket = createClient({
  url: () => `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql`,
  connectionParams: authorization,
  retryAttempts: 0, // follow does it, after the last event
  keepAlive: beat,
  on: {
    connected: (connection) => {
      open = connection as WebSocket
    },
    ping: (received) => {
      if (!received) {
        late = setTimeout(() => open?.close(4408, 'No pong'), patience)
      }
    },
    pong: (received) => {
      if (received) {
        clearTimeout(late)
      }
    },
  },
})

/** forwardSubscription lets the client's cache hear what subscriptions bring. */
export const forwardSubscription: SubscriptionForwarder = ({ query, variables }) => ({
  subscribe: (sink) => ({
    unsubscribe: socket.subscribe(
      { query: query!, variables },
      {
        next: (value) => sink.next(value as never),
        error: (error) => sink.error(error),
        complete: () => sink.complete(),
      },
    ),
  }),
})

/** Asker is what follow needs of the client. */
export interface Asker {
  subscription: typeof import('./client').client.subscription
  query: typeof import('./client').query
}

/** Follower is told what happens. */
export interface Follower<Data> {
  /** The id of an event, to go on after. */
  id: (data: Data) => string
  event: (data: Data) => void
  /** Anything may have happened: read anew what is on the screen. */
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
  let failures = 0

  async function run() {
    while (!signal.aborted) {
      try {
        if (after === undefined) {
          after = (await asker.query(LastEventDocument, {}, signal)).lastEventId
          follower.resync()
        }
        await hear()
      } catch {
        if (signal.aborted) {
          return
        }
        failures++
        if (failures > 1) {
          follower.resync() // perhaps nothing but the socket is kept from us
        }
        await rest(Math.min(1_000 * 2 ** (failures - 1), 30_000), signal)
      }
    }
  }

  // hear resolves or rejects when the subscription ends.
  function hear(): Promise<void> {
    return new Promise((resolve, reject) => {
      const { unsubscribe } = pipe(
        asker.subscription(document, { ...variables, after } as unknown as Variables & AnyVariables),
        onEnd(resolve),
        subscribe(({ data, error }) => {
          if (error) {
            unsubscribe()
            const code = error.graphQLErrors[0]?.extensions.code
            if (code === 'RESYNC_REQUIRED') {
              after = undefined
              resolve()
            } else if (code === 'SLOW_CONSUMER') {
              resolve()
            } else {
              whatIsWrong(error.networkError)
              reject(error)
            }
          } else if (data) {
            failures = 0
            after = follower.id(data)
            follower.event(data)
          }
        }),
      )
      signal.addEventListener('abort', () => {
        unsubscribe()
        resolve()
      })
    })
  }

  void run()
  return () => stopping.abort()
}

// whatIsWrong finds out why a socket ended: signed out, or out of reach.
function whatIsWrong(reason: unknown): void {
  if (reason instanceof CloseEvent && (reason.code === 4401 || reason.code === 4403)) {
    void refused()
  } else {
    void tryNow(true)
  }
}

// rest waits, but no longer than until the server is back or somebody has signed in.
function rest(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      stopWaiting()
      stopWatching()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    const stopWaiting = onReturn(done)
    const stopWatching = session.subscribe(() => session.get()?.signedIn && done())
    signal.addEventListener('abort', done)
  })
}
