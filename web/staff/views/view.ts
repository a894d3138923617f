// What a saved view is in the address, and what differs from it.

import { contactsPath, type Listing, listingAddress, listingOf } from '../contacts/listing'
import type { ViewRowFragment } from '../generated/graphql'

/** View is a list of contacts, or of sessions, that somebody saved under a name. */
export type View = ViewRowFragment

const parts = (address: string): [path: string, params: URLSearchParams] => {
  const [path = '', query = ''] = address.split('?')
  return [path, new URLSearchParams(query)]
}

/** ofContacts reports whether a view is one of the table of contacts. */
export const ofContacts = (view: View): boolean => parts(view.address)[0] === contactsPath

/** openAddress is where a view is shown: its own address, and which view that is. */
export function openAddress(view: View): string {
  const [path, params] = parts(view.address)
  if (path !== contactsPath) {
    return view.address
  }
  params.set('view', view.id)
  params.delete('contact')
  return `${path}?${params}`
}

/** differs reports whether a list is not the one that was saved: another search, filter, order or other columns. */
export function differs(view: View, listing: Listing): boolean {
  return listingAddress(listingOf(parts(view.address)[1]).listing) !== listingAddress(listing)
}

/** namesOnly reports whether an address says which view is shown, and nothing of its list: then the list is the view's. */
export function namesOnly(params: URLSearchParams): boolean {
  return params.size === 1 && params.has('view')
}

/** Base is the version of a view that a list began with. */
export interface Base {
  readonly id: string
  readonly version: number
}

/**
 * baseOf is the version that changes of the list belong to: the one that was seen without changes, or that was opened,
 * also where somebody has saved another one since.
 */
export function baseOf(before: Base | undefined, view: View, changed: boolean): Base {
  return before?.id === view.id && changed ? before : { id: view.id, version: view.version }
}
