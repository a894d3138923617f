// Makes generated/: the operations with the types of their variables and answers. With --check it only
// compares.

import { readFile, writeFile } from 'node:fs/promises'

import { codegen } from '@graphql-codegen/core'
import * as typedDocumentNode from '@graphql-codegen/typed-document-node'
import * as typescriptOperations from '@graphql-codegen/typescript-operations'
import { parse } from 'graphql'

const schemaFile = new URL('../../schema.graphqls', import.meta.url)
const operationsFile = new URL('operations.graphql', import.meta.url)

const operations = await readFile(operationsFile, 'utf8')
const document = parse(operations)

const generated = await codegen({
  schema: parse(await readFile(schemaFile, 'utf8')),
  documents: [{ location: 'operations.graphql', document }],
  filename: 'graphql.ts',
  config: {
    useTypeImports: true,
    scalars: { DateTime: 'string', ID: 'string' },
    skipTypename: true,
    dedupeFragments: true,
    nullability: { errorHandlingClient: true }, // client.ts throws before anybody reads a field that an error made null
  },
  // As text, the documents are a tenth of their trees; they are parsed when the module is loaded.
  plugins: [
    { typescriptOperations: {} },
    { typedDocumentNode: { documentMode: 'graphQLTag', gqlImport: '@urql/core#gql', pureMagicComment: true } },
  ],
  pluginMap: { typescriptOperations, typedDocumentNode },
})
// What comes after "Later" is in a module that is loaded with those who ask it.
const mark = operations.indexOf('\n# Later: ')
const kinds = { OperationDefinition: 'Document', FragmentDefinition: 'FragmentDoc' }
const seldom = document.definitions.filter(({ loc }) => loc.start > mark).map(({ kind, name }) => name.value + kinds[kind])
const statements = generated.split(/^(?=export const )/m)
const isLater = (statement) => seldom.includes(/^export const (\w+)/.exec(statement)?.[1])
const later = statements.filter(isLater).join('')
const types = [...later.matchAll(/DocumentNode<(\w+), (\w+)>/g)].flatMap(([, answer, variables]) => [answer, variables])
const fragments = [...later.matchAll(/\$\{(\w+)\}/g)].map(([, fragment]) => fragment).filter((name) => !seldom.includes(name))
const list = (names) => [...new Set(names)].filter((name) => name !== 'unknown').join(', ')

const head = '// Made by generate.js from schema.graphqls and operations.graphql. Do not edit.\n\n'
const contents = {
  graphql: head + statements.filter((statement) => !isLater(statement)).join(''),
  later: `${head}import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
import { gql } from '@urql/core';

import { ${list(fragments)} } from './graphql';
import type { ${list(types)} } from './graphql';

${later}`,
}
for (const [name, content] of Object.entries(contents)) {
  const file = new URL(`generated/${name}.ts`, import.meta.url)
  if (!process.argv.includes('--check')) {
    await writeFile(file, content)
  } else if ((await readFile(file, 'utf8').catch(() => '')) !== content) {
    console.error('web/staff/generated is not what the schema makes: run make web and commit the result')
    process.exit(1)
  }
}
