// What others changed of a contact where its values do not show it: a mask is the same for many values.

import type { ContactHistoryQuery } from '../generated/graphql'
import { ContactHistoryDocument } from '../generated/later'
import { query } from '../server/client'
import type { Field } from './editing'

type Change = NonNullable<ContactHistoryQuery['contact']>['history']['nodes'][number]

const most = 100 // changes: the most that the server gives

/** Span is what became of a contact from one version to another. */
export interface Span {
  readonly id: string
  readonly from: number
  readonly to: number
}

/** changedWithin reports whether a contact's field was changed within a span. Where its history does not say, it was. */
export async function changedWithin(span: Span, field: Field): Promise<boolean> {
  const { contact } = await query(ContactHistoryDocument, { id: span.id, first: most })
  return changedBy(contact?.history.nodes ?? [], span, field)
}

/** changedBy is changedWithin by these changes: old ones may be forgotten, and those of contacts that were merged are among them. */
export function changedBy(
  changes: readonly Pick<Change, 'contactId' | 'version' | 'fields'>[],
  { id, from, to }: Span,
  field: Field,
): boolean {
  const within = changes.filter(({ contactId, version }) => contactId === id && version > from && version <= to)
  const told = new Set(within.map(({ version }) => version))
  return told.size < to - from || within.some(({ fields }) => fields.some((each) => each.field === field.toUpperCase()))
}
