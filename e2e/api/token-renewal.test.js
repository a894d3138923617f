// Sockets whose tokens end, with graphql-ws as it comes: it returns with a fresh token, and no event is lost or repeated.

import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { after, before, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'

import { createClient } from 'graphql-ws'
import WebSocket from 'ws'

import { postgres, sqlite } from '../harness/databases.js'
import { token } from '../harness/kith.js'
import { freePort, KithProcess } from '../harness/kith-process.js'
import { ask } from './mirror.js'

const secret = 'a secret of at least thirty-two bytes'
const events = 'subscription ($after: ID) { contactEvents(after: $after) { id kind contactId } }'
const databases = { SQLite: await sqlite(), PostgreSQL: await postgres() }

for (const [name, database] of Object.entries(databases)) {
  describe(`a token that ends, on ${name}`, { skip: !database }, () => {
    let server
    before(async () => {
      const env = { HOME: tmpdir(), KITH_DATABASE_URL: database.url, KITH_AUTH_SECRET: secret, KITH_RATE_LIMIT: 'off' }
      server = new KithProcess(await freePort(), env)
      await server.start()
    })
    after(async () => {
      await server.stop()
      await database.drop()
    })

    it('is replaced by a fresh one, and events go on where they were', async () => {
      const admin = `Bearer ${token(secret, 'renewal', 'admin')}`
      const send = (query, input) => ask(server.url, admin, query, { input })
      const { createChannel } = await ask(server.url, admin, 'mutation { createChannel(input: {name: "Shop", type: TELEGRAM}) { channel { id } } }')
      const { lastEventId } = await ask(server.url, admin, '{ lastEventId }')

      // follow hears events after the last one that it has heard. Nothing about coming back is set.
      function follow(authorization, closes = []) {
        const heard = []
        const variables = { after: lastEventId }
        const client = createClient({
          url: `${server.url.replace('http', 'ws')}/graphql`,
          webSocketImpl: WebSocket,
          connectionParams: () => ({ authorization: authorization() }),
          on: { closed: ({ code, reason }) => closes.push(`${code} ${reason}`) },
        })
        client.subscribe(
          { query: events, variables },
          {
            next: ({ data }) => {
              variables.after = data.contactEvents.id
              heard.push(data.contactEvents)
            },
            error: (error) => heard.push(error),
            complete: () => {},
          },
        )
        return { heard, stop: () => client.dispose() }
      }

      const closes = []
      const renewing = follow(() => `Bearer ${token(secret, 'renewal', 'staff', '2s')}`, closes)
      const steady = follow(() => admin)
      const end = Date.now() + 8_000
      let made = 0
      for (; Date.now() < end; made++) {
        await send('mutation ($input: RecordInteractionInput!) { recordInteraction(input: $input) { contact { id } } }', {
          channelId: createChannel.channel.id, externalId: `${made}`, messageId: `${made}`,
        })
        await pause(50)
      }
      const wanted = () => steady.heard.length >= made && renewing.heard.length >= made
      for (const late = Date.now() + 10_000; !wanted() && Date.now() < late; ) {
        await pause(100)
      }
      renewing.stop()
      steady.stop()
      assert.ok(closes.filter((close) => close === '4403 token expired').length >= 2, closes.join())
      assert.ok(made > 50, `${made} contacts`)
      assert.equal(steady.heard.length, made)
      assert.deepEqual(renewing.heard, steady.heard)
    })

    it('is refused, when there is no other, until the client gives up', async () => {
      const codes = []
      const client = createClient({
        url: `${server.url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        connectionParams: { authorization: `Bearer ${token('another secret of thirty-two bytes!', 'renewal', 'staff')}` },
        retryAttempts: 1,
        on: { closed: ({ code }) => codes.push(code) },
      })
      const error = await new Promise((resolve) => {
        client.subscribe({ query: events }, { next: resolve, error: resolve, complete: () => resolve('complete') })
      })
      assert.equal(error.code, 4403)
      assert.match(error.reason, /^Forbidden: token signature/)
      assert.deepEqual(codes, [4403, 4403])
    })
  })
}
