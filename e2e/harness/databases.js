// Empty databases to start a kith on.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import pg from 'pg'

import { closeAtEnd } from './closing.js'

let databases = 0

/** postgres makes an empty database, if there is a PostgreSQL to make it in. */
export async function postgres() {
  const server = process.env.KITH_TEST_DATABASE_URL
  if (!server) {
    return undefined
  }
  const admin = new pg.Client(server)
  await admin.connect()
  const name = `kith_live_${process.pid}_${++databases}`
  await admin.query(`CREATE DATABASE ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return {
    url: url.href,
    /** sql runs a statement in the database. */
    sql: async (text, values) => {
      const client = new pg.Client(url.href)
      await client.connect()
      await client.query(text, values).finally(() => client.end())
    },
    /** disconnect ends every connection to the database. */
    disconnect: () => admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]),
    drop: closeAtEnd(async () => {
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`)
      await admin.end()
    }),
  }
}

/** sqlite is an empty file. */
export async function sqlite() {
  const dir = await mkdtemp(join(tmpdir(), 'kith-live-'))
  return { url: `sqlite:${join(dir, 'kith.db')}`, drop: closeAtEnd(() => rm(dir, { recursive: true, force: true })) }
}
