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
  contact: {
    name: 'Name',
    email: 'E-Mail',
    phone: 'Telefon',
    notes: 'Notizen',
    fieldOf: (field, name) => `${field} von ${name}`,
    saved: (what) => `${what}: gespeichert`,
    changedBack: (what) => `${what}: zurückgesetzt`,
    undo: 'Rückgängig',
    cancel: 'Abbrechen',
    unreachable: 'Der Server ist nicht erreichbar.',
    signedOut: 'Sie sind abgemeldet.',
    verified: 'Vom Kanal oder vom Team bestätigt',
    typed: 'Vom Kunden eingegeben',
    deleteQuestion: ['', ' löschen?'],
    deletes: 'Der Kontakt wird mit E-Mail, Telefon, Notizen und Kanalkennungen endgültig gelöscht.',
    sessionsStay: 'Seine Gespräche bleiben, zeigen aber „Anonymous“ als Namen und keine Vorschau.',
    deleteForGood: 'Endgültig löschen',
    deleting: 'Wird gelöscht …',
    deleted: (name) => `${name} gelöscht`,
    notDeleted: 'Nicht gelöscht.',
  },
  duplicates: {
    merge: {
      title: (n) => (n > 1 ? `${n} Kontakte zusammenführen` : 'Kontakte zusammenführen'),
      loading: 'Wird verglichen …',
      alone: 'Es gibt nichts mehr zusammenzuführen.',
      survivor: 'Kontakt, der bleibt',
      survivorHint: 'Die anderen gehen in ihm auf. Links auf sie führen zu ihm.',
      since: 'Seit',
      fields: { NAME: 'Name', EMAIL: 'E-Mail', PHONE: 'Telefon', NOTES: 'Notizen' },
      none: 'Keine Angabe',
      outcome: (sessions, identities) =>
        `Der zusammengeführte Kontakt hat ${sessions === 1 ? '1 Gespräch' : `${sessions} Gespräche`} und ${
          identities === 1 ? '1 Kanalkennung' : `${identities} Kanalkennungen`
        }. Nicht gewählte E-Mail-Adressen und Telefonnummern bleiben als weitere erhalten.`,
      missing: (n) =>
        n === 1
          ? 'Einer der Kontakte wurde inzwischen gelöscht oder zusammengeführt.'
          : `${n} der Kontakte wurden inzwischen gelöscht oder zusammengeführt.`,
      changed: 'Einer dieser Kontakte wurde inzwischen geändert. Bitte noch einmal prüfen.',
      tooLong: 'Die Notizen sind zusammen zu lang. Bitte vor dem Zusammenführen kürzen.',
      again: 'Erneut versuchen',
      cancel: 'Abbrechen',
      merge: (n) => `${n} Kontakte zusammenführen`,
      merging: 'Wird zusammengeführt …',
      merged: (n, name) => `${n} Kontakte zusammengeführt: ${name}`,
      notMerged: 'Nicht zusammengeführt.',
      undo: 'Rückgängig',
      undone: (kept) =>
        kept.length === 0
          ? 'Zusammenführung rückgängig gemacht'
          : `Zusammenführung rückgängig gemacht. Inzwischen bearbeitet und unverändert: ${kept.join(', ')}`,
      notUndone: 'Nicht rückgängig gemacht.',
    },
  },
  chat: {},
  channels: {},
  failures: {},
  audit: {},
  keys: {},
  menu: {},
  signin: {},
  outage: {},
}
