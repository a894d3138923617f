import assert from 'node:assert/strict'

import { describe, it } from 'vitest'

import { asked, days, filterOf, isDay, parameters, partsOf, unfiltered, withFlag, without, withTimes } from './filter'

const read = (query) => filterOf(new URLSearchParams(query))
const written = (filter) =>
  new URLSearchParams(
    Object.entries(parameters(filter)).flatMap(([name, value]) => [value].flat().map((each) => [name, each])),
  ).toString()
const channel = `channel_${'0'.repeat(32)}`

describe('a filter in the address', () => {
  it('is read and written back', () => {
    const all =
      `type=whatsapp&type=web&channel=${channel}&email=yes&phone=no&notes=yes&unread=yes&open=no` +
      '&active-after=7d&active-before=2026-03-31&created-after=2026-01-01&created-before=30d'
    const { filter, unknown } = read(all)
    assert.deepEqual(unknown, [])
    assert.equal(written(filter), all)
    assert.deepEqual(partsOf(filter), [
      'types',
      'channels',
      'email',
      'phone',
      'notes',
      'unread',
      'open',
      'active',
      'created',
    ])
  })

  it('is nothing where there is nothing', () => {
    const { filter, unknown } = read('search=ann&sort=name')
    assert.deepEqual([filter, unknown, asked(filter), partsOf(filter)], [unfiltered, [], undefined, []])
    assert.equal(written(filter), '')
  })

  it('leaves out what it does not know, and says so', () => {
    const { filter, unknown } = read(
      'type=fax&type=telegram&channel=1&email=maybe&active-after=yesterday&created-before=2026-02-30&colour=red&phone=yes&phone=no',
    )
    assert.deepEqual(unknown, ['type', 'channel', 'email', 'active-after', 'created-before', 'colour', 'phone'])
    assert.deepEqual(filter, { ...unfiltered, types: ['TELEGRAM'], flags: { phone: true } })
  })

  it('is the same whatever the order of its parameters', () => {
    assert.deepEqual(read('type=web&type=whatsapp&type=web').filter, read('type=whatsapp&type=web').filter)
  })

  it.each(['2026-13-01', '2026-1-1', '0000-00-00', '99999-01-01', '7', '12345d', '-1d', '2026-02-29', ''])(
    'takes no %j for a day',
    (time) => assert.deepEqual(read(`created-after=${time}`), { filter: unfiltered, unknown: ['created-after'] }),
  )
})

describe('what is asked of the server', () => {
  const now = new Date(2026, 2, 10, 15, 30)
  const at = (...parts) => new Date(...parts).toISOString()

  it('has days of the reader’s calendar, the last one whole', () => {
    const { filter } = read('created-after=2026-03-01&created-before=2026-03-01')
    assert.deepEqual(asked(filter, now), {
      createdAfter: at(2026, 2, 1, 0, 0, 0, -1),
      createdBefore: at(2026, 2, 2),
    })
  })

  it('counts days back from the start of today, so that it is the same all day', () => {
    const { filter } = read('active-after=7d')
    assert.deepEqual(asked(filter, now), { activeAfter: at(2026, 2, 3, 0, 0, 0, -1) })
    assert.deepEqual(asked(filter, new Date(2026, 2, 10, 0, 0)), asked(filter, new Date(2026, 2, 10, 23, 59)))
    assert.deepEqual(asked(read('active-before=30d').filter, now), { activeBefore: at(2026, 1, 8) })
  })

  it('has each condition once', () => {
    const { filter } = read('type=messenger&email=no&unread=yes&open=yes')
    assert.deepEqual(asked(filter, now), {
      channelTypes: ['FACEBOOK'],
      hasEmail: false,
      hasUnread: true,
      hasOpenSession: true,
    })
  })
})

describe('changing a filter', () => {
  it('clears one condition and leaves the others', () => {
    const { filter } = read('type=web&email=yes&active-after=7d&active-before=1d&created-after=30d')
    assert.deepEqual(partsOf(without(filter, 'active')), ['types', 'email', 'created'])
    assert.deepEqual(partsOf(without(filter, 'email')), ['types', 'active', 'created'])
    assert.deepEqual(partsOf(without(filter, 'types')), ['email', 'active', 'created'])
    assert.equal(partsOf(filter).length, 4, 'the filter itself is as it was')
  })

  it('sets flags and times', () => {
    assert.deepEqual(withFlag(unfiltered, 'phone', false).flags, { phone: false })
    assert.deepEqual(withTimes(unfiltered, 'created', { after: '7d' }).times, { 'created-after': '7d' })
  })

  it('knows days from counted ones', () => {
    assert.deepEqual([isDay('2026-03-01'), isDay('7d'), days('7d'), days('2026-03-01')], [true, false, 7, undefined])
  })
})
