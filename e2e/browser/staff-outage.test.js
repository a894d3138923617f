// The staff pages while the server is away.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { launch } from '../harness/browser.js'
import { startKith } from '../harness/kith.js'
import { startProxy } from '../harness/http-proxy.js'
import { cell, edit, look, open, said, shot, shows, until, write } from '../harness/staff-pages.js'

// count notes what a page sends: requests by path, and upgrades.
function count(page) {
  const sent = { '/readyz': 0, '/graphql': 0, upgrades: 0 }
  page.on('request', (request) => sent[new URL(request.url()).pathname]++)
  page.on('websocket', () => sent.upgrades++)
  return sent
}

// alive tells whether the page still draws and answers.
const alive = (page) => page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => resolve(true))))

describe('the staff pages through an outage', () => {
  let kith, browser, lena
  before(async () => {
    kith = await startKith()
    browser = await launch()
    lena = (await write(kith, { name: 'Lena Steadfast' })).contact
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
  })

  it('ask seldom while the server is away for long, stay alive, and come back by themselves', async () => {
    const contacts = await open(browser, kith)
    const chat = await open(browser, kith, '/staff/chat')
    const sent = [contacts, chat].map(({ page }) => count(page))
    await cell(contacts.page, 'Lena Steadfast', 'notes').click()
    await contacts.page.keyboard.type('half a sen')
    await kith.down()
    const banner = contacts.page.locator('.banner')
    await banner.getByText('cannot be reached').waitFor()
    await chat.page.locator('.banner').getByText('cannot be reached').waitFor()
    const over = performance.now() + 15_000
    while (performance.now() < over) {
      assert.equal(await alive(contacts.page), true)
      await contacts.page.waitForTimeout(500)
    }
    for (const each of sent) {
      // A second at least lies between two probes.
      assert.ok(each['/readyz'] >= 2 && each['/readyz'] <= 16, `${each['/readyz']} probes in 15 s`)
      assert.ok(each['/graphql'] <= 4 && each.upgrades <= 2, JSON.stringify(each))
    }
    await kith.up()
    await edit(kith, lena, { email: 'lena@back.example' })
    await banner.waitFor({ state: 'detached', timeout: 40_000 })
    await chat.page.locator('.banner').waitFor({ state: 'detached', timeout: 40_000 })
    await shows(contacts.page, 'Lena Steadfast', 'email', 'lena@back.example')
    assert.equal(await contacts.page.getByLabel('Notes of Lena Steadfast').inputValue(), 'half a sen')
    await contacts.page.keyboard.type('tence')
    await contacts.page.keyboard.press('Enter')
    await said(contacts.page, 'Notes of Lena Steadfast saved')
    assert.equal((await look(kith, lena)).notes, 'half a sentence')
    // And they hear of others again.
    await edit(kith, lena, { email: 'lena@live.example' })
    await shows(contacts.page, 'Lena Steadfast', 'email', 'lena@live.example')
    await contacts.page.context().close()
    await chat.page.context().close()
  })

  it('show a page that was opened meanwhile, with its styles, when the server is back', async () => {
    const { page } = await open(browser, kith)
    await kith.down()
    await page.getByRole('link', { name: 'Duplicates' }).click()
    await page.locator('.banner').getByText('cannot be reached').waitFor()
    await kith.up()
    await page.getByRole('heading', { name: 'Duplicates', exact: true }).waitFor({ timeout: 40_000 })
    await until(
      () => page.evaluate(() => [...document.querySelectorAll('link[rel=stylesheet]')].filter((link) => !link.sheet).length),
      (missing) => missing === 0,
    )
    await page.context().close()
  })

  // frozen opens a page that has lost the server, and stops its timers before the server returns: no wait can lead to what
  // the page tries after that. The loss itself may take a timer to show.
  async function frozen() {
    const { page } = await open(browser, kith)
    await page.clock.install()
    await page.reload()
    await page.locator('[data-row]').first().waitFor()
    await kith.down()
    await page.locator('.banner').waitFor()
    await page.clock.pauseAt(Date.now() + 1_000)
    await kith.up()
    const sent = count(page)
    await page.waitForTimeout(300)
    assert.deepEqual(sent, { '/readyz': 0, '/graphql': 0, upgrades: 0 })
    return page
  }

  async function back(page) {
    await page.locator('.banner').waitFor({ state: 'detached' })
    await page.clock.resume()
    await edit(kith, lena, { email: `lena@${Math.random()}.example` })
    await shows(page, 'Lena Steadfast', 'email', (await look(kith, lena)).email)
    await page.context().close()
  }

  it('retry immediately when they become visible', async () => {
    const page = await frozen()
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
    await back(page)
  })

  it('retry immediately when the device is online again, and say when it is not', async () => {
    const page = await frozen()
    await page.context().setOffline(true)
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.locator('.banner').getByText('This device is offline').waitFor()
    await shot(page, 'offline')
    await page.context().setOffline(false)
    await back(page)
  })

  it('notice on waking that a socket which seems open is dead', async () => {
    const proxy = await startProxy(kith, { upgrades: 'pass' })
    const { page } = await open(browser, proxy)
    // A socket is open once an event has come over it; one that is still opening has a time limit instead.
    await edit(kith, lena, { email: 'lena@asleep.example' })
    await shows(page, 'Lena Steadfast', 'email', 'lena@asleep.example')
    assert.equal(proxy.passing.size, 2)
    // From now on nothing goes through, and nobody says so.
    for (const connection of proxy.passing) {
      connection.unpipe()
      connection.removeAllListeners('data')
      connection.pause()
    }
    const sent = count(page)
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
    await until(() => sent.upgrades, (n) => n > 0, 12_000)
    await edit(kith, lena, { email: 'lena@awake.example' })
    await shows(page, 'Lena Steadfast', 'email', 'lena@awake.example')
    await page.context().close()
    await proxy.stop()
  })

  it('say that a session could not be read, not that it does not exist', async () => {
    const { session } = await write(kith, { name: 'Ada Away' })
    const { page } = await open(browser, kith)
    await kith.down()
    await page.locator('.banner').waitFor()
    await page.evaluate((id) => history.pushState(null, '', `/staff/chat?session=${id}`), session)
    await page.evaluate(() => dispatchEvent(new PopStateEvent('popstate')))
    await page.getByRole('heading', { name: 'The session could not be read' }).waitFor()
    await kith.up()
    await page.locator('.banner').getByRole('button').click().catch(() => {}) // it may have noticed by itself
    await page.getByRole('heading', { name: 'Ada Away' }).waitFor()
    await page.context().close()
  })
})
