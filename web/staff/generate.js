// Makes generated/graphql.ts: the operations with the types of their variables and answers. With --check it only
// compares.

import { readFile, writeFile } from 'node:fs/promises'

import { codegen } from '@graphql-codegen/core'
import * as typedDocumentNode from '@graphql-codegen/typed-document-node'
import * as typescriptOperations from '@graphql-codegen/typescript-operations'
import { parse } from 'graphql'

const schemaFile = new URL('../../schema.graphqls', import.meta.url)
const operationsFile = new URL('operations.graphql', import.meta.url)
const generatedFile = new URL('generated/graphql.ts', import.meta.url)

const generated = await codegen({
  schema: parse(await readFile(schemaFile, 'utf8')),
  documents: [{ location: 'operations.graphql', document: parse(await readFile(operationsFile, 'utf8')) }],
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
const content = `// Made by generate.js from schema.graphqls and operations.graphql. Do not edit.\n\n${generated}`

if (!process.argv.includes('--check')) {
  await writeFile(generatedFile, content)
} else if ((await readFile(generatedFile, 'utf8').catch(() => '')) !== content) {
  console.error('web/staff/generated is not what the schema makes: run make web and commit the result')
  process.exit(1)
}
