// What the tests of subscriptions are made of: servers that can be killed, a proxy that can be cut, a load of changes, and
// mirrors: clients that keep a copy of a workspace from nothing but its events.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { createClient as createSSE } from 'graphql-sse'
import { createClient as createWS } from 'graphql-ws'
import pg from 'pg'
import WebSocket from 'ws'

import { freePort, token } from './kith.js'

const binary = process.env.KITH_BINARY ?? fileURLToPath(new URL('../.build/kith', import.meta.url))
const secret = 'a secret of at least thirty-two bytes'

/** bearer is an Authorization header of the workspace live. */
export const bearer = (role) => `Bearer ${token(secret, 'live', role)}`

/** Server is one kith on a database that others may share. */
export class Server {
  #child
  #output = ''

  constructor(database, port) {
    this.database = database
    this.port = port
    this.url = `http://127.0.0.1:${port}`
  }

  static async start(database) {
    const server = new Server(database, await freePort())
    await server.start()
    return server
  }

  async start() {
    const env = {
      PATH: process.env.PATH,
      HOME: tmpdir(),
      KITH_ADDR: `127.0.0.1:${this.port}`,
      KITH_DATABASE_URL: this.database,
      KITH_AUTH_SECRET: secret,
      KITH_RATE_LIMIT: 'off',
    }
    this.#child = spawn(binary, [], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.on('data', (chunk) => (this.#output = (this.#output + chunk).slice(-20_000)))
    }
    for (let tries = 0; tries < 600 && this.#child.exitCode === null; tries++) {
      const ready = await fetch(`${this.url}/readyz`).catch(() => undefined)
      if (ready?.ok) {
        return
      }
      await pause(50)
    }
    throw new Error(`kith did not become ready:\n${this.#output}`)
  }

  /** stop ends the process, calmly unless told otherwise, and returns its exit code. */
  async stop(signal = 'SIGTERM') {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = once(this.#child, 'exit')
      this.#child.kill(signal)
      await exited
    }
    if (signal === 'SIGTERM' && this.#child.exitCode !== 0) {
      throw new Error(`kith ended with ${this.#child.exitCode ?? this.#child.signalCode}:\n${this.#output}`)
    }
  }
}

/** postgres makes an empty database, if there is a PostgreSQL to make it in. */
export async function postgres() {
  const server = process.env.KITH_TEST_DATABASE_URL
  if (!server) {
    return undefined
  }
  const admin = new pg.Client(server)
  await admin.connect()
  const name = `kith_live_${process.pid}`
  await admin.query(`CREATE DATABASE ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return {
    url: url.href,
    /** disconnect ends every connection to the database. */
    disconnect: () => admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]),
    async drop() {
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`)
      await admin.end()
    },
  }
}

/** sqlite is an empty file. */
export async function sqlite() {
  const dir = await mkdtemp(join(tmpdir(), 'kith-live-'))
  return { url: `sqlite:${join(dir, 'kith.db')}`, drop: () => rm(dir, { recursive: true, force: true }) }
}

/** Proxy passes connections on to the first of its servers that takes them. */
export class Proxy {
  #server
  #sockets = new Set()
  #away = false

  static async start(servers) {
    const proxy = new Proxy()
    proxy.servers = servers
    proxy.#server = createServer((client) => proxy.#accept(client)).listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    proxy.url = `http://127.0.0.1:${proxy.#server.address().port}`
    return proxy
  }

  #accept(client) {
    this.#keep(client)
    if (this.#away) {
      client.destroy()
      return
    }
    const next = (i) => {
      if (i === this.servers.length) {
        client.destroy()
        return
      }
      const server = connect(this.servers[i].port, '127.0.0.1')
      const refused = () => next(i + 1)
      server.once('error', refused)
      server.once('connect', () => {
        server.off('error', refused)
        this.#keep(server)
        for (const [from, to] of [[client, server], [server, client]]) {
          from.pipe(to)
          from.on('close', () => to.destroy())
        }
      })
    }
    next(0)
  }

  #keep(socket) {
    this.#sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
  }

  /** cut breaks all connections and takes no new ones for so many milliseconds. */
  async cut(ms) {
    this.#away = true
    this.#sockets.forEach((socket) => socket.destroy())
    await pause(ms)
    this.#away = false
  }

  async stop() {
    this.#away = true
    this.#sockets.forEach((socket) => socket.destroy())
    this.#server.close()
    await once(this.#server, 'close')
  }
}

