import assert from 'node:assert/strict'

import { describe, it } from 'vitest'

import { areColumns, columns, hiddenOf, hideable, hiding, layoutOf, shownColumns, sized, standard, template, widest } from './columns'

describe('the layout of the table', () => {
  it('is written and read', () => {
    const hidden = hiding(hiding(standard.hidden, 'created', true), 'notes', false)
    const layout = sized({ ...standard, hidden, dense: true }, 'email', 300)
    assert.deepEqual(layoutOf(JSON.stringify(layout)), layout)
    assert.deepEqual(layout, { hidden: ['notes'], widths: { email: 300 }, dense: true })
  })

  it.each([null, '', '{', 'null', '7', '"text"', '[]', '{"hidden":7,"widths":null}', '{"widths":[1,2]}'])(
    'is as it is at first where %j is stored',
    (text) => assert.deepEqual(layoutOf(text), standard),
  )

  it('takes no column, width or height that it does not know', () => {
    const text = '{"hidden":["name","select","email","colour"],"widths":{"email":1e9,"phone":"wide","colour":3,"name":null},"dense":1}'
    assert.deepEqual(layoutOf(text), { hidden: ['email'], widths: { email: widest }, dense: false })
  })

  it('has its columns in an address', () => {
    assert.equal(shownColumns(['created', 'notes']), 'name,email,phone,channels,activity')
    assert.deepEqual(hiddenOf('name,email,phone,channels,activity'), ['notes', 'created'])
    assert.deepEqual(hiddenOf('activity,email,activity,colour'), ['phone', 'notes', 'channels', 'created'])
    assert.equal(hiddenOf(shownColumns(hideable)).length, hideable.length, 'the name is always there')
    assert.equal(hiddenOf(null), undefined)
    assert.deepEqual(['name,email', 'email', 'name,colour', ''].map(areColumns), [true, true, false, false])
  })

  it('gives a column its share again', () => {
    assert.deepEqual(sized(sized(standard, 'phone', 200), 'phone', undefined), standard)
  })

  it('has a track for each column that is shown, and knows the room that they need', () => {
    const { columns: tracks, least } = template(sized(standard, 'email', 240), ['name', 'email'])
    assert.equal(tracks, 'minmax(5.5rem, 1.7fr) 240px')
    assert.equal(least, 'calc(5.5rem + 240px + 2 * var(--gap))')
    assert.equal(columns.includes('created'), true)
  })
})
