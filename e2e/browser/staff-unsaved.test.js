// What was typed and is not saved: on its way, refused, or left behind.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { launch } from '../harness/browser.js'
import { alert, hold, press, sizes, somebody } from '../harness/editing-steps.js'
import { run, startKith } from '../harness/kith.js'
import { cell, edit, focused, look, names, open, remove, row, said, shot, until } from '../harness/staff-pages.js'

describe('values that are not saved', () => {
  let kith, browser
  before(async () => {
    kith = await startKith()
    browser = await launch()
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
  })

  // writeTwo writes an email and, while that is being saved, another one over it.
  async function writeTwo(page, name, first, second) {
    const { next } = await hold(page)
    await cell(page, name, 'email').focus()
    await page.keyboard.type(first) // a letter replaces what is there
    await press(page, 'Enter')
    await page.keyboard.type(second)
    await press(page, 'Enter')
    await next()
    await next()
  }
  const unsaved = (page) => page.locator('.unsaved > button')
  // asks reports whether the browser would ask for confirmation before leaving the page.
  const asks = (page) => page.evaluate(() => !dispatchEvent(new Event('beforeunload', { cancelable: true })))

  it('opens a refused cell again where it is, without taking the focus from another', async () => {
    const below = await somebody(kith)
    const above = await somebody(kith)
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
    const { name, contact } = await somebody(kith)
    const { page, complaints } = await open(browser, kith)
    await writeTwo(page, name, 'first at example', 'second@try.example')
    await said(page, `Email of ${name} saved`)
    assert.equal((await look(kith, contact)).email, 'second@try.example')
    assert.equal(await page.getByRole('alert').count(), 0)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('does not bring back a contact that was deleted while a save was on its way', async () => {
    const { name, contact } = await somebody(kith)
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

  it('lets Enter press what is below a refused value', async () => {
    const owner = await somebody(kith)
    await edit(kith, owner.contact, { email: 'owner@enter.example' })
    const { name, contact } = await somebody(kith)
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
      const first = await somebody(kith)
      const second = await somebody(kith)
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
    const typed = await somebody(kith)
    const refused = await somebody(kith)
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
    const { name } = await somebody(kith)
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
    const { name } = await somebody(kith, { email: 'stays@here.example' })
    const { page, complaints } = await open(browser, kith)
    await writeTwo(page, name, 'first no', 'second no')
    await alert(page, 'Invalid').waitFor()
    assert.equal(await page.getByLabel(`Email of ${name}`).inputValue(), 'second no')
    await page.getByLabel(`Email of ${name}`).press('Escape')
    assert.equal(await cell(page, name, 'email').innerText(), 'stays@here.example')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('keeps what was chosen for a session and not saved when the session is left', async () => {
    const { name, session } = await somebody(kith)
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
