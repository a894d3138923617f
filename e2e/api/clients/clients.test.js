// The common clients take the schema as it is: no client needs a special case for Kith.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client'
import { relayStylePagination } from '@apollo/client/utilities'
import { codegen } from '@graphql-codegen/core'
import * as typedDocumentNode from '@graphql-codegen/typed-document-node'
import * as typescriptOperations from '@graphql-codegen/typescript-operations'
import { Client, fetchExchange } from '@urql/core'
import { cacheExchange } from '@urql/exchange-graphcache'
import { relayPagination } from '@urql/exchange-graphcache/extras'
import { parse, separateOperations } from 'graphql'

import { run, startKith } from '../../harness/kith.js'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const exec = promisify(execFile)
const schemaFile = here('../../../schema.graphqls')
const operations = parse(await readFile(here('operations.graphql'), 'utf8'))

// document is one operation of operations.graphql with the fragments that it uses.
function document(name) {
  return separateOperations(operations)[name]
}

describe('compilers of operations', () => {
  let dir
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'kith-clients-'))
    await symlink(here('../../node_modules'), join(dir, 'node_modules'))
  })
  after(() => rm(dir, { recursive: true, force: true }))

  it("are pleased: Relay's, with connections both ways, refetching and deleting of edges", async () => {
    await cp(here('relay'), join(dir, 'relay'), { recursive: true })
    await cp(schemaFile, join(dir, 'schema.graphql'))
    await writeFile(
      join(dir, 'relay.config.json'),
      JSON.stringify({ src: 'relay', schema: 'schema.graphql', language: 'typescript', eagerEsModules: true }),
    )
    await exec(process.execPath, [here('../../node_modules/relay-compiler/cli.js'), 'relay.config.json'], { cwd: dir })
    const made = await readdir(join(dir, 'relay', '__generated__'))
    assert.ok(made.includes('ContactListPaginationQuery.graphql.ts'), made.join())
  })

  it('are pleased: graphql-codegen, whose types hold under tsc --strict', async () => {
    const schema = parse(await readFile(schemaFile, 'utf8'))
    const generated = await codegen({
      schema,
      documents: [{ location: 'operations.graphql', document: operations }],
      filename: 'generated.ts',
      config: { useTypeImports: true, scalars: { DateTime: 'string' }, nullability: { errorHandlingClient: true } },
      plugins: [{ typescriptOperations: {} }, { typedDocumentNode: {} }],
      pluginMap: { typescriptOperations, typedDocumentNode },
    })
    await writeFile(join(dir, 'generated.ts'), generated)
    await cp(here('usage.ts'), join(dir, 'usage.ts'))
    const flags = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'esnext', '--moduleResolution', 'bundler']
    const tsc = here('../../node_modules/typescript/bin/tsc')
    await exec(process.execPath, [tsc, ...flags, 'usage.ts', 'generated.ts'], { cwd: dir }).catch((error) => {
      assert.fail(error.stdout)
    })
  })
})

