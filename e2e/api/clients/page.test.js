// Each client does what docs/clients.md says of it: it pages, shows an edit before it is made, learns of a conflict, gets a fresh
// token, and has each event once although the connection is cut.

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { cp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { after, before, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { InfiniteQueryObserver, MutationObserver, QueryClient } from '@tanstack/query-core'
import { transformAsync } from '@babel/core'
import { print } from 'graphql'
import WebSocket from 'ws'

import { postgres, sqlite } from '../../harness/databases.js'
import { token } from '../../harness/kith.js'
import { freePort, KithProcess } from '../../harness/kith-process.js'
import { TCPProxy } from '../../harness/tcp-proxy.js'
import { ask } from '../mirror.js'
import { exec, filesOfPage } from './page.js'

const secret = 'a secret of at least thirty-two bytes'
const people = 60

/** ended is a token that has been good once. */
function ended() {
  const encode = (value) => Buffer.from(value).toString('base64url')
  const claims = { sub: 'ann', workspace: 'live', role: 'staff', iat: 1_700_000_000, exp: 1_700_003_600 }
  const text = `${encode('{"alg":"HS256","typ":"JWT"}')}.${encode(JSON.stringify(claims))}`
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}

/** Bench is a server with contacts behind a proxy that can be cut, and the files of the page. */
class Bench {
  static async set(database) {
    const bench = new Bench()
    bench.files = await filesOfPage()
    bench.server = new KithProcess(await freePort(), {
      HOME: tmpdir(), KITH_DATABASE_URL: database.url, KITH_AUTH_SECRET: secret, KITH_RATE_LIMIT: 'off',
    })
    await bench.server.start()
    bench.proxy = await TCPProxy.start([bench.server])
    bench.url = `${bench.proxy.url}/graphql`
    bench.staff = `Bearer ${token(secret, 'live', 'staff')}`
    bench.admin = `Bearer ${token(secret, 'live', 'admin')}`
    const { createChannel } = await bench.ask('mutation { createChannel(input: {name: "Live", type: TELEGRAM}) { channel { id } } }')
    bench.channel = createChannel.channel.id
    for (let i = 0; i < people; i++) {
      await bench.write(`customer ${i}`)
    }
    const { contacts } = await bench.ask(`{ contacts(first: 100) { nodes { id } } }`)
    bench.everyone = contacts.nodes.map(({ id }) => id)
    assert.equal(bench.everyone.length, people)
    return bench
  }

  ask(query, variables) {
    return ask(this.server.url, this.admin, query, variables)
  }

  /** write has a customer write; it resolves with the id of the contact. */
  async write(name) {
    const { recordInteraction } = await this.ask(
      'mutation ($input: RecordInteractionInput!) { recordInteraction(input: $input) { contact { id } } }',
      { input: { channelId: this.channel, externalId: name, messageId: `${name} ${Math.random()}`, text: 'Hello', profile: { name } } },
    )
    return recordInteraction.contact.id
  }

  /** edit is an edit by somebody else. */
  async edit(id, notes) {
    await this.ask('mutation ($input: UpdateContactInput!) { updateContact(input: $input) { userErrors { message } } }', { input: { id, notes } })
  }

  /** tokens are such as the page makes, of which the first has ended. */
  async tokens() {
    const { createTokens } = await this.files.load('tokens.js')
    const tokens = [ended(), this.staff.slice('Bearer '.length)]
    const fetched = []
    return {
      fetched,
      ...createTokens(async () => {
        fetched.push(tokens.length > 1 ? tokens.shift() : tokens[0])
        return fetched.at(-1)
      }),
    }
  }

  async socket(tokens) {
    const { createSocket } = await this.files.load('events.js')
    return createSocket(this.url, tokens, { webSocketImpl: WebSocket, retryWait: () => pause(50) })
  }

  /** followed checks that a client that follows contacts has each event once while connections are cut. */
  async followed(follow) {
    const { lastEventId } = await this.ask('{ lastEventId }')
    const seen = []
    const stop = follow(lastEventId, (event) => seen.push(event.eventId))
    const made = []
    for (let i = 0; i < 12; i++) {
      made.push(this.write(`newcomer ${Math.random()}`))
      await Promise.all(made)
      if (i % 4 === 1) {
        await this.proxy.cut(100)
      }
      await pause(30)
    }
    const want = await this.eventsAfter(lastEventId, seen)
    assert.ok(want.length >= made.length, `${want.length} events`)
    assert.deepEqual(seen, want)
    stop()
  }

  /** eventsAfter are the ids of contact events after one, as a fresh subscription has them, once there are so many as were made. */
  async eventsAfter(lastEventId, seen) {
    const { createSocket } = await this.files.load('events.js')
    const tokens = { get: async () => this.staff.slice('Bearer '.length), renew() {} }
    const socket = createSocket(`${this.server.url}/graphql`, tokens, { webSocketImpl: WebSocket })
    const want = []
    const query = 'subscription ($after: ID) { contactEvents(after: $after) { eventId } }'
    const stop = socket.subscribe({ query, variables: { after: lastEventId } }, {
      next: ({ data }) => want.push(data.contactEvents.eventId), error() {}, complete() {},
    })
    for (const deadline = Date.now() + 15_000; Date.now() < deadline && (want.length < 12 || seen.length < want.length);) {
      await pause(100)
    }
    stop()
    await socket.dispose()
    return want
  }
}

for (const [name, open] of Object.entries({ SQLite: sqlite, PostgreSQL: postgres })) {
  describe(`on ${name}, the client of the page`, { skip: name === 'PostgreSQL' && !process.env.KITH_TEST_DATABASE_URL }, () => {
    let bench, database
    before(async () => {
      database = await open()
      bench = await Bench.set(database)
    })
    after(async () => {
      await bench?.server.stop()
      await database?.drop()
    })

    describe('Apollo Client', () => {
      let client, page, socket, tokens
      before(async () => {
        tokens = await bench.tokens()
        socket = await bench.socket(tokens)
        page = await bench.files.load('apollo/apollo.js')
        client = page.createApollo(bench.url, tokens, socket)
      })
      after(() => {
        client.stop()
        return socket.dispose()
      })

      it('pages, with a fresh token', async () => {
        const list = client.watchQuery({ query: page.CONTACTS, variables: { first: 20 } })
        list.subscribe({})
        await list.result?.()
        await client.query({ query: page.CONTACTS, variables: { first: 20 } })
        assert.equal(tokens.fetched.length, 2)
        const shown = () => client.readQuery({ query: page.CONTACTS, variables: { first: 20 } }).contacts
        for (const seen of [20, 40, 60]) {
          assert.deepEqual(shown().edges.map(({ node }) => node.id), bench.everyone.slice(0, seen))
          await list.fetchMore({ variables: { first: 20, after: shown().pageInfo.endCursor } })
        }
      })

      it('shows an edit before it is made, and a conflict', async () => {
        const read = (id) => {
          const query = { query: page.CONTACTS, variables: { first: 20 }, optimistic: true }
          return client.cache.readQuery(query).contacts.edges.find(({ node }) => node.id === id).node
        }
        const before = read(bench.everyone[0])
        const made = page.editContact(client, before, { notes: 'By Apollo' })
        assert.equal(read(before.id).notes, 'By Apollo')
        assert.deepEqual((await made).data.updateContact.userErrors, [])
        assert.equal(read(before.id).version, before.version + 1)
        await bench.edit(before.id, 'By somebody else')
        const refused = await page.editContact(client, read(before.id), { notes: 'Too late' })
        assert.equal(refused.data.updateContact.userErrors[0].code, 'CONFLICT')
        assert.equal(read(before.id).notes, 'By somebody else')
      })

      it('has each event once', () =>
        bench.followed((after, seen) => {
          const subscription = page.followContacts(client, after, seen)
          return () => subscription.unsubscribe()
        }))
    })

    describe('urql', () => {
      let client, page, socket, tokens
      before(async () => {
        tokens = await bench.tokens()
        socket = await bench.socket(tokens)
        page = await bench.files.load('urql/urql.js')
        client = page.createUrql(bench.url, tokens, socket)
      })
      after(() => socket.dispose())

      it('pages, with a fresh token', async () => {
        const { contacts: first } = await bench.ask('{ contacts(first: 100) { nodes { id } } }')
        const everyone = first.nodes.map(({ id }) => id)
        let after = null
        for (const seen of [20, 40, 60]) {
          const { data, error } = await client.query(page.CONTACTS, { first: 20, after }).toPromise()
          assert.ifError(error)
          assert.deepEqual(data.contacts.edges.map(({ node }) => node.id), everyone.slice(0, seen))
          after = data.contacts.pageInfo.endCursor
        }
        assert.equal(tokens.fetched.length, 2)
      })

      it('shows an edit before it is made, and a conflict', async () => {
        const read = () => client.readQuery(page.CONTACTS, { first: 20, after: null }).data.contacts.edges[0].node
        const before = read()
        const made = page.editContact(client, before, { notes: 'By urql' })
        await pause(0)
        assert.equal(read().notes, 'By urql')
        assert.deepEqual((await made).data.updateContact.userErrors, [])
        assert.equal(read().version, before.version + 1)
        await bench.edit(before.id, 'By somebody else')
        const refused = await page.editContact(client, read(), { notes: 'Too late' })
        assert.equal(refused.data.updateContact.userErrors[0].code, 'CONFLICT')
        assert.equal(read().notes, 'By somebody else')
      })

      it('has each event once', () =>
        bench.followed((after, seen) => {
          const subscription = page.followContacts(client, after, seen)
          return () => subscription.unsubscribe()
        }))
    })

    describe('Relay', () => {
      let environment, page, relay, socket, tokens
      const identity = ({ id }) => id
      before(async () => {
        await bench.files.tool('.', 'relay-compiler/cli.js', 'relay.config.json')
        const path = bench.files.path('relay/relay.js')
        const { code } = await transformAsync(await readFile(path, 'utf8'), {
          filename: path, configFile: false, plugins: [['babel-plugin-relay', { eagerEsModules: true }]],
        })
        await writeFile(path, code)
        // Bundlers find modules without their ending, Node does not.
        const generated = bench.files.path('relay/__generated__')
        const made = (await readdir(generated)).map((name) => `${generated}/${name}`)
        for (const file of [path, ...made]) {
          await writeFile(file, (await readFile(file, 'utf8')).replace(/(\/relay\w+\.graphql)(?=["'])/g, '$1.js'))
        }
        relay = (await import('relay-runtime')).default
        tokens = await bench.tokens()
        socket = await bench.socket(tokens)
        page = await bench.files.load('relay/relay.js')
        environment = page.createRelay(bench.url, tokens, socket)
      })
      after(() => socket?.dispose())

      // rows are what a component with the fragment shows.
      const rows = () => {
        const operation = relay.createOperationDescriptor(relay.getRequest(page.contactsQuery), { first: 20 })
        const { data } = environment.lookup(operation.fragment)
        const selector = relay.getSelector(relay.getFragment(page.contactsFragment), data)
        return environment.lookup(selector).data.contacts
      }

      it('pages, with a fresh token', async () => {
        const { contacts } = await bench.ask('{ contacts(first: 100) { nodes { id } } }')
        const everyone = contacts.nodes.map(identity)
        const query = page.contactsQuery
        environment.retain(relay.createOperationDescriptor(relay.getRequest(query), { first: 20 }))
        await relay.fetchQuery(environment, query, { first: 20 }).toPromise()
        assert.equal(tokens.fetched.length, 2)
        const next = relay.getFragment(page.contactsFragment).metadata.refetch.operation
        for (const seen of [20, 40, 60]) {
          assert.deepEqual(rows().edges.map(({ node }) => node.id), everyone.slice(0, seen))
          await relay.fetchQuery(environment, next, { first: 20, after: rows().pageInfo.endCursor }).toPromise()
        }
      })

      it('shows an edit before it is made, and a conflict', async () => {
        const read = () => rows().edges[0].node
        const before = read()
        const made = page.editContact(environment, before, { notes: 'By Relay' })
        assert.equal(read().notes, 'By Relay')
        assert.deepEqual((await made).userErrors, [])
        assert.equal(read().version, before.version + 1)
        await bench.edit(before.id, 'By somebody else')
        const refused = await page.editContact(environment, read(), { notes: 'Too late' })
        assert.equal(refused.userErrors[0].code, 'CONFLICT')
        assert.equal(read().notes, 'By somebody else')
      })

      it('has each event once, and puts new contacts into the list', async () => {
        const connection = relay.ConnectionHandler.getConnectionID('client:root', 'relay_contacts', {})
        const known = rows().edges.length
        await bench.followed((after, seen) => {
          const subscription = page.followContacts(environment, after, [connection], seen)
          return () => subscription.dispose()
        })
        assert.equal(rows().edges.length, known + 12)
      })
    })

    describe('TanStack Query', () => {
      let execute, page, queries, tokens
      before(async () => {
        await bench.files.tool('tanstack', '@graphql-codegen/cli/cjs/bin.js', '--config', 'codegen.js')
        await bench.files.tool('tanstack', 'typescript/bin/tsc', '--strict', '--skipLibCheck', '--module', 'nodenext', 'tanstack.ts')
        tokens = await bench.tokens()
        page = await bench.files.load('tanstack/tanstack.js')
        execute = page.createExecute(bench.url, tokens)
        queries = new QueryClient()
      })
      after(() => queries?.clear())

      it('pages, with a fresh token', async () => {
        const { contacts } = await bench.ask('{ contacts(first: 100) { nodes { id } } }')
        const everyone = contacts.nodes.map(({ id }) => id)
        const observer = new InfiniteQueryObserver(queries, page.contactPages(execute, '', 20))
        const stop = observer.subscribe(() => {})
        await observer.refetch()
        for (const seen of [20, 40, 60]) {
          const { pages } = observer.getCurrentResult().data
          assert.deepEqual(pages.flatMap((page) => page.contacts.edges.map(({ node }) => node.id)), everyone.slice(0, seen))
          await observer.fetchNextPage()
        }
        assert.equal(tokens.fetched.length, 2)
        stop()
      })

      it('learns of a conflict', async () => {
        const mutation = new MutationObserver(queries, page.editContact(execute))
        const { updateContact: made } = await mutation.mutate({ id: bench.everyone[1], notes: 'By TanStack' })
        assert.deepEqual(made.userErrors, [])
        const { updateContact: refused } = await mutation.mutate({
          id: bench.everyone[1], notes: 'Too late', expectedVersion: made.contact.version - 1,
        })
        assert.equal(refused.userErrors[0].code, 'CONFLICT')
        assert.equal(refused.contact.notes, 'By TanStack')
      })
    })

    it('gql.tada types documents', async () => {
      await bench.files.tool('tada', 'gql.tada/bin/cli.js', 'generate-output')
      await writeFile(bench.files.path('tada/use.ts'), `
        import type { ResultOf } from 'gql.tada'
        import { Contacts } from './tada.js'
        type Row = NonNullable<ResultOf<typeof Contacts>['contacts']>['nodes'][number]
        export const name = (row: Row): string => row.displayName
        // @ts-expect-error it may be null
        export const active = (row: Row): string => row.lastActivityAt
      `)
      await bench.files.tool('tada', 'typescript/bin/tsc', '--skipLibCheck')
      const { Contacts } = await bench.files.load('tada/tada.js')
      const { contacts } = await bench.ask(print(Contacts), { first: 3 })
      assert.equal(contacts.nodes.length, 3)
    })

    it('genqlient edits a field and leaves the others', async () => {
      const here = fileURLToPath(new URL('genqlient', import.meta.url))
      const cwd = bench.files.path('genqlient')
      await cp(here, cwd, { recursive: true })
      await exec('go', ['run', 'github.com/Khan/genqlient', 'genqlient.yaml'], { cwd })
      const printed = await exec('go', ['run', '.', bench.url, bench.staff, bench.everyone[2]], { cwd })
      assert.deepEqual(JSON.parse(printed), { pages: 3, name: true, email: null, notes: 'By genqlient', conflict: 'CONFLICT' })
    })

    describe('Hive Gateway', () => {
      let gateway
      before(async () => {
        const { createGateway } = await bench.files.load('gateway/gateway.js')
        gateway = createGateway(bench.url, await readFile(bench.files.path('schema.graphql'), 'utf8'))
      })
      after(() => gateway?.dispose())

      it('passes queries and mutations on', async () => {
        const send = async (query, variables) => {
          const response = await gateway.fetch('http://gateway/graphql', {
            method: 'POST',
            headers: { 'content-type': 'application/json', authorization: bench.staff },
            body: JSON.stringify({ query, variables }),
          })
          return response.json()
        }
        const { data, errors } = await send('{ contacts(first: 3) { nodes { id version } pageInfo { endCursor } } }')
        assert.equal(errors, undefined)
        assert.equal(data.contacts.nodes.length, 3)
        const input = { id: data.contacts.nodes[0].id, notes: 'Through the gateway' }
        const edited = await send('mutation ($input: UpdateContactInput!) { updateContact(input: $input) { contact { notes } } }', { input })
        assert.equal(edited.data.updateContact.contact.notes, 'Through the gateway')
      })

      it('passes events on', async () => {
        const stopping = new AbortController()
        const response = await gateway.fetch('http://gateway/graphql', {
          method: 'POST',
          headers: { 'content-type': 'application/json', accept: 'text/event-stream', authorization: bench.staff },
          body: JSON.stringify({ query: 'subscription { contactEvents { kind contact { name } } }' }),
          signal: stopping.signal,
        })
        assert.equal(response.status, 200)
        const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
        await pause(500)
        await bench.write('somebody new')
        let text = ''
        while (!text.includes('somebody new')) {
          const { value, done } = await reader.read()
          assert.ok(!done, text)
          text += value
        }
        stopping.abort()
      })
    })
  })
}
