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
  contact: {},
  // Pairs that may be one person, and merging.
  duplicates: {},
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
