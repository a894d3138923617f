import assert from 'node:assert/strict'

import { it, vi } from 'vitest'

import { query } from '../server/client'
import { changedBy, changedWithin } from './meanwhile'

vi.mock('../server/client', () => ({ query: vi.fn() }))

const change = (version, ...fields) => ({ contactId: 'ann', version, fields: fields.map((field) => ({ field, old: null, new: 'x' })) })
const span = { id: 'ann', from: 2, to: 4 }

it('knows what was changed within a span by the history of the contact', () => {
  const history = [change(5, 'EMAIL'), change(4, 'NOTES'), change(3, 'NAME', 'PHONE'), change(2, 'EMAIL'), change(1)]
  assert.equal(changedBy(history, span, 'email'), false)
  assert.equal(changedBy(history, span, 'phone'), true)
  assert.equal(changedBy(history, span, 'notes'), true)
})

it('takes a field for changed where the history does not say what each version changed', () => {
  assert.equal(changedBy([], span, 'email'), true)
  assert.equal(changedBy([change(4, 'NOTES')], span, 'email'), true)
  const ofAnother = { ...change(3, 'NOTES'), contactId: 'bea' }
  assert.equal(changedBy([change(4, 'NOTES'), ofAnother], span, 'email'), true)
})

it('asks the server, and takes every field of a contact that is gone for changed', async () => {
  vi.mocked(query).mockResolvedValueOnce({ contact: { history: { nodes: [change(4, 'NOTES'), change(3, 'NAME')] } } })
  assert.equal(await changedWithin(span, 'email'), false)
  assert.deepEqual(vi.mocked(query).mock.lastCall[1], { id: 'ann', first: 100 })
  vi.mocked(query).mockResolvedValueOnce({ contact: null })
  assert.equal(await changedWithin(span, 'email'), true)
})
