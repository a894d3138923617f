// The staff pages while the server is away, or behind something that keeps events from them.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { launch } from '../harness/browser.js'
import { startKith } from '../harness/kith.js'
import { startProxy } from '../harness/http-proxy.js'
import { cell, edit, look, names, open, row, said, shot, until, write } from '../harness/staff-pages.js'

// count notes what a page sends: requests by path, and upgrades.
function count(page) {
  const sent = { '/readyz': 0, '/graphql': 0, upgrades: 0 }
  page.on('request', (request) => sent[new URL(request.url()).pathname]++)
  page.on('websocket', () => sent.upgrades++)
  return sent
}

// alive tells whether the page still draws and answers.
const alive = (page) => page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => resolve(true))))

// shows waits until a field on the screen is what somebody made it elsewhere.
const shows = (page, name, field, text, ms) =>
  until(
    () => cell(page, name, field).innerText(),
    (seen) => seen === text,
    ms,
  )

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

describe('the staff pages behind a proxy that lets no WebSocket through', () => {
  let kith, browser, olga
  before(async () => {
    kith = await startKith()
    browser = await launch()
    olga = (await write(kith, { name: 'Olga Beyond' })).contact
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
  })

  for (const upgrades of ['forbid', 'strip', 'reset', 'brief']) {
    it(`hear of others by server-sent events, after few tries: ${upgrades}`, async () => {
      const proxy = await startProxy(kith, { upgrades })
      const { page } = await open(browser, proxy)
      await until(() => proxy.open, (n) => n === 1, 30_000)
      await page.locator('.banner').waitFor({ state: 'detached' })
      for (const email of [`one@${upgrades}.example`, `two@${upgrades}.example`]) {
        await edit(kith, olga, { email })
        await shows(page, 'Olga Beyond', 'email', email)
      }
      const others = proxy.requests.filter((path) => path === '/graphql' || path === '/readyz')
      assert.ok(proxy.upgraded <= 4, `${proxy.upgraded} upgrades`)
      assert.ok(others.length <= 20, `${others.length} requests`)
      // It stays that way.
      const before = [proxy.upgraded, proxy.requests.length]
      await page.waitForTimeout(3_000)
      assert.deepEqual([proxy.upgraded, proxy.requests.length], before)
      await page.context().close()
      await proxy.stop()
    })
  }

  it('do not take a server for lost whose /readyz the proxy keeps to itself', async () => {
    const proxy = await startProxy(kith, { ready: 'keep' })
    const { page } = await open(browser, proxy)
    const lost = []
    await page.exposeFunction('noteLoss', (text) => lost.push(text))
    await page.evaluate(() => {
      const note = () => /reached|ready/.test(document.querySelector('.banner')?.textContent ?? '') && globalThis.noteLoss(true)
      new MutationObserver(note).observe(document.querySelector('.foot'), { subtree: true, childList: true, characterData: true })
    })
    await until(() => proxy.open, (n) => n === 1, 30_000)
    await edit(kith, olga, { email: 'kept@ready.example' })
    await shows(page, 'Olga Beyond', 'email', 'kept@ready.example')
    assert.deepEqual(lost, [])
    await page.context().close()
    await proxy.stop()
  })

  it('keep no stream while nobody looks, and miss nothing', async () => {
    const proxy = await startProxy(kith)
    const { page } = await open(browser, proxy)
    const see = (hidden) =>
      page.evaluate((hidden) => {
        Object.defineProperty(document, 'hidden', { value: hidden, configurable: true })
        Object.defineProperty(document, 'visibilityState', { value: hidden ? 'hidden' : 'visible', configurable: true })
        document.dispatchEvent(new Event('visibilitychange'))
      }, hidden)
    await until(() => proxy.open, (n) => n === 1, 30_000)
    await see(true)
    await until(() => proxy.open, (n) => n === 0)
    await edit(kith, olga, { email: 'while@hidden.example' })
    await see(false)
    await until(() => proxy.open, (n) => n === 1)
    await shows(page, 'Olga Beyond', 'email', 'while@hidden.example')
    await page.context().close()
    await proxy.stop()
  })

  it('say so where neither way is open, show what others change all the same, and recover', async () => {
    const proxy = await startProxy(kith, { streams: 'refuse' })
    const { page } = await open(browser, proxy, '/staff/contacts', { colorScheme: 'dark' })
    const banner = page.locator('.banner')
    await banner.getByText('Live updates are interrupted').waitFor()
    await shot(page, 'interrupted')
    const { length } = proxy.requests
    await page.waitForTimeout(10_000)
    assert.ok(proxy.requests.length - length <= 30, `${proxy.requests.length - length} requests in 10 s`)
    await edit(kith, olga, { email: 'by@asking.example' })
    await shows(page, 'Olga Beyond', 'email', 'by@asking.example', 40_000)
    proxy.streams = 'pass'
    proxy.upgrades = 'pass'
    await banner.getByRole('button', { name: 'Try again' }).click()
    await banner.waitFor({ state: 'detached' })
    await edit(kith, olga, { email: 'live@again.example' })
    await shows(page, 'Olga Beyond', 'email', 'live@again.example')
    await page.context().close()
    await proxy.stop()
  })
})
