// The lists of contacts that were asked for: one for each search and order. The last few are kept, so that coming
// back to one shows it at once.

import { ContactsCountDocument, ContactsDocument, type ContactOrder, ContactsSkipDocument } from '../generated/graphql'
import { drop, query } from '../server/client'
import { endsOf, pageOf } from '../list/connection'
import { Kept } from '../list/kept'
import { List, type PageArgs } from '../list/list'

/** Sort is how the list is sorted, as the address has it; the empty one is the server's own choice. */
export type Sort = '' | 'name' | '-name' | 'activity'

/** sortOf reads a sort out of the address. */
export function sortOf(value: string | null, search: string): Sort {
  if (value === 'name' || value === '-name') {
    return value
  }
  return value === 'activity' && search === '' ? value : ''
}

function orderOf(sort: Sort): ContactOrder | undefined {
  switch (sort) {
    case '':
      return undefined
    case 'activity':
      return { field: 'LAST_ACTIVITY', direction: 'ASC' }
    default:
      return { field: 'NAME', direction: sort === 'name' ? 'ASC' : 'DESC' }
  }
}

/** Contacts is the list of one search and order. */
export class Contacts extends List {
  /** Whether the workspace had any contact when last looked at. */
  anybody = true

  constructor(
    readonly search: string,
    readonly sort: Sort,
  ) {
    const variables = (args: PageArgs) => ({ search: search || undefined, orderBy: orderOf(sort), ...args })
    super({
      page: async (args, signal) => {
        const { contacts } = await query(ContactsDocument, variables(args), signal)
        this.anybody = contacts.workspaceHasContacts
        return pageOf(contacts)
      },
      skip: async (args, signal) => endsOf((await query(ContactsSkipDocument, variables(args), signal)).contacts.pageInfo),
      forget: (args) => drop('contacts', variables(args)),
    })
  }
}

const kept = new Kept<Contacts>()

/** contactsOf is the list of a search and order, new or as it was left. */
export function contactsOf(search: string, sort: Sort): Contacts {
  return kept.get(`${sort} ${search}`, () => new Contacts(search, sort))
}

/** removeEverywhere takes a contact that is no more out of each list. */
export function removeEverywhere(id: string): void {
  for (const list of kept.all()) {
    list.remove(id)
  }
}

/** Total is how many contacts a search has; a capped one has more. */
export interface Total {
  value: number
  exact: boolean
}

/** countContacts asks how many there are. */
export async function countContacts(search: string, signal: AbortSignal): Promise<Total> {
  return (await query(ContactsCountDocument, { search: search || undefined }, signal)).contacts.totalCount
}
