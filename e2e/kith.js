// A real kith to test against: the binary, on an empty SQLite file of its own, filled with demo data by itself.

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const binary = process.env.KITH_BINARY ?? fileURLToPath(new URL('../.build/kith', import.meta.url))

/** freePort is one that nobody listens on. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

/**
 * startKith starts the binary and resolves when it is ready to answer. Call stop when done. The environment may be a
 * function of the URL that it will have.
 */
export async function startKith(env = {}) {
  await access(binary).catch(() => {
    throw new Error(`${binary} is missing: make build`)
  })
  const dir = await mkdtemp(join(tmpdir(), 'kith-e2e-'))
  const url = `http://127.0.0.1:${await freePort()}`
  const settings = typeof env === 'function' ? await env(url) : env
  const child = spawn(binary, [], {
    env: {
      PATH: process.env.PATH,
      HOME: dir,
      KITH_ADDR: new URL(url).host,
      KITH_DATABASE_URL: `sqlite:${join(dir, 'kith.db')}`,
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  child.stderr.on('data', (chunk) => (output += chunk))
  const exited = once(child, 'exit')

  async function stop() {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM')
      await exited
    }
    await rm(dir, { recursive: true, force: true })
    if (child.exitCode !== 0) {
      throw new Error(`kith ended with ${child.exitCode ?? child.signalCode}:\n${output}`)
    }
  }

  const deadline = Date.now() + 30_000
  while (Date.now() < deadline && child.exitCode === null) {
    const ready = await fetch(`${url}/readyz`).catch(() => undefined)
    if (ready?.ok) {
      return { url, graphql: `${url}/graphql`, stop, output: () => output }
    }
    await pause(50)
  }
  child.kill('SIGKILL')
  await rm(dir, { recursive: true, force: true })
  throw new Error(`kith did not become ready:\n${output}`)
}

/** token is one that a kith with this secret accepts. */
export function token(secret, workspace, role) {
  const args = ['token', '--workspace', workspace, '--role', role, '--sub', 'ann']
  return execFileSync(binary, args, { env: { ...process.env, KITH_AUTH_SECRET: secret }, encoding: 'utf8' }).trim()
}

/** run sends one operation and returns its data; errors throw. */
export async function run(endpoint, query, variables) {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
    body: JSON.stringify({ query, variables }),
  })
  const { data, errors } = await response.json()
  if (errors) {
    throw new Error(`${response.status}: ${JSON.stringify(errors)}`)
  }
  return data
}
