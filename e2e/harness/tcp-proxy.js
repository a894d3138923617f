// A proxy of connections that a test can cut.

import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

import { closeAtEnd } from './closing.js'

/** TCPProxy passes connections on to the first of its servers that takes them. */
export class TCPProxy {
  #server
  #sockets = new Set()
  #away = false

  static async start(servers) {
    const proxy = new TCPProxy()
    proxy.servers = servers
    proxy.#server = createServer((client) => proxy.#accept(client)).listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    closeAtEnd(() => proxy.stop())
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
    if (this.#server.listening) {
      this.#server.close()
      await once(this.#server, 'close')
    }
  }
}
