// How a frontend uses what graphql-codegen makes of operations.graphql. Compiled by clients/clients.test.js, never run.

import type { TypedDocumentNode } from '@graphql-typed-document-node/core'

import { ContactsDocument, EditContactDocument } from './generated'

declare function run<Data, Variables>(document: TypedDocumentNode<Data, Variables>, variables: Variables): Data

const { contacts } = run(ContactsDocument, { search: 'ann', first: 10 })
export const names: string[] = contacts.edges.map((edge) => edge.node.displayName)
export const next: string | null | undefined = contacts.pageInfo.endCursor

// An absent field, null and a value are three different edits.
run(EditContactDocument, { input: { id: 'contact_1' } })
run(EditContactDocument, { input: { id: 'contact_1', email: null } })
export const edited = run(EditContactDocument, { input: { id: 'contact_1', email: 'ann@example.com' } })
export const message: string | undefined = edited.updateContact.userErrors[0]?.message

// @ts-expect-error an edit names its contact
run(EditContactDocument, { input: { email: null } })
