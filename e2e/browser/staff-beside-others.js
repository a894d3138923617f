// Beside others, and with the server away. Run by staff-long.test.js, which has to wait for something anyway.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { launch } from '../harness/browser.js'
import { startKith } from '../harness/kith.js'
import { cell, edit, look, names, open, remove, row, said, shot, until, write } from '../harness/staff-pages.js'

describe('the contacts page beside others', () => {
  let kith, browser
  before(async () => {
    kith = await startKith()
    browser = await launch()
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
  })

  let people = 0
  const somebody = async (name = `Person ${++people}`) => ({ name, ...(await write(kith, { name })) })
  const top = (locator) => locator.evaluate((element) => element.getBoundingClientRect().top)

  it('shows two people who edit one contact what the other did, and lets them choose', async () => {
    const { name, contact } = await somebody()
    const ann = await open(browser, kith)
    const bea = await open(browser, kith)
    // Both open the same cell; Ann saves first.
    await cell(ann.page, name, 'notes').click()
    await cell(bea.page, name, 'notes').click()
    await bea.page.keyboard.type('Bea’s')
    await ann.page.keyboard.type('Ann’s')
    await ann.page.keyboard.press('Enter')
    await said(ann.page, `Notes of ${name} saved`)
    await bea.page.keyboard.press('Enter')
    const alert = bea.page.getByRole('alert').filter({ hasText: 'Somebody else changed this' })
    await alert.getByText('Ann’s').waitFor()
    assert.equal(await bea.page.getByLabel(`Notes of ${name}`).inputValue(), 'Bea’s')
    await shot(bea.page, 'conflict')
    await alert.getByRole('button', { name: 'Keep mine' }).click()
    await said(bea.page, `Notes of ${name} saved`)
    assert.equal((await look(kith, contact)).notes, 'Bea’s')
    // Ann sees it without a reload, and takes theirs the next time.
    await until(
      () => cell(ann.page, name, 'notes').innerText(),
      (text) => text === 'Bea’s',
    )

    await cell(ann.page, name, 'notes').click()
    await ann.page.keyboard.type('Ann’s again')
    await edit(kith, contact, { notes: 'Of a third' })
    await ann.page.keyboard.press('Enter')
    await ann.page.getByRole('button', { name: 'Take theirs' }).click()
    await until(
      () => cell(ann.page, name, 'notes').innerText(),
      (text) => text === 'Of a third',
    )
    assert.equal((await look(kith, contact)).notes, 'Of a third')
    for (const { page, complaints } of [ann, bea]) {
      assert.deepEqual(complaints, [])
      await page.context().close()
    }
  })

  it('saves without a word when somebody else has changed another field', async () => {
    const { name, contact } = await somebody()
    const { page, complaints } = await open(browser, kith)
    await cell(page, name, 'notes').click()
    await page.keyboard.type('Calls at noon')
    await edit(kith, contact, { email: 'other@field.example' })
    await page.keyboard.press('Enter')
    await said(page, `Notes of ${name} saved`)
    const { notes, email } = await look(kith, contact)
    assert.deepEqual({ notes, email }, { notes: 'Calls at noon', email: 'other@field.example' })
    await until(
      () => cell(page, name, 'email').innerText(),
      (text) => text === 'other@field.example',
    )
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('shows new contacts on top, and leaves the row that is edited where it is', async () => {
    const first = await somebody()
    const second = await somebody()
    const { page, complaints, listening } = await open(browser, kith)
    await listening
    const newcomer = await somebody()
    await until(
      () => names(page),
      (all) => all[0] === newcomer.name,
    )

    await cell(page, first.name, 'notes').click()
    await page.keyboard.type('half a sen')
    const place = await top(page.locator('.editor'))
    await remove(kith, second.contact)
    await row(page, second.name).waitFor({ state: 'detached' })
    assert.equal(await top(page.locator('.editor')), place, 'after a deletion above')
    const another = await somebody()
    await row(page, another.name).waitFor({ state: 'attached' })
    const third = await somebody()
    await row(page, third.name).waitFor({ state: 'attached' })
    await edit(kith, newcomer.contact, { email: 'new@comer.example' })
    await until(
      () => cell(page, newcomer.name, 'email').innerText(),
      (text) => text === 'new@comer.example',
    )
    assert.equal(await top(page.locator('.editor')), place, 'after new contacts above')
    await page.keyboard.type('tence')
    await page.keyboard.press('Enter')
    await said(page, `Notes of ${first.name} saved`)
    assert.equal((await look(kith, first.contact)).notes, 'half a sentence')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('leaves the row that is edited where it is in a short list, too', async () => {
    const { contact } = await somebody('Shorty One')
    await somebody('Shorty Two')
    const { page, complaints, listening } = await open(browser, kith, '/staff/contacts?search=shorty')
    await listening
    await cell(page, 'Shorty Two', 'notes').click()
    await page.keyboard.type('half')
    const place = await top(page.locator('.editor'))
    await somebody('Shorty Alpha')
    await row(page, 'Shorty Alpha').waitFor({ state: 'attached' })
    assert.equal(await top(page.locator('.editor')), place, 'after a new match above')
    await remove(kith, contact)
    await row(page, 'Shorty One').waitFor({ state: 'detached' })
    assert.equal(await top(page.locator('.editor')), place, 'after a deletion above')
    await page.keyboard.press('Escape')
    await until(
      () => names(page),
      (all) => all.join() === 'Shorty Alpha,Shorty Two',
    )
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('offers new contacts quietly to who is further down', async () => {
    const { page, complaints, listening } = await open(browser, kith)
    await page.locator('.box').evaluate((box) => (box.scrollTop = 5_000))
    await listening
    const before = await until(
      () => names(page),
      (all) => all.length > 10,
    )
    const { name } = await somebody()
    const offer = page.getByRole('button', { name: '1 new contact' })
    await offer.waitFor()
    assert.deepEqual(await names(page), before)
    await shot(page, 'new-contact')
    await offer.click()
    await until(
      () => names(page),
      (all) => all[0] === name,
    )
    await offer.waitFor({ state: 'detached' })
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('keeps what is typed into a contact that somebody deletes', async () => {
    const { name, contact } = await somebody()
    const { page, complaints } = await open(browser, kith)
    await cell(page, name, 'notes').click()
    await page.keyboard.type('too late')
    await remove(kith, contact)
    await page.getByRole('alert').getByText('was deleted meanwhile').waitFor()
    assert.equal(await page.getByLabel(`Notes of ${name}`).inputValue(), 'too late')
    await page.getByRole('button', { name: 'Discard' }).click()
    await row(page, name).waitFor({ state: 'detached' })
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('does not let a late answer take back what an event has said', async () => {
    const { name, contact } = await somebody('Overtaken Olga')
    const { page, complaints } = await open(browser, kith)
    let asked = false
    await page.route('**/graphql', async (route) => {
      if (route.request().postDataJSON().variables?.search !== 'overtaken') {
        return route.continue()
      }
      const response = await route.fetch()
      asked = true
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      await route.fulfill({ response }).catch(() => {})
    })
    await page.getByLabel('Search contacts').fill('overtaken')
    await until(() => asked, Boolean)
    await edit(kith, contact, { notes: 'The newest' })
    await until(
      () => names(page),
      (all) => all.length === 1,
    )
    assert.equal(await cell(page, name, 'notes').innerText(), 'The newest')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('shows what becomes a match, while searching', async () => {
    const { contact } = await somebody('Quite Otherwise')
    await somebody('Zebra Kowalski')
    const { page, complaints, listening } = await open(browser, kith, '/staff/contacts?search=zebra')
    await listening
    await edit(kith, contact, { email: 'zebra@crossing.example' })
    await until(
      () => names(page),
      (all) => all.includes('Quite Otherwise'),
    )
    const { name } = await somebody('Another Zebra')
    await until(
      () => names(page),
      (all) => all.includes(name),
    )
    assert.deepEqual(complaints, [])
    await page.context().close()
  })
})

describe('the contacts page while the server is away', () => {
  let kith, browser
  before(async () => {
    kith = await startKith()
    browser = await launch()
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
  })

  it('keeps what is on the screen and what was typed, and saves once the server is back', async () => {
    const { contact } = await write(kith, { name: 'Lena Steadfast' })
    const { page } = await open(browser, kith)
    const before = await names(page)
    await kith.down()
    const banner = page.locator('.banner')
    await banner.getByText('cannot be reached').waitFor()
    assert.deepEqual(await names(page), before)

    await cell(page, 'Lena Steadfast', 'notes').click()
    await page.keyboard.type('Wrote this while you were away')
    await page.keyboard.press('Enter')
    const alert = page.getByRole('alert').filter({ hasText: 'Not saved' })
    await alert.waitFor()
    const input = page.getByLabel('Notes of Lena Steadfast')
    assert.equal(await input.inputValue(), 'Wrote this while you were away')
    await banner.getByRole('button', { name: 'Try again' }).click()
    await banner.getByRole('button', { name: 'Try again' }).waitFor()
    await shot(page, 'away')

    await page.getByLabel('Search contacts').fill('lena')
    // Under a search that has no answer, the rows of the one before would be a lie.
    await page.getByText('Not searched yet').waitFor()
    assert.deepEqual(await names(page), [])

    await kith.up()
    const meanwhile = await write(kith, { name: 'Lena Meanwhile' })
    assert.ok(meanwhile)
    await banner
      .getByRole('button')
      .click()
      .catch(() => {}) // it may have noticed by itself
    await banner.waitFor({ state: 'detached' })
    await until(
      () => names(page),
      (all) => all.includes('Lena Meanwhile') && all.includes('Lena Steadfast') && all.length < 10,
    )
    assert.equal(await input.inputValue(), 'Wrote this while you were away')
    await alert.getByRole('button', { name: 'Try again' }).click()
    await said(page, 'Notes of Lena Steadfast saved')
    assert.equal((await look(kith, contact)).notes, 'Wrote this while you were away')
    // And it listens again.
    await page.getByLabel('Search contacts').fill('')
    await until(
      () => names(page),
      (all) => all.length > 10,
    )
    await edit(kith, contact, { email: 'lena@back.example' })
    await until(
      () => cell(page, 'Lena Steadfast', 'email').innerText(),
      (text) => text === 'lena@back.example',
    )
    await page.context().close()
  })
})
