import assert from 'node:assert/strict'

import { describe, it } from 'vitest'

import { listingOf } from '../contacts/listing'
import { baseOf, differs, namesOnly, ofContacts, openAddress } from './view'

const id = `view_${'0'.repeat(32)}`
const view = (address, version = 1) => ({ id, name: 'Mine', address, version })
const listing = (query) => listingOf(new URLSearchParams(query)).listing
const saved = view('/staff/contacts?search=ann&sort=name&type=whatsapp&email=yes&columns=name%2Cemail%2Cphone')
const same = 'search=ann&sort=name&type=whatsapp&email=yes&columns=name,email,phone'

describe('a list and the view that is open', () => {
  it.each([
    ['the view as it was saved', same],
    ['the view, and a contact shown beside it', `${same}&view=${id}`],
    ['the same in another order', 'columns=phone,email,name&email=yes&type=WhatsApp&sort=name&search=ann'],
    ['spaces around what was typed', same.replace('ann', '+ann+')],
    ['a parameter that means nothing here', `${same}&colour=red`],
  ])('is not changed by %s', (_, query) => assert.equal(differs(saved, listing(query)), false))

  it.each([
    ['another search', same.replace('ann', 'anna')],
    ['no search', same.replace('search=ann&', '')],
    ['another order', same.replace('sort=name', 'sort=-name')],
    ['no order', same.replace('sort=name&', '')],
    ['one more condition', `${same}&phone=no`],
    ['one less', same.replace('&email=yes', '')],
    ['the opposite', same.replace('email=yes', 'email=no')],
    ['one more column', `${same},notes`],
    ['one less column', same.replace(',phone', '')],
    ['columns that are left to the reader', same.replace('&columns=name,email,phone', '')],
    ['nothing at all', ''],
  ])('is changed by %s', (_, query) => assert.equal(differs(saved, listing(query)), true))

  it('leaves the columns to the reader where the view does, until some are chosen', () => {
    const free = view('/staff/contacts?search=ann')
    assert.equal(differs(free, listing('search=ann')), false)
    assert.equal(differs(free, listing('search=ann&columns=name')), true)
  })

  it('is not changed by an order that a search does not have', () => {
    assert.equal(differs(view('/staff/contacts?search=ann&sort=-created'), listing('search=ann')), false)
  })

  it('is the whole list where the view is', () => {
    assert.equal(differs(view('/staff/contacts'), listing('')), false)
    assert.equal(differs(view('/staff/contacts'), listing('unread=yes')), true)
  })
})

describe('the address of a view', () => {
  it('says which view it is, and keeps what it does not know', () => {
    assert.equal(openAddress(view('/staff/contacts?search=a%2Bb%26c&colour=red')), `/staff/contacts?search=a%2Bb%26c&colour=red&view=${id}`)
    assert.equal(openAddress(view('/staff/contacts')), `/staff/contacts?view=${id}`)
    assert.equal(openAddress(view('/staff/contacts?contact=contact_1&view=view_1')), `/staff/contacts?view=${id}`)
  })

  it('of a list of sessions is left alone', () => {
    const chat = view('/staff/chat?unread=yes')
    assert.equal(openAddress(chat), chat.address)
    assert.deepEqual([ofContacts(chat), ofContacts(saved), ofContacts(view('/staff/contacts'))], [false, true, true])
  })

  it('may name the view alone', () => {
    const names = ['', `view=${id}`, `view=${id}&search=a`, 'search=a'].map((query) => namesOnly(new URLSearchParams(query)))
    assert.deepEqual(names, [false, true, false, false])
  })
})

describe('the version that changes belong to', () => {
  it('is the one that was opened, also when somebody saves another one while the list is changed here', () => {
    let base = baseOf(undefined, view(saved.address, 3), false)
    assert.equal(base.version, 3)
    base = baseOf(base, view(saved.address, 3), true)
    base = baseOf(base, view('/staff/contacts', 4), true)
    assert.equal(base.version, 3)
  })

  it('goes on with the view as long as nothing is changed here, and after saving', () => {
    let base = baseOf({ id, version: 3 }, view(saved.address, 4), false)
    assert.equal(base.version, 4)
    base = baseOf({ id: 'view_1', version: 9 }, view(saved.address, 4), true)
    assert.equal(base.version, 4, 'another view was open before')
  })
})
