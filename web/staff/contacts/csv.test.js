import assert from 'node:assert/strict'

import { describe, it } from 'vitest'

import { csv } from './csv'

const contact = (fields) => ({
  name: null,
  email: null,
  phone: null,
  notes: '',
  identities: [],
  createdAt: '2026-01-01T00:00:00Z',
  lastActivityAt: null,
  ...fields,
})
const lines = (...contacts) => csv(['Name'], contacts).slice(1).split('\r\n').slice(1, -1)

describe('contacts as CSV', () => {
  it('start with a mark and the heads', () => {
    assert.equal(csv(['Name', 'Email'], []), '\uFEFFName,Email\r\n')
  })

  it('quote what has commas, quotes and line breaks', () => {
    assert.deepEqual(lines(contact({ name: 'Silva, Ann', notes: 'says "hi"\nand more' })), [
      '"Silva, Ann",,,"says ""hi""\nand more",,2026-01-01T00:00:00Z,',
    ])
  })

  it.each(['=1+1', '+49 301', '-2', '@SUM(A1)', '\tx', '+'])('defuse %j', (text) => {
    assert.equal(lines(contact({ name: text }))[0].split(',')[0], `'${text}`)
    assert.match(lines(contact({ name: `${text},"` }))[0], /^"'/)
  })

  it('leave a phone as it is', () => {
    assert.equal(lines(contact({ phone: '+4930901820' }))[0].split(',')[2], '+4930901820')
  })

  it('name each product once', () => {
    const identity = (type) => ({ channel: { type } })
    const [line] = lines(contact({ identities: [identity('WHATSAPP'), identity('FACEBOOK'), identity('WHATSAPP')] }))
    assert.match(line, /,"WhatsApp, Messenger",/)
  })
})
