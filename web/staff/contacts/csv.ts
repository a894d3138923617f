// Contacts as a file for spreadsheets (RFC 4180), written in the browser.

import type { ContactRowFragment } from '../generated/graphql'
import { channelNames } from '../shared/icons'

/** csv is a table of contacts below a line of heads: name, email, phone, notes, channels, created, last activity. */
export function csv(heads: readonly string[], contacts: Iterable<ContactRowFragment>): string {
  const lines = [heads]
  for (const { name, email, phone, notes, identities, createdAt, lastActivityAt } of contacts) {
    const channels = [...new Set(identities.map(({ channel }) => channelNames[channel.type]))]
    lines.push([name ?? '', email ?? '', phone ?? '', notes, channels.join(', '), createdAt, lastActivityAt ?? ''])
  }
  // The mark in front has spreadsheets read it as UTF-8.
  return `\uFEFF${lines.map((line) => line.map(cell).join(',') + '\r\n').join('')}`
}

// A spreadsheet would run what looks like a formula, no matter who wrote it; as text it starts with an apostrophe. A phone in
// digits after a + is a number to it.
function cell(text: string): string {
  const safe = /^[=+\-@\t\r\n]/.test(text) && !/^\+\d+$/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
