// The German of the pages.

import type { Texts } from './texts'

export const de: Texts = {
  app: {
    pages: 'Seiten',
    contacts: 'Kontakte',
    chat: 'Chat',
    playground: 'Playground',
    signOut: 'Abmelden',
    title: (page) => `${page} – Kith`,
  },
  contacts: {},
  contact: {},
  duplicates: {},
  chat: {},
  channels: {},
  failures: {},
  audit: {},
  keys: {},
  menu: {},
  signin: {},
  outage: {},
}
