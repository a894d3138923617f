import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { faults, overflow } from '../harness/axe.js'
import { launch, watchedPage } from '../harness/browser.js'
import { startKith } from '../harness/kith.js'
import { cell, edit, focused, look, names, open, row, said, shot, until, write } from '../harness/staff-pages.js'

const looks = [
  { name: 'light', colorScheme: 'light', viewport: { width: 1400, height: 900 } },
  { name: 'dark', colorScheme: 'dark', viewport: { width: 1400, height: 900 } },
  { name: 'light-narrow', colorScheme: 'light', viewport: { width: 360, height: 740 } },
  { name: 'dark-narrow', colorScheme: 'dark', viewport: { width: 360, height: 740 } },
]

const telling = ['contacts', 'taken', 'unsaved', 'undo', 'delete', 'search', 'chat-filters', 'chat-opened']

describe('the staff pages, for everybody', () => {
  let kith, browser, maria
  before(async () => {
    kith = await startKith()
    browser = await launch()
    await write(kith, { name: 'ليلى حداد', phone: '+971501234567' }, { text: 'شكرا' })
    const joanna = await write(kith, { name: 'Joanna Ó Briain' }, { channel: 'INSTAGRAM' })
    await edit(kith, joanna.contact, { email: 'joanna@taken.example' })
    maria = await write(
      kith,
      { name: 'Maria Silva', email: 'maria@silva.example' },
      { text: 'Is my parcel on its way?' },
    )
    await edit(kith, maria.contact, { notes: 'VIP customer\nPrefers WhatsApp, and to be called after noon' })
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
  })

  for (const { name, ...look } of looks) {
    it(`have nothing that axe-core minds, in any state: ${name}`, async () => {
      const { page, complaints } = await open(browser, kith, '/staff/contacts', look)
      const clean = async (state) => {
        await shot(page, `${state}-${name}`)
        // Elsewhere the colours differ, and where things stand.
        if (name === 'light' || telling.includes(state)) {
          assert.deepEqual(await faults(page), [], state)
        }
        assert.ok((await overflow(page)) <= 0, `${state} is too wide`)
      }
      await clean('contacts')

      await cell(page, 'Maria Silva', 'email').click()
      await clean('editing')
      await page.keyboard.type('maria at home')
      await page.keyboard.press('Enter')
      await page.getByRole('alert').getByText('Invalid').waitFor()
      await clean('refused')
      await page.getByLabel('Email of Maria Silva').fill('joanna@taken.example')
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: 'Save anyway' }).waitFor()
      await clean('taken')
      await page.getByRole('button', { name: '1 unsaved' }).click()
      await page.getByRole('list', { name: 'Not saved' }).waitFor()
      await clean('unsaved')
      await page.keyboard.press('Escape')
      await page.getByLabel('Email of Maria Silva').press('Escape')

      await cell(page, 'Maria Silva', 'notes').click()
      await clean('notes')
      await page.keyboard.type('.')
      await page.keyboard.press('Enter')
      await said(page, 'Notes of Maria Silva saved')
      await clean('undo')
      await page.keyboard.press('Control+z')
      await said(page, 'Notes of Maria Silva changed back')

      await page.getByRole('button', { name: 'Delete Maria Silva' }).click()
      await page.getByRole('alertdialog').waitFor()
      await clean('delete')
      await page.keyboard.press('Escape')

      await page.getByLabel('Search contacts').fill('silva')
      await until(
        () => page.locator('.row mark').count(),
        (n) => n > 0,
      )
      await clean('search')
      await page.getByLabel('Search contacts').fill('nobody is called this')
      await page.getByRole('heading', { name: 'No contacts found' }).waitFor()
      await clean('none-found')

      await page.goto(`${kith.url}/staff/chat?contact=${maria.contact}`)
      await page.locator('.session a').first().waitFor()
      await page.locator('.chip').getByText('Maria Silva').waitFor()
      await clean('chat')
      if (look.viewport.width < 800) {
        await page.getByRole('button', { name: 'Filters' }).click()
        await clean('chat-filters')
      }
      await page.locator('.session a').first().click()
      await page.getByRole('heading', { name: 'Maria Silva' }).waitFor()
      await clean('chat-opened')
      assert.deepEqual(complaints, [])
      await page.context().close()
    })
  }

  it('can be gone about with the keyboard alone', async () => {
    const { page, complaints } = await open(browser, kith)
    const press = async (...keys) => {
      for (const key of keys) {
        await page.keyboard.press(key)
      }
    }
    // From the top: pages, playground, search, views, filter and columns, the head of the table, then one stop for all its rows.
    const stops = []
    for (let i = 0; i < 16; i++) {
      await press('Tab')
      stops.push(await focused(page))
    }
    const [first] = await names(page)
    const head = ['Contacts', 'Chat', 'Duplicates', 'Admin', 'Find contacts, pages and actionsCtrl K', 'Playground']
    assert.deepEqual(stops.slice(0, 6), head)
    const table = ['Views', 'Filter', 'Columns', 'Select all', 'Name', 'Email', 'Last activity', `${first}: name`]
    assert.deepEqual(stops.slice(7, 15), table)
    assert.ok(!stops[15].startsWith(`${first}: `), 'Tab leaves the table')

    await press('/')
    await page.keyboard.type('silva mar')
    await until(
      () => names(page),
      (all) => all.length === 1,
    )
    await press('ArrowDown', 'ArrowRight', 'ArrowRight')
    await until(
      () => focused(page),
      (where) => where === 'Maria Silva: phone',
    )
    // The focus shows.
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle)
    assert.notEqual(outline, 'none')
    await press('Enter')
    await page.keyboard.type('030 1234567')
    await press('Enter')
    await page.getByRole('alert').waitFor()
    await press('Control+a')
    await page.keyboard.type('+49 30 1234567')
    await press('Enter')
    await said(page, 'Phone of Maria Silva saved')
    await until(
      () => focused(page),
      (where) => where === 'Maria Silva: phone',
    )
    assert.equal((await look(kith, maria.contact)).phone, '+49301234567')

    await press('F2')
    await page.getByLabel('Phone of Maria Silva').waitFor()
    await press('Shift+Tab')
    await page.getByLabel('Email of Maria Silva').waitFor()
    await page.keyboard.type('joanna@taken.example')
    await press('Enter')
    await page.getByRole('button', { name: 'Save anyway' }).waitFor()
    await press('Tab')
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Joanna Ó Briain')
    await press('Tab', 'Escape')
    await until(
      () => focused(page),
      (where) => where === 'Maria Silva: email',
    )

    await press('End', 'Enter')
    await page.getByRole('alertdialog').waitFor()
    await press('Escape')
    await until(
      () => focused(page),
      (where) => where === 'Maria Silva: actions',
    )
    assert.ok(await look(kith, maria.contact))

    await press('Home', 'ArrowRight', 'Enter') // past the box that selects
    await page.locator('.chip').getByText('Maria Silva').waitFor()
    await page.locator('.session a').first().focus()
    await press('Enter')
    await page.getByRole('heading', { name: 'Maria Silva' }).waitFor()
    await until(
      () => page.evaluate(() => document.activeElement.id),
      (id) => id === 'opened-name',
    )
    await press('Tab', 'Tab', 'Tab')
    assert.equal(await page.evaluate(() => document.activeElement.tagName), 'SELECT')
    await press('ArrowDown')
    await said(page, 'Status: Escalated')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('give screen readers the table, its size, and the position in it', async () => {
    const { page } = await open(browser, kith)
    const grid = page.getByRole('grid', { name: 'Contacts' })
    assert.equal(await grid.getAttribute('aria-colcount'), '8')
    await until(
      () => grid.getAttribute('aria-rowcount'),
      (count) => count === '504',
    )
    assert.deepEqual(await grid.getByRole('columnheader').allInnerTexts(), [
      '', // the box that selects all
      'Name',
      'Email',
      'Phone',
      'Notes',
      'Channels',
      'Last activity',
      'Delete',
    ])
    await page.locator('.box').evaluate((box) => (box.scrollTop = 8_000))
    await until(
      () => page.locator('.row').first().getAttribute('aria-rowindex'),
      (index) => Number(index) > 100,
    )
    const cells = grid.getByRole('row').nth(5).locator('[role=gridcell], [role=rowheader]')
    assert.deepEqual(await cells.evaluateAll((all) => all.map((each) => each.ariaColIndex)), [
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
      '7',
      '8',
    ])
    await page.context().close()
  })

  it('turn rows into cards where there is no room, and edit in them', async () => {
    const { page, complaints } = await open(browser, kith, '/staff/contacts?search=maria+silva', {
      viewport: { width: 360, height: 740 },
      hasTouch: true,
      isMobile: true,
    })
    await row(page, 'Maria Silva').locator('.label').first().waitFor()
    await cell(page, 'Maria Silva', 'notes').tap()
    await page.getByLabel('Notes of Maria Silva').fill('On the phone')
    await shot(page, 'card')
    await page.getByLabel('Notes of Maria Silva').press('Enter')
    await said(page, 'Notes of Maria Silva saved')
    assert.equal((await look(kith, maria.contact)).notes, 'On the phone')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('work at 200 % zoom', async () => {
    // What a browser makes of a window of 1280 × 800 at 200 %.
    const zoom = { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 }
    for (const path of ['/staff/contacts', '/staff/chat']) {
      const { page } = await open(browser, kith, path, zoom)
      assert.ok((await overflow(page)) <= 0, path)
      await shot(page, `zoom${path.replaceAll('/', '-')}`)
      // A row can be brought wholly onto the screen.
      const at = await page.locator('[data-row]').first().boundingBox()
      await page.locator('[data-row]').first().scrollIntoViewIfNeeded()
      assert.ok(at.height > 10)
      await page.context().close()
    }
  })

  it('keep still for who asks for it', async () => {
    const { page } = await open(browser, kith, '/staff/contacts', { reducedMotion: 'reduce' })
    await page.getByRole('button', { name: 'Delete Maria Silva' }).click()
    await page.getByRole('alertdialog').waitFor()
    assert.equal(await page.evaluate(() => document.getAnimations().length), 0)
    await page.context().close()
  })

  it('need scripts, and say so', async () => {
    const { page } = await watchedPage(browser, { javaScriptEnabled: false })
    await page.goto(`${kith.url}/staff/contacts`)
    assert.match(await page.textContent('noscript'), /need JavaScript/)
    await page.context().close()
  })
})
