// The English of the pages, by where it stands. It is the pattern of the other languages: the compiler says what they miss.

export const en = {
  app: {
    pages: 'Pages',
    contacts: 'Contacts',
    chat: 'Chat',
    playground: 'Playground',
    signOut: 'Sign out',
    title: (page: string) => `${page} – Kith`,
  },
  // The table of contacts.
  contacts: {
    title: 'Contacts',
    search: 'Search contacts',
    searchHint: 'Name, email or phone',
    showAll: 'Show all contacts',
    bestFirst: ', best first',
    total: (number: string, one: boolean) => (one ? `${number} contact` : `${number} contacts`),
    matching: (number: string, one: boolean) => (one ? `${number} match` : `${number} matches`),
    fresh: (number: string, one: boolean) => (one ? `${number} new contact` : `${number} new contacts`),
    empty: {
      one: 'No such contact',
      oneWhy: 'It was deleted, or belongs to another workspace.',
      none: 'No contacts yet',
      noneWhy: 'Contacts are created automatically when customers interact with any of your channels.',
      nothing: 'No contacts found',
      // Before and after what was searched for.
      noMatch: ['Nothing matches “', '”.'] as [string, string],
      noMatchFiltered: ['Nothing matches “', '” with these filters.'] as [string, string],
      noneFiltered: 'Nothing matches these filters.',
      clearSearch: 'Clear the search',
      clearFilters: 'Clear the filters',
      away: 'Not searched yet',
      awayWhy: 'The server cannot be reached. The contacts appear when it is back.',
      refused: 'The contacts could not be read',
    },
    filters: {
      button: 'Filter',
      set: 'Filters',
      clear: (what: string) => `Clear the filter: ${what}`,
      clearAll: 'Clear filters',
      unknown: (names: string) => `This link has filters that are not known here, or wrong: ${names}. They were left out.`,
      dismiss: 'Dismiss',
      any: (all: string[]) => all.join(' or '),
      gone: 'unknown channel',
      subjects: { types: 'Writes by', channels: 'Channel', active: 'Last activity', created: 'Created' },
      flagNames: { email: 'Email', phone: 'Phone', notes: 'Notes', unread: 'Unread messages', open: 'Open session' },
      // With and without.
      flags: {
        email: ['Has email', 'No email'],
        phone: ['Has phone', 'No phone'],
        notes: ['Has notes', 'No notes'],
        unread: ['Unread', 'Nothing unread'],
        open: ['Open session', 'No open session'],
      } as Record<'email' | 'phone' | 'notes' | 'unread' | 'open', [string, string]>,
      either: 'Any',
      yes: 'Yes',
      no: 'No',
      anyTime: 'Any time',
      lastDays: (days: number) => (days === 0 ? 'Today' : days === 1 ? 'Since yesterday' : `Last ${days} days`),
      daysAgo: (days: number) =>
        days === 0 ? 'Before today' : days === 1 ? 'Before yesterday' : `More than ${days} days ago`,
      byDays: 'Choose days …',
      fromDay: 'From',
      untilDay: 'Until',
      from: (day: string) => `from ${day}`,
      until: (day: string) => `until ${day}`,
    },
  },
  // One contact, as a panel and as a page.
  contact: {
    name: 'Name',
    email: 'Email',
    phone: 'Phone',
    notes: 'Notes',
    fieldOf: (field: string, name: string) => `${field} of ${name}`,
    saved: (what: string) => `${what} saved`,
    changedBack: (what: string) => `${what} changed back`,
    undo: 'Undo',
    cancel: 'Cancel',
    unreachable: 'The server cannot be reached.',
    signedOut: 'You are signed out.',
    verified: 'Verified by channel or staff',
    typed: 'Typed by the customer',
    // Before and after the name.
    deleteQuestion: ['Delete ', '?'] as [string, string],
    deletes: 'This permanently deletes the contact with its email, phone, notes and channel ids.',
    sessionsStay: 'Its chat sessions stay, but will show “Anonymous” as the name and no preview.',
    deleteForGood: 'Delete for good',
    deleting: 'Deleting …',
    deleted: (name: string) => `${name} deleted`,
    notDeleted: 'Not deleted.',
  },
  // Pairs that may be one person, and merging.
  duplicates: {
    merge: {
      title: (n: number) => (n > 1 ? `Merge ${n} contacts` : 'Merge contacts'),
      loading: 'Comparing …',
      alone: 'There is nothing left to merge.',
      survivor: 'Contact that stays',
      survivorHint: 'The others become part of it. Links to them lead to it.',
      since: 'Since',
      fields: { NAME: 'Name', EMAIL: 'Email', PHONE: 'Phone', NOTES: 'Notes' },
      none: 'None',
      outcome: (sessions: number, identities: number) =>
        `The merged contact has ${sessions === 1 ? '1 session' : `${sessions} sessions`} and ${
          identities === 1 ? '1 channel id' : `${identities} channel ids`
        }. Emails and phones that are not chosen stay as further ones.`,
      missing: (n: number) =>
        n === 1
          ? 'One of the contacts was deleted or merged meanwhile.'
          : `${n} of the contacts were deleted or merged meanwhile.`,
      changed: 'Somebody changed one of these contacts meanwhile. Please check again.',
      tooLong: 'The joined notes are too long. Shorten them before merging.',
      again: 'Try again',
      cancel: 'Cancel',
      merge: (n: number) => `Merge ${n} contacts`,
      merging: 'Merging …',
      merged: (n: number, name: string) => `${n} contacts merged into ${name}`,
      notMerged: 'Not merged.',
      undo: 'Undo',
      undone: (kept: string[]) =>
        kept.length === 0 ? 'Merge undone' : `Merge undone. Edited since, and left as is: ${kept.join(', ')}`,
      notUndone: 'Not undone.',
    },
  },
  chat: {},
  channels: {},
  failures: {},
  audit: {},
  keys: {},
  // The command menu and the list of shortcuts.
  menu: {},
  signin: {},
  outage: {},
}
