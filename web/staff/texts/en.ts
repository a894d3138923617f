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
  contacts: {},
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
