import { readFileSync } from 'node:fs'

import { expect, test } from 'vitest'

import { de } from './de'
import { sentenceOf } from './sentence'

const root = new URL('../../../', import.meta.url)
const read = (path) => readFileSync(new URL(path, root), 'utf8')

const schema = /enum UserErrorCode \{\n([\s\S]*?)\n\}/.exec(read('schema.graphqls'))[1].replaceAll(/"""[\s\S]*?"""|"[^"\n]*"/g, '')
const userCodes = schema.match(/\b[A-Z_]+\b/g)
const requestCodes = [...read('graph/problem/problem.go').matchAll(/^\t\w+ +(?:string )?= "([A-Z_]+)"$/gm)].map(([, code]) => code)

// Only the server knows what is wrong there.
const unspoken = [
  'REPLAY_FAILED',
  'BAD_USER_INPUT',
  'QUERY_TOO_COMPLEX',
  'SLOW_CONSUMER',
  'RESYNC_REQUIRED',
  'PERSISTED_QUERY_NOT_SUPPORTED',
]

test('every code of the server has its German sentence, or is one of those that have none', () => {
  expect(userCodes.length).toBeGreaterThan(20)
  expect(requestCodes).toContain('RATE_LIMITED')
  expect(new Set(Object.keys(de.refusals))).toEqual(new Set([...userCodes, ...requestCodes]))
  const silent = Object.entries(de.refusals).filter(([, sentence]) => sentence === null)
  expect(new Set(silent.map(([code]) => code))).toEqual(new Set(unspoken))
})

test('an English page says what the server says', () => {
  expect(sentenceOf({ code: 'NOT_FOUND', message: 'This contact no longer exists' })).toBe('This contact no longer exists')
})

test('a German page goes by the code, the field and the contact', () => {
  const said = (code, field, contact) => sentenceOf({ code, field, contact, message: 'Server' }, de.refusals)
  expect(said('EMAIL_TAKEN', ['input', 'email'], { displayName: 'Ann' })).toBe('Diese E-Mail-Adresse gehört schon zu Ann.')
  expect(said('PHONE_TAKEN', ['input', 'phone'], null)).toBe('Diese Telefonnummer gehört schon zu einem anderen Kontakt.')
  expect(said('MERGED', ['input', 'others', '0', 'id'], { displayName: 'Ann' })).toMatch('in Ann aufgegangen')
  expect(said('INVALID', ['input', 'email'])).toMatch('Keine gültige E-Mail-Adresse')
  expect(said('INVALID', ['input', 'contacts', '3', 'phone'])).toMatch('Keine gültige Telefonnummer')
  expect(said('NOT_FOUND', ['input', 'ids', '2'])).toBe('Das gibt es nicht mehr.')
  expect(said('NOT_FOUND', ['input', 'channelId'])).toBe('Diesen Kanal gibt es nicht mehr.')
  expect(said('CONFLICT', null)).toMatch('inzwischen geändert')
})

test('a German page has the server’s sentence where no code decides it', () => {
  for (const error of [
    { code: 'INVALID', field: ['input', 'secret'] },
    { code: 'INVALID', field: ['input', 'constructor'] },
    { code: 'INVALID', field: null },
    { code: 'REPLAY_FAILED', field: ['input', 'ids', '0'] },
    { code: 'BAD_USER_INPUT' },
    { code: 'A_NEW_ONE' },
    { code: 'toString' },
    {},
  ]) {
    expect(sentenceOf({ ...error, message: 'The server’s own' }, de.refusals)).toBe('The server’s own')
  }
})
