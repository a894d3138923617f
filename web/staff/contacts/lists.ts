// The lists of contacts that were asked for: one for each search and order. The last few are kept, so that coming
// back to one shows it immediately.

import { ContactDocument, ContactsCountDocument, ContactsDocument, type ContactOrder, ContactsSkipDocument } from '../generated/graphql'
import { endsOf, pageOf } from '../list/connection'
import { Kept } from '../list/kept'
import { List, type Page, type PageArgs, type Source } from '../list/list'
import { drop, query, Unreachable } from '../server/client'
import { onGone, openContact } from './edits'

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

/** Contacts is the list of one search and order, or of one contact. */
export class Contacts extends List {
  /** Whether the workspace had any contact when last looked at. */
  anybody = true

  constructor(
    readonly search: string,
    readonly sort: Sort,
    /** The id of the one contact; empty for all that match. */
    readonly only: string,
  ) {
    const variables = (args: PageArgs) => ({ search: search || undefined, orderBy: orderOf(sort), ...args })
    const matching: Source = {
      page: async (args, signal) => {
        const { contacts } = await query(ContactsDocument, variables(args), signal)
        this.anybody = contacts.workspaceHasContacts
        return pageOf(contacts)
      },
      skip: async (args, signal) => endsOf((await query(ContactsSkipDocument, variables(args), signal)).contacts.pageInfo),
      forget: (args) => drop('contacts', variables(args)),
    }
    super(only === '' ? matching : one(only))
  }
}

// one is where a list of a single contact comes from. What is typed into it can be reached also when the contact was
// deleted, or the server cannot be asked.
function one(id: string): Source {
  const page = (there: boolean): Page => ({
    edges: there ? [{ id, cursor: '' }] : [],
    hasNext: false,
    hasPrevious: false,
  })
  return {
    page: async (_, signal) => {
      try {
        const { contact } = await query(ContactDocument, { id }, signal)
        return page(contact !== null || openContact(id) !== undefined)
      } catch (error) {
        if (error instanceof Unreachable && openContact(id)) {
          return page(true)
        }
        throw error
      }
    },
    skip: () => Promise.resolve({ start: null, end: null, hasNext: false, hasPrevious: false }),
    forget: () => {},
  }
}

const kept = new Kept<Contacts>()

/** contactsOf is the list of a search and order, or of one contact, new or as it was left. */
export function contactsOf(search: string, sort: Sort, only = ''): Contacts {
  return kept.get(`${only} ${sort} ${search}`, () => new Contacts(search, sort, only))
}

/** forgetContacts makes the lists reload when they are shown next. */
export const forgetContacts = () => kept.clear()

/** removeEverywhere takes a contact that is no more out of each list. */
export function removeEverywhere(id: string): void {
  for (const list of kept.all()) {
    list.remove(id)
  }
}

onGone(removeEverywhere)

/** Total is how many contacts a search has; a capped one has more. */
export interface Total {
  value: number
  exact: boolean
}

/** countContacts asks how many there are. */
export async function countContacts(search: string, signal: AbortSignal): Promise<Total> {
  return (await query(ContactsCountDocument, { search: search || undefined }, signal)).contacts.totalCount
}
