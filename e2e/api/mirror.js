// Clients that keep a copy of a workspace from nothing but its events.

import { setTimeout as pause } from 'node:timers/promises'

import { createClient as createSSE } from 'graphql-sse'
import { createClient as createWS } from 'graphql-ws'
import WebSocket from 'ws'

import { closeAtEnd } from '../harness/closing.js'

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
    closeAtEnd(() => this.stop())
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
