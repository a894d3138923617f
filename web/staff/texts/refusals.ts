// What the pages say where the server refuses something, in languages other than its own.

import type { UserErrorCode } from '../generated/graphql'

/** RequestCode is a code of a GraphQL error, as graph/problem lists them. */
export type RequestCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'BAD_USER_INPUT'
  | 'BAD_CURSOR'
  | 'QUERY_TOO_COMPLEX'
  | 'RATE_LIMITED'
  | 'SLOW_CONSUMER'
  | 'RESYNC_REQUIRED'
  | 'UNAVAILABLE'
  | 'INTERNAL'
  | 'PERSISTED_QUERY_NOT_SUPPORTED'

/** About is what an error is about. */
export interface About {
  /** The input field, such as email; empty without one. */
  field: string
  /** The name of the contact that the error names, where it is known. */
  name: string | undefined
}

/** Refusal is a sentence. It is null where only the server's own sentence says what is wrong. */
export type Refusal = string | null | ((about: About) => string | null)

/** Refusals are the sentences by code. */
export type Refusals = Readonly<Record<UserErrorCode | RequestCode, Refusal>>
