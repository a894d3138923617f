// How the playground reaches its server: same origin, the token added to each request and kept in memory alone. Without a
// token it is the person who signed in on the staff pages.

import { createGraphiQLFetcher } from '@graphiql/toolkit'
import { createClient } from 'graphql-ws'

// The path below which Kith is reached, known from where this script lies.
const base = /^https?:\/\/[^/]+(.*)\/playground\//.exec(import.meta.url)?.[1] ?? ''

let token = ''

/** setToken replaces the token of all later requests; the empty string signs out. */
export function setToken(value: string): void {
  token = value.trim().replace(/^bearer\s+/i, '')
}

async function authorizedFetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const headers = new Headers(init?.headers)
  headers.set('accept', 'application/graphql-response+json, application/json;q=0.9')
  // A tab's own Authorization header wins over the field, and either over the session.
  if (token !== '' && !headers.has('authorization')) {
    headers.set('authorization', `Bearer ${token}`)
  }
  const bySession = !headers.has('authorization')
  if (bySession) {
    headers.set('x-kith-staff', '1')
  }
  const response = await fetch(input, { ...init, headers })
  if (bySession && response.status === 401 && (await renewed())) {
    return fetch(input, { ...init, headers })
  }
  return response
}

/** renewed makes the server renew an expired session; false if there is none. */
async function renewed(): Promise<boolean> {
  const response = await fetch(`${base}/auth/session`, { signal: AbortSignal.timeout(5_000) })
  const { mode, signedIn } = (await response.json()) as { mode: string; signedIn: boolean }
  return mode === 'oidc' && signedIn
}

// There is a socket only while a subscription runs. It ends with the connection, which is then shown.
const socket = createClient({
  url: `${location.origin.replace(/^http/, 'ws')}${base}/graphql`,
  connectionParams: () => (token === '' ? {} : { authorization: `Bearer ${token}` }),
  retryAttempts: 0,
})

/** fetcher runs what is typed into the editors. */
export const fetcher = createGraphiQLFetcher({
  url: `${base}/graphql`,
  enableIncrementalDelivery: false,
  fetch: authorizedFetch,
  wsClient: socket,
})

type Answer<Data> = { data?: Data | null; errors?: { message: string }[] }

async function ask<Data>(query: string): Promise<Answer<Data>> {
  const response = await authorizedFetch(`${base}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
    signal: AbortSignal.timeout(5_000),
  })
  return (await response.json()) as Answer<Data>
}

/** whoAmI says in a few words whom the server takes us for. */
export async function whoAmI(): Promise<string> {
  try {
    const { data, errors } = await ask<{ viewer: { workspace: string; role: string } | null }>(
      '{ viewer { workspace role } }',
    )
    const viewer = data?.viewer
    return viewer ? `${viewer.role} of ${viewer.workspace}` : (errors?.[0]?.message ?? 'no answer')
  } catch {
    return 'the server does not answer'
  }
}

/** Start is what the first tabs depend on. */
export interface Start {
  /** The role of whoever makes the requests; undefined while it is not known. */
  role?: string
  /** A contact to try things on. */
  contactId?: string
}

/** start asks the server; without an answer nothing is known. */
export async function start(): Promise<Start> {
  try {
    const { data } = await ask<{ viewer: { role: string } | null; contacts: { nodes: { id: string }[] } | null }>(
      '{ viewer { role } contacts(first: 1) { nodes { id } } }',
    )
    return { role: data?.viewer?.role, contactId: data?.contacts?.nodes[0]?.id }
  } catch {
    return {}
  }
}
