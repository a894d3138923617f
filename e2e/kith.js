// A real kith to test against: the binary, on an empty SQLite file of its own, filled with demo data by itself.

import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

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
 * startKith starts the binary and resolves when it is ready to answer. Call stop when done; down and up stop it and start
 * it again, as the same server with the same data. The environment may be a function of the URL that it will have.
 */
export async function startKith(env = {}) {
  await access(binary).catch(() => {
    throw new Error(`${binary} is missing: make build`)
  })
  const dir = await mkdtemp(join(tmpdir(), 'kith-e2e-'))
  const url = `http://127.0.0.1:${await freePort()}`
  const settings = typeof env === 'function' ? await env(url) : env
  let child, exited
  let output = ''
  let log = ''

  async function up() {
    child = spawn(binary, [], {
      env: {
        PATH: process.env.PATH,
        HOME: dir,
        KITH_ADDR: new URL(url).host,
        KITH_DATABASE_URL: `sqlite:${join(dir, 'kith.db')}`,
        ...settings,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => {
      output += chunk
      log += chunk
    })
    exited = once(child, 'exit')
    const deadline = Date.now() + 30_000
    while (Date.now() < deadline && child.exitCode === null) {
      const ready = await fetch(`${url}/readyz`).catch(() => undefined)
      if (ready?.ok) {
        return
      }
      await pause(50)
    }
    child.kill('SIGKILL')
    await rm(dir, { recursive: true, force: true })
    throw new Error(`kith did not become ready:\n${output}`)
  }

  async function down() {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM')
      await exited
    }
    if (child.exitCode !== 0) {
      throw new Error(`kith ended with ${child.exitCode ?? child.signalCode}:\n${output}`)
    }
  }

  async function stop() {
    try {
      const people = settings.KITH_AUTH_SECRET || settings.KITH_OIDC_ISSUER ? [] : await peopleOf(`${url}/graphql`)
      await down()
      const found = personal(log, people)
      if (found) {
        throw new Error(`the log tells of somebody: ${found}`)
      }
    } finally {
      await rm(dir, { recursive: true, force: true })
    }
  }

  await up()
  return { url, graphql: `${url}/graphql`, stop, down, up, output: () => output }
}

// Whatever a test did, no line that kith logged may have an e-mail address, a phone number, or a token.
const never = /[\w.+-]+@[\w-]+\.\w+|\+\d{8,}|\beyJ[\w-]{16,}/

/** personal returns a line of the log that tells who somebody is, by such a value or by a name. */
function personal(log, people) {
  return log.split('\n').find((line) => never.test(line) || people.some((name) => line.includes(name)))
}

/** peopleOf returns the full names of contacts, as far as one page and whoever runs without settings may see them. */
async function peopleOf(endpoint) {
  try {
    const { contacts } = await run(endpoint, '{ contacts(first: 100) { nodes { name } } }')
    return contacts.nodes.map(({ name }) => name).filter((name) => name?.includes(' '))
  } catch {
    return [] // a test that has stopped it, or that allows other documents only
  }
}

/** fill makes a database of believable contacts, and returns its URL. */
export async function fill(contacts) {
  const dir = await mkdtemp(join(tmpdir(), 'kith-e2e-'))
  const url = `sqlite:${join(dir, 'kith.db')}`
  const env = { PATH: process.env.PATH, HOME: dir, KITH_DATABASE_URL: url }
  await promisify(execFile)(binary, ['demo', `--contacts=${contacts}`], { env })
  return { url, remove: () => rm(dir, { recursive: true, force: true }) }
}

/** token is one that a kith with this secret accepts, for a while such as 5s. */
export function token(secret, workspace, role, ttl = '1h') {
  const args = ['token', '--workspace', workspace, '--role', role, '--sub', 'ann', '--ttl', ttl]
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