describe('caches', () => {
  let kith
  // Every contact, in order, as the plain API has it.
  let everyone = []
  before(async () => {
    kith = await startKith()
    const query = 'query ($after: String) { contacts(first: 100, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }'
    for (let after = null, more = true; more; ) {
      const { contacts } = await run(kith.graphql, query, { after })
      everyone.push(...contacts.nodes.map((contact) => contact.id))
      more = contacts.pageInfo.hasNextPage
      after = contacts.pageInfo.endCursor
    }
    assert.ok(everyone.length > 60, `${everyone.length} contacts in the demo data`)
    assert.equal(new Set(everyone).size, everyone.length)
  })
  after(() => kith?.stop())

  const ids = (contacts) => contacts.edges.map((edge) => edge.node.id)

  function apollo() {
    const cache = new InMemoryCache({
      possibleTypes: { Node: ['Contact', 'Channel', 'Session'] },
      typePolicies: {
        Query: { fields: { contacts: relayStylePagination(['search', 'orderBy']) } },
        Contact: { fields: { sessions: relayStylePagination(['filter']) } },
      },
    })
    return new ApolloClient({ cache, link: new HttpLink({ uri: kith.graphql }) })
  }

  // watch runs an operation and reads its place in the cache from then on; more adds a page to it.
  async function watch(client, name, variables) {
    const query = document(name)
    await client.query({ query, variables })
    const observed = client.watchQuery({ query, variables })
    observed.subscribe({})
    return {
      data: () => client.readQuery({ query, variables }),
      more: (variables) => observed.fetchMore({ variables }),
    }
  }

  it("merge pages forwards: Apollo Client's relayStylePagination", async () => {
    const client = apollo()
    const list = await watch(client, 'Contacts', { first: 20 })
    for (const seen of [20, 40, 60]) {
      assert.deepEqual(ids(list.data().contacts), everyone.slice(0, seen))
      await list.more({ first: 20, after: list.data().contacts.pageInfo.endCursor })
    }
    client.stop()
  })

  it("merge pages backwards: Apollo Client's relayStylePagination", async () => {
    const client = apollo()
    const list = await watch(client, 'Contacts', { last: 20 })
    for (const seen of [20, 40, 60]) {
      assert.deepEqual(ids(list.data().contacts), everyone.slice(-seen))
      await list.more({ last: 20, before: list.data().contacts.pageInfo.startCursor })
    }
    client.stop()
  })

  it('keep searches and orders apart, and know a contact again by its id: Apollo Client', async () => {
    const client = apollo()
    const byName = await watch(client, 'Contacts', { first: 20, orderBy: { field: 'NAME' } })
    const found = await watch(client, 'Contacts', { first: 20, search: 'a' })
    const list = await watch(client, 'Contacts', { first: 20 })
    assert.deepEqual(ids(list.data().contacts), everyone.slice(0, 20))
    assert.notDeepEqual(ids(byName.data().contacts), everyone.slice(0, 20))
    assert.ok(found.data().contacts.edges.every((edge) => edge.match !== null))

    const { node } = list.data().contacts.edges[0]
    await client.mutate({
      mutation: document('EditContact'),
      variables: { input: { id: node.id, notes: 'Likes the cache', expectedVersion: node.version } },
    })
    const edited = list.data().contacts.edges[0].node
    assert.equal(edited.notes, 'Likes the cache')
    assert.equal(edited.version, node.version + 1)
    client.stop()
  })

  it("merge a contact's sessions: Apollo Client's relayStylePagination on a field of a contact", async () => {
    const query = '{ contacts(first: 100) { nodes { id sessions(first: 100) { nodes { id } } } } }'
    const { contacts } = await run(kith.graphql, query)
    const busiest = contacts.nodes.reduce((a, b) => (b.sessions.nodes.length > a.sessions.nodes.length ? b : a))
    const all = busiest.sessions.nodes.map((session) => session.id)
    assert.ok(all.length > 1, 'a contact with several sessions in the demo data')

    const client = apollo()
    const list = await watch(client, 'ContactSessions', { id: busiest.id, first: 1 })
    while (list.data().contact.sessions.pageInfo.hasNextPage) {
      await list.more({ id: busiest.id, first: 1, after: list.data().contact.sessions.pageInfo.endCursor })
    }
    assert.deepEqual(ids(list.data().contact.sessions), all)
    client.stop()
  })

  it("merge pages forwards: urql's relayPagination", async () => {
    const client = new Client({
      url: kith.graphql,
      exchanges: [
        cacheExchange({
          keys: { Count: () => null, ContactMatch: () => null },
          resolvers: { Query: { contacts: relayPagination() } },
        }),
        fetchExchange,
      ],
    })
    let after = null
    for (const seen of [20, 40, 60]) {
      const { data, error } = await client.query(document('Contacts'), { first: 20, after }).toPromise()
      assert.ifError(error)
      assert.deepEqual(ids(data.contacts), everyone.slice(0, seen))
      after = data.contacts.pageInfo.endCursor
    }
  })
})
