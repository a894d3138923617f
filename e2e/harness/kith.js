// A real kith to test against: the binary, on an empty SQLite file, which it fills with demo data.

import { execFile, execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { closeAtEnd } from './closing.js'
import { binary, freePort, KithProcess } from './kith-process.js'

/**
 * startKith starts the binary and resolves when it is ready to answer. Call stop when done; down and up stop it and start
 * it again, as the same server with the same data. The environment may be a function of the URL that it will have.
 */
export async function startKith(env = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'kith-e2e-'))
  const removed = closeAtEnd(() => rm(dir, { recursive: true, force: true }))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const settings = typeof env === 'function' ? await env(url) : env
  const kith = new KithProcess(port, { HOME: dir, KITH_DATABASE_URL: `sqlite:${join(dir, 'kith.db')}`, ...settings })

  const stop = closeAtEnd(async () => {
    try {
      const people = settings.KITH_AUTH_SECRET || settings.KITH_OIDC_ISSUER ? [] : await peopleOf(`${url}/graphql`)
      await kith.stop()
      const found = personal(kith.log, people)
      if (found) {
        throw new Error(`the log contains personal data: ${found}`)
      }
    } finally {
      await removed()
    }
  })

  await kith.start()
  return { url, graphql: `${url}/graphql`, stop, down: () => kith.stop(), up: () => kith.start(), output: () => kith.output }
}

// Whatever a test did, no line that kith logged may have an email address, a phone number, or a token.
const never = /[\w.+-]+@[\w-]+\.\w+|\+\d{8,}|\beyJ[\w-]{16,}/

/** personal returns a line of the log that identifies somebody, by such a value or by a name. */
function personal(log, people) {
  return log.split('\n').find((line) => never.test(line) || people.some((name) => line.includes(name)))
}

/** peopleOf returns the full names of contacts, as far as one page and a server without settings show them. */
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
  const remove = closeAtEnd(() => rm(dir, { recursive: true, force: true }))
  const env = { PATH: process.env.PATH, HOME: dir, KITH_DATABASE_URL: url }
  await promisify(execFile)(binary, ['demo', `--contacts=${contacts}`], { env })
  return { url, remove }
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
