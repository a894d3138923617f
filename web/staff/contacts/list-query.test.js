import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

import { buildSchema, parse, validate } from 'graphql'
import { describe, it } from 'vitest'

import { linked } from '../../graphiql/linked'
import { listAsQuery, playgroundLink } from './list-query'
import { columns } from './columns'

const schema = buildSchema(readFileSync(new URL('../../../schema.graphqls', import.meta.url), 'utf8'))

describe('a list as a query', () => {
  it.each([
    ['everything', { search: 'ann', filter: { hasEmail: true }, orderBy: { field: 'NAME', direction: 'ASC' } }, columns],
    ['nothing but the names', {}, ['name']],
  ])('is valid with %s', (_, asked, shown) => {
    const { query, variables } = listAsQuery(asked, shown)
    assert.deepEqual(validate(schema, parse(query)), [])
    assert.deepEqual(JSON.parse(variables), { ...asked, first: 25 })
  })

  it('asks for the columns that are shown, and for no argument that it does not have', () => {
    const { query } = listAsQuery({ search: undefined, filter: undefined, orderBy: undefined }, ['select', 'name', 'email', 'actions'])
    assert.equal(
      query,
      `query Contacts(
  $first: Int
) {
  contacts(
    first: $first
  ) {
    nodes {
      id
      displayName
      email
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
`,
    )
  })

  it.each(['a+b & c=d #1', '100 %', '“quoted” "text"', 'Łukasz 高橋 😀', '\\'])('reaches the playground with %j', (search) => {
    const link = playgroundLink('/playground', { search }, ['name'])
    const { query, variables } = linked(new URL(link, 'http://127.0.0.1').hash)
    assert.equal(JSON.parse(variables).search, search)
    assert.deepEqual(validate(schema, parse(query)), [])
  })
})
