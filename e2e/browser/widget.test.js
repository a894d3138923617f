import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { after, before, describe, it } from 'node:test'

import { launch, watchedPage } from '../harness/browser.js'
import { run, startKith } from '../harness/kith.js'

const secret = 'a key that signs who the users are'

// A site of somebody's, with the snippet pasted into its page as createChannel gives it.
describe('the chat widget', () => {
  let kith, browser, site, snippet, head = ''

  before(async () => {
    kith = await startKith({ KITH_DEMO: 'off', KITH_SECRET_KEY: 'a key of at least thirty-two bytes' })
    browser = await launch()
    site = createServer((request, response) => {
      response.setHeader('content-type', 'text/html; charset=utf-8')
      response.end(`<!doctype html><link rel="icon" href="data:,"><title>Shop</title>${head}<h1>Shop</h1>${snippet}`)
    }).listen(0, '127.0.0.1')
    await once(site, 'listening')
    const { createChannel } = await run(kith.graphql, `mutation ($domain: String!, $secret: String!) {
      createChannel(input: { name: "Site", type: HTML_EMBED, allowedDomains: [$domain], secret: $secret }) {
        setup { embedSnippet }
        userErrors { message }
      }
    }`, { domain: `127.0.0.1:${site.address().port}`, secret })
    assert.deepEqual(createChannel.userErrors, [])
    snippet = createChannel.setup.embedSnippet
  })

  after(async () => {
    await browser?.close()
    site?.close()
    await kith?.stop()
  })

  const address = () => `http://127.0.0.1:${site.address().port}/`

  async function open(context) {
    const { page, complaints } = await watchedPage(browser, context)
    await page.goto(address())
    return { page, complaints }
  }

  async function write(page, text, status = 'Sent.') {
    await page.getByLabel('Message').fill(text)
    await page.getByRole('button', { name: 'Send' }).click()
    await page.getByRole('status').filter({ hasText: status }).waitFor()
  }

  async function contacts() {
    const data = await run(kith.graphql, `{ contacts(orderBy: { field: CREATED }) { nodes {
      name email identities { externalId } sessions { nodes { lastMessagePreview unreadCount } }
    } } }`)
    return data.contacts.nodes
  }

  it('makes a contact of a visitor, who stays the same after a reload', async () => {
    const { page, complaints } = await open()
    await page.getByLabel('Name').fill('Ann Smith')
    await page.getByLabel('E-mail').fill('ann@example.com')
    await write(page, 'Is the lamp in stock?')
    assert.equal(await page.getByLabel('Message').inputValue(), '')
    await page.reload()
    await write(page, 'Hello? “Anybody” <there>?')
    const found = await contacts()
    assert.equal(found.length, 1)
    assert.equal(found[0].name, 'Ann Smith')
    assert.equal(found[0].email, 'ann@example.com')
    assert.deepEqual(found[0].sessions.nodes, [{ lastMessagePreview: 'Hello? “Anybody” <there>?', unreadCount: 2 }])
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('keeps what was typed when it cannot be sent, and sends it once', async () => {
    const { page } = await open()
    await page.route('**/webhook', (route) => route.abort('connectionfailed'), { times: 1 })
    await write(page, 'First try', 'Not sent')
    assert.equal(await page.getByLabel('Message').inputValue(), 'First try')
    const sent = []
    page.on('request', (request) => request.method() === 'POST' && sent.push(request.postDataJSON()))
    await page.route('**/webhook', async (route) => {
      await route.fetch() // it arrives, and the answer is lost
      await route.abort('connectionfailed')
    }, { times: 1 })
    await write(page, 'First try', 'Not sent')
    await write(page, 'First try')
    assert.equal(new Set(sent.map((message) => message.messageId)).size, 1)
    const found = await contacts()
    assert.deepEqual(found.at(-1).sessions.nodes, [{ lastMessagePreview: 'First try', unreadCount: 1 }])
    await page.context().close()
  })

  it('identifies a signed-in user', async () => {
    const identity = JSON.stringify({ userId: '42', name: 'José', email: 'jose@example.com' })
    const identityHash = createHmac('sha256', secret).update(identity).digest('hex')
    head = `<script>window.kithUser = ${JSON.stringify({ identity, identityHash })}</script>`
    const { page } = await open()
    await write(page, 'It is me')
    const found = (await contacts()).at(-1)
    assert.equal(found.name, 'José')
    assert.deepEqual(found.identities, [{ externalId: 'user:42' }])
    head = `<script>window.kithUser = ${JSON.stringify({ identity, identityHash: identityHash.replace(/^./, 'x') })}</script>`
    await page.reload()
    await write(page, 'It is not', 'Not sent')
    await page.context().close()
    head = ''
  })

  it('does nothing on a page of another site', async () => {
    const before = await contacts()
    const { page } = await watchedPage(browser)
    await page.route('http://localhost/', (route) => route.fulfill({ contentType: 'text/html', body: snippet }))
    await page.goto('http://localhost/')
    await write(page, 'Hello from elsewhere', 'Not sent')
    assert.deepEqual(await contacts(), before)
    await page.context().close()
  })
})
