// The lists of contacts that were asked for: one for each search and order. The last few are kept, so that coming
// back to one shows it immediately.

import {
  ContactDocument,
  type ContactFilter,
  type ContactOrder,
  type ContactRowFragment,
  ContactsCountDocument,
  ContactsDocument,
} from '../generated/graphql'
import { furthest, pageOf } from '../list/connection'
import { Kept } from '../list/kept'
import { List, type Page, type PageArgs, type Source } from '../list/list'
import { drop, query, Unreachable } from '../server/client'
import { onGone, openContact } from './edits'
import type { Sort } from './sort'

const fields = { name: 'NAME', email: 'EMAIL', created: 'CREATED', activity: 'LAST_ACTIVITY' } as const

function orderOf(sort: Sort): ContactOrder | undefined {
  if (sort === '') {
    return undefined
  }
  const field = fields[sort.replace('-', '') as keyof typeof fields]
  return { field, direction: sort.startsWith('-') ? 'DESC' : 'ASC' }
}

/** Asked is what a list is asked for with. */
export interface Asked {
  search: string
  sort: Sort
  filter: ContactFilter | undefined
  /** The id of the one contact; empty for all that match. */
  only: string
}

/** Contacts is the list of one search, filter and order, or of one contact. */
export class Contacts extends List {
  readonly search: string
  readonly sort: Sort
  readonly filter: ContactFilter | undefined
  readonly only: string
  /** Whether the workspace had any contact when last looked at. */
  anybody = true

  constructor({ search, sort, filter, only }: Asked) {
    const variables = (args: PageArgs) => ({ search: search || undefined, filter, orderBy: orderOf(sort), ...args })
    const matching: Source = {
      page: async (args, signal) => {
        const { contacts } = await query(ContactsDocument, variables(args), signal)
        this.anybody = contacts.workspaceHasContacts
        return pageOf(contacts)
      },
      furthest: furthest(search !== '' || filter !== undefined),
      forget: (args) => drop('contacts', variables(args)),
    }
    super(only === '' ? matching : one(only))
    this.search = search
    this.sort = sort
    this.filter = filter
    this.only = only
  }

  /** What the server is asked with. */
  get variables() {
    return { search: this.search || undefined, filter: this.filter, orderBy: orderOf(this.sort) }
  }

  /** Whether it holds all contacts rather than those that match something. */
  get everybody(): boolean {
    return this.search === '' && this.filter === undefined && this.only === ''
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
    furthest: 0,
    forget: () => {},
  }
}

const kept = new Kept<Contacts>()

/** contactsOf is the list of a search, a filter and an order, or of one contact, new or as it was left. */
export function contactsOf(asked: Asked): Contacts {
  return kept.get(JSON.stringify([asked.only, asked.sort, asked.filter, asked.search]), () => new Contacts(asked))
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
export async function countContacts({ search, filter }: Contacts, signal: AbortSignal): Promise<Total> {
  return (await query(ContactsCountDocument, { search: search || undefined, filter }, signal)).contacts.totalCount
}

/** firstOf are the first contacts of a list, as they are now. */
export async function firstOf(list: Contacts, first: number): Promise<ContactRowFragment[]> {
  if (list.only !== '') {
    const { contact } = await query(ContactDocument, { id: list.only })
    return contact ? [contact] : []
  }
  const { contacts } = await query(ContactsDocument, { ...list.variables, first })
  return contacts.edges.map(({ node }) => node)
}
