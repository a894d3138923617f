// A load of changes, from several clients at a time.

import { setTimeout as pause } from 'node:timers/promises'

import { closeAtEnd } from '../harness/closing.js'
import { ask } from './mirror.js'

/** Load changes the workspace through all of the servers at once, whatever becomes of them. */
export class Load {
  #stopped = false
  #resting
  #running = 0
  #number = 0
  #contacts = []
  #sessions = []
  done = 0

  constructor(servers, authorization) {
    this.servers = servers
    this.admin = authorization
    closeAtEnd(() => this.stop())
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
