// How events come: over one WebSocket for all subscriptions, or, where a proxy lets none through, as a stream of
// server-sent events for each.

import type { SubscriptionForwarder } from '@urql/core'
import { createClient as createStream } from 'graphql-sse'
import { createClient as createSocket } from 'graphql-ws'

import { type Transport } from './retry'
import { authorization, headers } from './session'

const beat = 15_000 // ms between pings
const patience = 5_000 // ms until a pong
const opening = 10_000 // ms until the server has acknowledged
const silence = 30_000 // ms without a byte of a stream: the server sends a comment every 12 s

/** Attempt is what a subscription carries along: its transport, and the callback for when the server has it. */
export interface Attempt {
  transport: Transport
  onEstablished: () => void
}

interface Sink {
  next: (value: never) => void
  error: (error: unknown) => void
  complete: () => void
}

type Request = Parameters<SubscriptionForwarder>[0]

/** forwardSubscription lets the client's cache hear what subscriptions bring. */
export const forwardSubscription: SubscriptionForwarder = (request, operation) => {
  const { transport, onEstablished } = operation.context.attempt as Attempt
  const subscribe = transport === 'socket' ? overSocket : overStream
  return { subscribe: (sink) => ({ unsubscribe: subscribe(request, sink, onEstablished) }) }
}

let open: WebSocket | undefined
let late: ReturnType<typeof setTimeout> | undefined
let slow: ReturnType<typeof setTimeout> | undefined
const listening = new Set<Sink>()

const socket = createSocket({
  url: () => `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql`,
  connectionParams: authorization,
  retryAttempts: 0, // follow does it, after the last event
  lazyCloseTimeout: 1_000, // from one page to the other it stays
  keepAlive: beat,
  on: {
    connecting: () => {
      clearTimeout(slow)
      slow = setTimeout(() => socket.terminate(), opening)
    },
    connected: (connection) => {
      clearTimeout(slow)
      open = connection as WebSocket
    },
    ping: (received) => {
      if (!received) {
        awaitPong()
      }
    },
    pong: (received) => {
      if (received) {
        clearTimeout(late)
      }
    },
    error: () => clearTimeout(slow),
    closed: (reason) => {
      clearTimeout(slow)
      clearTimeout(late)
      open = undefined
      // Its client would reopen it immediately, again and again, after the server has closed it cleanly.
      for (const sink of [...listening]) {
        sink.error(reason)
      }
    },
  },
})

// A socket whose network is gone would take its time to close.
function awaitPong() {
  clearTimeout(late)
  late = setTimeout(() => socket.terminate(), patience)
}

/** checkSocket finds out soon whether a socket that seems open has died, as it may have while the device slept. */
export function checkSocket(): void {
  if (open?.readyState === WebSocket.OPEN) {
    open.send('{"type":"ping"}')
    awaitPong()
  }
}

function overSocket({ query, variables }: Request, sink: Sink, onEstablished: () => void): () => void {
  const stopWaiting = open ? undefined : socket.on('connected', onEstablished)
  if (open) {
    onEstablished()
  }
  const end = (say: () => void) => {
    if (listening.delete(own)) {
      stopWaiting?.()
      unsubscribe()
      say()
    }
  }
  const own: Sink = {
    next: (value) => listening.has(own) && sink.next(value),
    error: (error) => end(() => sink.error(error)),
    complete: () => end(() => sink.complete()),
  }
  listening.add(own)
  const unsubscribe = socket.subscribe({ query: query!, variables }, own as never)
  return () => end(() => {})
}

function overStream({ query, variables }: Request, sink: Sink, onEstablished: () => void): () => void {
  const stream = createStream({
    url: '/graphql',
    headers,
    retryAttempts: 0,
    fetchFn: (input: RequestInfo, init: RequestInit) => listen(input, init, onEstablished),
  })
  return stream.subscribe({ query: query!, variables }, sink as never)
}

// listen fetches a stream, and ends it when nothing comes any more. It is established with its first byte: a proxy that
// keeps events to itself may well pass on the head.
async function listen(input: RequestInfo, init: RequestInit, onEstablished: () => void): Promise<Response> {
  const mute = new AbortController()
  let timer = setTimeout(() => mute.abort(), opening)
  init.signal?.addEventListener('abort', () => clearTimeout(timer))
  let heard = false
  const response = await fetch(input, {
    ...init,
    signal: AbortSignal.any([mute.signal, ...(init.signal ? [init.signal] : [])]),
  })
  const watch = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      clearTimeout(timer)
      timer = setTimeout(() => mute.abort(), silence)
      if (!heard) {
        heard = true
        onEstablished()
      }
      controller.enqueue(chunk)
    },
    flush: () => clearTimeout(timer),
  })
  return response.ok && response.body ? new Response(response.body.pipeThrough(watch), response) : response
}
