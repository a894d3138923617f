import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { after, before, describe, it } from 'node:test'

import { launch, watchedPage } from '../harness/browser.js'
import { startKith } from '../harness/kith.js'
import { startProvider } from '../harness/openid-provider.js'

// The provider is another site than Kith, as it is in life: localhost and 127.0.0.1 share nothing in a browser's eyes.
describe('signing in, in a browser', () => {
  let kith, provider, browser
  before(async () => {
    kith = await startKith(async (url) => {
      provider = await startProvider(url, { host: 'localhost', ttl: 4 })
      provider.people.ann = { name: 'Ann', workspace: 'acme', role: 'admin' }
      return { ...provider.settings, KITH_PLAYGROUND: 'on', KITH_INTROSPECTION: 'on' }
    })
    browser = await launch('localhost')
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
    await provider?.stop()
  })

  // signIn goes through the provider's pages, and ends on a page of Kith's that may fetch: the playground.
  async function signIn(login) {
    const context = await browser.newContext()
    context.setDefaultTimeout(15_000)
    const page = await context.newPage()
    await page.goto(`${kith.url}/auth/login?returnTo=/playground/`)
    await page.fill('input[name=login]', login)
    await page.click('text=Enter')
    return { context, page }
  }

  // arrived waits until the playground has asked whatever it asks by itself: for a contact, the viewer and the schema.
  async function arrived(page) {
    await page.waitForURL(`${kith.url}/playground/`)
    await page.locator('.kith-token output', { hasText: 'ADMIN of acme' }).waitFor()
    await page.waitForFunction(
      () => performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('/graphql')).length >= 3,
    )
  }

  const viewer = (page, headers = { 'x-kith-staff': '1' }) =>
    page.evaluate(async (given) => {
      const response = await fetch('/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...given },
        body: '{"query": "{ viewer { name role } }"}',
      })
      return { status: response.status, viewer: (await response.json()).data?.viewer }
    }, headers)

  const renew = (page) =>
    page.evaluate(async () => (await fetch('/auth/refresh', { method: 'POST', headers: { 'x-kith-staff': '1' } })).status)

  const status = (page) => page.evaluate(async () => (await fetch('/auth/session')).json())

  it('comes back signed in, with a cookie that no script sees', async () => {
    const { context, page } = await signIn('ann')
    await arrived(page)
    assert.equal(await renew(page), 200) // loading may have taken longer than the session
    assert.deepEqual(await viewer(page), { status: 200, viewer: { name: 'Ann', role: 'ADMIN' } })
    assert.equal((await viewer(page, {})).status, 401)
    assert.equal(await page.evaluate(() => document.cookie), '')
    const { httpOnly, sameSite, secure, path } = (await context.cookies(kith.url)).find(({ name }) => name === 'kith')
    assert.deepEqual({ httpOnly, sameSite, secure, path }, { httpOnly: true, sameSite: 'Strict', secure: false, path: '/' })
    assert.deepEqual((await context.cookies(kith.url)).filter(({ name }) => name.startsWith('kith-')), [])
    await context.close()
  })

  it('renews without a word, in two tabs', async () => {
    const { context, page } = await signIn('ann')
    await arrived(page)
    const other = await context.newPage()
    await other.goto(`${kith.url}/playground/`)
    await arrived(other)
    const { expiresAt } = await status(page)
    await page.waitForFunction((end) => Date.now() > Date.parse(end), expiresAt)
    assert.equal((await viewer(page)).status, 401)
    assert.deepEqual(await Promise.all([renew(page), renew(other)]), [200, 200])
    assert.deepEqual([(await viewer(page)).status, (await viewer(other)).status], [200, 200])
    assert.ok(Date.parse((await status(other)).expiresAt) > Date.parse(expiresAt))
    await context.close()
  })

  it('brings what happens to the page, until the session ends', async () => {
    const { context, page } = await signIn('ann')
    await arrived(page)
    assert.equal(await renew(page), 200)
    const subscription = '{"query": "subscription { contactEvents { id } }"}'
    const stream = (given) =>
      page.evaluate(async ([body, more]) => {
        const headers = { 'content-type': 'application/json', accept: 'text/event-stream', ...more }
        const leave = new AbortController()
        const response = await fetch('/graphql', { method: 'POST', headers, body, signal: leave.signal })
        leave.abort()
        return [response.status, response.headers.get('content-type')]
      }, [subscription, given])
    assert.deepEqual(await stream({ 'x-kith-staff': '1' }), [200, 'text/event-stream; charset=utf-8'])
    assert.equal((await stream({}))[0], 401)
    // The socket has no headers to set: its origin speaks for it.
    const live = await page.evaluate(
      () =>
        new Promise((resolve) => {
          const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
          const heard = []
          socket.onopen = () => socket.send('{"type": "connection_init"}')
          socket.onmessage = ({ data }) => heard.push(JSON.parse(data).type)
          socket.onclose = ({ code }) => resolve([...new Set(heard), code])
        }),
    )
    assert.deepEqual(live, ['connection_ack', 4403])
    assert.equal((await viewer(page)).status, 401)
    await context.close()
  })

  it('withstands a page of another site', async () => {
    const { context, page } = await signIn('ann')
    await arrived(page)
    const answers = []
    context.on('response', (response) => {
      if (response.url().startsWith(kith.url) && response.request().method() === 'POST') {
        answers.push(`${new URL(response.url()).pathname} ${response.status()}`)
      }
    })
    const evil = createServer((_, res) => {
      res.setHeader('content-type', 'text/html')
      res.end(`<!doctype html><link rel="icon" href="data:,">
        <form id="graphql" method="post" action="${kith.graphql}" enctype="text/plain">
          <input name='{"query":"mutation { deleteContact(input: {id: \\"x\\"}) { deletedContactId } }", "x":"' value='"}'></form>
        <form id="logout" method="post" action="${kith.url}/auth/logout"></form>
        <a href="${kith.url}/playground/">back</a>`)
    }).listen(0, '127.0.0.1')
    await once(evil, 'listening')
    try {
      for (const host of ['localhost', '127.0.0.1']) { // another site, and the same site on another port
        const there = `http://${host}:${evil.address().port}/`
        for (const form of ['graphql', 'logout']) {
          await page.goto(there)
          const left = page.waitForURL(`${kith.url}/**`)
          await page.evaluate((id) => document.getElementById(id).submit(), form)
          await left
        }
        await page.goto(there)
        const fetched = await page.evaluate(
          (url) =>
            Promise.all([
              fetch(`${url}/graphql`, {
                method: 'POST', credentials: 'include', headers: { 'content-type': 'application/json', 'x-kith-staff': '1' }, body: '{}',
              }).then(() => 'read', () => 'refused'),
              fetch(`${url}/auth/session`, { credentials: 'include' }).then(() => 'read', () => 'refused'),
              new Promise((resolve) => {
                const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
                socket.onopen = () => resolve('open')
                socket.onerror = () => resolve('refused')
              }),
            ]),
          kith.url,
        )
        assert.deepEqual(fetched, ['refused', 'refused', 'refused'], host)
        await page.goto(there)
        await page.click('text=back')
        await arrived(page)
        assert.equal((await status(page)).signedIn, true)
      }
      // The playground's own questions are answered, or asked again when the session has just ended.
      const refused = answers.filter((answer) => answer !== '/graphql 200' && answer !== '/graphql 401')
      assert.deepEqual(new Set(refused), new Set(['/graphql 403', '/auth/logout 403']))
    } finally {
      evil.close()
      evil.closeAllConnections()
    }
    await context.close()
  })

  it('shows the playground to who is signed in, and takes others to sign in first', async () => {
    const stranger = await browser.newContext()
    const page = await stranger.newPage()
    await page.goto(`${kith.url}/playground`)
    assert.ok(page.url().startsWith(provider.issuer), page.url())
    await page.fill('input[name=login]', 'ann')
    await page.click('text=Enter')
    await page.waitForURL(`${kith.url}/playground`)
    await page.locator('.kith-token output', { hasText: 'ADMIN of acme' }).waitFor()
    await page.locator('.graphiql-doc-explorer').getByRole('link', { name: 'Query', exact: true }).waitFor()
    const bare = await fetch(`${kith.url}/playground`, { redirect: 'manual' })
    assert.deepEqual([bare.status, bare.headers.get('location')], [303, '/auth/login?returnTo=%2Fplayground'])
    await stranger.close()
  })

  it('shows who has no access why, and signs out to let somebody else in', async () => {
    const { page, complaints } = await watchedPage(browser)
    await page.goto(`${kith.url}/auth/login?returnTo=/playground/`)
    await page.fill('input[name=login]', 'stranger')
    await page.click('text=Enter')
    await page.waitForURL(`${kith.url}/auth/callback**`)
    assert.equal(await page.locator('h1').textContent(), 'No access')
    assert.match(await page.locator('.detail').textContent(), /claim workspace is missing/)
    assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector('main')).maxWidth), '480px')
    await page.click('button:has-text("Sign out")')
    await page.click('text=Leave')
    await page.waitForURL(`${kith.url}/auth/signed-out`)
    await page.click('text=Sign in')
    await page.fill('input[name=login]', 'ann')
    await page.click('text=Enter')
    await page.waitForURL(`${kith.url}/staff/contacts`)
    assert.deepEqual(complaints.filter((text) => !text.includes(provider.issuer) && !/ 40[34] /.test(text)), [])
    await page.context().close()
  })
})
