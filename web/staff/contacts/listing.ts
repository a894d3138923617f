// A list of contacts as its address describes it.

import { address } from '../shared/address'
import { areColumns, type Column, hiddenOf, shownColumns } from './columns'
import { type Filter, filterOf, parameters } from './filter'
import { type Sort, sortOf } from './sort'

/** contactsPath is where the list is. */
export const contactsPath = '/staff/contacts'

/** Listing is what an address says of a list. */
export interface Listing {
  readonly search: string
  readonly sort: Sort
  readonly filter: Filter
  /** The columns that are hidden; undefined where the reader's own arrangement decides. */
  readonly hidden: readonly Column[] | undefined
}

/** listingOf reads an address, and names the parameters that mean nothing here. */
export function listingOf(params: URLSearchParams): { listing: Listing; unknown: string[] } {
  const search = (params.get('search') ?? '').trim()
  const { filter, unknown } = filterOf(params)
  const columns = params.get('columns')
  return {
    listing: { search, sort: sortOf(params.get('sort'), search), filter, hidden: hiddenOf(columns) },
    unknown: columns === null || areColumns(columns) ? unknown : [...unknown, 'columns'],
  }
}

/** listingParameters is a listing as an address has it. Two listings are the same if these are. */
export function listingParameters({ search, sort, filter, hidden }: Listing): Record<string, string | string[]> {
  return { search, sort, ...parameters(filter), ...(hidden && { columns: shownColumns(hidden) }) }
}

/** listingAddress is where a listing is. */
export function listingAddress(listing: Listing): string {
  return address(contactsPath, listingParameters(listing))
}
