// The staff pages when something goes wrong in them, and when the session ends in the middle of something.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { launch, watchedPage } from '../harness/browser.js'
import { startKith, token } from '../harness/kith.js'
import { cell, edit, open, shot, until, write } from '../harness/staff-pages.js'

const secret = 'a secret of at least thirty-two bytes'

describe('a staff page that cannot be drawn', () => {
  let kith, browser, vera
  before(async () => {
    kith = await startKith()
    browser = await launch()
    vera = await write(kith, { name: 'Vera Broken' })
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
  })

  // spoil answers everything with a time that is none, as long as it is told to: no page can show that.
  async function spoil(page) {
    const spoiling = { on: true }
    await page.route('**/graphql', async (route) => {
      try {
        const response = await route.fetch()
        const text = await response.text()
        const body = spoiling.on ? text.replaceAll(/"(last\w+At)":\s*"[^"]*"/g, '"$1":"never"') : text
        await route.fulfill({ response, body })
      } catch {
        // the page was left meanwhile
      }
    })
    return spoiling
  }

  for (const colorScheme of ['light', 'dark']) {
    it(`says so, keeps what was typed, and goes on: ${colorScheme}`, async () => {
      const { page } = await open(browser, kith, '/staff/contacts', { colorScheme })
      await cell(page, 'Vera Broken', 'email').click()
      await page.keyboard.type('vera at home')
      await page.keyboard.press('Enter')
      await page.getByRole('alert').getByText('Invalid').waitFor()

      const spoiling = await spoil(page)
      await page.getByLabel('Search contacts').fill('vera')
      const heading = page.getByRole('heading', { name: 'Something went wrong on this page' })
      await heading.waitFor()
      assert.equal(await page.evaluate(() => document.activeElement.tagName), 'H1')
      await page.getByRole('main').getByText('vera at home').waitFor()
      await shot(page, `broken-${colorScheme}`)

      // The other page works, and this one goes on once what broke it is gone.
      spoiling.on = false
      await page.getByRole('link', { name: 'Chat', exact: true }).click()
      await page.locator('.session a').first().waitFor()
      await page.goBack()
      await page.getByLabel('Search contacts').waitFor()
      spoiling.on = true
      await edit(kith, vera.contact, { notes: `Seen in ${colorScheme}` })
      await heading.waitFor()
      await page.getByRole('button', { name: 'Go on', exact: true }).click()
      await heading.waitFor()
      spoiling.on = false
      await page.getByRole('button', { name: 'Go on', exact: true }).click()
      assert.equal(await page.getByLabel('Email of Vera Broken').inputValue(), 'vera at home')
      assert.equal(await page.getByLabel('Search contacts').inputValue(), 'vera')
      await page.context().close()
    })
  }

  it('takes the chat page no further than itself', async () => {
    const { page } = await open(browser, kith, `/staff/chat?contact=${vera.contact}`)
    const spoiling = await spoil(page)
    await page.getByRole('link', { name: 'Contacts', exact: true }).click()
    const heading = page.getByRole('heading', { name: 'Something went wrong on this page' })
    await heading.waitFor()
    await page.goBack()
    await heading.waitFor()
    assert.match(page.url(), /chat/)
    spoiling.on = false
    await page.getByRole('button', { name: 'Go on without search and filters' }).click()
    await page.locator('.session a').nth(1).waitFor()
    assert.equal(new URL(page.url()).search, '')
    await page.context().close()
  })
})

describe('the question to sign in, in the middle of something', () => {
  let kith, browser
  before(async () => {
    kith = await startKith({ KITH_AUTH_SECRET: secret })
    browser = await launch()
    const bearer = token(secret, 'acme', 'admin')
    const ask = async (query) => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${bearer}` }
      const response = await fetch(kith.graphql, { method: 'POST', headers, body: JSON.stringify({ query }) })
      return (await response.json()).data
    }
    const { createChannel } = await ask(
      'mutation { createChannel(input: {name: "Site", type: HTML_EMBED}) { channel { id } } }',
    )
    for (const name of ['Zoe Last', 'Yan Middle', 'Xia First']) {
      await ask(`mutation { recordInteraction(input: {
        channelId: "${createChannel.channel.id}", externalId: "${name}", messageId: "${name}", profile: {name: "${name}"}
      }) { contact { id } } }`)
    }
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
  })

  async function enter(page, ttl) {
    await page.getByLabel('Token').fill(token(secret, 'acme', 'staff', ttl))
    await page.getByRole('button', { name: 'Sign in' }).click()
  }

  // covered is where something else lies over the dialog, or over the page beside it.
  const covered = (page) =>
    page.evaluate(() => {
      const dialog = document.querySelector('.door')
      const { left, top, width, height } = dialog.getBoundingClientRect()
      const all = []
      for (let i = 1; i < 20; i++) {
        for (let j = 1; j < 20; j++) {
          const hit = document.elementFromPoint(left + (width * i) / 20, top + (height * j) / 20)
          if (!dialog.contains(hit)) {
            all.push(hit?.className)
          }
        }
      }
      return [...new Set(all)]
    })

  const looks = [
    { name: 'light', colorScheme: 'light', viewport: { width: 1400, height: 900 } },
    { name: 'dark', colorScheme: 'dark', viewport: { width: 1400, height: 420 } },
    { name: 'narrow', colorScheme: 'light', viewport: { width: 360, height: 740 } },
  ]
  for (const { name, ...look } of looks) {
    it(`lies over everything, and gives back what was typed: ${name}`, async () => {
      const { page } = await watchedPage(browser, look)
      await page.goto(`${kith.url}/staff/contacts`)
      await enter(page, '8s')
      await cell(page, 'Yan Middle', 'email').click()
      await page.keyboard.type('half a sen')
      await page.getByRole('dialog', { name: 'You are signed out' }).waitFor()
      await shot(page, `signed-out-${name}`)
      assert.deepEqual(await covered(page), [])
      await enter(page)
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      assert.equal(await page.getByLabel('Email of Yan Middle').inputValue(), 'half a sen')
      await page.context().close()
    })
  }

  it('lies over another dialog, which is there afterwards', async () => {
    const { page } = await watchedPage(browser)
    await page.goto(`${kith.url}/staff/contacts`)
    await enter(page, '8s')
    await page.getByRole('button', { name: 'Delete Yan Middle' }).click()
    await page.getByRole('alertdialog').waitFor()
    await page.getByRole('dialog', { name: 'You are signed out' }).waitFor()
    await shot(page, 'signed-out-delete')
    assert.deepEqual(await covered(page), [])
    await enter(page)
    await page.getByRole('dialog', { name: 'You are signed out' }).waitFor({ state: 'detached' })
    await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('alertdialog').waitFor({ state: 'detached' })
    await until(() => cell(page, 'Yan Middle', 'email').count(), (n) => n === 1)
    await page.context().close()
  })
})
