import assert from 'node:assert/strict'

import { describe, it } from 'vitest'

import { conversationUrl } from './provider'

describe('the address of a conversation', () => {
  it('is known for a phone number on WhatsApp, and for nothing else', () => {
    const of = (type, externalId) => conversationUrl({ type, externalId })
    assert.equal(of('WHATSAPP', '4930123456'), 'https://wa.me/4930123456')
    for (const id of ['', 'US.13491208655302741918', '+4930123456', '030123456', '4930123456/evil', '1'.repeat(16)]) {
      assert.equal(of('WHATSAPP', id), undefined)
    }
    for (const type of ['HTML_EMBED', 'FACEBOOK', 'INSTAGRAM', 'TELEGRAM', 'TIKTOK']) {
      assert.equal(of(type, '4930123456'), undefined)
    }
  })
})
