// Editing in cells under the conditions of a day's work: a slow network, fast hands, several contacts at once.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { launch } from '../harness/browser.js'
import { alert, hold, press, sizes, slow, somebody } from '../harness/editing-steps.js'
import { startKith } from '../harness/kith.js'
import { cell, edit, focused, look, names, open, said, shot, until } from '../harness/staff-pages.js'

describe('editing contacts', () => {
  let kith, browser
  before(async () => {
    kith = await startKith()
    browser = await launch()
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
  })

  const keys = ['End', 'Control+End', 'PageDown', 'ArrowDown', 'Home', 'Control+Home', 'PageUp', 'ArrowUp']
  const undoOf = (page, what) => page.locator('.announcements p', { hasText: what }).getByRole('button', { name: 'Undo' })

  for (const size of sizes) {
    it(`scrolls no further than the list goes while a cell is open, whatever the key: ${size.width}`, async () => {
      const { name } = await somebody(kith)
      const { page, complaints } = await open(browser, kith, '/staff/contacts', { viewport: size })
      await cell(page, name, 'email').click()
      await page.keyboard.type('not an address')
      await page.keyboard.press('Enter')
      await page.getByRole('alert').waitFor()
      const heading = page.getByRole('heading', { name: 'Contacts' })
      const places = [heading, page.getByLabel(`Email of ${name}`), cell(page, name, 'channels')]
      for (const key of keys) {
        for (const place of places) {
          await (place === heading ? place.click() : place.focus())
          await page.keyboard.press(key)
          await until(
            () => names(page),
            (all) => all.length > 0,
          )
          await heading.click()
          await until(
            async () => {
              await page.keyboard.press('Home') // again while the browser is still scrolling
              return names(page)
            },
            (all) => all.includes(name),
          )
        }
        assert.equal(await page.getByLabel(`Email of ${name}`).inputValue(), 'not an address', key)
      }
      assert.deepEqual(complaints, [])
      await page.context().close()
    })
  }

  for (const size of sizes) {
    const screen = size.width < 800 ? { viewport: size, hasTouch: true } : { viewport: size }

    it(`takes what is typed while a save runs to where it belongs: ${size.width}`, async () => {
      const below = await somebody(kith)
      const above = await somebody(kith)
      const { page, complaints } = await open(browser, kith, '/staff/contacts', screen)
      const { next } = await hold(page)
      await cell(page, above.name, 'notes').focus()
      await press(page, 'Enter')
      await page.keyboard.type('forA')
      await press(page, 'Enter')
      // The cell is closed, and shows the value as one on its way.
      assert.equal(await cell(page, above.name, 'notes').locator('.value').innerText(), 'forA')
      assert.equal(await cell(page, above.name, 'notes').getAttribute('aria-busy'), 'true')
      assert.equal(await focused(page), `${above.name}: notes`)
      await press(page, 'ArrowDown', 'Enter')
      await page.keyboard.type('forB')
      await press(page, 'Enter')
      await shot(page, `pending-${size.width}`)
      await next()
      await next()
      await said(page, `Notes of ${below.name} saved`)
      assert.equal((await look(kith, above.contact)).notes, 'forA')
      assert.equal((await look(kith, below.contact)).notes, 'forB')
      assert.equal(await cell(page, below.name, 'notes').getAttribute('aria-busy'), null)
      assert.deepEqual(complaints, [])
      await page.context().close()
    })
  }

  it('goes where the last key says, and takes nobody away from typing, when the end of the list comes late', async () => {
    const { name, contact } = await somebody(kith)
    const { page, complaints } = await open(browser, kith)
    await page.route('**/graphql', async (route) => {
      const { last } = route.request().postDataJSON().variables ?? {}
      await new Promise((resolve) => setTimeout(resolve, last ? 400 : 0))
      await route.continue().catch(() => {}) // taken back
    })
    await cell(page, name, 'phone').focus()
    await press(page, 'Control+End', 'ArrowLeft', 'Enter')
    await page.keyboard.type('typed@late.example')
    await page.waitForTimeout(600) // until the end would have come
    await page.keyboard.type('.test')
    await press(page, 'Enter')
    await said(page, `Email of ${name} saved`)
    assert.equal((await look(kith, contact)).email, 'typed@late.example.test')

    await press(page, 'Control+End', 'Control+Home')
    await until(
      () => names(page),
      (all) => all[0] === name,
    )
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('does not leave what was pressed meanwhile when the end of the list comes late', async () => {
    const { name } = await somebody(kith)
    const { page, complaints } = await open(browser, kith)
    let last
    await page.route('**/graphql', async (route) => {
      if (route.request().postDataJSON().variables?.last && !last) {
        await new Promise((resolve) => (last = resolve))
      }
      await route.continue().catch(() => {}) // taken back
    })
    await cell(page, name, 'channels').focus()
    await press(page, 'Control+End')
    await until(() => last, Boolean)
    const search = page.getByLabel('Search contacts')
    await search.click()
    last()
    await page.waitForTimeout(600) // until the end would have come
    assert.ok(await search.evaluate((box) => box === document.activeElement))
    assert.ok((await names(page)).includes(name))
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('saves each field of a contact when Tab goes faster than the network', async () => {
    const { name, contact } = await somebody(kith)
    const { page, complaints } = await open(browser, kith)
    await slow(page)
    await cell(page, name, 'email').focus()
    await press(page, 'Enter')
    await page.keyboard.type('fast@tab.example')
    await press(page, 'Tab')
    await page.keyboard.type('+49 30 5551234')
    await press(page, 'Tab')
    await page.keyboard.type('All at once')
    await press(page, 'Enter')
    await said(page, `Notes of ${name} saved`)
    const { email, phone, notes, version } = await look(kith, contact)
    assert.deepEqual({ email, phone, notes }, { email: 'fast@tab.example', phone: '+49305551234', notes: 'All at once' })
    assert.equal(version, 4)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  for (const size of sizes) {
    it(`puts the caret into notes where the click was, and at their end by keyboard: ${size.width}`, async () => {
      const { name, contact } = await somebody(kith)
      await edit(kith, contact, { notes: 'VIP customer\nPrefers Telegram' })
      const touch = size.width < 800
      const { page, complaints } = await open(browser, kith, '/staff/contacts', { viewport: size, hasTouch: touch })
      // Between “VIP ” and “customer”, as far as the text is drawn.
      const at = await cell(page, name, 'notes').evaluate((td) => {
        const range = document.createRange()
        range.setStart(td.querySelector('.value').firstChild, 4)
        range.collapse(true)
        const { left, top, height } = range.getBoundingClientRect()
        return { x: left + 1, y: top + height / 2 }
      })
      await (touch ? page.touchscreen.tap(at.x, at.y) : page.mouse.click(at.x, at.y))
      await page.getByLabel(`Notes of ${name}`).waitFor()
      await page.keyboard.type('long-standing ')
      await press(page, 'Enter')
      await said(page, `Notes of ${name} saved`)
      assert.equal((await look(kith, contact)).notes, 'VIP long-standing customer\nPrefers Telegram')

      await press(page, 'Enter')
      await page.keyboard.type('.')
      await press(page, 'Enter')
      await until(
        () => look(kith, contact),
        ({ notes }) => notes === 'VIP long-standing customer\nPrefers Telegram.',
      )
      assert.deepEqual(complaints, [])
      await page.context().close()
    })
  }

  it('leaves notes alone when a click into them is followed by one elsewhere', async () => {
    const { name, contact } = await somebody(kith)
    await edit(kith, contact, { notes: 'Keep this' })
    const { page } = await open(browser, kith)
    await cell(page, name, 'notes').click()
    await page.getByRole('heading', { name: 'Contacts' }).click()
    await page.getByLabel(`Notes of ${name}`).waitFor({ state: 'detached' })
    assert.equal((await look(kith, contact)).version, 2)
    await page.context().close()
  })

  it('undoes a saved edit, by the button and by keys', async () => {
    const { name, contact } = await somebody(kith, { email: 'before@undo.example' })
    await edit(kith, contact, { notes: 'A note' })
    const { page, complaints } = await open(browser, kith)
    await cell(page, name, 'notes').click()
    await press(page, 'Control+a', 'Delete', 'Enter')
    const undo = undoOf(page, `Notes of ${name}`)
    await undo.waitFor()
    assert.equal((await look(kith, contact)).notes, '')
    await shot(page, 'undo')
    await undo.click()
    await said(page, `Notes of ${name} changed back`)
    assert.equal((await look(kith, contact)).notes, 'A note')
    assert.equal(await cell(page, name, 'notes').innerText(), 'A note')

    await cell(page, name, 'email').focus()
    await page.keyboard.type('after@undo.example')
    await press(page, 'Enter')
    await said(page, `Email of ${name} saved`)
    await press(page, 'Control+z')
    await said(page, `Email of ${name} changed back`)
    assert.equal((await look(kith, contact)).email, 'before@undo.example')

    // By Tab alone the button is the next stop behind the table, where the cell's own link and button come first; and it
    // gives the focus back.
    await undo.waitFor()
    await press(page, 'Tab', 'Tab', 'Tab')
    await until(
      () => focused(page),
      (where) => where === 'Undo',
    )
    await undoOf(page, `Email of ${name}`).focus()
    await press(page, 'Enter')
    await said(page, `Email of ${name} changed back`)
    assert.equal((await look(kith, contact)).email, 'after@undo.example')
    assert.equal(await focused(page), `${name}: email`)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('does not undo over what somebody else wrote since', async () => {
    const { name, contact } = await somebody(kith)
    await edit(kith, contact, { notes: 'Old' })
    const { page, complaints } = await open(browser, kith)
    await cell(page, name, 'notes').click()
    await press(page, 'Control+a')
    await page.keyboard.type('Mine')
    await press(page, 'Enter')
    const undo = undoOf(page, `Notes of ${name}`)
    await undo.waitFor()
    await edit(kith, contact, { notes: 'Theirs' })
    await undo.click()
    await alert(page, 'Somebody else changed this').getByText('Theirs', { exact: true }).waitFor()
    assert.equal((await look(kith, contact)).notes, 'Theirs')
    assert.equal(await page.getByLabel(`Notes of ${name}`).inputValue(), 'Old')
    await page.getByRole('button', { name: 'Keep mine' }).press('Enter')
    await until(
      () => look(kith, contact),
      ({ notes }) => notes === 'Old',
    )
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('leaves keys to an input method, also where it reports them late', async () => {
    const { name, contact } = await somebody(kith)
    const { page, complaints } = await open(browser, kith)
    await cell(page, name, 'notes').click()
    const input = page.getByLabel(`Notes of ${name}`)
    await input.fill('漢字')
    const key = (init) =>
      input.evaluate((element, given) => {
        element.dispatchEvent(new KeyboardEvent('keydown', { bubbles: true, cancelable: true, ...given }))
      }, init)
    for (const name of ['Enter', 'Escape', 'Tab']) {
      await key({ key: name, keyCode: 229 })
      await key({ key: name, isComposing: true })
    }
    assert.equal(await input.inputValue(), '漢字')
    await input.press('Enter')
    await said(page, `Notes of ${name} saved`)
    assert.equal((await look(kith, contact)).notes, '漢字')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('goes to the end of a list of one row, and of none', async () => {
    const { name } = await somebody(kith, { email: 'only@this-one.example' })
    const { page, complaints } = await open(browser, kith, '/staff/contacts?search=only@this-one.example')
    await cell(page, name, 'phone').click()
    await page.keyboard.type('nonsense')
    await press(page, 'Enter')
    await alert(page, 'Invalid').waitFor()
    await page.getByRole('heading', { name: 'Contacts' }).click()
    await press(page, 'End')
    assert.deepEqual(await names(page), [name])
    await page.getByLabel('Search contacts').fill('nobody is called this')
    const none = page.getByRole('heading', { name: 'No contacts found' })
    await none.waitFor()
    await none.click()
    await press(page, 'End', 'Home', 'PageDown')
    await none.waitFor()
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('goes on offering to undo while the pointer or the focus is there', async () => {
    const { name } = await somebody(kith)
    const { page, complaints } = await open(browser, kith)
    await page.clock.install()
    const save = async (text) => {
      await cell(page, name, 'notes').click()
      await page.keyboard.type(text)
      await press(page, 'Enter')
      await undoOf(page, `Notes of ${name}`).waitFor()
    }
    await save('a')
    await page.clock.fastForward(8_000)
    await undoOf(page, `Notes of ${name}`).hover()
    await page.clock.fastForward(60_000)
    assert.equal(await undoOf(page, `Notes of ${name}`).count(), 1)
    await page.mouse.move(300, 300)
    await page.clock.fastForward(11_000)
    await undoOf(page, `Notes of ${name}`).waitFor({ state: 'detached' })

    await save('b')
    await undoOf(page, `Notes of ${name}`).focus()
    await page.clock.fastForward(60_000)
    assert.equal(await undoOf(page, `Notes of ${name}`).count(), 1)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('does not take the focus back for a contact whose deletion was not waited for', async () => {
    const doomed = await somebody(kith)
    const { name, contact } = await somebody(kith)
    const { page, complaints } = await open(browser, kith)
    const { next } = await hold(page)
    await page.getByRole('button', { name: `Delete ${doomed.name}` }).click()
    await page.getByRole('button', { name: 'Delete for good' }).click()
    await press(page, 'Escape')
    await cell(page, name, 'notes').click()
    await page.keyboard.type('half a ')
    await next()
    await said(page, `${doomed.name} deleted`)
    await page.keyboard.type('sentence')
    await press(page, 'Enter')
    await next()
    await said(page, `Notes of ${name} saved`)
    assert.equal((await look(kith, contact)).notes, 'half a sentence')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })
})
