// How the table is sorted, as the address has it.

export const sorts = ['name', '-name', 'email', '-email', 'created', '-created', 'activity'] as const

/** Sort is how the list is sorted, as the address has it; the empty one is the server's own choice. */
export type Sort = '' | (typeof sorts)[number]

/** sortOf reads a sort out of the address. Matches of a search are sorted by relevance or by name. */
export function sortOf(value: string | null, search: string): Sort {
  const sort = sorts.find((each) => each === value) ?? ''
  return search === '' || sort === 'name' || sort === '-name' ? sort : ''
}

/** reveals reports whether a list of all contacts, sorted so, shows how emails and phones are sorted, which some see masked. */
export const reveals = (sort: Sort) => /name|email/.test(sort)
