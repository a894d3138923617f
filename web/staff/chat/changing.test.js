import assert from 'node:assert/strict'

import { describe, it } from 'vitest'

import { Changing } from './changing'

function service() {
  const requests = []
  const changing = new Changing((id, chosen) => new Promise((answer) => requests.push({ id, chosen, answer })))
  return {
    changing,
    requests,
    of: (id) => changing.changes.get().get(id),
    async answer(problem) {
      const { id, chosen, answer } = requests.shift()
      answer(problem)
      await new Promise((resolve) => setImmediate(resolve))
      return [id, chosen]
    },
  }
}

describe('changing sessions', () => {
  it('shows what was chosen until the server has it', async () => {
    const d = service()
    d.changing.choose('one', 'Ann', { status: 'CLOSED' })
    assert.deepEqual(d.of('one').chosen, { status: 'CLOSED' })
    assert.deepEqual(await d.answer(), ['one', { status: 'CLOSED' }])
    assert.equal(d.of('one'), undefined)
  })

  it('sends what is chosen meanwhile after what is under way', async () => {
    const d = service()
    d.changing.choose('one', 'Ann', { status: 'CLOSED' })
    d.changing.choose('one', 'Ann', { tag: 'GENERAL' })
    d.changing.choose('one', 'Ann', { status: 'ACTIVE' })
    d.changing.choose('two', 'Bea', { markRead: true })
    assert.equal(d.requests.length, 2, 'one for each session')
    await d.answer()
    assert.deepEqual(d.of('one').chosen, { status: 'ACTIVE', tag: 'GENERAL' })
    await d.answer()
    assert.deepEqual(await d.answer(), ['one', { status: 'ACTIVE', tag: 'GENERAL' }])
    assert.equal(d.changing.changes.get().size, 0)
  })

  it('keeps what was not saved, says why, and sends it again when told to', async () => {
    const d = service()
    d.changing.choose('one', 'Ann', { status: 'CLOSED' })
    await d.answer('away')
    assert.equal(d.of('one').problem, 'away')
    d.changing.choose('one', 'Ann', { tag: null })
    assert.equal(d.of('one').problem, undefined)
    assert.deepEqual(await d.answer('still away'), ['one', { status: 'CLOSED', tag: null }])
    d.changing.retry('one')
    await d.answer()
    assert.equal(d.of('one'), undefined)
  })

  it('drops what is given up, and does not bring it back', async () => {
    const d = service()
    d.changing.choose('one', 'Ann', { status: 'CLOSED' })
    d.changing.drop('one')
    await d.answer('away')
    assert.equal(d.of('one'), undefined)
  })
})
