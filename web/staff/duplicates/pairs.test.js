import { describe, expect, it } from 'vitest'

import { compare, sidesOf, without } from './pairs'

const contact = (id, createdAt, rest = {}) => ({ id, createdAt, name: null, email: null, ...rest })
const older = contact('contact_2', '2026-01-01T00:00:00Z', { name: 'Ann', email: 'ann@example.com' })
const newer = contact('contact_1', '2026-02-01T00:00:00Z', { name: ' Ann ', email: null })

describe('a pair', () => {
  it('keeps the older contact, whichever comes first', () => {
    expect(sidesOf({ contacts: [newer, older] })).toEqual({ survivor: older, other: newer })
    expect(sidesOf({ contacts: [older, newer] })).toEqual({ survivor: older, other: newer })
  })
  it('keeps the smaller id of two that are equally old', () => {
    const twin = contact('contact_0', older.createdAt)
    expect(sidesOf({ contacts: [older, twin] }).survivor).toBe(twin)
  })
  it('is none when a contact has gone', () => {
    expect(sidesOf({ contacts: [older] })).toBeUndefined()
  })
  it('differs only where both have a value', () => {
    const sides = sidesOf({ contacts: [older, newer] })
    expect(compare(sides, ({ email }) => email)).toEqual({ values: ['ann@example.com', null], differs: false })
    expect(compare(sides, ({ name }) => name).differs).toBe(false)
    expect(compare(sides, ({ id }) => id).differs).toBe(true)
  })
  it('goes with either of its contacts', () => {
    const pairs = [{ contacts: [older, newer] }, { contacts: [older, contact('contact_3', '')] }]
    expect(without(pairs, ['contact_1'])).toEqual([pairs[1]])
    expect(without(pairs, ['contact_2'])).toEqual([])
  })
})
