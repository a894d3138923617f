// The files that docs/clients.md shows, as they stand there.

import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

import { closeAtEnd } from '../../harness/closing.js'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const modules = here('../../node_modules')
const block = /^```\w+ title=(\S+)\n(.*?)^```$/gms

/**
 * filesOfPage writes the files of the page into a folder that has the schema and the npm packages, too.
 */
export async function filesOfPage() {
  const dir = await mkdtemp(join(tmpdir(), 'kith-clients-'))
  closeAtEnd(() => rm(dir, { recursive: true, force: true }))
  await symlink(modules, join(dir, 'node_modules'))
  await cp(here('../../../schema.graphqls'), join(dir, 'schema.graphql'))
  await writeFile(join(dir, 'package.json'), '{ "type": "module" }')
  const page = await readFile(here('../../../docs/clients.md'), 'utf8')
  for (const [, name, text] of page.matchAll(block)) {
    await mkdir(dirname(join(dir, name)), { recursive: true })
    await writeFile(join(dir, name), text)
  }
  return {
    dir,
    path: (name) => join(dir, name),
    /** load imports a file of the page. */
    load: (name) => import(pathToFileURL(join(dir, name)).href),
    /** tool runs the program of an npm package in a folder. */
    tool: (folder, program, ...args) => exec(process.execPath, [join(modules, program), ...args], { cwd: join(dir, folder) }),
  }
}

/** exec runs a program and resolves with what it printed; it rejects with that, too. */
export async function exec(program, args, options) {
  try {
    const { stdout } = await promisify(execFile)(program, args, options)
    return stdout
  } catch (error) {
    throw new Error(`${program} ${args.join(' ')}\n${error.stdout}${error.stderr}`, { cause: error })
  }
}
