// What clients do over HTTP with their default settings: queries by GET, hashes in place of queries, partial answers.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, it } from 'node:test'

import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client'
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries'
import { Client, fetchExchange } from '@urql/core'

import { startKith } from '../harness/kith.js'

const viewer = gql`
  query Viewer {
    viewer {
      role
    }
  }
`
const partial = gql`
  query Partial {
    viewer {
      role
    }
    contacts(first: 0) {
      search
    }
  }
`
const sha256 = (text) => createHash('sha256').update(text).digest('hex')

describe('clients over HTTP', () => {
  let kith
  before(async () => {
    kith = await startKith()
  })
  after(() => kith?.stop())

  // recording is fetch, and the requests and statuses that went through it.
  function recording() {
    const seen = []
    const ask = async (url, options) => {
      const response = await fetch(url, options)
      const { search } = new URL(url)
      const asked = options.method === 'GET' ? search : options.body
      seen.push({ method: options.method, query: asked.includes('query'), hash: asked.includes('sha256Hash'), status: response.status })
      return response
    }
    return { seen, ask }
  }

  const apollo = (link) => new ApolloClient({ cache: new InMemoryCache(), link, defaultOptions: { query: { fetchPolicy: 'no-cache' } } })

  for (const useGETForHashedQueries of [false, true]) {
    it(`Apollo's persisted queries fall back to queries, hashed by ${useGETForHashedQueries ? 'GET' : 'POST'}`, async () => {
      const { seen, ask } = recording()
      const link = new PersistedQueryLink({ sha256, useGETForHashedQueries }).concat(new HttpLink({ uri: kith.graphql, fetch: ask }))
      const client = apollo(link)
      for (let i = 0; i < 2; i++) {
        const { data } = await client.query({ query: viewer })
        assert.equal(data.viewer.role, 'ADMIN')
      }
      const first = { method: useGETForHashedQueries ? 'GET' : 'POST', query: false, hash: true, status: 422 }
      assert.deepEqual(seen[0], first)
      assert.equal(seen.length, 3, JSON.stringify(seen)) // the second one is not hashed any more
      assert.ok(seen.slice(1).every(({ query, hash, status }) => query && !hash && status === 200), JSON.stringify(seen))
      client.stop()
    })
  }

  it('Apollo reads by GET where it is told to', async () => {
    const { seen, ask } = recording()
    const client = apollo(new HttpLink({ uri: kith.graphql, fetch: ask, useGETForQueries: true }))
    assert.equal((await client.query({ query: viewer })).data.viewer.role, 'ADMIN')
    assert.deepEqual(seen, [{ method: 'GET', query: true, hash: false, status: 200 }])
    client.stop()
  })

  it('urql reads by GET', async () => {
    const { seen, ask } = recording()
    const client = new Client({ url: kith.graphql, exchanges: [fetchExchange], fetch: ask })
    const { data, error } = await client.query(viewer, {}).toPromise()
    assert.ifError(error)
    assert.equal(data.viewer.role, 'ADMIN')
    assert.deepEqual(seen, [{ method: 'GET', query: true, hash: false, status: 200 }])
  })

  it('data beside errors reaches them: Apollo and urql', async () => {
    const { seen, ask } = recording()
    const client = apollo(new HttpLink({ uri: kith.graphql, fetch: ask }))
    const got = await client.query({ query: partial, errorPolicy: 'all' })
    assert.ok(got.error, JSON.stringify(got))
    client.stop()
    const other = new Client({ url: kith.graphql, exchanges: [fetchExchange], fetch: ask })
    const { error } = await other.query(partial, {}).toPromise()
    assert.ok(error.graphQLErrors.length > 0)
    assert.deepEqual(seen.map(({ status }) => status), [294, 294])
  })
})
