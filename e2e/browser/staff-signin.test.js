import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import { launch, watchedPage } from '../harness/browser.js'
import { run, startKith, token } from '../harness/kith.js'
import { startProvider } from '../harness/openid-provider.js'
import { cell, names, open, said, shot, until } from '../harness/staff-pages.js'

const secret = 'a secret of at least thirty-two bytes'

// fillAs makes a contact in the workspace of a token, and returns its id.
async function fillAs(kith, bearer, name) {
  const ask = async (query, variables) => {
    const response = await fetch(kith.graphql, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${bearer}` },
      body: JSON.stringify({ query, variables }),
    })
    return (await response.json()).data
  }
  const { createChannel } = await ask(
    'mutation { createChannel(input: {name: "Site", type: HTML_EMBED}) { channel { id } } }',
  )
  const input = { channelId: createChannel.channel.id, externalId: 'x', messageId: 'y', profile: { name } }
  const record = 'mutation ($input: RecordInteractionInput!) { recordInteraction(input: $input) { contact { id } } }'
  return (await ask(record, { input })).recordInteraction.contact.id
}

describe('the staff pages with tokens', () => {
  let kith, browser
  before(async () => {
    kith = await startKith({ KITH_AUTH_SECRET: secret })
    browser = await launch()
    await fillAs(kith, token(secret, 'acme', 'admin'), 'Only Ours')
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
  })

  it('ask for a token, keep it in memory alone, and forget it on reload', async () => {
    const { page } = await watchedPage(browser)
    await page.goto(`${kith.url}/staff/contacts?search=only`)
    const field = page.getByLabel('Token')
    await field.waitFor()
    await shot(page, 'token')
    await field.fill('nonsense')
    await field.press('Enter')
    await page.getByRole('alert').filter({ hasText: /\w/ }).waitFor()
    await field.fill(token(secret, 'acme', 'channel'))
    await field.press('Enter')
    await page.getByText('Staff need a token').waitFor()

    const good = token(secret, 'acme', 'staff')
    await field.fill(`Bearer ${good}`)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('link', { name: 'Only Ours' }).waitFor()
    await page.locator('.who').getByText('acme').waitFor()
    await cell(page, 'Only Ours', 'notes').click()
    await page.keyboard.type('With a token')
    await page.keyboard.press('Enter')
    await said(page, 'Notes of Only Ours saved')

    const stored = await page.evaluate(
      () =>
        JSON.stringify({ ...localStorage, ...sessionStorage }) +
        document.cookie +
        location.href +
        document.body.innerHTML,
    )
    assert.ok(!stored.includes(good.slice(0, 40)))
    assert.equal(await page.getByRole('link', { name: 'Playground' }).count(), 0)
    await page.reload()
    await field.waitFor()
    assert.equal(await page.getByRole('link', { name: 'Only Ours' }).count(), 0)
    await page.context().close()
  })

  it('hear of others over a socket that carries the token', async () => {
    const bearer = token(secret, 'globex', 'admin')
    const { page, complaints } = await watchedPage(browser)
    await page.goto(`${kith.url}/staff/contacts`)
    await page.getByLabel('Token').fill(bearer)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'No contacts yet' }).waitFor()
    await page.waitForTimeout(300)
    await fillAs(kith, bearer, 'Just Arrived')
    await page.getByRole('link', { name: 'Just Arrived' }).waitFor()
    assert.deepEqual(complaints, [])
    await page.context().close()
  })
})

describe('the staff pages of a kith that answers trusted documents only', () => {
  let kith, browser, dir
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'kith-documents-'))
    const manifest = join(dir, 'persisted-documents.json')
    const record = 'mutation ($input: RecordInteractionInput!) { recordInteraction(input: $input) { contact { id } } }'
    await writeFile(manifest, JSON.stringify({ who: '{ viewer { role } }', channels: '{ channels { nodes { id } } }', record }))
    kith = await startKith({ KITH_TRUSTED_DOCUMENTS: manifest, KITH_RATE_LIMIT: '100/s' })
    browser = await launch()
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
    await rm(dir, { recursive: true, force: true })
  })

  it('are among those it answers, whatever they ask', async () => {
    const { page, complaints } = await open(browser, kith, '/staff/contacts?search=a')
    const [name] = await names(page)
    await cell(page, name, 'notes').click()
    await page.keyboard.type('Trusted')
    await page.keyboard.press('Enter')
    await said(page, `Notes of ${name} saved`)
    await page.getByLabel('Search contacts').fill('')
    await page.locator('.count').getByText('500 contacts').waitFor()
    await page.keyboard.press('Escape')
    await page.locator('.box').evaluate((box) => (box.scrollTop = box.scrollHeight / 2))
    await until(
      () => page.locator('.row').first().getAttribute('aria-rowindex'),
      (at) => Number(at) > 200,
    )
    await page.locator('.box').evaluate((box) => (box.scrollTop = 0))

    const { channels: { nodes: channels } } = await run(kith.graphql, '{ channels { nodes { id } } }')
    const record = 'mutation ($input: RecordInteractionInput!) { recordInteraction(input: $input) { contact { id } } }'
    const input = { channelId: channels[0].id, externalId: 'x', messageId: 'y', profile: { name: 'Heard Of' } }
    await run(kith.graphql, record, { input })
    await page.getByRole('link', { name: 'Heard Of' }).click()
    await page.locator('.session a').first().click()
    await page.getByLabel('Status', { exact: true }).selectOption('Closed')
    await said(page, 'Status: Closed')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })
})

describe('the staff pages with OpenID Connect', () => {
  let kith, provider, browser
  before(async () => {
    kith = await startKith(async (url) => {
      provider = await startProvider(url, { host: 'localhost', ttl: 4 })
      provider.people.ann = { name: 'Ann', workspace: 'acme', role: 'admin' }
      return provider.settings
    })
    browser = await launch('localhost')
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
    await provider?.stop()
  })

  it('sign in there, come back to where one was, stay signed in, and sign out', async () => {
    const context = await browser.newContext({ viewport: { width: 1400, height: 900 } })
    context.setDefaultTimeout(15_000)
    const page = await context.newPage()
    await page.goto(`${kith.url}/staff/contacts?search=nobody`)
    await page.getByRole('link', { name: 'Sign in' }).click()
    await page.fill('input[name=login]', 'ann')
    await page.click('text=Enter')
    await page.waitForURL(`${kith.url}/staff/contacts?search=nobody`)
    await page.getByRole('heading', { name: 'No contacts yet' }).waitFor()
    await page.locator('.who').getByText('Ann').waitFor()

    // The cookie opens the socket as well.
    await page.waitForTimeout(300)
    await page.evaluate(async () => {
      const ask = async (query) => {
        const headers = { 'content-type': 'application/json', 'x-kith-staff': '1' }
        return (await (await fetch('/graphql', { method: 'POST', headers, body: JSON.stringify({ query }) })).json())
          .data
      }
      const { createChannel } = await ask(
        'mutation { createChannel(input: {name: "Site", type: HTML_EMBED}) { channel { id } } }',
      )
      await ask(`mutation { recordInteraction(input: {
        channelId: "${createChannel.channel.id}", externalId: "x", messageId: "y", profile: {name: "Nobody Special"}
      }) { contact { id } } }`)
    })
    await page.getByRole('link', { name: 'Nobody Special' }).waitFor()

    // The session lasts four seconds; the page renews it without a word, each time. What is asked right after a renewal is
    // answered at once.
    const renewals = []
    page.on('response', (response) => response.url().endsWith('/auth/refresh') && renewals.push(response.status()))
    for (const earlier of [0, 1]) {
      await until(
        () => renewals.length,
        (n) => n > earlier,
      )
    }
    assert.ok(
      renewals.every((status) => status === 200),
      renewals.join(),
    )
    await page.getByLabel('Search contacts').fill('still here')
    const answer = await page.waitForResponse((response) => response.url() === kith.graphql)
    assert.equal(answer.status(), 200)

    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.waitForURL((url) => !url.href.startsWith(`${kith.url}/staff`))
    await context.close()
  })
})
