import assert from 'node:assert/strict'

import { describe, it } from 'vitest'

import { Pager } from './pager'

// shelf answers from rows named by numbers, the highest first.
function shelf(count) {
  const rows = Array.from({ length: count }, (_, at) => ({ id: String(count - at) }))
  const asked = []
  const pager = new Pager(async ({ first, after }) => {
    asked.push({ first, after })
    const from = after === undefined ? 0 : rows.findIndex(({ id }) => id === after) + 1
    const page = rows.slice(from, from + first)
    return { nodes: page, pageInfo: { endCursor: page.at(-1)?.id ?? null, hasNextPage: from + first < rows.length } }
  })
  return { rows, asked, pager, ids: () => pager.shown.get().rows.map(({ id }) => Number(id)) }
}

describe('a list that grows', () => {
  it('asks for 25 rows, and for more after the last', async () => {
    const { pager, asked, ids } = shelf(30)
    await pager.refresh()
    assert.deepEqual([ids().length, pager.shown.get().more], [25, true])
    await pager.more()
    assert.deepEqual([ids().length, pager.shown.get().more, ids().at(-1)], [30, false, 1])
    assert.deepEqual(asked, [{ first: 25, after: undefined }, { first: 25, after: '6' }])
  })

  it('keeps as many rows as are shown when it asks again', async () => {
    const { pager, asked, rows, ids } = shelf(60)
    await pager.refresh()
    await pager.more()
    rows.unshift({ id: '61' })
    await pager.refresh()
    assert.deepEqual([asked.at(-1).first, ids()[0], ids().length], [50, 61, 50])
  })

  it('keeps more rows than one answer can have', async () => {
    const { pager, asked, ids } = shelf(160)
    await pager.refresh()
    for (let i = 0; i < 5; i++) {
      await pager.more()
    }
    await pager.refresh()
    assert.deepEqual(asked.slice(-2).map(({ first }) => first), [100, 50])
    assert.deepEqual([ids().length, ids().at(-1), pager.shown.get().more], [150, 11, true])
  })

  it('shows a row once that has moved meanwhile', async () => {
    const { pager, rows, ids } = shelf(30)
    await pager.refresh()
    rows.push(rows.shift())
    await pager.more()
    assert.equal(new Set(ids()).size, ids().length)
    assert.equal(ids().at(-1), 30)
  })

  it('keeps what is there when asking fails, and goes on afterwards', async () => {
    let away = false
    const pager = new Pager(async () => {
      if (away) {
        throw new Error('away')
      }
      return { nodes: [{ id: 'a' }], pageInfo: { endCursor: 'a', hasNextPage: false } }
    })
    await pager.refresh()
    away = true
    await pager.refresh()
    assert.deepEqual([pager.shown.get().rows.length, pager.shown.get().failure.message], [1, 'away'])
    away = false
    await pager.refresh()
    assert.equal(pager.shown.get().failure, undefined)
  })

  it('drops the answer to a question that was taken back', async () => {
    const answers = []
    const pager = new Pager(() => new Promise((resolve) => answers.push(resolve)))
    const first = pager.refresh()
    const second = pager.refresh()
    answers[1]({ nodes: [{ id: 'new' }], pageInfo: { endCursor: 'new', hasNextPage: false } })
    answers[0]({ nodes: [{ id: 'old' }], pageInfo: { endCursor: 'old', hasNextPage: false } })
    await Promise.all([first, second])
    assert.deepEqual(pager.shown.get().rows, [{ id: 'new' }])
  })
})
