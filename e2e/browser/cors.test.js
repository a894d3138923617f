// A page of another origin, in a browser: the headers that its libraries add go through, cookies and other origins do not.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, describe, it } from 'node:test'

import { launch } from '../harness/browser.js'
import { startKith, token } from '../harness/kith.js'

const secret = 'a secret of at least thirty-two bytes'

describe('a page of another origin', () => {
  const servers = []
  let kith, browser, allowed, other
  // site serves an empty page, and returns its origin.
  async function site() {
    const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<!doctype html>'))
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
    servers.push(server)
    return `http://127.0.0.1:${server.address().port}`
  }
  before(async () => {
    allowed = await site()
    other = await site()
    kith = await startKith({ KITH_AUTH_SECRET: secret, KITH_CORS_ORIGINS: allowed, KITH_DEMO: 'on' })
    browser = await launch()
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
    servers.forEach((server) => server.close())
  })

  // ask sends a query from a page, and returns what the page can see of the answer.
  async function ask(origin, method, headers) {
    const page = await browser.newPage()
    try {
      await page.goto(origin)
      return await page.evaluate(
        async ([endpoint, method, headers]) => {
          const query = '{ viewer { role } }'
          const url = method === 'GET' ? `${endpoint}?${new URLSearchParams({ query })}` : endpoint
          const body = method === 'GET' ? undefined : JSON.stringify({ query })
          try {
            const response = await fetch(url, { method, headers, body })
            return { status: response.status, id: response.headers.get('x-request-id'), body: await response.text() }
          } catch (error) {
            return { error: String(error) }
          }
        },
        [kith.graphql, method, headers],
      )
    } finally {
      await page.close()
    }
  }

  const headers = () => ({
    accept: 'application/graphql-response+json',
    authorization: `Bearer ${token(secret, 'demo', 'staff')}`,
    'content-type': 'application/json',
    'apollo-require-preflight': 'true',
    'apollographql-client-name': 'web',
    'apollographql-client-version': '1.0',
    'sentry-trace': '4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1',
    baggage: 'sentry-environment=production',
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    'x-anything': '1',
  })

  for (const method of ['GET', 'POST']) {
    it(`asks by ${method} with the headers of its libraries`, async () => {
      const { status, id, body, error } = await ask(allowed, method, headers())
      assert.equal(error, undefined)
      assert.equal(status, 200, body)
      assert.match(body, /"role":"STAFF"/)
      assert.ok(id, 'the request id is to be seen')
    })

    it(`of an origin that is not allowed gets nothing by ${method}`, async () => {
      assert.match((await ask(other, method, headers())).error, /Failed to fetch/)
      assert.match((await ask(other, method, {})).error, /Failed to fetch/)
    })
  }
})
