// Editing in cells under the conditions of a day's work: a slow network, fast hands, several contacts at once.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { launch } from '../harness/browser.js'
import { run, startKith } from '../harness/kith.js'
import { cell, edit, focused, look, names, open, remove, row, said, shot, until, write } from '../harness/staff-pages.js'

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

  let people = 0
  const somebody = async (profile = {}) => {
    const name = `Person ${String.fromCodePoint(65 + people++)}`
    return { name, ...(await write(kith, { name, ...profile })) }
  }

  const sizes = [{ width: 1400, height: 900 }, { width: 390, height: 800 }]
  const keys = ['End', 'Control+End', 'PageDown', 'ArrowDown', 'Home', 'Control+Home', 'PageUp', 'ArrowUp']

  for (const size of sizes) {
    it(`scrolls no further than the list goes while a cell is open, whatever the key: ${size.width}`, async () => {
      const { name } = await somebody()
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

  // slow lets each save take as long as on a bad network.
  const slow = (page, ms = 400) =>
    page.route('**/graphql', async (route) => {
      if (/mutation/.test(route.request().postData() ?? '')) {
        await new Promise((resolve) => setTimeout(resolve, ms))
      }
      await route.continue().catch(() => {}) // the page was closed
    })
  // hold keeps saves back until they are let go, one by one.
  async function hold(page) {
    const held = []
    await page.route('**/graphql', (route) =>
      /mutation/.test(route.request().postData() ?? '') ? void held.push(route) : route.continue(),
    )
    return { held, next: async () => (await until(() => held.shift(), Boolean)).continue() }
  }
  const press = async (page, ...keys) => {
    for (const key of keys) {
      await page.keyboard.press(key)
    }
  }
  const undoOf = (page, what) => page.locator('.announcements p', { hasText: what }).getByRole('button', { name: 'Undo' })
  const unsaved = (page) => page.locator('.unsaved > button')
  // asks reports whether the browser would ask for confirmation before leaving the page.
  const asks = (page) => page.evaluate(() => !dispatchEvent(new Event('beforeunload', { cancelable: true })))
  const alert = (page, text) => page.getByRole('alert').filter({ hasText: text })

  for (const size of sizes) {
    const screen = size.width < 800 ? { viewport: size, hasTouch: true } : { viewport: size }

    it(`takes what is typed while a save runs to where it belongs: ${size.width}`, async () => {
      const below = await somebody()
      const above = await somebody()
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
    const { name, contact } = await somebody()
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

  it('saves each field of a contact when Tab goes faster than the network', async () => {
    const { name, contact } = await somebody()
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

  it('opens a refused cell again where it is, without taking the focus from another', async () => {
    const below = await somebody()
    const above = await somebody()
    const { page, complaints } = await open(browser, kith)
    const { next } = await hold(page)
    await cell(page, above.name, 'email').focus()
    await press(page, 'Enter')
    await page.keyboard.type('no address')
    await press(page, 'Enter', 'ArrowDown', 'Enter')
    await page.keyboard.type('right@')
    await next()
    await alert(page, 'Invalid').waitFor()
    await page.keyboard.type('below.example')
    assert.equal(await page.getByLabel(`Email of ${below.name}`).inputValue(), 'right@below.example')
    assert.equal(await page.getByLabel(`Email of ${above.name}`).inputValue(), 'no address')
    await press(page, 'Enter')
    await next()
    await said(page, `Email of ${below.name} saved`)
    assert.equal((await look(kith, below.contact)).email, 'right@below.example')
    assert.equal((await look(kith, above.contact)).email, null)

    // Whoever waits at the cell is taken into it.
    await page.getByLabel(`Email of ${above.name}`).press('Escape')
    await press(page, 'Enter')
    await page.keyboard.type('again none')
    await press(page, 'Enter')
    assert.equal(await focused(page), `${above.name}: email`)
    await next()
    await alert(page, 'Invalid').waitFor()
    await page.keyboard.type('!')
    assert.equal(await page.getByLabel(`Email of ${above.name}`).inputValue(), 'again none!')

    // Arrow keys pass over it, and Enter goes in.
    await cell(page, above.name, 'name').locator('a').focus()
    await press(page, 'ArrowRight', 'ArrowRight')
    assert.equal(await focused(page), `${above.name}: phone`)
    await press(page, 'ArrowLeft', 'Enter', 'End')
    await page.keyboard.type('!')
    assert.equal(await page.getByLabel(`Email of ${above.name}`).inputValue(), 'again none!!')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('keeps a second value of a cell when the first is refused', async () => {
    const { name, contact } = await somebody()
    const { page, complaints } = await open(browser, kith)
    const { next } = await hold(page)
    await cell(page, name, 'email').focus()
    await press(page, 'Enter')
    await page.keyboard.type('first at example')
    await press(page, 'Enter', 'Enter')
    await page.keyboard.type('second@try.example')
    await press(page, 'Enter')
    await next()
    await next()
    await said(page, `Email of ${name} saved`)
    assert.equal((await look(kith, contact)).email, 'second@try.example')
    assert.equal(await page.getByRole('alert').count(), 0)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('does not bring back a contact that was deleted while a save was on its way', async () => {
    const { name, contact } = await somebody()
    const { page, complaints } = await open(browser, kith)
    const { next } = await hold(page)
    await cell(page, name, 'notes').click()
    await page.keyboard.type('too late')
    await press(page, 'Enter')
    await remove(kith, contact)
    await next()
    await alert(page, 'was deleted meanwhile').waitFor()
    assert.equal(await page.getByLabel(`Notes of ${name}`).inputValue(), 'too late')
    await page.getByRole('button', { name: 'Discard' }).click()
    await row(page, name).waitFor({ state: 'detached' })
    assert.equal(await unsaved(page).count(), 0)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  for (const size of sizes) {
    it(`puts the caret into notes where the click was, and at their end by keyboard: ${size.width}`, async () => {
      const { name, contact } = await somebody()
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
    const { name, contact } = await somebody()
    await edit(kith, contact, { notes: 'Keep this' })
    const { page } = await open(browser, kith)
    await cell(page, name, 'notes').click()
    await page.getByRole('heading', { name: 'Contacts' }).click()
    await page.getByLabel(`Notes of ${name}`).waitFor({ state: 'detached' })
    assert.equal((await look(kith, contact)).version, 2)
    await page.context().close()
  })

  it('undoes a saved edit, by the button and by keys', async () => {
    const { name, contact } = await somebody({ email: 'before@undo.example' })
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
    await press(page, 'Enter')
    await page.keyboard.type('after@undo.example')
    await press(page, 'Enter')
    await said(page, `Email of ${name} saved`)
    await press(page, 'Control+z')
    await said(page, `Email of ${name} changed back`)
    assert.equal((await look(kith, contact)).email, 'before@undo.example')

    // By Tab alone the button is the next stop behind the table, and gives the focus back.
    await undo.waitFor()
    await press(page, 'Tab')
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
    const { name, contact } = await somebody()
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

  it('lets Enter press what is below a refused value', async () => {
    const owner = await somebody()
    await edit(kith, owner.contact, { email: 'owner@enter.example' })
    const { name, contact } = await somebody()
    const { page, complaints } = await open(browser, kith)
    let sent = 0
    page.on('request', (request) => {
      sent += /mutation/.test(request.postData() ?? '') ? 1 : 0
    })
    const type = async (field, text) => {
      await cell(page, name, field).focus()
      await press(page, 'Enter', 'Control+a')
      await page.keyboard.type(text)
      await press(page, 'Enter')
    }

    // The link to the other contact.
    await type('email', 'owner@enter.example')
    await alert(page, 'already belongs to').waitFor()
    await press(page, 'Tab')
    assert.equal(await page.evaluate(() => document.activeElement.textContent), owner.name)
    await press(page, 'Enter')
    await until(
      () => names(page),
      (all) => all.length === 1 && all[0] === owner.name,
    )
    assert.equal(sent, 1)
    await page.goBack()

    // Save anyway.
    await alert(page, 'already belongs to').getByRole('button', { name: 'Save anyway' }).focus()
    await press(page, 'Enter')
    await said(page, `Email of ${name} saved`)
    assert.equal((await look(kith, contact)).email, 'owner@enter.example')
    assert.equal(sent, 2)

    // Take theirs, and Keep mine.
    for (const [button, left] of [['Take theirs', 'Theirs: Take theirs'], ['Keep mine', 'Mine']]) {
      await cell(page, name, 'notes').focus()
      await press(page, 'Enter', 'Control+a')
      await page.keyboard.type('Mine')
      await edit(kith, contact, { notes: `Theirs: ${button}` })
      await press(page, 'Enter')
      await alert(page, 'Somebody else changed this').getByText(`Theirs: ${button}`).waitFor()
      await page.getByRole('button', { name: button }).focus()
      await press(page, 'Enter')
      await until(
        () => cell(page, name, 'notes').innerText(),
        (text) => text === left,
      )
    }
    await until(
      () => look(kith, contact),
      ({ notes }) => notes === 'Mine',
    )

    // Discard.
    await cell(page, name, 'notes').focus()
    await press(page, 'Enter')
    await page.keyboard.type('too late')
    await remove(kith, contact)
    await page.getByRole('button', { name: 'Discard' }).focus()
    await press(page, 'Enter')
    await row(page, name).waitFor({ state: 'detached' })
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  for (const size of sizes) {
    it(`says on every page how much is unsaved, and leads back to each: ${size.width}`, async () => {
      const first = await somebody()
      const second = await somebody()
      const { page, complaints } = await open(browser, kith, '/staff/contacts', { viewport: size })
      const refuse = async ({ name }, field, text) => {
        await cell(page, name, field).click()
        await page.keyboard.type(text)
        await press(page, 'Enter')
        await alert(page, 'Invalid').first().waitFor()
      }
      const back = async ({ name }, field, text) => {
        await unsaved(page).click()
        await page.getByRole('list', { name: 'Not saved' }).getByRole('button', { name: `${field} of ${name}` }).first().click()
        const input = page.getByLabel(`${field} of ${name}`, { exact: true })
        await input.waitFor()
        await until(
          () => input.evaluate((element) => element === document.activeElement),
          Boolean,
        )
        assert.equal(await input.inputValue(), text)
        const { y } = await input.boundingBox()
        assert.ok(y > 0 && y < size.height, `${y} is on the screen`)
      }
      assert.equal(await unsaved(page).count(), 0)
      await refuse(first, 'email', 'first at home')
      await refuse(second, 'phone', 'call me')
      await unsaved(page).getByText('2 unsaved').waitFor()

      // Scrolled away, and further than rows are held.
      await page.locator('.box').evaluate((box) => (box.scrollTop = 6_000))
      await page.waitForTimeout(100)
      await back(first, 'Email', 'first at home')
      await page.getByRole('heading', { name: 'Contacts' }).click()
      await press(page, 'End')
      await until(
        () => names(page),
        (all) => !all.includes(second.name),
      )
      await back(second, 'Phone', 'call me')

      // Filtered out.
      await page.getByLabel('Search contacts').fill('nobody is called this')
      await page.getByRole('heading', { name: 'No contacts found' }).waitFor()
      await back(first, 'Email', 'first at home')

      // Left for the chat page.
      await page.getByRole('link', { name: 'Chat' }).click()
      await page.getByRole('heading', { name: 'Chat', exact: true }).waitFor()
      await unsaved(page).getByText('2 unsaved').waitFor()
      await unsaved(page).click()
      await page.getByRole('list', { name: 'Not saved' }).waitFor()
      await shot(page, `unsaved-${size.width}`)
      await press(page, 'Escape')
      await page.getByRole('list', { name: 'Not saved' }).waitFor({ state: 'detached' })
      await back(second, 'Phone', 'call me')

      await page.getByLabel(`Phone of ${second.name}`).fill(`+49 30 765${size.width}`)
      await press(page, 'Enter')
      await said(page, `Phone of ${second.name} saved`)
      await unsaved(page).getByText('1 unsaved').waitFor()
      await unsaved(page).click()
      await page.getByRole('button', { name: `Discard Email of ${first.name}` }).click()
      await unsaved(page).waitFor({ state: 'detached' })
      await page.getByRole('link', { name: 'Show all contacts' }).click()
      await until(
        () => names(page),
        (all) => all.length > 2,
      )
      assert.deepEqual(complaints, [])
      await page.context().close()
    })
  }

  it('leads back to what was being typed when the page was left, and refused after that', async () => {
    const typed = await somebody()
    const refused = await somebody()
    const { page, complaints } = await open(browser, kith, '/staff/chat')
    await page.getByRole('link', { name: 'Contacts', exact: true }).click()
    const { next } = await hold(page)
    await cell(page, refused.name, 'email').click()
    await page.keyboard.type('refused later')
    await press(page, 'Enter')
    await cell(page, typed.name, 'notes').click()
    await page.keyboard.type('half a sen')
    await page.evaluate(() => history.back())
    await page.getByRole('heading', { name: 'Chat', exact: true }).waitFor()
    await unsaved(page).getByText('1 unsaved').waitFor()
    await next()
    await unsaved(page).getByText('2 unsaved').waitFor()
    await unsaved(page).click()
    await page.getByRole('list', { name: 'Not saved' }).getByRole('button', { name: `Notes of ${typed.name}` }).first().click()
    await until(
      () => page.evaluate(() => document.activeElement.tagName),
      (tag) => tag === 'TEXTAREA',
    )
    await page.keyboard.type('tence')
    assert.equal(await page.getByLabel(`Notes of ${typed.name}`).inputValue(), 'half a sentence')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('asks before a tab is closed over what is typed, refused or on its way, and only then', async () => {
    const { name } = await somebody()
    const { page } = await open(browser, kith)
    const { next } = await hold(page)
    assert.equal(await asks(page), false, 'at first')
    await cell(page, name, 'notes').click()
    assert.equal(await asks(page), false, 'opened')
    await page.keyboard.type('x')
    assert.equal(await asks(page), true, 'typed')
    await press(page, 'Enter')
    assert.equal(await asks(page), true, 'on its way')
    await next()
    await said(page, `Notes of ${name} saved`)
    assert.equal(await asks(page), false, 'saved')
    await cell(page, name, 'email').click()
    await page.keyboard.type('nonsense')
    await press(page, 'Enter')
    await next()
    await alert(page, 'Invalid').waitFor()
    assert.equal(await asks(page), true, 'refused')

    // The browser does ask.
    let asked = 0
    page.on('dialog', (dialog) => {
      asked += dialog.type() === 'beforeunload' ? 1 : 0
      void dialog.accept()
    })
    await page.reload()
    assert.equal(asked, 1)
    await page.context().close()
  })

  it('shows the server’s value again when two values in a row were refused and are given up', async () => {
    const { name } = await somebody({ email: 'stays@here.example' })
    const { page, complaints } = await open(browser, kith)
    const { next } = await hold(page)
    await cell(page, name, 'email').focus()
    await press(page, 'Enter')
    await page.keyboard.type('first no')
    await press(page, 'Enter', 'Enter')
    await page.keyboard.type('second no')
    await press(page, 'Enter')
    await next()
    await next()
    await alert(page, 'Invalid').waitFor()
    assert.equal(await page.getByLabel(`Email of ${name}`).inputValue(), 'second no')
    await page.getByLabel(`Email of ${name}`).press('Escape')
    assert.equal(await cell(page, name, 'email').innerText(), 'stays@here.example')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('leaves keys to an input method, also where it reports them late', async () => {
    const { name, contact } = await somebody()
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
    const { name } = await somebody({ email: 'only@this-one.example' })
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
    const { name } = await somebody()
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
    const doomed = await somebody()
    const { name, contact } = await somebody()
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

  it('keeps what was chosen for a session and not saved when the session is left', async () => {
    const { name, session } = await somebody()
    const { page } = await open(browser, kith, `/staff/chat?session=${session}`)
    const away = (route) =>
      /mutation/.test(route.request().postData() ?? '') ? route.abort('connectionrefused') : route.continue()
    await page.route('**/graphql', away)
    const status = page.getByLabel('Status', { exact: true })
    await status.selectOption('Escalated')
    await alert(page, 'Not saved').waitFor()
    await page.getByLabel('Tag', { exact: true }).selectOption('Complaint')
    await alert(page, 'Not saved').waitFor()
    assert.equal(await status.inputValue(), 'ESCALATED')
    assert.equal(await asks(page), true)
    await page.getByRole('link', { name: 'Contacts', exact: true }).click()
    await row(page, name).waitFor()
    await unsaved(page).getByText('1 unsaved').click()
    await page.getByRole('button', { name: `Session of ${name}` }).first().click()
    await alert(page, 'Not saved').waitFor()
    assert.equal(await status.inputValue(), 'ESCALATED')
    await page.unroute('**/graphql', away)
    await alert(page, 'Not saved').getByRole('button', { name: 'Try again' }).click()
    await said(page, 'Status: Escalated, Tag: Complaint')
    await unsaved(page).waitFor({ state: 'detached' })
    const query = 'query ($id: ID!) { session(id: $id) { status tag } }'
    assert.deepEqual((await run(kith.graphql, query, { id: session })).session, { status: 'ESCALATED', tag: 'COMPLAINT' })
    await page.context().close()
  })
})
