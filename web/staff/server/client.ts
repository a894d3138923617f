// How the pages reach the server: one client with one normalised cache, so that an edit in one place shows in
// all.

import {
  type AnyVariables,
  Client,
  type CombinedError,
  fetchExchange,
  gql,
  type OperationResult,
  stringifyVariables,
  subscriptionExchange,
  type TypedDocumentNode,
} from '@urql/core'
import {
  type Cache,
  cacheExchange,
  type FieldArgs,
  type KeyingConfig,
  type UpdateResolver,
} from '@urql/exchange-graphcache'
import { filter, pipe, subscribe, take } from 'wonka'

import type {
  ContactEventsSubscription,
  DeleteContactMutation,
  SessionEventsSubscription,
  UndoMergeMutation,
} from '../generated/graphql'
import { sentenceOf, type ServerError } from '../texts/sentence'
import { t } from '../texts/texts'
import { base } from './base'
import { found, lost } from './connection'
import { follow as followWith, type Follower } from './live'
import { newestExchange } from './newest'
import { headers, refused } from './session'
import { forwardSubscription } from './transport'

/** Unreachable says that nobody answered, or that the server's database did not. */
export class Unreachable extends Error {
  constructor(readonly trouble?: 'unready') {
    super('The server cannot be reached')
  }
}

/** Refused says that the server answered with an error that the user cannot fix. */
export class Refused extends Error {
  constructor(
    message: string,
    readonly code: string,
  ) {
    super(message)
  }
}

// A request that takes longer than this is taken for lost.
const patience = 20_000

function send(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const late = AbortSignal.timeout(patience)
  return fetch(input, {
    ...init,
    headers: { ...headers(), accept: 'application/graphql-response+json', 'content-type': 'application/json' },
    signal: init?.signal ? AbortSignal.any([init.signal, late]) : late,
  })
}

// Everything without an id lives inside of what holds it.
const embedded: KeyingConfig = Object.fromEntries(
  [
    'ContactConnection',
    'ContactEdge',
    'ContactMatch',
    'SessionConnection',
    'SessionEdge',
    'PageInfo',
    'Count',
    'Viewer',
    'ContactChangeConnection',
    'FieldChange',
    'DuplicateConnection',
    'ChannelConnection',
    'ChannelSetup',
    'IngestFailureConnection',
    'AuditConnection',
    'ApiKeyConnection',
    'WebhookEndpointConnection',
    'WebhookDeliveryConnection',
    'SavedViewConnection',
    'WorkspaceRetention',
    'ServerDefaults',
    'BulkJobConnection',
    'BulkRefusalConnection',
    'BulkRefusal',
    'ImportForm',
    'ImportColumn',
    'ImportJobConnection',
    'ImportPreview',
    'ImportPreviewRow',
    'MergePreview',
    'MergeField',
    'MergeOption',
    'UndoableMerge',
    'UserError',
    'SessionCounts',
    'SessionStatusCount',
    'SessionTagCount',
    'SessionChannelCount',
    'ChannelConnection',
    'ContactEvent',
    'SessionEvent',
  ].map((type) => [type, () => null]),
)

const dropped: { field: string; variables: FieldArgs }[] = []

/** drop lets the cache forget a page that is far off the screen, when the next one arrives. */
export function drop(field: 'contacts' | 'sessions', variables: object): void {
  dropped.push({ field, variables: variables as FieldArgs })
}

const forget: UpdateResolver = (_, wanted, cache) => {
  const again = stringifyVariables(wanted)
  for (const { field, variables } of dropped.splice(0)) {
    if (stringifyVariables(variables) !== again) {
      cache.invalidate('Query', field, variables)
    }
  }
}

/** sessionsHeld are functions that name the sessions of the lists that are kept. */
export const sessionsHeld = new Set<() => Iterable<string>>()

const whoseSession = gql`
  fragment WhoseSession on Session {
    id
    contactName
    lastMessagePreview
    contact {
      id
    }
  }
`

// A deleted contact's sessions stay, as Anonymous and without what was written; wherever they are held.
function orphan(cache: Cache, contactId: string | null): void {
  for (const sessions of contactId === null ? [] : sessionsHeld) {
    for (const id of sessions()) {
      const session = cache.readFragment(whoseSession, { id }) as { contact: { id: string } | null } | null
      if (session?.contact?.id === contactId) {
        cache.writeFragment(whoseSession, {
          __typename: 'Session',
          id,
          contactName: 'Anonymous',
          lastMessagePreview: null,
          contact: null,
        })
      }
    }
  }
}

// The id of a contact that has come back no longer leads to the one that it was merged into.
function comeBack(cache: Cache, id: string): void {
  cache.invalidate('Query', 'contact', { id })
}

