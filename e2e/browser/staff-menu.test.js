import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { faults, overflow } from '../harness/axe.js'
import { launch, watchedPage } from '../harness/browser.js'
import { startKith, token } from '../harness/kith.js'
import { open, shot, until, write } from '../harness/staff-pages.js'

const secret = 'a secret of at least thirty-two bytes'

describe('the command menu', () => {
  let kith, browser, maria
  before(async () => {
    kith = await startKith()
    browser = await launch()
    maria = (await write(kith, { name: 'Maria Silva', email: 'maria@silva.example' })).contact
    await write(kith, { name: 'ليلى حداد', phone: '+971501234567' })
    await write(kith, { name: '高橋 健', email: 'ken@takahashi.example' })
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
  })

  const input = (page) => page.getByRole('combobox', { name: 'Find a contact' })
  const options = (page) => page.getByRole('option')
  const chosen = (page) =>
    page.evaluate(() => {
      const id = document.activeElement.getAttribute('aria-activedescendant')
      const option = id && document.getElementById(id)
      return option?.getAttribute('aria-selected') === 'true' ? option.querySelector('span').textContent : null
    })
  const path = (page) => new URL(page.url()).pathname
  const arrive = (page, where) =>
    until(
      () => path(page),
      (now) => now === where,
    )

  it('goes to a contact by a few letters of it', async () => {
    const { page, complaints } = await open(browser, kith)
    await page.keyboard.press('Control+k')
    await input(page).waitFor()
    await shot(page, 'menu')
    assert.deepEqual(await faults(page), [])
    await page.keyboard.type('silva mar')
    await until(
      () => chosen(page),
      (name) => name === 'Maria Silva',
    )
    assert.equal(await options(page).first().locator('.detail').innerText(), 'maria@silva.example')
    assert.deepEqual(await options(page).first().locator('mark').allInnerTexts(), ['Mar', 'Silva'])
    await shot(page, 'menu-contacts')
    assert.deepEqual(await faults(page), [])
    await page.keyboard.press('Enter')
    await arrive(page, `/staff/contacts/${maria}`)
    assert.equal(await page.getByRole('dialog', { name: 'Go to or do' }).count(), 0)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('goes to pages, and offers recent choices first, until the tab is closed', async () => {
    const { page, complaints } = await open(browser, kith)
    await page.getByRole('button', { name: 'Find contacts, pages and actions' }).click()
    await input(page).waitFor()
    await page.keyboard.type('audit')
    await until(
      () => chosen(page),
      (name) => name === 'Audit log',
    )
    await page.keyboard.press('Enter')
    await arrive(page, '/staff/audit')
    await page.keyboard.press('Control+k')
    await input(page).waitFor()
    // As fast as one types: the answer comes later.
    await page.keyboard.type('maria@silva')
    await page.keyboard.press('Enter')
    await arrive(page, `/staff/contacts/${maria}`)
    await page.keyboard.press('Control+k')
    await page.getByText('Recent', { exact: true }).waitFor()
    assert.deepEqual((await options(page).locator('span:first-child').allInnerTexts()).slice(0, 2), ['Maria Silva', 'Audit log'])
    assert.deepEqual(await page.evaluate(() => [localStorage.length, sessionStorage.length]), [0, 0])
    await page.keyboard.press('Escape')
    await page.reload()
    await page.getByRole('navigation').waitFor()
    await page.keyboard.press('Control+k')
    await input(page).waitFor()
    assert.equal(await page.getByText('Recent', { exact: true }).count(), 0)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('gives the focus back, keeps the arrows within its options, and says when nothing matches', async () => {
    const { page, complaints } = await watchedPage(browser, { locale: 'en-GB' })
    await page.goto(`${kith.url}/staff/channels`)
    const add = page.getByRole('link', { name: 'Add a channel' })
    await add.focus()
    await page.keyboard.press('Control+k')
    await input(page).waitFor()
    const first = await chosen(page)
    assert.equal(first, 'Add a channel', 'what can be done here comes first')
    await page.keyboard.press('ArrowUp')
    assert.equal(await chosen(page), 'Settings')
    await page.keyboard.press('ArrowDown')
    assert.equal(await chosen(page), first)
    await page.keyboard.type('zzzzzz')
    await page.getByText('Nothing matches “zzzzzz”.').waitFor()
    await page.keyboard.press('Enter')
    assert.deepEqual(await faults(page), [])
    await shot(page, 'menu-nothing')
    await page.keyboard.press('Escape')
    await until(
      () => page.evaluate(() => document.activeElement.textContent),
      (text) => text === 'Add a channel',
    )
    await page.keyboard.press('Control+k')
    await page.keyboard.press('Enter')
    await arrive(page, '/staff/channels/new')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('leaves the keys of an input method alone', async () => {
    const { page } = await open(browser, kith)
    await page.keyboard.press('Control+k')
    await input(page).fill('高橋')
    await until(
      () => chosen(page),
      (name) => name === '高橋 健',
    )
    const composed = (key, init) =>
      input(page).dispatchEvent('keydown', { key, bubbles: true, cancelable: true, ...init })
    await composed('Enter', { isComposing: true })
    await composed('Enter', { keyCode: 229 }) // as Safari reports it
    await composed('ArrowDown', { isComposing: true })
    assert.equal(await chosen(page), '高橋 健')
    assert.equal(path(page), '/staff/contacts')
    await page.keyboard.press('Enter')
    await until(
      () => path(page),
      (now) => now.startsWith('/staff/contacts/contact_'),
    )
    await page.context().close()
  })

  it('does not go to what an older answer found', async () => {
    const { page } = await open(browser, kith)
    let hold
    await page.route('**/graphql', async (route) => {
      if (route.request().postData()?.includes('"search":"maria"')) {
        await new Promise((resolve) => (hold = resolve))
      }
      await route.continue().catch(() => {})
    })
    await page.keyboard.press('Control+k')
    await input(page).fill('maria')
    await until(
      () => hold !== undefined,
      (held) => held,
    )
    await page.keyboard.press('Enter') // waits for the answer, until something else is typed
    assert.equal(path(page), '/staff/contacts')
    await input(page).fill('ken@')
    await until(
      () => chosen(page),
      (name) => name === '高橋 健',
    )
    hold()
    await page.keyboard.press('Enter')
    await until(
      () => path(page),
      (now) => now.startsWith('/staff/contacts/contact_') && !now.endsWith(maria),
    )
    await page.context().close()
  })

  it('lists the shortcuts of the page', async () => {
    const { page, complaints } = await watchedPage(browser, { locale: 'en-GB' })
    await page.goto(`${kith.url}/staff/duplicates`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.keyboard.press('?')
    const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
    await dialog.getByText('Next pair').waitFor()
    await dialog.getByText('Everywhere').waitFor()
    await shot(page, 'shortcuts')
    assert.deepEqual(await faults(page), [])
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    // In a field it is a character.
    await page.goto(`${kith.url}/staff/contacts`)
    await page.getByLabel('Search contacts').press('?')
    assert.equal(await page.getByLabel('Search contacts').inputValue(), '?')
    assert.equal(await dialog.count(), 0)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('says when the server cannot be reached, and still goes to pages', async () => {
    const { page } = await open(browser, kith)
    await page.route('**/graphql', (route) => route.abort())
    await page.keyboard.press('Control+k')
    await input(page).waitFor()
    await page.keyboard.type('chat')
    await page.getByText('the server cannot be reached').waitFor()
    await until(
      () => chosen(page),
      (name) => name === 'Chat',
    )
    await page.keyboard.press('Enter')
    await arrive(page, '/staff/chat')
    await page.context().close()
  })

  for (const [width, colorScheme] of [
    [390, 'dark'],
    [768, 'light'],
  ]) {
    it(`fits a window of ${width} pixels, ${colorScheme}`, async () => {
      const { page } = await open(browser, kith, '/staff/contacts', { viewport: { width, height: 844 }, colorScheme })
      await page.getByRole('button', { name: 'Find contacts, pages and actions' }).click()
      await input(page).fill('silva')
      await options(page).first().waitFor()
      await shot(page, `menu-${width}`)
      assert.deepEqual(await faults(page), [])
      assert.ok((await overflow(page)) <= 0)
      await page.context().close()
    })
  }
})

describe('the command menu, to readers', () => {
  let kith, browser
  before(async () => {
    kith = await startKith({ KITH_AUTH_SECRET: secret })
    browser = await launch()
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
  })

  it('is closed before signing in, and has no pages of admins', async () => {
    const { page, complaints } = await watchedPage(browser, { locale: 'en-GB' })
    await page.goto(`${kith.url}/staff/contacts`)
    await page.getByLabel('Token').waitFor()
    await page.getByRole('heading', { name: 'Sign in to Kith' }).click()
    await page.keyboard.press('Control+k')
    assert.equal(await page.getByRole('dialog').count(), 0)
    await page.getByLabel('Token').fill(token(secret, 'acme', 'reader'))
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'No contacts yet' }).waitFor()
    await page.keyboard.press('Control+k')
    await page.getByRole('option', { name: 'Duplicates' }).waitFor()
    assert.equal(await page.getByRole('option', { name: /API keys|Channels|Audit/ }).count(), 0)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })
})
