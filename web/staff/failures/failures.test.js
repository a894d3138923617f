import { describe, expect, it } from 'vitest'

import { inBatches, outcomeOf } from './outcome'
import { pretty } from './payload'

describe('what came of several failures', () => {
  it('is found by the position in the path of an error', () => {
    const errors = [
      { code: 'REPLAY_FAILED', field: ['input', 'ids', '2'], message: 'Still wrong' },
      { code: 'NOT_FOUND', field: ['input', 'ids', '0'], message: 'Gone' },
      { code: 'INVALID', field: null, message: 'Of none' },
    ]
    expect([...outcomeOf(['a', 'b', 'c'], ['b'], errors, 'Recorded')]).toEqual([
      ['b', { done: true, text: 'Recorded' }],
      ['c', { done: false, text: 'Still wrong' }],
      ['a', { done: true, text: 'Gone' }],
    ])
  })
  it('is asked for in batches that the server takes', async () => {
    const sizes = []
    await inBatches(Array.from({ length: 250 }, String), async (batch) => sizes.push(batch.length))
    expect(sizes).toEqual([100, 100, 50])
  })
})

describe('a payload', () => {
  it('is indented when it is JSON, and left alone when not', () => {
    expect(pretty('{"a":[1,{"b":"c"}]}')).toBe('{\n  "a": [\n    1,\n    {\n      "b": "c"\n    }\n  ]\n}')
    expect(pretty('a=1&b=2')).toBe('a=1&b=2')
    expect(pretty('{"cut off": "he')).toBe('{"cut off": "he')
  })
  it('keeps numbers that a script cannot hold', () => {
    expect(pretty('{"id":12345678901234567890}')).toContain('12345678901234567890')
    expect(pretty('{"n":1.0}')).toContain('1.0')
  })
})
