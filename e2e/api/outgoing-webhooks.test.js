// Outgoing webhooks with receivers that verify them with the library of Standard Webhooks, while receivers and Kith are killed:
// in the end each receiver has had every event, in order for each contact.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { after, before, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'

import { Webhook } from 'standardwebhooks'

import { postgres, sqlite } from '../harness/databases.js'
import { token } from '../harness/kith.js'
import { freePort, KithProcess } from '../harness/kith-process.js'

const secret = 'a secret of at least thirty-two bytes'
const env = {
  HOME: tmpdir(),
  KITH_AUTH_SECRET: secret,
  KITH_SECRET_KEY: 'a key of at least thirty-two bytes',
  KITH_WEBHOOK_NETWORKS: '127.0.0.1',
  KITH_RATE_LIMIT: 'off',
}
const every = ['contact.created', 'contact.updated', 'contact.deleted', 'contact.merged', 'contact.split', 'session.created', 'session.updated']
const contactFields = `id name displayName email emailVerified furtherEmails phone phoneInternational phoneVerified furtherPhones notes
  version createdAt updatedAt lastActivityAt identities { id channel { id name type } externalId displayName createdAt } mergedFrom`
const sessionFields = `id contact { id displayName } contactName channel { id name type }
  identity { id channel { id name type } externalId displayName createdAt } channelAccount status tag lastMessagePreview lastMessageAt
  unreadCount startedAt`
const deliveryFields = 'id eventId type status attempts responseStatus error lastAttemptAt nextAttemptAt durationMs'

/** Receiver is a server that keeps what it gets, and answers as answer says, 204 by default. */
class Receiver {
  got = []
  wrong = []
  secrets = []
  answer = (response) => response.writeHead(204).end()

  async start() {
    this.port ??= await freePort()
    this.url = `http://127.0.0.1:${this.port}/hook`
    this.server = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) {
        body += chunk
      }
      const message = { id: request.headers['webhook-id'], headers: request.headers, text: body, ...JSON.parse(body) }
      for (const key of this.secrets) {
        try {
          new Webhook(key).verify(body, request.headers)
        } catch (err) {
          this.wrong.push(err.message)
        }
      }
      await this.answer(response, message, request)
      if (response.writableEnded && response.statusCode < 300) {
        this.got.push(message)
      }
    })
    this.server.listen(this.port, '127.0.0.1')
    await once(this.server, 'listening')
    return this
  }

  /** kill ends the server and everything that is being received. */
  async kill() {
    const closed = once(this.server, 'close')
    this.server.close()
    this.server.closeAllConnections()
    await closed
  }

  async until(enough, what, ms = 30_000) {
    for (const deadline = Date.now() + ms; !enough(this.got); await pause(20)) {
      if (Date.now() > deadline) {
        assert.fail(`${what}: after ${ms} ms only ${this.got.length}: ${this.got.map((m) => `${m.type} ${m.data.sequence}`).slice(-20)}`)
      }
    }
    return this.got
  }
}

/** Client asks as an administrator of a workspace. */
class Client {
  constructor(server, workspace) {
    this.server = server
    this.bearer = `Bearer ${token(secret, workspace, 'admin')}`
  }

