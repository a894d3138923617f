import assert from 'node:assert/strict'

import { describe, it } from 'vitest'

import { most, Selecting } from './selection'

const contacts = (from, to) => Array.from({ length: to - from }, (_, i) => ({ id: `${from + i}` }))

function start() {
  const said = []
  const selection = new Selecting(() => said.push('full'))
  return { selection, said, ids: () => [...selection.chosen.get().keys()] }
}

describe('a selection', () => {
  it('takes contacts one by one, and lets them go', () => {
    const { selection, ids } = start()
    const [a, b] = contacts(0, 2)
    selection.toggle(a)
    selection.toggle(b)
    selection.toggle(a)
    assert.deepEqual(ids(), ['1'])
    assert.equal(selection.anchor, '0')
  })

  it('grows and shrinks a range over what was selected before', () => {
    const { selection, ids } = start()
    const all = contacts(0, 10)
    selection.toggle(all[9])
    selection.toggle(all[2])
    selection.range(all.slice(2, 6))
    assert.deepEqual(ids(), ['9', '2', '3', '4', '5'])
    selection.range(all.slice(2, 4))
    assert.deepEqual(ids(), ['9', '2', '3'])
    selection.range(all.slice(0, 3))
    assert.deepEqual(ids().sort(), ['0', '1', '2', '9'])
  })

  it('has a hundred at most, and says so', () => {
    const { selection, said, ids } = start()
    selection.all(contacts(0, most))
    assert.deepEqual([ids().length, said], [most, []])
    selection.toggle({ id: 'more' })
    assert.deepEqual([ids().length, ids().includes('more'), said], [most, false, ['full']])
    selection.all(contacts(0, most + 20))
    assert.deepEqual([ids().length, ids().at(-1)], [most, '99'])
  })

  it('is of all that match until one contact is let go, or the selection changes in another way', () => {
    const { selection, said, ids } = start()
    const all = contacts(0, most)
    selection.all(all)
    selection.everything()
    assert.deepEqual([selection.every, ids().length], [true, most])
    selection.toggle({ id: 'beyond' }) // was selected with all, so it is let go of
    assert.deepEqual([selection.every, ids().length, ids().includes('beyond'), said], [false, most, false, []])
    selection.everything()
    selection.toggle(all[3])
    assert.deepEqual([selection.every, ids().length], [false, most - 1])
    selection.everything()
    selection.range(all.slice(0, 2))
    assert.equal(selection.every, false)
    selection.everything()
    selection.clear()
    assert.deepEqual([selection.every, ids()], [false, []])
  })

  it('starts no range from a contact that is no more, or was let go with all', () => {
    const { selection, ids } = start()
    const all = contacts(0, 5)
    selection.toggle(all[1])
    selection.drop(['1'])
    assert.deepEqual([selection.anchor, ids()], [undefined, []])
    selection.range(all.slice(2, 4))
    assert.deepEqual(ids(), ['2', '3'])
    selection.toggle(all[0])
    selection.clear()
    assert.deepEqual([selection.anchor, ids()], [undefined, []])
    selection.range([all[4]])
    assert.deepEqual(ids(), ['4'])
  })

  it('tells those who listen only when something changed', () => {
    const { selection } = start()
    let changes = 0
    selection.chosen.subscribe(() => changes++)
    selection.clear()
    selection.drop(['7'])
    assert.equal(changes, 0)
  })
})
