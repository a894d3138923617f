// GraphQL over HTTP, as the npm package graphql-http audits it: every MUST and every SHOULD holds.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { serverAudits } from 'graphql-http'

import { startKith } from '../harness/kith.js'

describe('GraphQL over HTTP', () => {
  let kith
  before(async () => {
    kith = await startKith()
  })
  after(() => kith?.stop())

  const audits = serverAudits({ url: () => kith.graphql })

  it('is audited', () => {
    assert.ok(audits.length > 50)
  })
  for (const { id, name } of audits) {
    // What a server MAY do is its own choice: Kith answers no GET.
    if (!name.startsWith('MAY')) {
      it(`${name} (${id})`, async () => {
        const { status, reason } = await audits.find((audit) => audit.id === id).fn()
        assert.equal(status, 'ok', reason)
      })
    }
  }
})
