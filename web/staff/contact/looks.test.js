import assert from 'node:assert/strict'

import { describe, it } from 'vitest'

import { hueOf, initialsOf } from './initials'
import { shownPhone, spacedPhone } from './phone'
import { contactPath, shownIn } from './place'

describe('a phone', () => {
  it('has its country code apart', () => {
    const spaced = {
      '+4930123456': '+49 30123456',
      '+12125550123': '+1 212 555 0123',
      '+79161234567': '+7 9161234567',
      '+971501234567': '+971 501234567',
      '+3531234567': '+353 1234567',
      '+33123456789': '+33 123456789',
      '030 123456': '030 123456',
    }
    for (const [phone, text] of Object.entries(spaced)) {
      assert.equal(spacedPhone(phone), text)
    }
  })
})

describe('a phone of a contact', () => {
  it('is grouped as in its country, until another has been typed', () => {
    const contact = { phone: '+4930123456', phoneInternational: '+49 30 123456' }
    assert.equal(shownPhone('+4930123456', contact), '+49 30 123456')
    assert.equal(shownPhone('+4940987654', contact), '+49 40987654')
    assert.equal(shownPhone('+999123456', { phoneInternational: '+999123456' }), '+999123456')
    assert.equal(shownPhone('+4930123456', {}), '+49 30123456')
  })
})

describe('initials', () => {
  it('are of the first and the last word', () => {
    const all = {
      'Ann Smith': 'AS',
      'José María Moreno Morales': 'JM',
      'ann@example.com': 'AC',
      Zoë: 'Z',
      李小龍: '李',
      'ليلى حداد': 'لح',
      '  ': '',
      '🎉 Party': 'P',
      '!!!': '',
      'O’Brien (VIP)': 'O',
      '👩‍🚀': '',
    }
    for (const [name, initials] of Object.entries(all)) {
      assert.equal(initialsOf(name), initials)
    }
  })

  it('have a colour that stays', () => {
    assert.equal(hueOf('contact_1'), hueOf('contact_1'))
    assert.ok(hueOf('contact_1') >= 0 && hueOf('contact_1') < 360)
  })
})

describe('the path of a contact', () => {
  it('has its id', () => {
    assert.equal(shownIn(contactPath('contact_01')), 'contact_01')
    assert.equal(shownIn(contactPath('a/b?c')), 'a/b?c')
    for (const path of ['/staff/contacts', '/staff/contacts/', '/staff/chat', '/staff']) {
      assert.equal(shownIn(path), '')
    }
    assert.equal(shownIn('/staff/contacts/%'), '%')
    assert.equal(contactPath(''), '/staff/contacts')
  })
})
