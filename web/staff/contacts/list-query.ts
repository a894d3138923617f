// The list as one would ask for it: the operation and its variables.

import type { ContactsQueryVariables } from '../generated/graphql'
import type { Column } from './columns'

// What each column shows, line by line.
const selections: Readonly<Partial<Record<Column, string[]>>> = {
  name: ['displayName'],
  email: ['email'],
  phone: ['phone'],
  notes: ['notes'],
  channels: ['identities {', '  channel {', '    name', '    type', '  }', '}'],
  created: ['createdAt'],
  activity: ['lastActivityAt'],
}

const types = { search: 'String', filter: 'ContactFilter', orderBy: 'ContactOrder', first: 'Int' } as const
const first = 25

/** Variables are what a list is asked for with. */
export type Variables = Pick<ContactsQueryVariables, 'search' | 'filter' | 'orderBy'>

/** listAsQuery is the operation that answers the rows of a list, with its columns, and the variables. */
export function listAsQuery(asked: Variables, columns: readonly Column[]): { query: string; variables: string } {
  const variables = { ...asked, first }
  const names = (Object.keys(types) as (keyof typeof types)[]).filter((name) => variables[name] !== undefined)
  const lines = (all: string[], indent: string) => all.map((line) => `${indent}${line}\n`).join('')
  const query = `query Contacts(
${lines(names.map((name) => `$${name}: ${types[name]}`), '  ')}) {
  contacts(
${lines(names.map((name) => `${name}: $${name}`), '    ')}  ) {
    nodes {
      id
${lines(columns.flatMap((column) => selections[column] ?? []), '      ')}    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
`
  return { query, variables: JSON.stringify(variables, null, 2) }
}

/** playgroundLink opens the playground with the list. What follows the # stays in the browser. */
export function playgroundLink(playground: string, asked: Variables, columns: readonly Column[]): string {
  return `${playground}#${new URLSearchParams({ ...listAsQuery(asked, columns) })}`
}
