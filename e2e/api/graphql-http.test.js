// GraphQL over HTTP. The npm package graphql-http audits a draft of the specification; where the text has moved on since, the test
// below says what it requires now. graph/overhttp_test.go goes through the rest of the text.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { serverAudits } from 'graphql-http'

import { startKith } from '../harness/kith.js'

// By the id of an audit: the status that takes the place of the one that it looks for.
const since = {
  '572B': { body: { query: '{' }, accept: 'application/json', status: 400 },
  FDE2: { body: { query: '{ nothing }' }, accept: 'application/json', status: 422 },
  '7B9B': { body: { query: 'query ($id: ID!) { __typename }', variables: { id: null } }, accept: 'application/json', status: 422 },
  '74FF': { body: { query: '{ nothing }' }, accept: 'application/graphql-response+json', status: 422 },
  '86EE': { body: { query: 'query ($id: ID!) { __typename }', variables: { id: null } }, accept: 'application/graphql-response+json', status: 422 },
}

// What a server may do is up to the server; but what Kith does of it stays so: it answers queries by GET.
const chosen = new Set(['5A70', '9C48', 'D6D5', '6A70', '8764', 'B6DC', 'A5BF'])

describe('GraphQL over HTTP', () => {
  let kith
  before(async () => {
    kith = await startKith()
  })
  after(() => kith?.stop())

  const audits = serverAudits({ url: () => kith.graphql })

  it('is audited', () => {
    assert.ok(audits.length > 50)
    for (const id of [...Object.keys(since), ...chosen]) {
      assert.ok(audits.some((audit) => audit.id === id), id)
    }
  })
  for (const { id, name, fn } of audits) {
    if (since[id]) {
      const { body, accept, status } = since[id]
      it(`${name} (${id}): is ${status} by now`, async () => {
        const response = await fetch(kith.graphql, {
          method: 'POST',
          headers: { 'content-type': 'application/json', accept },
          body: JSON.stringify(body),
        })
        assert.equal(response.status, status)
        assert.match(response.headers.get('content-type'), /^application\/graphql-response\+json/)
        assert.equal((await response.json()).data, undefined)
      })
    } else if (!name.startsWith('MAY') || chosen.has(id)) {
      it(`${name} (${id})`, async () => {
        const { status, reason } = await fn()
        assert.equal(status, 'ok', reason)
      })
    }
  }
})
