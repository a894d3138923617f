import { readFileSync } from 'node:fs'

import { describe, expect, it } from 'vitest'

import { complaints, newest } from './check-schema.js'

const released = readFileSync(new URL('../schema.graphqls', import.meta.url), 'utf8')
const page = (...lines) => `# API\n\n### Unreleased\n\n${lines.join('\n')}\n\n### v0.1.0\n\n- Breaking: \`Contact.notes\` was removed.\n`

/** changed is the schema with a change, which must be one. */
function changed(from, to) {
  const text = released.replace(from, to)
  expect(text).not.toBe(released)
  return text
}

describe('the schema beside that of the last release', () => {
  const breaking = {
    'a field that goes': [/^ {2}"The notes that staff keep[^"]*"\n {2}notes: String!\n/m, '', 'Contact.notes was removed.'],
    'a field that may be null': ['  notes: String!', '  notes: String', 'Contact.notes changed type from String! to String.'],
    'an enum value that goes': [/"A Telegram bot."\n {2}TELEGRAM\n/, '', 'TELEGRAM was removed from enum type ChannelType.'],
    'an input field that is required': ['  expectedVersion: Int\n', '  expectedVersion: Int!\n', 'UpdateContactInput.expectedVersion changed type from Int to Int!.'],
    'an argument that goes': [/ {4}"The text to search for[^"]*"\n {4}search: String\n/, '', 'Query.contacts arg search was removed.'],
    'a default that changes': ['max: Int = 1000', 'max: Int = 100', 'ChannelConnection.totalCount arg max has changed defaultValue from 1000 to 100.'],
    'a field that can be null without an error': ['viewer: Viewer @semanticNonNull', 'viewer: Viewer', 'Query.viewer is no longer @semanticNonNull.'],
  }
  for (const [name, [from, to, change]] of Object.entries(breaking)) {
    it(`refuses ${name}`, () => {
      const now = changed(from, to)
      expect(complaints(now, released, page())).toEqual([expect.stringContaining(change)])
      const [subject, ...rest] = change.split(' ')
      expect(complaints(now, released, page(`- Breaking: \`${subject}\`\n  ${rest.join(' ')}`))).toEqual([])
    })
  }

  const harmless = {
    'a new field': ['  notes: String!\n', '  notes: String!\n  "New."\n  nickname: String\n'],
    'a new argument': ['    search: String\n', '    search: String\n    "New."\n    fuzzy: Boolean\n'],
    'a new enum value': ['  TELEGRAM\n', '  TELEGRAM\n  "New."\n  LINE\n'],
    'a field that is no longer null': ['  name: String\n', '  name: String!\n'],
    'a promise instead of a mark': ['viewer: Viewer @semanticNonNull', 'viewer: Viewer!'],
    'another description': ['"Handed over to a person."', '"Handed over to somebody."'],
    'a deprecation with a date': ['  notes: String!\n', '  notes: String! @deprecated(reason: "Use `remarks`. Until 2027-06-01.")\n'],
    'no change': [/^/, '# The schema.\n'],
  }
  for (const [name, [from, to]] of Object.entries(harmless)) {
    it(`allows ${name}`, () => {
      expect(complaints(changed(from, to), released, page())).toEqual([])
    })
  }

  it('refuses a deprecation without a date, of fields, arguments, input fields and values', () => {
    const mark = ' @deprecated(reason: "Use another.")'
    for (const element of ['  notes: String!', '    search: String', '  allowedDomains: [String!]', '  TELEGRAM']) {
      expect(complaints(changed(`${element}\n`, `${element}${mark}\n`), released, page())).toEqual([
        expect.stringContaining('is deprecated without a date'),
      ])
    }
  })

  it('does not take an older version of the page for an answer', () => {
    expect(complaints(changed(...breaking['a field that goes']), released, page())).toHaveLength(1)
    expect(() => complaints(released, released, '# API\n')).toThrow('Unreleased')
  })

  it('compares with the highest version', () => {
    expect(newest(['v0.9.0.graphqls', 'v0.10.0.graphqls', 'v0.2.11.graphqls', 'README.md'])).toBe('v0.10.0.graphqls')
  })
})