  async ask(query, variables) {
    const response = await fetch(`${this.server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: this.bearer },
      body: JSON.stringify({ query, variables }),
    })
    const { data, errors } = await response.json()
    assert.equal(errors, undefined, JSON.stringify(errors))
    return data
  }

  /** do makes a mutation that has to succeed. */
  async do(field, input, fields) {
    const data = await this.ask(
      `mutation ($input: ${field[0].toUpperCase()}${field.slice(1)}Input!) { ${field}(input: $input) { ${fields} userErrors { code message } } }`,
      { input },
    )
    assert.deepEqual(data[field].userErrors, [])
    return data[field]
  }

  async refusal(input) {
    const data = await this.ask(
      'mutation ($input: CreateWebhookEndpointInput!) { createWebhookEndpoint(input: $input) { userErrors { code field message } } }',
      { input: { events: every, ...input } },
    )
    return data.createWebhookEndpoint.userErrors[0]
  }

  async endpoint(receiver, events = every) {
    const made = await this.do('createWebhookEndpoint', { url: receiver.url, events }, 'webhookEndpoint { id enabled } secret')
    receiver.secrets.push(made.secret)
    return made.webhookEndpoint.id
  }

  async endpointNow(id) {
    const { node } = await this.ask(
      'query ($id: ID!) { node(id: $id) { ... on WebhookEndpoint { enabled disabledReason failingSince formerSecretUntil skippedEvents } } }',
      { id },
    )
    return node
  }

  async deliveries(id, status) {
    const data = await this.ask(
      `query ($id: ID!, $status: WebhookDeliveryStatus) { webhookDeliveries(endpointId: $id, status: $status, first: 100) { nodes { ${deliveryFields} } } }`,
      { id, status },
    )
    return data.webhookDeliveries.nodes
  }

  async shop() {
    const { channel } = await this.do('createChannel', { name: 'Shop', type: 'WHATSAPP' }, 'channel { id }')
    return channel.id
  }

  async record(channelId, externalId, messageId, more = {}) {
    const { contact } = await this.do('recordInteraction', { channelId, externalId, messageId, ...more }, 'contact { id } session { id }')
    return contact.id
  }
}

/** inOrder says of each contact and session that its events came in the order of their sequence numbers, repetitions aside. */
function inOrder(got) {
  const last = new Map()
  const seen = new Set()
  for (const { id, data } of got) {
    if (seen.has(id)) {
      continue
    }
    seen.add(id)
    const of = data.contact?.id ?? data.session.contact?.id ?? data.session.id
    assert.ok((last.get(of) ?? 0) < data.sequence, `${of} got ${data.sequence} after ${last.get(of)}`)
    last.set(of, data.sequence)
  }
}

const unique = (got) => new Set(got.map(({ id }) => id)).size

// Side by side, because most of the time is spent waiting.
describe('outgoing webhooks', { concurrency: true }, () => {
  for (const [name, make] of [['SQLite', sqlite], ['PostgreSQL', postgres]]) {
    describe(`on ${name}`, { concurrency: true, skip: name === 'PostgreSQL' && !process.env.KITH_TEST_DATABASE_URL }, () => {
      let database, server, workspaces = 0
      const receivers = []

      const receiver = async () => {
        const made = await new Receiver().start()
        receivers.push(made)
        return made
      }
      const client = (at = server) => new Client(at, `hooks${++workspaces}`)

      before(async () => {
        database = await make()
        server = new KithProcess(await freePort(), { ...env, KITH_DATABASE_URL: database.url })
        await server.start()
      })

      after(async () => {
        for (const { server: each, wrong } of receivers) {
          each.closeAllConnections()
          each.close()
          assert.deepEqual(wrong, [])
        }
        await server.stop()
        await database.drop()
      })

      it('sends whole objects, signed, with what has changed, and of a deleted contact its id alone', async () => {
        const [ann, shop] = [client(), await receiver()]
        const endpoint = await ann.endpoint(shop)
        const channel = await ann.shop()
        const id = await ann.record(channel, '1', '1', { text: 'Hello', profile: { name: 'Änn "<b>" 😀', email: 'ann@example.com', emailVerified: true, phone: '+4930123456' } })
        await shop.until((got) => got.length >= 2, 'the first message')
        const [created, session] = shop.got
        assert.deepEqual(shop.got.slice(0, 2).map(({ type }) => type), ['contact.created', 'session.created'])
        const { node } = await ann.ask(`query ($id: ID!) { node(id: $id) { ... on Contact { ${contactFields} } } }`, { id })
        assert.deepEqual(created.data.contact, node)
        assert.deepEqual(created.data.changedFields, ['name', 'email', 'phone'])
        assert.equal(created.data.actor, channel)
        assert.match(created.data.eventId, /^event_/)
        assert.ok(Math.abs(Date.parse(created.timestamp) - Date.now()) < 60_000)
        const { sessions } = await ann.ask(`{ sessions { nodes { ${sessionFields} } } }`)
        assert.deepEqual(session.data.session, sessions.nodes[0])
        assert.deepEqual(session.data.session.contact, { id, displayName: node.displayName })

        await ann.do('updateContact', { id, notes: 'Likes tea', phone: null }, 'contact { id }')
        await shop.until((got) => got.some(({ type }) => type === 'contact.updated'), 'an edit')
        const updated = shop.got.find(({ type }) => type === 'contact.updated')
        assert.deepEqual(updated.data.changedFields, ['phone', 'notes'])
        assert.deepEqual([updated.data.contact.notes, updated.data.contact.phone, updated.data.actor], ['Likes tea', null, 'ann'])

        const other = await ann.record(channel, '2', '2')
        await ann.do('mergeContacts', { survivorId: id, expectedVersion: updated.data.contact.version, others: [{ id: other, expectedVersion: 1 }] }, 'mergeId')
        const isMerge = ({ type }) => type === 'contact.merged'
        const merged = (await shop.until((got) => got.some(isMerge), 'a merge')).find(isMerge)
        assert.deepEqual(merged.data.contact, { id: other })
        assert.equal(merged.data.mergedInto.id, id)
        assert.deepEqual(merged.data.mergedInto.mergedFrom, [other])

        await ann.do('deleteContact', { id }, 'deletedContactId')
        const isDeletion = ({ type }) => type === 'contact.deleted'
        const deleted = (await shop.until((got) => got.some(isDeletion), 'a deletion')).find(isDeletion)
        assert.deepEqual(deleted.data.contact, { id })
        inOrder(shop.got)
        assert.equal(unique(shop.got), shop.got.length, 'a delivery came twice')
        for (const d of await ann.deliveries(endpoint)) {
          assert.deepEqual([d.status, d.attempts, d.responseStatus, d.error, d.nextAttemptAt], ['DELIVERED', 1, 204, null, null])
          assert.ok(shop.got.some((m) => m.id === d.id && m.type === d.type && m.data.eventId === d.eventId))
        }
      })

      it('loses nothing while the receiver is down, and sends nothing of a contact that was deleted meanwhile', async () => {
        const [ann, shop] = [client(), await receiver()]
        await ann.endpoint(shop, ['contact.created', 'contact.updated', 'contact.deleted'])
        const channel = await ann.shop()
        const ids = []
        for (let i = 0; i < 5; i++) {
          ids.push(await ann.record(channel, `${i}`, '1', { profile: { name: `Before ${i}` } }))
        }
        await shop.until((got) => got.length === 5, 'contacts')
        await shop.kill()
        for (const id of ids) {
          await ann.do('updateContact', { id, notes: 'first' }, 'contact { id }')
          await ann.do('updateContact', { id, notes: 'second' }, 'contact { id }')
        }
        await pause(500)
        await ann.do('deleteContact', { id: ids[0] }, 'deletedContactId')
        await shop.start()
        await shop.until((got) => unique(got) === 5 + 8 + 1, 'what came while it was down')
        inOrder(shop.got)
        const late = shop.got.slice(5)
        assert.equal(late.filter(({ data }) => data.contact.id === ids[0]).length, 1)
        assert.ok(!late.some(({ text }) => text.includes('Before 0')))
      })

      it('delays no endpoint because of a slow one, and no contact because of a refused delivery of another', async () => {
        const [ann, slow, quick] = [client(), await receiver(), await receiver()]
        const endless = await receiver()
        slow.answer = () => new Promise(() => {}) // never
        endless.answer = async (response) => {
          response.writeHead(200, { 'content-type': 'text/plain' })
          for (const chunk = 'x'.repeat(2 ** 16); !response.destroyed; await pause(1)) {
            response.write(chunk)
          }
          endless.ended = (endless.ended ?? 0) + 1
        }
        await ann.endpoint(slow)
        const streaming = await ann.endpoint(endless, ['contact.created'])
        const channel = await ann.shop()
        const bad = await ann.record(channel, 'bad', '1')
        quick.answer = (response, { data }) => response.writeHead((data.contact?.id ?? data.session.contact.id) === bad ? 500 : 200).end('ok')
        const endpoint = await ann.endpoint(quick, ['contact.updated'])
        const good = await ann.record(channel, 'good', '1')
        const began = Date.now()
        await ann.do('updateContact', { id: bad, notes: 'x' }, 'contact { id }')
        await ann.do('updateContact', { id: bad, notes: 'y' }, 'contact { id }')
        await ann.do('updateContact', { id: good, notes: 'x' }, 'contact { id }')
        await quick.until((got) => got.length === 1, 'the other contact')
        assert.ok(Date.now() - began < 5000, `it took ${Date.now() - began} ms`)
        let pending
        for (;;) {
          pending = await ann.deliveries(endpoint, 'PENDING')
          if (pending.length === 2 && pending.some(({ attempts }) => attempts > 0)) {
            break
          }
          await pause(50)
        }
        const tried = pending.find(({ attempts }) => attempts > 0)
        assert.deepEqual([tried.responseStatus, tried.error], [500, 'the receiver answered 500'])
        assert.equal(pending.find((d) => d !== tried).attempts, 0, 'the second waits for the first')
        for (;;) {
          const done = await ann.deliveries(streaming, 'DELIVERED')
          if (done.length === 2) {
            break
          }
          await pause(50)
        }
        assert.ok(endless.ended >= 2, 'an endless answer is read no further')
        quick.answer = (response) => response.writeHead(200).end('ok')
        await quick.until((got) => unique(got) === 3, 'the refused ones')
        inOrder(quick.got)
      })

      it('follows no redirect, and switches an endpoint off that is gone', async () => {
        const [ann, shop] = [client(), await receiver()]
        shop.answer = (response) => response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end()
        const id = await ann.endpoint(shop, ['contact.created'])
        const channel = await ann.shop()
        await ann.record(channel, '1', '1')
        const redirected = async () => (await ann.deliveries(id)).find(({ attempts }) => attempts > 0)
        while (!(await redirected())) {
          await pause(50)
        }
        const d = await redirected()
        assert.deepEqual([d.status, d.responseStatus, d.error], ['PENDING', 302, 'the receiver redirects, which is not followed'])
        assert.ok(d.nextAttemptAt > d.lastAttemptAt)
        assert.ok((await ann.endpointNow(id)).failingSince)
        shop.answer = (response) => response.writeHead(410).end()
        while ((await ann.endpointNow(id)).enabled) {
          await pause(50)
        }
        assert.equal((await ann.endpointNow(id)).disabledReason, 'GONE')
        await ann.record(channel, '2', '1')
        shop.answer = (response) => response.writeHead(200).end()
        await pause(300)
        assert.equal(shop.got.length, 0)
        await ann.do('updateWebhookEndpoint', { id, enabled: true }, 'webhookEndpoint { enabled }')
        await shop.until((got) => unique(got) === 2, 'what came while it was off')
        assert.deepEqual(await ann.endpointNow(id), { enabled: true, disabledReason: null, failingSince: null, formerSecretUntil: null, skippedEvents: 0 })
      })

      it('signs with both secrets after a rotation, until the former one is revoked', async () => {
        const [ann, shop] = [client(), await receiver()]
        const id = await ann.endpoint(shop, ['contact.created'])
        const [former] = shop.secrets
        const test = async () => (await ann.do('sendTestWebhook', { id }, `webhookDelivery { ${deliveryFields} }`)).webhookDelivery
        const rotated = await ann.do('rotateWebhookSecret', { id }, 'webhookEndpoint { formerSecretUntil } secret')
        assert.ok(Math.abs(Date.parse(rotated.webhookEndpoint.formerSecretUntil) - Date.now() - 24 * 3_600_000) < 60_000)
        shop.secrets = [former, rotated.secret]
        assert.equal((await test()).status, 'DELIVERED')
        assert.equal(shop.got[0].headers['webhook-signature'].split(' ').length, 2)
        assert.deepEqual([shop.got[0].type, shop.got[0].data], ['webhook.test', { endpointId: id }])
        assert.deepEqual(shop.wrong, [])
        await ann.do('revokeFormerWebhookSecret', { id }, 'webhookEndpoint { formerSecretUntil }')
        assert.equal((await ann.endpointNow(id)).formerSecretUntil, null)
        await test()
        assert.equal(shop.wrong.length, 1, 'the former secret no longer verifies')
        const revoked = await ann.do('rotateWebhookSecret', { id, revokeFormer: true }, 'secret')
        shop.secrets = [revoked.secret]
        shop.wrong.length = 0
        await test()
        assert.equal(shop.got[2].headers['webhook-signature'].split(' ').length, 1)
        await shop.kill()
        const failed = await test()
        assert.deepEqual([failed.status, failed.nextAttemptAt], ['FAILED', null])
        assert.match(failed.error, /^the connection was (refused|closed without an answer)$/) // the latter over one that was kept
        await shop.start()
        const { auditLog } = await ann.ask('{ auditLog { nodes { action webhookEndpointId } } }')
        for (const action of ['WEBHOOK_ENDPOINT_CREATED', 'WEBHOOK_SECRET_ROTATED', 'WEBHOOK_FORMER_SECRET_REVOKED', 'WEBHOOK_TESTED']) {
          assert.ok(auditLog.nodes.some((entry) => entry.action === action && entry.webhookEndpointId === id), action)
        }
      })

      it('sends a delivery again under its id', async () => {
        const [ann, shop] = [client(), await receiver()]
        const id = await ann.endpoint(shop, ['contact.created'])
        const contact = await ann.record(await ann.shop(), '1', '1')
        await shop.until((got) => got.length === 1, 'a contact')
        await ann.do('updateContact', { id: contact, notes: 'since' }, 'contact { id }')
        let deliveries
        do {
          deliveries = await ann.deliveries(id, 'DELIVERED')
        } while (deliveries.length === 0)
        await ann.do('redeliver', { id: deliveries[0].id }, 'webhookDelivery { status }')
        const [first, again] = await shop.until((got) => got.length === 2, 'it again')
        assert.equal(again.id, first.id)
        assert.equal(again.data.sequence, first.data.sequence)
        assert.equal(again.data.contact.notes, 'since')
        await ann.do('deleteWebhookEndpoint', { id }, 'deletedWebhookEndpointId')
        assert.deepEqual(await ann.deliveries(id), [])
      })

      it('refuses URLs that nothing may be sent to', async () => {
        const ann = client()
        for (const url of [
          'http://169.254.169.254/', 'https://169.254.169.254/latest', 'https://10.0.0.1/', 'https://127.0.0.2/', 'https://[::1]/',
          'https://[::ffff:10.0.0.1]/', 'https://[64:ff9b::a00:1]/', 'https://[2002:a00:1::]/', 'https://0.0.0.0/', 'https://100.64.0.1/',
          'https://2130706433/', 'https://0x7f.1/', 'https://[fe80::1%25eth0]/', 'ftp://example.com/', 'example.com', 'https://', '', 'https://a b/',
          'https://user:password@example.com/', 'https://example.com/#a', `https://example.com/${'x'.repeat(2000)}`,
        ]) {
          const refusal = await ann.refusal({ url })
          assert.deepEqual([refusal?.code, refusal?.field], ['INVALID', ['input', 'url']], url)
        }
        assert.deepEqual((await ann.refusal({ url: 'https://example.com/', events: ['contact.read'] })).field, ['input', 'events'])
        assert.deepEqual((await ann.refusal({ url: 'https://example.com/', events: [] })).field, ['input', 'events'])
        for (let i = 0; i < 20; i++) {
          assert.equal(await ann.refusal({ url: `https://example.com/${i}` }), undefined)
        }
        assert.equal((await ann.refusal({ url: 'https://example.com/' })).code, 'TOO_MANY')
      })

      it('hands over when a kith stops, and loses nothing when one is killed in the middle of its deliveries', async () => {
        const own = await make() // so that only this one sends
        const kith = new KithProcess(await freePort(), { ...env, KITH_DATABASE_URL: own.url })
        await kith.start()
        const [ann, shop] = [client(kith), await receiver()]
        shop.answer = async (response) => {
          await pause(400) // long enough that most is left at each end
          response.writeHead(200).end()
        }
        await ann.endpoint(shop, ['contact.created', 'contact.updated'])
        const channel = await ann.shop()
        const ids = await Promise.all(Array.from({ length: 30 }, (_, i) => ann.record(channel, `${i}`, '1')))
        for (const id of ids) {
          await ann.do('updateContact', { id, notes: 'x' }, 'contact { id }')
        }
        await shop.until((got) => got.length >= 5, 'the first deliveries')
        await kith.stop()
        const stopped = shop.got.length
        assert.ok(stopped < 60, `all ${stopped} were delivered before the end`)
        await kith.start()
        await shop.until((got) => got.length >= stopped + 5, 'what was left by one that stopped', 5000) // no lease has to end
        assert.equal(unique(shop.got), shop.got.length, 'what was delivered before the end came again')

        await kith.stop('SIGKILL')
        const killed = shop.got.length
        assert.ok(killed < 60, `all ${killed} were delivered before the end`)
        await kith.start()
        await shop.until((got) => unique(got) === 60, 'all', 40_000)
        inOrder(shop.got)
        assert.ok(shop.got.length <= 60 + 50, `${shop.got.length} deliveries of 60 events`)
        await kith.stop()
        await own.drop()
      })
    })
  }
})
