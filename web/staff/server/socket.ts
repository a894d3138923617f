// Subscriptions over one WebSocket.

import { createClient as createSocket } from 'graphql-ws'

import { base } from './base'
import { authorization } from './session'
import type { Request, Sink } from './transport'

const beat = 15_000 // ms between pings
const patience = 5_000 // ms until a pong
const opening = 10_000 // ms until the server has acknowledged

let open: WebSocket | undefined
let late: ReturnType<typeof setTimeout> | undefined
let slow: ReturnType<typeof setTimeout> | undefined
const listening = new Set<Sink>()

const socket = createSocket({
  url: () => `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${base}/graphql`,
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

/** subscribe opens a subscription on the socket, which is opened where there is none; what it returns ends it. */
export function subscribe({ query, variables }: Request, sink: Sink, onEstablished: () => void): () => void {
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
