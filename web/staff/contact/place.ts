// Where a contact is shown whole: beside the table and, where there is no room, instead of it.

import { Store } from '../shared/store'

/** besideTable holds where the table has room for a contact beside it. */
export const besideTable = '(min-width: 68.75rem)'

/** besideSession holds where an opened session has room for its contact beside it. */
export const besideSession = '(min-width: 80rem)'

const list = '/staff/contacts'

/** contactPath is the path of a contact, or of the table alone. */
export const contactPath = (id: string) => (id === '' ? list : `${list}/${encodeURIComponent(id)}`)

/** shownIn is the id of the contact that a path shows; empty for none. */
export function shownIn(path: string): string {
  const [, id = ''] = /^\/staff\/contacts\/([^/]+)$/.exec(path) ?? []
  try {
    return decodeURIComponent(id)
  } catch {
    return id // no id of ours
  }
}

/** shown is the contact that is shown beside the table; empty for none. */
export const shown = new Store('')
