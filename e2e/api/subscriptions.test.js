// Subscriptions with the real clients, graphql-ws and graphql-sse, while things break: whatever happens, in the end each
// client has what the database has, and was told of nothing twice.

import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { after, before, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'

import { postgres, sqlite } from '../harness/databases.js'
import { token } from '../harness/kith.js'
import { freePort, KithProcess } from '../harness/kith-process.js'
import { TCPProxy } from '../harness/tcp-proxy.js'
import { Load } from './load.js'
import { Mirror, snapshot } from './mirror.js'

const secret = 'a secret of at least thirty-two bytes'

// bearer is an Authorization header of the workspace live.
const bearer = (role) => `Bearer ${token(secret, 'live', role)}`

// startServer starts a kith on a database that others may share.
async function startServer(database) {
  const env = { HOME: tmpdir(), KITH_DATABASE_URL: database, KITH_AUTH_SECRET: secret, KITH_RATE_LIMIT: 'off' }
  const server = new KithProcess(await freePort(), env)
  await server.start()
  return server
}

const patience = 15_000 // ms until the clients have to have everything

/** Scene is servers on one database, a proxy before them, changes all the time, and mirrors of what changes. */
class Scene {
  mirrors = []

  static async set(database, count) {
    const scene = new Scene()
    scene.database = database
    scene.servers = []
    for (let i = 0; i < count; i++) {
      scene.servers.push(await startServer(database.url))
    }
    scene.staff = bearer('staff')
    scene.load = await new Load(scene.servers, bearer('admin')).start(6)
    await pause(500) // something to begin with
    scene.proxy = await TCPProxy.start([...scene.servers])
    for (const transport of ['ws', 'sse']) {
      await scene.mirror(`${transport} through the proxy`, transport, scene.proxy)
      for (const [i, server] of scene.servers.entries()) {
        await scene.mirror(`${transport} at server ${i}`, transport, server)
      }
    }
    return scene
  }

  async mirror(name, transport, { url }) {
    this.mirrors.push(await new Mirror(name, transport, url, this.staff).start())
  }

  /** compare lets the changes rest and waits until each mirror has what the database has. */
  async compare() {
    await this.load.rest()
    const deadline = Date.now() + patience
    for (const mirror of this.mirrors) {
      for (;;) {
        const want = await snapshot(this.servers.at(-1).url, this.staff)
        try {
          assert.deepEqual(sorted(mirror.contacts), sorted(want.contacts), `contacts of ${mirror.name}`)
          assert.deepEqual(sorted(mirror.sessions), sorted(want.sessions), `sessions of ${mirror.name}`)
          break
        } catch (err) {
          if (Date.now() > deadline) {
            throw err
          }
          await pause(100)
        }
      }
      assert.deepEqual(mirror.complaints, [], mirror.name)
    }
    this.load.goOn()
  }

  /** while runs something while changes go on, and a moment longer. */
  async while(something) {
    const { done } = this.load
    const events = this.mirrors.map((mirror) => mirror.events)
    await something()
    await pause(500)
    assert.ok(this.load.done > done, 'nothing was changed meanwhile')
    await this.compare()
    this.mirrors.forEach((mirror, i) => assert.ok(mirror.events > events[i], `${mirror.name} was told nothing`))
  }

  async strike() {
    await this.load.stop()
    this.mirrors.forEach((mirror) => mirror.stop())
    await this.proxy.stop()
    for (const server of this.servers) {
      await server.stop()
    }
  }
}

function sorted(map) {
  return [...map.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
}

const skip = !process.env.KITH_TEST_DATABASE_URL && !process.env.CI && 'no KITH_TEST_DATABASE_URL'

describe('subscriptions on PostgreSQL, two servers', { skip }, () => {
  let database, scene
  before(async () => {
    database = await postgres()
    assert.ok(database, 'KITH_TEST_DATABASE_URL must be set')
    scene = await Scene.set(database, 2)
  })
  after(async () => {
    await scene?.strike()
    await database?.drop()
  })

  it('deliver the changes of both servers', () => scene.while(() => pause(1_500)))

  it('go on when the database cuts all connections', () =>
    scene.while(async () => {
      for (let i = 0; i < 3; i++) {
        await database.disconnect()
        await pause(700)
      }
    }))

  it('go on when sockets are cut for five seconds', () => scene.while(() => scene.proxy.cut(5_000)))

  it('go on when a server is killed', () =>
    scene.while(async () => {
      await scene.servers[0].stop('SIGKILL')
      await pause(2_000)
      await scene.servers[0].start()
    }))

  it('go on while one server after the other is replaced', () =>
    scene.while(async () => {
      for (const server of scene.servers) {
        await server.stop()
        await pause(300)
        await server.start()
        await pause(500)
      }
    }))
})

describe('subscriptions on SQLite', () => {
  let database, scene
  before(async () => {
    database = await sqlite()
    scene = await Scene.set(database, 1)
  })
  after(async () => {
    await scene?.strike()
    await database?.drop()
  })

  it('deliver the changes', () => scene.while(() => pause(1_000)))

  it('go on when sockets are cut for five seconds', () => scene.while(() => scene.proxy.cut(5_000)))

  it('go on when the server is killed', () =>
    scene.while(async () => {
      await scene.servers[0].stop('SIGKILL')
      await pause(500)
      await scene.servers[0].start()
    }))

  it('go on when the server is replaced', () =>
    scene.while(async () => {
      await scene.servers[0].stop()
      await scene.servers[0].start()
    }))
})
