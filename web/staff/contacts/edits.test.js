import assert from 'node:assert/strict'

import { beforeEach, describe, it, vi } from 'vitest'

import { mutate, Refused, Unreachable } from '../server/client'
import { isMine } from '../server/echoes'
import { editing, enter, entering, leavePanel, onGone, openContact, placeOf } from './edits'

// The server at the other end is all that is not there.
vi.mock('../server/client', () => ({
  mutate: vi.fn(),
  Unreachable: class extends Error {},
  Refused: class extends Error {
    constructor(code, message) {
      super(message)
      this.code = code
    }
  },
}))

const contact = (id, fields = {}) => ({ id, name: id, displayName: id, email: null, phone: null, notes: '', version: 3, ...fields })

const settled = () => new Promise((resolve) => setTimeout(resolve))

function save(person, text) {
  editing.begin(person, 'notes')
  editing.type(`${person.id}.notes`, text)
  editing.commit(`${person.id}.notes`)
  return settled()
}

beforeEach(() => {
  vi.mocked(mutate).mockReset()
  for (const { contact } of editing.edits.get().values()) {
    editing.forget(contact.id)
  }
})

describe('the place of an edit', () => {
  it('is where it was begun, and the row once the contact is no longer shown whole', () => {
    const ann = contact('ann')
    enter(ann, 'name', undefined, 'panel')
    enter(ann, 'email')
    assert.deepEqual([placeOf('ann.name'), placeOf('ann.email')], ['panel', 'row'])
    enter(ann, 'name')
    assert.equal(placeOf('ann.name'), 'row')
    enter(ann, 'notes', undefined, 'panel')
    leavePanel('bea')
    assert.equal(placeOf('ann.notes'), 'panel')
    leavePanel('ann')
    assert.equal(placeOf('ann.notes'), 'row')
  })
})

describe('sending an edit', () => {
  it('names the version that was edited, and knows its own event again', async () => {
    const saved = contact('ann', { notes: 'VIP', version: 4 })
    vi.mocked(mutate).mockResolvedValue({ updateContact: { contact: saved, userErrors: [], eventId: 'event 1' } })
    await save(contact('ann'), 'VIP')
    assert.deepEqual(vi.mocked(mutate).mock.calls[0][1], {
      input: { id: 'ann', notes: 'VIP', expectedVersion: 3, allowDuplicate: false },
    })
    assert.equal(editing.edits.get().size, 0)
    assert.equal(isMine('event 1'), true)
    assert.equal(isMine('event 2'), false)
  })

  it('takes the first of the problems that the user can fix', async () => {
    const refused = { code: 'INVALID', message: 'too long', contact: null }
    const answer = { contact: contact('ann'), userErrors: [refused, { ...refused, message: 'second' }], eventId: null }
    vi.mocked(mutate).mockResolvedValue({ updateContact: answer })
    await save(contact('ann'), 'much')
    const { draft, problem } = editing.edits.get().get('ann.notes')
    assert.deepEqual([draft.text, problem.kind, problem.message], ['much', 'refused', 'too long'])
  })

  for (const [error, message] of [
    [new Unreachable(), 'The server cannot be reached.'],
    [new Refused('UNAUTHENTICATED', 'no token'), 'You are signed out.'],
    [new Refused('RATE_LIMITED', 'Too many requests.'), 'Too many requests.'],
    [new RangeError('odd'), 'RangeError: odd'],
  ]) {
    it(`keeps the text and says why it was not sent: ${message}`, async () => {
      vi.mocked(mutate).mockRejectedValue(error)
      await save(contact('ann'), 'mine')
      const { draft, problem } = editing.edits.get().get('ann.notes')
      assert.deepEqual([draft.text, problem.kind, problem.message], ['mine', 'unsent', message])
    })
  }
})

describe('cells that are open', () => {
  it('put the focus where it is wanted, and are known by their contact', () => {
    enter(contact('ann'), 'email', 2)
    assert.deepEqual(entering.get(), { key: 'ann.email', caret: 2 })
    assert.equal(openContact('ann').id, 'ann')
    assert.equal(openContact('bea'), undefined)
    editing.giveUp('ann.email')
    assert.equal(openContact('ann'), undefined)
  })

  it('hold a deleted contact until nothing typed into it is left', () => {
    const gone = []
    onGone((id) => gone.push(id))
    enter(contact('ann'), 'notes')
    editing.type('ann.notes', 'half')
    editing.deleted('ann')
    assert.deepEqual(gone, [])
    editing.giveUp('ann.notes')
    assert.deepEqual(gone, ['ann'])
  })
})
