import assert from 'node:assert/strict'

import { describe, it } from 'vitest'

import { Merging } from './merging'

const contact = (id, fields = {}) => ({ id, displayName: id, version: 1, ...fields })

// office keeps contacts by the rules of mergeContacts.
function office(...contacts) {
  const rows = new Map(contacts.map((each) => [each.id, each]))
  const asked = []
  const refusal = (input) => {
    const parts = [{ id: input.survivorId, expectedVersion: input.expectedVersion }, ...input.others]
    if (parts.some(({ id, expectedVersion }) => rows.get(id)?.version !== expectedVersion)) {
      return [{ code: 'CONFLICT', message: 'changed' }]
    }
    return (input.notes ?? '').length > 5 ? [{ code: 'NOTES_TOO_LONG', message: 'too long' }] : []
  }
  const server = {
    contacts: async (ids) => ids.map((id) => rows.get(id)),
    preview: async (input) => {
      asked.push(input)
      if ([input.survivorId, ...input.others.map(({ id }) => id)].some((id) => !rows.has(id))) {
        return null
      }
      return { fields: [], notes: '', sessionCount: 2, identityCount: 2, userErrors: refusal(input) }
    },
    merge: async (input) => {
      const userErrors = refusal(input)
      return { contact: userErrors.length === 0 ? rows.get(input.survivorId) : null, userErrors }
    },
  }
  const change = (id) => rows.set(id, { ...rows.get(id), version: rows.get(id).version + 1 })
  return { server, asked, change, remove: (id) => rows.delete(id) }
}

async function opened(ids, at) {
  const merging = new Merging(ids, at.server)
  await merging.load()
  return merging
}

describe('merging', () => {
  it('proposes the first as the survivor, and names the version of each', async () => {
    const at = office(contact('ann', { version: 3 }), contact('anne'))
    const merging = await opened(['ann', 'anne', 'ann'], at)
    assert.equal(merging.state.get().phase, 'ready')
    assert.deepEqual(at.asked, [
      { survivorId: 'ann', expectedVersion: 3, others: [{ id: 'anne', expectedVersion: 1 }] },
    ])
    assert.equal((await merging.merge()).contact.id, 'ann')
  })

  it('previews each decision, and keeps the ones before it', async () => {
    const at = office(contact('ann'), contact('anne'))
    const merging = await opened(['ann', 'anne'], at)
    await merging.survive('anne')
    await merging.keep('NAME', 'ann')
    await merging.keep('EMAIL', 'anne')
    assert.deepEqual(at.asked.at(-1), {
      survivorId: 'anne',
      expectedVersion: 1,
      others: [{ id: 'ann', expectedVersion: 1 }],
      nameFrom: 'ann',
      emailFrom: 'anne',
    })
  })

  it('takes the answer to the last decision, whichever comes first', async () => {
    const at = office(contact('ann'), contact('anne'))
    const merging = await opened(['ann', 'anne'], at)
    const answers = []
    at.server.preview = () => new Promise((resolve) => answers.push(resolve))
    const first = merging.survive('anne')
    const second = merging.survive('ann')
    const preview = (sessionCount) => ({ fields: [], notes: '', sessionCount, identityCount: 1, userErrors: [] })
    answers[1](preview(2))
    answers[0](preview(1))
    await Promise.all([first, second])
    assert.equal(merging.state.get().survivor, 'ann')
    assert.equal(merging.state.get().preview.sessionCount, 2)
  })

  it('reads contacts again when a decision shows that one was changed, and says so', async () => {
    const at = office(contact('ann'), contact('anne'))
    const merging = await opened(['ann', 'anne'], at)
    at.change('anne')
    await merging.keep('NAME', 'anne')
    const { phase, changed, contacts, chosen } = merging.state.get()
    assert.deepEqual([phase, changed, contacts[1].version, chosen.NAME], ['ready', true, 2, 'anne'])
  })

  it('asks for another look when a contact was changed before the merge', async () => {
    const at = office(contact('ann'), contact('anne'))
    const merging = await opened(['ann', 'anne'], at)
    at.change('ann')
    assert.equal(await merging.merge(), undefined)
    assert.equal(merging.state.get().changed, true)
    assert.equal(merging.state.get().phase, 'ready')
    assert.equal((await merging.merge()).contact.version, 2)
  })

  it('goes on with those that are left, and stops at one', async () => {
    const at = office(contact('ann'), contact('anne'), contact('anna'))
    const merging = await opened(['ann', 'anne', 'anna'], at)
    await merging.keep('NAME', 'ann')
    at.remove('ann')
    await merging.survive('anne')
    assert.deepEqual(merging.state.get().contacts.map(({ id }) => id), ['anne', 'anna'])
    assert.deepEqual([merging.state.get().missing, merging.state.get().chosen], [1, {}])
    at.remove('anna')
    await merging.preview()
    assert.deepEqual([merging.state.get().phase, merging.state.get().preview], ['ready', undefined])
    assert.equal(await merging.merge(), undefined)
  })

  it('keeps what was decided when the server refuses or cannot be reached', async () => {
    const at = office(contact('ann'), contact('anne'))
    const merging = await opened(['ann', 'anne'], at)
    merging.write('far too long')
    assert.equal(await merging.merge(), undefined)
    assert.deepEqual(merging.state.get().preview.userErrors.map(({ code }) => code), ['NOTES_TOO_LONG'])
    merging.write('short')
    const { merge } = at.server
    at.server.merge = () => Promise.reject(new Error('away'))
    assert.equal(await merging.merge(), undefined)
    const { failure, notes, phase } = merging.state.get()
    assert.deepEqual([failure.message, notes, phase], ['away', 'short', 'ready'])
    at.server.merge = merge
    assert.ok((await merging.merge()).contact)
  })
})
