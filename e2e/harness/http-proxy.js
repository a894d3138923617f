// A proxy like those between some staff and Kith: it forwards requests and blocks WebSockets.

import { once } from 'node:events'
import { createServer, request as ask } from 'node:http'
import { connect } from 'node:net'

import { closeAtEnd } from './closing.js'

/**
 * startProxy listens in front of a Kith. What it does with upgrades and with event streams can be set at any time:
 *
 * - upgrades: 'pass', 'forbid' (403), 'strip' (pass on as a plain request), 'reset' (hang up), 'brief' (let through, and
 *   hang up with the first answer).
 * - streams: 'pass', or 'refuse' (502).
 * - ready: 'pass', or 'keep' (502 for /readyz, as for a path that it does not know).
 *
 * It counts what comes: paths of requests, upgrades, the streams that are open, and the connections of the
 * WebSockets that pass.
 */
export async function startProxy(kith, settings = {}) {
  const target = new URL(kith.url)
  const proxy = { upgrades: 'forbid', streams: 'pass', ready: 'pass', requests: [], upgraded: 0, open: 0, passing: new Set(), ...settings }
  const sockets = new Set()

  const forward = (req, res, headers) => {
    const to = { host: target.hostname, port: target.port, method: req.method, path: req.url, headers }
    const onward = ask(to, (answer) => {
      res.writeHead(answer.statusCode, answer.headers)
      res.flushHeaders()
      answer.on('error', () => res.destroy())
      answer.pipe(res)
    })
    onward.on('error', () => (res.headersSent ? res.destroy() : res.writeHead(502).end()))
    res.on('close', () => onward.destroy())
    req.pipe(onward)
  }

  const server = createServer((req, res) => {
    const stream = req.headers.accept?.includes('text/event-stream')
    proxy.requests.push(stream ? 'stream' : req.url)
    if ((stream && proxy.streams === 'refuse') || (req.url === '/readyz' && proxy.ready === 'keep')) {
      res.writeHead(502).end()
      return
    }
    if (stream) {
      proxy.open++
      res.on('close', () => proxy.open--)
    }
    forward(req, res, req.headers)
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('upgrade', (req, socket, head) => {
    proxy.upgraded++
    socket.on('error', () => {})
    if (proxy.upgrades === 'pass' || proxy.upgrades === 'brief') {
      pass(req, socket, head)
    } else if (proxy.upgrades === 'strip') {
      const { upgrade, connection, ...headers } = req.headers
      const to = { host: target.hostname, port: target.port, path: req.url, headers }
      ask(to, (answer) => {
        socket.end(`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\nConnection: close\r\n\r\n`)
        answer.resume()
      }).end()
    } else {
      socket.end(proxy.upgrades === 'forbid' ? 'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n' : undefined)
    }
  })

  function pass(req, socket, head) {
    const onward = connect(target.port, target.hostname, () => {
      proxy.passing.add(socket).add(onward)
      const headers = req.rawHeaders.flatMap((name, i, all) => (i % 2 === 0 ? [`${name}: ${all[i + 1]}`] : []))
      onward.write(`GET ${req.url} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`)
      onward.write(head)
      let answers = 0
      onward.on('data', (data) => {
        socket.write(data)
        if (proxy.upgrades === 'brief' && ++answers === 2) { // the handshake, and what follows
          socket.end()
          onward.destroy()
        }
      })
      socket.pipe(onward)
    })
    onward.on('error', () => socket.destroy())
    onward.on('close', () => socket.destroy())
    socket.on('close', () => {
      proxy.passing.delete(socket)
      proxy.passing.delete(onward)
      onward.destroy()
    })
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  proxy.url = `http://127.0.0.1:${server.address().port}`
  proxy.graphql = `${proxy.url}/graphql`
  proxy.stop = closeAtEnd(async () => {
    server.close()
    sockets.forEach((socket) => socket.destroy())
    await once(server, 'close')
  })
  return proxy
}
