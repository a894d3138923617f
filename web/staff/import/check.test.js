import assert from 'node:assert/strict'

import { describe, it } from 'vitest'

import { check } from './check'

const row = (number, reason = null) => ({ row: number, outcome: reason ? 'REFUSED' : 'CREATED', name: null, column: null, reason })
const part = (counts, last, more, rows = []) => ({ created: 0, updated: 0, unchanged: 0, refused: 0, ...counts, last, more, rows })

describe('checking a file', () => {
  it('sums up its parts, with the refused rows first', async () => {
    const parts = [
      part({ created: 1000 }, 1000, true, [row(2), row(3)]),
      part({ updated: 3, refused: 2 }, 1005, false, [row(1002), row(1004, 'Invalid'), row(1005, 'Taken')]),
    ]
    const after = []
    const sums = []
    await check(async (from) => (after.push(from), parts.shift()), (sum) => sums.push(sum), new AbortController().signal)
    assert.deepEqual(after, [0, 1000])
    const { created, updated, refused, last, more, rows } = sums.at(-1)
    assert.deepEqual([created, updated, refused, last, more], [1000, 3, 2, 1005, false])
    assert.deepEqual(rows.map((each) => each.row), [1004, 1005, 2, 3, 1002])
    assert.equal(sums.length, 2)
  })

  it('stops when it is told to, or when nothing follows', async () => {
    const stopping = new AbortController()
    const sums = []
    await check(async (from) => part({ created: 10 }, from + 10, true), (sum) => sums.push(sum) === 3 && stopping.abort(), stopping.signal)
    assert.deepEqual(sums.map(({ created }) => created), [10, 20, 30])

    let asked = 0
    await check(async () => (asked++, part({}, 0, true)), () => {}, new AbortController().signal)
    assert.equal(asked, 1)
  })
})
