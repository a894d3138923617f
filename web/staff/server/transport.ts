// How events come: over one WebSocket for all subscriptions, or, where a proxy lets none through, as a stream of
// server-sent events for each. Either is loaded when the first subscription needs it: rows come first.

import type { SubscriptionForwarder } from '@urql/core'

import { type Transport } from './retry'

/** Attempt is what a subscription carries along: its transport, and the callback for when the server has it. */
export interface Attempt {
  transport: Transport
  onEstablished: () => void
}

/** Sink takes what a subscription brings. */
export interface Sink {
  next: (value: never) => void
  error: (error: unknown) => void
  complete: () => void
}

/** Request is a subscription. */
export type Request = Parameters<SubscriptionForwarder>[0]

/** forwardSubscription lets the client's cache hear what subscriptions bring. */
export const forwardSubscription: SubscriptionForwarder = (request, operation) => {
  const { transport, onEstablished } = operation.context.attempt as Attempt
  return { subscribe: (sink) => ({ unsubscribe: open(transport, request, sink, onEstablished) }) }
}

let check: (() => void) | undefined // of the socket, once there is one

const load = {
  socket: async () => {
    const socket = await import('./socket')
    check = socket.checkSocket
    return socket
  },
  stream: () => import('./stream'),
}

// open returns how to leave. What cannot be loaded is not connected, and is tried again as that is.
function open(transport: Transport, request: Request, sink: Sink, onEstablished: () => void): () => void {
  let unsubscribe: (() => void) | undefined
  let left = false
  load[transport]().then(
    ({ subscribe }) => {
      if (!left) {
        unsubscribe = subscribe(request, sink, onEstablished)
      }
    },
    (error: unknown) => left || sink.error(error),
  )
  return () => {
    left = true
    unsubscribe?.()
  }
}

/** checkSocket finds out soon whether a socket that seems open has died, as it may have while the device slept. */
export function checkSocket(): void {
  check?.()
}
