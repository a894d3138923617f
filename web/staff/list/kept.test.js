import assert from 'node:assert/strict'

import { describe, it } from 'vitest'

import { Kept } from './kept'

describe('the lists that are kept', () => {
  const released = []
  const list = (name) => () => ({ name, release: () => released.push(name) })

  it('are the six that were used last', () => {
    const kept = new Kept()
    const first = kept.get('a', list('a'))
    for (const name of ['b', 'c', 'd', 'e', 'f']) {
      kept.get(name, list(name))
    }
    assert.equal(kept.get('a', list('another')), first)
    kept.get('g', list('g'))
    assert.deepEqual(released, ['b'])
    assert.deepEqual(kept.all().map(({ name }) => name), ['c', 'd', 'e', 'f', 'a', 'g'])
    kept.clear()
    assert.deepEqual([kept.all(), released], [[], ['b', 'c', 'd', 'e', 'f', 'a', 'g']])
  })
})
