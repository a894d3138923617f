import assert from 'node:assert/strict'

import { it } from 'vitest'

import { reveals, sorts } from './sort'

it('knows the sorts that show how emails are sorted', () => {
  assert.deepEqual(sorts.filter(reveals), ['name', '-name', 'email', '-email'])
  assert.equal(reveals(''), false)
})
