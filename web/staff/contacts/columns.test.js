import assert from 'node:assert/strict'

import { describe, it } from 'vitest'

import { columns, layoutOf, showing, sized, standard, template, widest } from './columns'

describe('the layout of the table', () => {
  it('is written and read', () => {
    const layout = sized(showing(showing({ ...standard, dense: true }, 'created', true), 'notes', false), 'email', 300)
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

  it('gives a column its share again', () => {
    assert.deepEqual(sized(sized(standard, 'phone', 200), 'phone', undefined), standard)
  })

  it('has a track for each column that is shown, and knows the room that they need', () => {
    const { columns: tracks, least } = template(sized(standard, 'email', 240), ['name', 'email'])
    assert.equal(tracks, 'minmax(5.5rem, 1.45fr) 240px')
    assert.equal(least, 'calc(5.5rem + 240px + 2 * var(--gap))')
    assert.equal(columns.includes('created'), true)
  })
})
