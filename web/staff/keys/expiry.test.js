import { describe, expect, it } from 'vitest'

import { expiryOf, tomorrow } from './expiry'

const now = new Date(2026, 11, 31, 10, 0)

describe('the end of a key', () => {
  it('is so many days ahead, or none', () => {
    expect(new Date(expiryOf('30', '', now))).toEqual(new Date(2027, 0, 30, 10, 0))
    expect(expiryOf('never', '', now)).toBeUndefined()
  })
  it('is the end of a day that is picked', () => {
    expect(new Date(expiryOf('date', '2027-02-03', now))).toEqual(new Date(2027, 1, 3, 23, 59, 59))
  })
  it('can be tomorrow at the earliest', () => {
    expect(tomorrow(now)).toBe('2027-01-01')
  })
})
