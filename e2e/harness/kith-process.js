// The binary as a process: how it is found, started, waited for and stopped.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access } from 'node:fs/promises'
import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { closeAtEnd } from './closing.js'

/** binary is where kith was built to. */
export const binary = process.env.KITH_BINARY ?? fileURLToPath(new URL('../../.build/kith', import.meta.url))

/** freePort is one that nobody listens on. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

/** KithProcess is a kith that listens on a port of 127.0.0.1. It may be started again after it was stopped. */
export class KithProcess {
  #child
  #env

  /** output is what it wrote, log the part on its standard error. */
  output = ''
  log = ''

  /** constructor takes the port, and the environment, which is all that the process sees beside PATH. */
  constructor(port, env) {
    this.port = port
    this.url = `http://127.0.0.1:${port}`
    this.#env = env
    closeAtEnd(() => this.stop('SIGKILL'))
  }

  /** start resolves when it is ready to answer. */
  async start() {
    await access(binary).catch(() => {
      throw new Error(`${binary} is missing: make build`)
    })
    const env = { PATH: process.env.PATH, KITH_ADDR: `127.0.0.1:${this.port}`, ...this.#env }
    this.#child = spawn(binary, [], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child.stdout.on('data', (chunk) => (this.output += chunk))
    this.#child.stderr.on('data', (chunk) => {
      this.output += chunk
      this.log += chunk
    })
    for (const deadline = Date.now() + 30_000; Date.now() < deadline && this.#runs(); ) {
      const ready = await fetch(`${this.url}/readyz`).catch(() => undefined)
      if (ready?.ok) {
        return
      }
      await pause(50)
    }
    await this.stop('SIGKILL')
    throw new Error(`kith did not become ready:\n${this.output}`)
  }

  #runs() {
    return this.#child?.exitCode === null && this.#child.signalCode === null
  }

  /** stop ends the process, gracefully by default, and is an error when a graceful end fails. */
  async stop(signal = 'SIGTERM') {
    if (this.#runs()) {
      const exited = once(this.#child, 'exit')
      this.#child.kill(signal)
      await exited
    }
    if (signal === 'SIGTERM' && this.#child && this.#child.exitCode !== 0) {
      throw new Error(`kith ended with ${this.#child.exitCode ?? this.#child.signalCode}:\n${this.output}`)
    }
  }
}
