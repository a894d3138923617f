import { describe, expect, it } from 'vitest'

import { matching, recentFirst } from './choices'

const choices = ['API keys', 'Audit log', 'Kanäle'].map((name) => ({ id: name, name, run: () => {} }))
const names = (list) => list.map(({ name }) => name)

describe('the choices of the menu', () => {
  it('are found by each word, without case and accents', () => {
    expect(names(matching(choices, 'KEY ap'))).toEqual(['API keys'])
    expect(names(matching(choices, 'kanal'))).toEqual(['Kanäle'])
    expect(names(matching(choices, 'key log'))).toEqual([])
    expect(matching(choices, '')).toHaveLength(3)
  })
  it('have the recent ones first, as far as they can still be chosen', () => {
    const [recent, rest] = recentFirst(choices, [{ id: 'Kanäle' }, { id: 'gone' }, { id: 'API keys' }])
    expect(names(recent)).toEqual(['Kanäle', 'API keys'])
    expect(names(rest)).toEqual(['Audit log'])
  })
})
