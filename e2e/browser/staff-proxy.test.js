// The staff pages behind something that keeps events from them.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { launch } from '../harness/browser.js'
import { startProxy } from '../harness/http-proxy.js'
import { startKith } from '../harness/kith.js'
import { edit, open, shot, shows, until, write } from '../harness/staff-pages.js'

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

  describe('hear of others by server-sent events, after few tries', { concurrency: true }, () => {
    for (const upgrades of ['forbid', 'strip', 'reset', 'brief']) {
      it(upgrades, async () => {
        const name = `Olga ${upgrades}`
        const { contact } = await write(kith, { name })
        const proxy = await startProxy(kith, { upgrades })
        const { page } = await open(browser, proxy)
        await until(() => proxy.open, (n) => n === 1, 30_000)
        await page.locator('.banner').waitFor({ state: 'detached' })
        for (const email of [`one@${upgrades}.example`, `two@${upgrades}.example`]) {
          await edit(kith, contact, { email })
          await shows(page, name, 'email', email)
        }
        assert.ok(proxy.upgraded <= 4, `${proxy.upgraded} upgrades`)
        // It stays that way: what is asked then is for what others do. Parts of the page that are wanted later may still come.
        const tried = (path) => path !== '/graphql' && !path.startsWith('/staff/assets/')
        const attempts = () => [proxy.upgraded, proxy.open, proxy.requests.filter(tried).length]
        const before = attempts()
        await page.waitForTimeout(3_000)
        assert.deepEqual(attempts(), before)
        const others = proxy.requests.filter((path) => path === '/graphql' || path === '/readyz')
        assert.ok(others.length <= 20, `${others.length} requests`)
        await page.context().close()
        await proxy.stop()
      })
    }
  })

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
    const questions = () => proxy.requests.filter((request) => !request.includes('/assets/')).length
    const before = questions()
    await page.waitForTimeout(10_000)
    assert.ok(questions() - before <= 30, `${questions() - before} requests in 10 s`)
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
