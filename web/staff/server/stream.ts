// A subscription as a stream of server-sent events.

import { createClient as createStream } from 'graphql-sse'

import { base } from './base'
import { headers } from './session'
import type { Request, Sink } from './transport'

const opening = 10_000 // ms until the first byte
const silence = 30_000 // ms without a byte: the server sends a comment every 12 s

/** subscribe opens a stream for one subscription; what it returns closes it. */
export function subscribe(
  { query, variables }: Request,
  sink: Sink,
  onEstablished: () => void,
): () => void {
  const stream = createStream({
    url: `${base}/graphql`,
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
