// Where a list is as a file.

import type { Variables } from './list-query'

/** exportAddress is the path of the CSV file of a list. Spreadsheets need the mark that bom asks for. */
export function exportAddress({ search, filter, orderBy }: Variables): string {
  const parameters = new URLSearchParams({ bom: 'true' })
  if (search) {
    parameters.set('search', search)
  }
  if (filter) {
    parameters.set('filter', JSON.stringify(filter))
  }
  if (orderBy) {
    parameters.set('orderBy', JSON.stringify(orderBy))
  }
  return `/export/contacts.csv?${parameters}`
}
