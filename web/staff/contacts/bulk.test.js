import assert from 'node:assert/strict'

import { describe, it } from 'vitest'

import { BulkDeletion } from './bulk'

const ids = Array.from({ length: 45 }, (_, i) => `${i}`)
const words = (error) => error.message

describe('deleting several contacts', () => {
  it('deletes some at a time, and says how far it is', async () => {
    const asked = []
    const bulk = new BulkDeletion(ids, async (some) => (asked.push(some.length), some.map(() => 'deleted')), words)
    const seen = []
    bulk.progress.subscribe(() => seen.push([bulk.progress.get().outcomes.size, bulk.progress.get().busy]))
    assert.deepEqual(await bulk.run(), ids)
    assert.deepEqual(asked, [20, 20, 5])
    assert.deepEqual(seen, [[0, true], [20, true], [40, true], [45, true], [45, false]])
    assert.deepEqual(bulk.left, [])
  })

  it('says which failed and why, and tries only those again', async () => {
    let refuse = new Set(['3', '7'])
    const asked = []
    const bulk = new BulkDeletion(
      ids.slice(0, 10),
      async (some) => (asked.push(some), some.map((id) => (refuse.has(id) ? { reason: 'No' } : 'deleted'))),
      words,
    )
    assert.equal((await bulk.run()).length, 8)
    assert.deepEqual(bulk.left, ['3', '7'])
    assert.deepEqual(bulk.progress.get().outcomes.get('3'), { reason: 'No' })
    refuse = new Set(['7'])
    assert.deepEqual(await bulk.run(), ['3'])
    assert.deepEqual(asked[1], ['3', '7'])
  })

  it('goes on after a request without an answer', async () => {
    let calls = 0
    const bulk = new BulkDeletion(
      ids,
      async (some) => {
        if (++calls === 2) {
          throw new Error('away')
        }
        return some.map(() => 'deleted')
      },
      words,
    )
    assert.equal((await bulk.run()).length, 25)
    assert.deepEqual(bulk.progress.get().outcomes.get('20'), { reason: 'away' })
    assert.equal((await bulk.run()).length, 20)
  })

  it('does not run twice', async () => {
    let calls = 0
    const bulk = new BulkDeletion(['1'], async () => (calls++, ['deleted']), words)
    const [first, second] = await Promise.all([bulk.run(), bulk.run()])
    assert.deepEqual([first, second, calls], [['1'], [], 1])
  })
})
