import { readFileSync } from 'node:fs'

import { parse as parseJSON } from 'jsonc-parser'
import { buildSchema, parse, validate } from 'graphql'
import { describe, expect, it } from 'vitest'

import { examples } from './examples'
import { linked } from './linked'

const schema = buildSchema(readFileSync(new URL('../../schema.graphqls', import.meta.url), 'utf8'))
const names = (role) => examples('contact_1', role).map(({ query }) => parse(query).definitions[0].name.value)

describe('the tabs that the playground opens with', () => {
  it('are valid, with variables that can be read', () => {
    for (const { query, variables } of examples(undefined)) {
      expect(validate(schema, parse(query))).toEqual([])
      const errors = []
      parseJSON(variables ?? '{}', errors)
      expect(errors).toEqual([])
    }
  })

  it('are those that a role may run', () => {
    const reading = ['ListContacts', 'SearchContacts', 'FilterContacts', 'ContactSessions', 'ContactEvents']
    expect(names('READER')).toEqual(reading)
    expect(names('STAFF')).toEqual([...reading, 'EditContact', 'MergeContacts', 'DeleteContact'])
    expect(names('ADMIN')).toEqual([...names('STAFF'), 'CreateChannel', 'CreateApiKey'])
    expect(names(undefined)).toEqual(names('ADMIN'))
    expect(names('CHANNEL')).toEqual([])
  })

  it('may be joined by one from a link', () => {
    const link = new URLSearchParams({ query: '{ viewer { role } }', variables: '{"a":"&#"}' })
    expect(linked(`#${link}`)).toEqual({ query: '{ viewer { role } }', variables: '{"a":"&#"}' })
    expect(linked('#query=')).toBeUndefined()
    expect(linked('')).toBeUndefined()
  })
})