/** ask sends one operation; errors throw, with the first code as their own. */
export async function ask(url, authorization, query, variables) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(15_000),
  })
  const { data, errors } = await response.json()
  if (errors) {
    throw Object.assign(new Error(JSON.stringify(errors)), { code: errors[0].extensions?.code })
  }
  return data
}

const contactFields = 'id name email phone notes version lastActivityAt'
const sessionFields = 'id status tag unreadCount lastMessageAt lastMessagePreview contact { id }'

/** snapshot is what the workspace holds, read page by page. */
export async function snapshot(url, authorization) {
  const all = { contacts: new Map(), sessions: new Map() }
  for (const [kind, fields] of [['contacts', contactFields], ['sessions', sessionFields]]) {
    for (let after = null, more = true; more; ) {
      const data = await ask(
        url,
        authorization,
        `query ($after: String) { ${kind}(first: 100, after: $after) { nodes { ${fields} } pageInfo { hasNextPage endCursor } } }`,
        { after },
      )
      data[kind].nodes.forEach((node) => all[kind].set(node.id, node))
      after = data[kind].pageInfo.endCursor
      more = data[kind].pageInfo.hasNextPage
    }
  }
  return all
}

const contactEvents = `subscription ($after: ID) { contactEvents(after: $after) { id kind contactId version contact { ${contactFields} } } }`
const sessionEvents = `subscription ($after: ID) { sessionEvents(after: $after) { id kind sessionId contactId session { ${sessionFields} } } }`

/** transports are the real clients. They try again for ever, by themselves. */
const transports = {
  ws: (url, authorization) =>
    createWS({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization },
      retryAttempts: Infinity,
      retryWait: () => pause(100),
      shouldRetry: () => true,
    }),
  sse: (url, authorization) =>
    createSSE({
      url: `${url}/graphql`,
      headers: { authorization },
      retryAttempts: Infinity,
      retry: () => pause(100),
    }),
}

/** Mirror keeps a copy of the workspace that it reads once; from then on it knows what events tell. */
export class Mirror {
  complaints = []
  connects = 0
  #seen = new Set()
  #versions = new Map()
  #gone = new Set()
  #clients = []
  #stopped = false

  constructor(name, transport, url, authorization) {
    Object.assign(this, { name, transport, url, authorization })
  }

  async start() {
    // The mark comes first: what happens while the lists are read is told afterwards.
    const { lastEventId } = await ask(this.url, this.authorization, '{ lastEventId }')
    Object.assign(this, await snapshot(this.url, this.authorization))
    this.contacts.forEach((contact) => this.#versions.set(contact.id, contact.version))
    this.#follow(contactEvents, lastEventId, (data) => this.#contact(data.contactEvents))
    this.#follow(sessionEvents, lastEventId, (data) => this.#session(data.sessionEvents))
    return this
  }

  #follow(query, after, take) {
    const client = transports[this.transport](this.url, this.authorization)
    this.#clients.push(client)
    // The clients send the same variables again when they come back, so that these have to move on with the events.
    const variables = { after }
    const again = async (why) => {
      if (!this.#stopped) {
        this.complaints.push(...(['SLOW_CONSUMER', 'UNAVAILABLE'].includes(why) ? [] : [`ended with ${why}`]))
        await pause(100)
        subscribe()
      }
    }
    const subscribe = () => {
      this.connects++
      client.subscribe(
        { query, variables },
        {
          next: ({ data, errors }) => {
            if (errors) {
              this.failed = errors[0].extensions?.code ?? JSON.stringify(errors)
              return
            }
            variables.after = Object.values(data)[0].id
            take(data)
          },
          error: (err) => again(err[0]?.extensions?.code ?? err.message ?? `${err.code} ${err.reason}`),
          complete: () => again(this.failed ?? 'complete'),
        },
      )
    }
    subscribe()
  }