const cache = cacheExchange({
  keys: embedded,
  resolvers: {
    Query: {
      // A row reads its contact from the cache, whichever answer brought it. The id of a merged contact leads to another one.
      contact: (_, { id }, cache) => {
        const found = cache.resolve('Query', 'contact', { id: id as string })
        return found === undefined ? { __typename: 'Contact', id: id as string } : found
      },
      session: (_, { id }) => ({ __typename: 'Session', id: id as string }),
    },
  },
  updates: {
    Query: { contacts: forget, sessions: forget },
    Mutation: {
      deleteContact: ({ deleteContact }: Partial<DeleteContactMutation>, _, cache) =>
        orphan(cache, deleteContact?.deletedContactId ?? null),
      undoMerge: ({ undoMerge }: Partial<UndoMergeMutation>, _, cache) =>
        undoMerge?.restored.forEach(({ id }) => comeBack(cache, id)),
    },
    Subscription: {
      contactEvents: ({ contactEvents: event }: Partial<ContactEventsSubscription>, _, cache) => {
        orphan(cache, event?.kind === 'DELETED' ? event.contactId : null)
        if (event?.kind === 'CREATED') {
          comeBack(cache, event.contactId)
        }
      },
      sessionEvents: ({ sessionEvents: event }: Partial<SessionEventsSubscription>, _, cache) =>
        orphan(cache, event?.kind === 'CONTACT_DELETED' ? event.contactId : null),
    },
  },
})

export const client = new Client({
  url: `${base}/graphql`,
  preferGetMethod: false,
  fetch: send,
  exchanges: [
    cache,
    newestExchange(() => performance.now()),
    subscriptionExchange({ forwardSubscription }),
    fetchExchange,
  ],
})

/** outcome is a result's data; without data it throws Unreachable or Refused, and notifies the rest of the page. */
function outcome<Data>(result: OperationResult<Data>): Data {
  const failure = result.error && failureOf(result.error)
  if (failure instanceof Unreachable) {
    lost(failure.trouble)
    throw failure
  }
  found()
  if (failure) {
    if (failure.code === 'UNAUTHENTICATED') {
      void refused()
    }
    throw failure
  }
  return worded(result.data!)
}

function failureOf(error: CombinedError): Unreachable | Refused {
  const first = error.graphQLErrors[0]
  const code = String(first?.extensions.code ?? '')
  const status = (error.response as Response | undefined)?.status ?? 0
  if (code === 'UNAVAILABLE') {
    return new Unreachable('unready')
  }
  if (!first && (status < 400 || status >= 500)) {
    return new Unreachable()
  }
  const shown = status === 401 ? 'UNAUTHENTICATED' : code
  return new Refused(sentenceOf({ code: shown, message: first?.message ?? `The server answered ${status}` }), shown)
}

/** worded is an answer whose user errors speak the language of the page. */
function worded<Data>(data: Data): Data {
  if (t.refusals === undefined) {
    return data
  }
  return Object.fromEntries(Object.entries(data as object).map(([name, payload]) => [name, wordedPayload(payload)])) as Data
}

interface Payload {
  userErrors?: readonly ServerError[]
  results?: readonly unknown[]
}

function wordedPayload(payload: unknown): unknown {
  const { userErrors, results }: Payload = typeof payload === 'object' && payload !== null ? payload : {}
  if (!Array.isArray(userErrors) && !Array.isArray(results)) {
    return payload
  }
  return {
    ...(payload as object),
    ...(userErrors && { userErrors: userErrors.map((error) => ({ ...error, message: sentenceOf(error) })) }),
    ...(results && { results: results.map(wordedPayload) }),
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** query asks the server, whatever the cache has, and writes the answer there. Aborting takes the question back. */
export async function query<Data, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  signal?: AbortSignal,
): Promise<Data> {
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted()
    const result = await new Promise<OperationResult<Data, Variables>>((resolve, reject) => {
      const { unsubscribe } = pipe(
        client.query(document, variables, { requestPolicy: 'network-only' }),
        filter((each) => !each.stale),
        take(1),
        subscribe(resolve),
      )
      signal?.addEventListener('abort', () => {
        unsubscribe()
        reject(signal.reason)
      })
    })
    try {
      return outcome(result)
    } catch (error) {
      if (!(error instanceof Refused) || error.code !== 'RATE_LIMITED' || attempt === 10) {
        throw error
      }
      await pause(attempt * 500)
    }
  }
}

/** mutate changes something; what comes back goes into the cache. */
export async function mutate<Data, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Promise<Data> {
  return outcome(await client.mutation(document, variables).toPromise())
}

/** follow hears events from now on until the function that it returns is called. */
export function follow<Data, Variables extends { after?: string | null }>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Omit<Variables, 'after'>,
  follower: Follower<Data>,
): () => void {
  return followWith({ subscription: client.subscription.bind(client), query }, document, variables, follower)
}
