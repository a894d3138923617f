import { describe, expect, it } from 'vitest'

import { domainsOf, isReachable, problemsOf } from './providers'

describe('a channel’s form', () => {
  it('reads sites however they are separated', () => {
    expect(domainsOf(' example.com,*.example.com\nlocalhost:3000;  a.example \n')).toEqual([
      'example.com',
      '*.example.com',
      'localhost:3000',
      'a.example',
    ])
    expect(domainsOf(' \n')).toEqual([])
  })
  it('knows an address that no provider reaches', () => {
    expect(isReachable('https://kith.example.com/channels/1/webhook')).toBe(true)
    for (const host of ['http://kith.example.com', 'https://localhost', 'https://127.0.0.1:8080', 'https://192.168.1.2', 'https://[::1]']) {
      expect(isReachable(host), host).toBe(false)
    }
  })
  it('puts problems beside their fields, and joins those of one', () => {
    const errors = [
      { field: ['input', 'allowedDomains', '1'], message: 'No site.' },
      { field: ['input', 'allowedDomains', '2'], message: 'Nor this.' },
      { field: null, message: 'Something else.' },
    ]
    expect(problemsOf(errors, ['name', 'allowedDomains'])).toEqual({
      allowedDomains: 'No site. Nor this.',
      '': 'Something else.',
    })
  })
})