  #once(kind, id) {
    if (this.#seen.has(kind + id)) {
      this.complaints.push(`${kind} ${id} came twice`)
    }
    this.#seen.add(kind + id)
  }

  #contact({ id, kind, contactId, version, contact }) {
    this.#once('contact event', id)
    if (kind === 'UPDATED' || kind === 'CREATED') {
      // The copy may have been read later than the event happened; from then on there is no gap.
      const known = this.#versions.get(contactId)
      if (known !== undefined && version > known + 1) {
        this.complaints.push(`${contactId} went from version ${known} to ${version}`)
      }
      this.#versions.set(contactId, Math.max(version, known ?? 0))
    }
    if (contact) {
      this.contacts.set(contactId, contact)
    } else {
      this.contacts.delete(contactId)
      if (kind === 'DELETED') {
        this.#gone.add(contactId)
      }
    }
  }

  #session({ id, kind, sessionId, contactId, session }) {
    this.#once('session event', id)
    if (kind !== 'CONTACT_DELETED') {
      this.sessions.set(sessionId, session)
      return
    }
    for (const [key, known] of this.sessions) {
      if (known.contact?.id === contactId) {
        this.sessions.set(key, { ...known, contact: null, lastMessagePreview: null }) // what the customer wrote goes as well
      }
    }
  }

  get events() {
    return this.#seen.size
  }

  stop() {
    this.#stopped = true
    this.#clients.forEach((client) => client.dispose())
  }
}

/** Load changes the workspace through all of the servers at once, whatever becomes of them. */
export class Load {
  #stopped = false
  #resting
  #running = 0
  #number = 0
  #contacts = []
  #sessions = []
  done = 0

  constructor(servers) {
    this.servers = servers
    this.admin = bearer('admin')
  }

  async start(workers) {
    const data = await ask(this.servers[0].url, this.admin, 'mutation { createChannel(input: {name: "Live", type: TELEGRAM}) { channel { id } } }')
    this.channel = data.createChannel.channel.id
    this.workers = Array.from({ length: workers }, (_, i) => this.#work(i))
    return this
  }

  async #work(i) {
    for (let turn = i; !this.#stopped; turn++) {
      if (this.#resting) {
        await this.#resting.promise
        continue
      }
      this.#running++
      try {
        await this.#change(this.servers[turn % this.servers.length].url, turn)
        this.done++
      } catch {
        await pause(50) // a server that is away just now
      } finally {
        this.#running--
      }
      await pause(10)
    }
  }

  async #change(url, turn) {
    const send = (query, input) => ask(url, this.admin, query, { input })
    const any = (list) => list[Math.floor(Math.random() * list.length)]
    const number = this.#number++
    const dice = Math.random()
    if (dice < 0.35 || this.#contacts.length < 20) {
      // Some write for the first time, some again and again.
      const who = dice < 0.05 || this.#contacts.length < 20 ? number : number % 40
      const data = await send(
        'mutation ($input: RecordInteractionInput!) { recordInteraction(input: $input) { contact { id } session { id } } }',
        { channelId: this.channel, externalId: `${who}`, messageId: `${number}`, text: `Message ${number}`, profile: { name: `Customer ${who}` } },
      )
      this.#remember(this.#contacts, data.recordInteraction.contact?.id)
      this.#remember(this.#sessions, data.recordInteraction.session?.id)
    } else if (dice < 0.7) {
      const field = any(['name', 'notes', 'email'])
      await send('mutation ($input: UpdateContactInput!) { updateContact(input: $input) { eventId } }', {
        id: any(this.#contacts),
        [field]: field === 'email' ? `customer${number}@example.com` : `${field} ${number}`,
      })
    } else if (dice < 0.97) {
      await send('mutation ($input: UpdateSessionInput!) { updateSession(input: $input) { eventId } }', {
        id: any(this.#sessions),
        ...any([
          { status: any(['ACTIVE', 'ESCALATED', 'CLOSED', 'ARCHIVED']) },
          { tag: any(['GENERAL', 'COMPLAINT', 'ORDER_STATUS', null]) },
          { markRead: true },
        ]),
      })
    } else {
      await send('mutation ($input: DeleteContactInput!) { deleteContact(input: $input) { deletedContactId } }', { id: any(this.#contacts) })
    }
  }

  #remember(list, id) {
    if (id && !list.includes(id)) {
      list.push(id)
    }
  }

  /** rest returns when nothing is on the way any more. */
  async rest() {
    this.#resting ??= Promise.withResolvers?.() ?? withResolvers()
    while (this.#running > 0) {
      await pause(20)
    }
  }

  goOn() {
    this.#resting?.resolve()
    this.#resting = undefined
  }

  async stop() {
    this.#stopped = true
    this.goOn()
    await Promise.all(this.workers ?? [])
  }
}

// Node 20 has no Promise.withResolvers.
function withResolvers() {
  const all = {}
  all.promise = new Promise((resolve, reject) => Object.assign(all, { resolve, reject }))
  return all
}
