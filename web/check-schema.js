// Compares the schema with the one of the last release, and fails when a change breaks clients and docs/api.md does not name it.
// Usage: node check-schema.js

import { readdirSync, readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

import { buildSchema, findBreakingChanges, findDangerousChanges, isInterfaceType, isObjectType } from 'graphql'

const releases = new URL('../docs/schema/', import.meta.url)
const page = new URL('../docs/api.md', import.meta.url)

/** complaints are what is wrong with a schema in SDL: beside that of the last release, and the text of the page. */
export function complaints(now, released, text) {
  const [before, after] = [buildSchema(released), buildSchema(now)]
  const named = plain(unreleased(text))
  const changes = [
    ...findBreakingChanges(before, after),
    ...findDangerousChanges(before, after).filter(({ type }) => type === 'ARG_DEFAULT_VALUE_CHANGE'),
  ].map(({ description }) => description)
  return [
    ...[...changes, ...unmarked(before, after)]
      .filter((change) => !named.includes(plain(change)))
      .map((change) => `breaks clients: ${change} Undo it, or write "- Breaking: ${change}" under Unreleased in docs/api.md`),
    ...undated(after),
  ]
}

/** newest is the file name of the highest version. */
export function newest(files) {
  const versions = files.flatMap((file) => {
    const numbers = /^v(\d+)\.(\d+)\.(\d+)\.graphqls$/.exec(file)?.slice(1).map(Number)
    return numbers ? [{ file, numbers }] : []
  })
  versions.sort((a, b) => a.numbers.reduce((order, n, i) => order || n - b.numbers[i], 0))
  return versions.at(-1)?.file
}

function unreleased(text) {
  const [, section] = /^### Unreleased\n(.*?)(?=^### |(?![^]))/ms.exec(text) ?? []
  if (section === undefined) {
    throw new Error('docs/api.md has no section "### Unreleased"')
  }
  return section
}

const plain = (text) => text.replaceAll('`', '').replace(/\s+/g, ' ')

function fieldsOf(schema) {
  return Object.values(schema.getTypeMap())
    .filter((type) => isObjectType(type) || isInterfaceType(type))
    .flatMap((type) => Object.values(type.getFields()).map((field) => ({ name: `${type.name}.${field.name}`, field })))
}

// graphql-js does not look at directives: clients type what is marked as never null.
function unmarked(before, after) {
  const marks = (field) =>
    (field.astNode?.directives ?? []).some(({ name }) => name.value === 'semanticNonNull')
  const now = new Map(fieldsOf(after).map(({ name, field }) => [name, field]))
  return fieldsOf(before)
    .filter(({ name, field }) => marks(field) && now.has(name) && !marks(now.get(name)))
    .filter(({ name }) => !String(now.get(name).type).endsWith('!'))
    .map(({ name }) => `${name} is no longer @semanticNonNull.`)
}

function undated(schema) {
  const all = Object.values(schema.getTypeMap()).flatMap((type) => [
    ...Object.values(type.getFields?.() ?? {}).flatMap((field) => [
      { name: `${type.name}.${field.name}`, of: field },
      ...(field.args ?? []).map((arg) => ({ name: `${type.name}.${field.name}(${arg.name}:)`, of: arg })),
    ]),
    ...(type.getValues?.() ?? []).map((value) => ({ name: `${type.name}.${value.name}`, of: value })),
  ])
  return all
    .filter(({ of }) => of.deprecationReason != null && !/\bUntil \d{4}-\d\d-\d\d\b/.test(of.deprecationReason))
    .map(({ name }) => `${name} is deprecated without a date: its reason has to say "Until YYYY-MM-DD"`)
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const last = newest(readdirSync(releases))
  const read = (url) => readFileSync(url, 'utf8')
  const found = complaints(read(new URL('../schema.graphqls', import.meta.url)), read(new URL(last, releases)), read(page))
  for (const complaint of found) {
    console.error(complaint)
  }
  console.log(`schema.graphqls beside ${last}: ${found.length === 0 ? 'nothing breaks' : `${found.length} complaints`}`)
  process.exitCode = found.length === 0 ? 0 : 1
}
