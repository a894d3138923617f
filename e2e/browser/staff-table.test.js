import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'

import { faults } from '../harness/axe.js'
import { launch, watchedPage } from '../harness/browser.js'
import { run, startKith, token } from '../harness/kith.js'
import { cell, edit, focused, look, names, open, remove, row, said, shot, until, write } from '../harness/staff-pages.js'

const count = (page) => page.locator('.count')
const filterButton = (page) => page.getByRole('button', { name: 'Filter', exact: true })
const chips = (page) => page.locator('.condition > span').allInnerTexts()
const query = (page) => new URL(page.url()).search

/** counted waits until the page says how many there are. */
const counted = (page, text) =>
  until(
    () => count(page).innerText(),
    (seen) => seen === text,
  )

/** shown waits until exactly these rows are on the screen. */
const shown = (page, wanted) =>
  until(
    () => names(page),
    (seen) => seen.join() === wanted.join(),
  )

describe('filtering contacts', () => {
  let kith, browser
  const ids = {}
  before(async () => {
    kith = await startKith()
    browser = await launch()
    const phone = '+4930123456'
    ids.ann = (await write(kith, { name: 'Filx Ann', email: 'fil.ann@example.org' }, { channel: 'TELEGRAM' })).contact
    ids.bob = (await write(kith, { name: 'Filx Bob', phone }, { channel: 'WHATSAPP' })).contact
    ids.cia = (await write(kith, { name: 'Filx Cia', email: 'fil.cia@example.org' }, { channel: 'WHATSAPP' })).contact
    await edit(kith, ids.cia, { notes: 'VIP' })
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
  })

  it('is done in a panel, by keyboard too, shown as chips and kept in the address', async () => {
    const { page, complaints } = await open(browser, kith, '/staff/contacts?search=filx')
    await counted(page, '3 matches, best first')
    await filterButton(page).focus()
    await page.keyboard.press('Enter')
    const panel = page.getByRole('dialog', { name: 'Filter' })
    await panel.getByRole('button', { name: 'WhatsApp', exact: true }).click()
    await counted(page, '2 matches, best first')
    await panel.getByRole('group', { name: 'Email' }).getByLabel('Yes').check()
    await shown(page, ['Filx Cia'])
    assert.deepEqual(await faults(page), [])
    await shot(page, 'filter')
    await page.keyboard.press('Escape')
    assert.equal(await focused(page), 'Filter')
    assert.equal(query(page), '?search=filx&type=whatsapp&email=yes')
    assert.deepEqual(await chips(page), ['Writes by WhatsApp', 'Has email'])

    await page.reload()
    await page.locator('[data-row]').first().waitFor()
    await shown(page, ['Filx Cia'])
    await page.getByRole('button', { name: 'Clear the filter: Has email' }).click()
    await shown(page, ['Filx Bob', 'Filx Cia'])
    assert.equal(await focused(page), 'Filter')
    await page.goBack()
    await shown(page, ['Filx Cia'])
    await page.getByRole('button', { name: 'Clear filters' }).click()
    await shown(page, ['Filx Ann', 'Filx Bob', 'Filx Cia'])
    assert.equal(query(page), '?search=filx')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('takes every condition that the server knows', async () => {
    const { page, complaints } = await open(browser, kith)
    const nodes = async (filter) =>
      (await run(kith.graphql, 'query ($f: ContactFilter) { contacts(filter: $f, first: 1) { totalCount { value } } }', { f: filter }))
        .contacts.totalCount.value
    const midnight = new Date()
    midnight.setHours(0, 0, 0, 0)
    const daysAgo = (days) => new Date(new Date(midnight).setDate(midnight.getDate() - days)).toISOString()
    for (const [address, filter] of [
      ['type=telegram&type=web', { channelTypes: ['TELEGRAM', 'HTML_EMBED'] }],
      ['email=no', { hasEmail: false }],
      ['phone=yes', { hasPhone: true }],
      ['notes=yes', { hasNotes: true }],
      ['unread=yes', { hasUnread: true }],
      ['open=no', { hasOpenSession: false }],
      ['active-after=7d', { activeAfter: daysAgo(7) }],
      ['active-before=30d', { activeBefore: daysAgo(30) }],
      ['created-after=30d&created-before=7d', { createdAfter: daysAgo(30), createdBefore: daysAgo(7) }],
    ]) {
      const all = await nodes(filter)
      assert.ok(all > 1, address)
      await page.goto(`${kith.url}/staff/contacts?${address}`)
      await counted(page, `${all} matches`)
    }
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('chooses days, from and until, both of them included', async () => {
    const { page } = await open(browser, kith, '/staff/contacts?search=filx')
    await filterButton(page).click()
    const created = page.getByRole('dialog').getByRole('group', { name: 'Created' })
    await created.getByRole('combobox').selectOption('Choose days …')
    const today = new Date()
    const day = [today.getFullYear(), today.getMonth() + 1, today.getDate()].map((n) => String(n).padStart(2, '0')).join('-')
    await created.getByLabel('From').fill(day)
    await created.getByLabel('Until').fill(day)
    await until(
      () => query(page),
      (seen) => seen === `?search=filx&created-after=${day}&created-before=${day}`,
    )
    await counted(page, '3 matches, best first')
    await page.context().close()
  })

  it('leaves out what it does not know, and says so', async () => {
    const { page, complaints } = await open(
      browser,
      kith,
      '/staff/contacts?search=filx&type=fax&active-after=soon&colour=red&email=yes&channel=%00',
    )
    await shown(page, ['Filx Ann', 'Filx Cia'])
    await page.getByText('type, active-after, colour, channel').waitFor()
    await page.getByRole('button', { name: 'Dismiss' }).click()
    await until(
      () => query(page),
      (seen) => seen === '?search=filx&email=yes',
    )
    assert.equal(await page.getByText('not known here').count(), 0)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('says when nothing matches, and what to clear', async () => {
    const { page } = await open(browser, kith, '/staff/contacts?search=filx')
    await page.goto(`${kith.url}/staff/contacts?search=filx&notes=yes&email=no`)
    await page.getByText('Nothing matches “filx” with these filters.').waitFor()
    await page.getByRole('button', { name: 'Clear the filters' }).click()
    await shown(page, ['Filx Ann', 'Filx Bob', 'Filx Cia'])
    assert.equal(await focused(page), '')
    await page.context().close()
  })

  it('never shows a row for long that does not belong, nor takes away one that is being edited', async () => {
    const watched = await open(browser, kith, '/staff/contacts?search=filx&email=yes')
    const { page, complaints } = watched
    await watched.listening
    await counted(page, '2 matches, best first')
    await edit(kith, ids.ann, { email: null })
    await shown(page, ['Filx Cia'])
    await counted(page, '1 match, best first')
    await edit(kith, ids.bob, { email: 'fil.bob@example.org' })
    await shown(page, ['Filx Bob', 'Filx Cia'])

    // One's own edit, while one goes on in the row.
    await cell(page, 'Filx Cia', 'notes').click()
    await edit(kith, ids.cia, { email: null })
    await page.waitForTimeout(2_500)
    assert.deepEqual(await names(page), ['Filx Bob', 'Filx Cia'])
    await page.keyboard.press('Escape')
    await shown(page, ['Filx Bob'])

    await cell(page, 'Filx Bob', 'email').focus()
    await page.keyboard.press('Delete')
    await until(
      () => look(kith, ids.bob),
      ({ email }) => email === null,
    )
    await page.getByText('Nothing matches').waitFor()
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('follows what is unread', async () => {
    const { contact } = await write(kith, { name: 'Unread Una' }, { from: 'una' })
    const watched = await open(browser, kith, '/staff/contacts?search=unread+una&unread=yes')
    await watched.listening
    const { nodes } = (await run(kith.graphql, '{ sessions(first: 5) { nodes { id contact { id } } } }')).sessions
    const session = nodes.find((each) => each.contact?.id === contact)
    await run(kith.graphql, 'mutation ($input: UpdateSessionInput!) { updateSession(input: $input) { userErrors { message } } }', {
      input: { id: session.id, markRead: true },
    })
    await watched.page.getByText('Nothing matches').waitFor()
    await write(kith, {}, { from: 'una', text: 'Again' })
    await shown(watched.page, ['Unread Una'])
    await watched.page.context().close()
  })
})

describe('the table', () => {
  let kith, browser
  before(async () => {
    kith = await startKith()
    browser = await launch()
    for (const [name, email] of [
      ['Tab Ann', 'c@tab.example'],
      ['Tab Bob', 'a@tab.example'],
      ['Tab Cia', 'b@tab.example'],
    ]) {
      await write(kith, { name, email, phone: '+4930123456' })
    }
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
  })

  const head = (page, name) => page.getByRole('columnheader', { name })

  it('sorts by email, and by when contacts were created once that is shown', async () => {
    const { page, complaints } = await open(browser, kith)
    assert.equal(await head(page, 'Created').count(), 0)
    await head(page, 'Email').getByRole('button').click()
    await until(
      () => page.locator('.row .email .value').first().innerText(),
      (email) => email.startsWith('a'),
    )
    assert.equal(await head(page, 'Email').getAttribute('aria-sort'), 'ascending')
    assert.equal(query(page), '?sort=email')
    await page.getByRole('button', { name: 'Columns' }).click()
    await page.getByLabel('Created', { exact: true }).check()
    await page.keyboard.press('Escape')
    await head(page, 'Created').getByRole('button').click()
    await until(
      () => names(page),
      (all) => all[0] === 'Tab Cia',
    )
    assert.equal(await head(page, 'Created').getAttribute('aria-sort'), 'descending')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('remembers columns, widths and density in this browser', async () => {
    const { page, complaints } = await open(browser, kith)
    await page.getByRole('button', { name: 'Columns' }).click()
    await page.getByLabel('Notes', { exact: true }).uncheck()
    await page.getByLabel('Compact').check()
    assert.deepEqual(await faults(page), [])
    await page.keyboard.press('Escape')
    const height = () => page.locator('.row').first().evaluate((each) => each.getBoundingClientRect().height)
    assert.equal(await height(), 32)

    const width = async () => (await head(page, 'Email').boundingBox()).width
    const before = await width()
    const edge = await head(page, 'Email').locator('.resizer').boundingBox()
    await page.mouse.move(edge.x + 3, edge.y + 5)
    await page.mouse.down()
    await page.mouse.move(edge.x + 83, edge.y + 5, { steps: 4 })
    await page.mouse.up()
    assert.ok(Math.abs((await width()) - before - 80) < 3, `${await width()} after ${before}`)
    assert.equal((await cell(page, 'Tab Ann', 'email').boundingBox()).width, await width())

    await page.reload()
    await row(page, 'Tab Ann').waitFor()
    assert.equal(await head(page, 'Notes').count(), 0)
    assert.equal(await height(), 32)
    assert.ok(Math.abs((await width()) - before - 80) < 3)
    await head(page, 'Email').locator('.resizer').dblclick()
    assert.ok((await width()) < before + 60)

    await page.evaluate(() => localStorage.setItem('kith.contacts.table', '{"hidden":{"length":9},"widths":"x"'))
    await page.reload()
    await row(page, 'Tab Ann').waitFor()
    assert.equal(await head(page, 'Notes').count(), 1)
    assert.equal(await height(), 44)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('does without a storage', async () => {
    const { page, complaints } = await open(browser, kith)
    await page.addInitScript(() => {
      Object.defineProperty(globalThis, 'localStorage', {
        get() {
          throw new DOMException('no', 'SecurityError')
        },
      })
    })
    await page.reload()
    await row(page, 'Tab Ann').waitFor()
    assert.deepEqual(complaints, [])
    await page.context().close()
  })
})

describe('selecting contacts', () => {
  let kith, browser
  before(async () => {
    kith = await startKith()
    browser = await launch()
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
  })

  const bar = (page) => page.getByRole('region', { name: 'Selection' })
  const box = (page, name) => page.getByRole('checkbox', { name: `Select ${name}`, exact: true })
  const selected = (page, text) => bar(page).getByText(text, { exact: true }).waitFor()

  async function people(prefix, n) {
    const ids = {}
    for (let i = 1; i <= n; i++) {
      const name = `${prefix} ${String.fromCharCode(64 + i)}`
      ids[name] = (await write(kith, { name, email: `${prefix}${i}@sel.example`.toLowerCase() })).contact
    }
    return ids
  }

  it('is done by boxes, with Shift for a range, with Ctrl on a row, and by keyboard', async () => {
    await people('Pick', 6)
    const { page, complaints } = await open(browser, kith, '/staff/contacts?search=pick&sort=name')
    await box(page, 'Pick A').click()
    await box(page, 'Pick D').click({ modifiers: ['Shift'] })
    await selected(page, '4 selected')
    await box(page, 'Pick B').click({ modifiers: ['Shift'] })
    await selected(page, '2 selected')
    await row(page, 'Pick F').locator('.activity').click({ modifiers: ['Control'] })
    await selected(page, '3 selected')
    assert.equal(await row(page, 'Pick F').getAttribute('aria-selected'), 'true')
    assert.deepEqual(await faults(page), [])
    await shot(page, 'selection')
    await page.getByRole('button', { name: 'Clear the selection' }).click()
    assert.equal(await bar(page).count(), 0)

    await cell(page, 'Pick B', 'email').focus()
    await page.keyboard.press('Space')
    await page.keyboard.press('Shift+ArrowDown')
    await page.keyboard.press('Shift+ArrowDown')
    await selected(page, '3 selected')
    assert.equal(await focused(page), 'Pick D: email')
    await page.keyboard.press('Shift+ArrowUp')
    await selected(page, '2 selected')
    await page.keyboard.press('Control+a')
    await selected(page, '6 selected')
    await page.keyboard.press('Escape')
    await until(
      () => bar(page).count(),
      (n) => n === 0,
    )
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('has a hundred at most, and says so', async () => {
    const { page } = await open(browser, kith)
    await page.getByRole('checkbox', { name: 'Select all' }).click()
    await selected(page, '100 selected')
    await said(page, '100 contacts are the most that can be selected one by one.')
    await page.context().close()
  })

  it('is deleted after a question, with what became of each, and what failed can be tried again', async () => {
    const ids = await people('Gone', 7)
    const { page, complaints } = await open(browser, kith, '/staff/contacts?search=gone&sort=name')
    await counted(page, '7 matches')
    await box(page, 'Gone A').click()
    await box(page, 'Gone F').click({ modifiers: ['Shift'] })
    await remove(kith, ids['Gone B']) // meanwhile, elsewhere: it is let go of
    await selected(page, '5 selected')

    await bar(page).getByRole('button', { name: 'Delete' }).click()
    const dialog = page.getByRole('alertdialog', { name: 'Delete 5 contacts?' })
    await dialog.getByText('Gone A').waitFor()
    assert.deepEqual(await faults(page), [])
    await shot(page, 'delete-many')

    // The server refuses one of them, once.
    let refused = false
    await page.route('**/graphql', async (route) => {
      const body = route.request().postDataJSON()
      if (refused || !body.query.includes('deleteContacts')) {
        return route.continue()
      }
      refused = true
      const kept = body.variables.input.ids.pop()
      assert.equal(kept, ids['Gone F'])
      const response = await route.fetch({ postData: JSON.stringify(body) })
      const answer = await response.json()
      answer.data.deleteContacts.results.push({
        __typename: 'DeleteContactPayload',
        deletedContactId: null,
        eventId: null,
        userErrors: [{ __typename: 'UserError', code: 'CONFLICT', message: 'Busy just now.' }],
      })
      return route.fulfill({ response, json: answer })
    })
    await dialog.getByRole('button', { name: 'Delete 5 for good' }).click()
    await dialog.getByText('1 was not deleted:').waitFor()
    await dialog.getByText('Gone F: Busy just now.').waitFor()
    assert.equal(await look(kith, ids['Gone A']), null)
    await dialog.getByRole('button', { name: 'Try 1 again' }).click()
    await said(page, '1 contact deleted')
    await shown(page, ['Gone G'])
    await counted(page, '1 match')
    assert.match(await focused(page), /^Gone G/)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('is merged', async () => {
    const ids = await people('Join', 3)
    const { page, complaints } = await open(browser, kith, '/staff/contacts?search=join&sort=name')
    await box(page, 'Join A').click()
    assert.equal(await bar(page).getByRole('button', { name: 'Merge' }).isDisabled(), true)
    await box(page, 'Join B').click()
    await bar(page).getByRole('button', { name: 'Merge' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Merge 2 contacts' }).click()
    await said(page, '2 contacts merged into Join A')
    await shown(page, ['Join A', 'Join C'])
    assert.equal((await look(kith, ids['Join B'])).name, 'Join A')
    assert.equal(await bar(page).count(), 0)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('is exported as a file for spreadsheets, formulas defused', async () => {
    await write(kith, { name: '=SUM(1,2) Export', phone: '+4930123456' })
    await write(kith, { name: 'Ann "Export" Müller' })
    const { page, complaints } = await open(browser, kith, '/staff/contacts?search=export&sort=name')
    await cell(page, 'Ann "Export" Müller', 'email').focus()
    await page.keyboard.press('Control+a')
    await selected(page, '2 selected')
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      bar(page).getByRole('button', { name: 'Export' }).click(),
    ])
    assert.equal(download.suggestedFilename(), 'contacts.csv')
    const text = await readFile(await download.path(), 'utf8')
    assert.match(text, /^\uFEFFName,Email,Phone,Notes,Channels,Created,Last activity\r\n/)
    assert.match(text, /"'=SUM\(1,2\) Export",,\+4930123456,,WhatsApp,/)
    assert.match(text, /"Ann ""Export"" Müller"/)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })
})

describe('editing in the table', () => {
  let kith, browser
  before(async () => {
    kith = await startKith()
    browser = await launch()
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
  })

  const typed = (page) =>
    page.evaluate(() => {
      const { value, selectionStart, selectionEnd } = document.activeElement
      return { value, from: selectionStart, to: selectionEnd }
    })

  it('starts with a letter, or goes on at the end by Enter and F2', async () => {
    const { contact } = await write(kith, { name: 'Key Ann', email: 'old@key.example' })
    await edit(kith, contact, { notes: 'A note' })
    const { page, complaints } = await open(browser, kith, '/staff/contacts?search=key+ann')
    await cell(page, 'Key Ann', 'email').focus()
    for (const key of ['Enter', 'F2']) {
      await page.keyboard.press(key)
      assert.deepEqual(await typed(page), { value: 'old@key.example', from: 15, to: 15 })
      await page.keyboard.press('Escape')
    }
    await page.keyboard.type('new@key.example')
    assert.equal((await typed(page)).value, 'new@key.example')
    await page.keyboard.press('Enter')
    await until(
      () => look(kith, contact),
      ({ email }) => email === 'new@key.example',
    )
    await cell(page, 'Key Ann', 'notes').focus()
    await page.keyboard.type('Other')
    assert.equal((await typed(page)).value, 'Other')
    await page.keyboard.press('Escape')
    assert.equal((await look(kith, contact)).notes, 'A note')

    // Del empties it, and Ctrl+Z brings it back.
    await page.keyboard.press('Delete')
    await page.locator('.announcements').getByText('Notes of Key Ann saved').waitFor()
    assert.equal((await look(kith, contact)).notes, '')
    await page.keyboard.press('Control+z')
    await until(
      () => look(kith, contact),
      ({ notes }) => notes === 'A note',
    )
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('edits the name in place by F2', async () => {
    const { contact } = await write(kith, { name: 'Nam Old' })
    const { page, complaints } = await open(browser, kith, '/staff/contacts?search=nam+old')
    await row(page, 'Nam Old').getByRole('link', { name: 'Nam Old' }).focus()
    await page.keyboard.press('F2')
    await page.keyboard.type(' and New')
    await page.keyboard.press('Enter')
    await until(
      () => look(kith, contact),
      ({ name }) => name === 'Nam Old and New',
    )
    await until(
      () => focused(page),
      (where) => where === 'Nam Old and New: name',
    )
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('goes on over the end of a row with Tab, and back', async () => {
    await write(kith, { name: 'Row Two' })
    await write(kith, { name: 'Row One' })
    const { page } = await open(browser, kith, '/staff/contacts?search=row&sort=name')
    await cell(page, 'Row One', 'notes').click()
    await page.keyboard.press('Tab')
    await page.getByLabel('Email of Row Two').waitFor()
    await page.keyboard.press('Shift+Tab')
    await page.getByLabel('Notes of Row One').waitFor()
    await page.context().close()
  })

  it('copies and pastes whole cells, and cleans what is pasted', async () => {
    const { contact } = await write(kith, { name: 'Cop Ann', email: 'cop@ann.example' })
    const { page, complaints } = await open(browser, kith, '/staff/contacts?search=cop+ann', {
      permissions: ['clipboard-read', 'clipboard-write'],
    })
    const clipboard = () => page.evaluate(() => navigator.clipboard.readText())
    await cell(page, 'Cop Ann', 'email').focus()
    await page.keyboard.press('Control+c')
    assert.equal(await clipboard(), 'cop@ann.example')
    await said(page, 'cop@ann.example copied')

    for (const [field, pasted, clean, shown = clean] of [
      ['email', 'mailto:ann@clean.example', 'ann@clean.example'],
      ['email', 'Ann Clean <ann.clean@clean.example>', 'ann.clean@clean.example'],
      ['phone', 'tel:+49-30-123456', '+4930123456', '+49 30 123456'],
    ]) {
      await page.evaluate((text) => navigator.clipboard.writeText(text), pasted)
      await cell(page, 'Cop Ann', field).focus()
      await page.keyboard.press('Control+v')
      await until(
        () => look(kith, contact),
        (seen) => seen[field] === clean,
      )
      await cell(page, 'Cop Ann', field).getByText(shown, { exact: true }).waitFor()
    }

    // What one does with a value is there when the pointer is, or the focus.
    await cell(page, 'Cop Ann', 'phone').focus()
    await page.keyboard.press('Tab')
    assert.deepEqual(
      await page.evaluate(() => [document.activeElement.ariaLabel, document.activeElement.href]),
      ['Call +4930123456', 'tel:+4930123456'],
    )
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await said(page, '+4930123456 copied')
    assert.equal(await clipboard(), '+4930123456')
    await cell(page, 'Cop Ann', 'email').hover()
    assert.equal(
      await cell(page, 'Cop Ann', 'email').getByRole('link').getAttribute('href'),
      'mailto:ann.clean@clean.example',
    )
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('selects a word by a double click, and leaves text that was dragged over', async () => {
    const { contact } = await write(kith, { name: 'Dou Ann' })
    await edit(kith, contact, { notes: 'alpha beta gamma' })
    const { page } = await open(browser, kith, '/staff/contacts?search=dou+ann')
    const at = await cell(page, 'Dou Ann', 'notes').locator('.value').boundingBox()
    await page.mouse.move(at.x + 2, at.y + at.height / 2)
    await page.mouse.down()
    await page.mouse.move(at.x + 90, at.y + at.height / 2, { steps: 5 })
    await page.mouse.up()
    assert.match(await page.evaluate(() => getSelection().toString()), /^alpha/)
    assert.equal(await page.locator('.editor').count(), 0)
    await page.mouse.click(at.x + 10, at.y + 300) // where no row is
    await page.mouse.dblclick(at.x + 10, at.y + at.height / 2)
    const { value, from, to } = await typed(page)
    assert.equal(value.slice(from, to).trim(), 'alpha')
    await page.context().close()
  })
})

describe('a card', () => {
  let kith, browser
  before(async () => {
    kith = await startKith()
    browser = await launch()
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
  })

  const email = 'maximiliane.alexandra.von.hohenstein-wittgenstein@customer-experience.department.example'
  for (const [name, options] of Object.entries({
    'of 360 pixels': { viewport: { width: 360, height: 800 }, hasTouch: true, isMobile: true },
    'of 390 pixels, dark': { viewport: { width: 390, height: 800 }, colorScheme: 'dark' },
    'zoomed to 200 %': { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 },
  })) {
    it(`shows a long email and a phone in full, ${name}`, async () => {
      const who = `Card ${name}`
      await edit(kith, (await write(kith, { name: who })).contact, { email, phone: '+971501234567', allowDuplicate: true })
      const { page, complaints } = await open(browser, kith, '/staff/contacts', options)
      await row(page, who).waitFor()
      await shot(page, `card-${name.replaceAll(' ', '-')}`)
      const cut = await row(page, who).evaluate((line) => {
        const { bottom } = line.getBoundingClientRect()
        return ['email', 'phone'].filter((field) => {
          const cell = line.querySelector(`.${field}`)
          const value = cell.querySelector('.value')
          const below = line.querySelector('.phone .label').getBoundingClientRect().top
          const end = field === 'email' ? below : bottom
          return (
            value.scrollWidth > value.clientWidth ||
            value.scrollHeight > value.clientHeight ||
            value.getBoundingClientRect().bottom > end + 0.5
          )
        })
      })
      assert.deepEqual(cut, [])
      assert.equal(await cell(page, who, 'email').locator('.value').innerText(), email)
      assert.deepEqual(await faults(page), [])
      assert.deepEqual(complaints, [])
      await page.context().close()
    })
  }
})

describe('a reader', () => {
  it('sees no control that changes anything', async () => {
    const secret = 's'.repeat(40)
    const kith = await startKith({ KITH_AUTH_SECRET: secret, KITH_DEMO: 'on' })
    const browser = await launch()
    const { page, complaints } = await watchedPage(browser)
    await page.goto(`${kith.url}/staff/contacts`)
    await page.getByLabel('Token').fill(token(secret, 'demo', 'reader'))
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.locator('[data-row]').first().waitFor()
    await page.getByRole('grid').and(page.locator('[aria-readonly]')).waitFor()
    assert.equal(await page.getByRole('checkbox').count(), 0)
    assert.equal(await page.getByRole('button', { name: /^Delete/ }).count(), 0)
    await page.locator('.row .cell.email').first().click()
    await page.keyboard.press('x')
    assert.equal(await page.locator('.editor').count(), 0)
    assert.equal(await page.locator('.row .cell.email').first().getAttribute('aria-readonly'), 'true')
    assert.deepEqual(complaints.filter((each) => !each.includes('401')), [])
    await browser.close()
    await kith.stop()
  })
})

describe('a search without a server', () => {
  it('shows no rows of the search before, and the matches when the server is back', async () => {
    const kith = await startKith()
    const browser = await launch()
    await write(kith, { name: 'Away Ann' })
    const { page } = await open(browser, kith)
    await kith.down()
    await page.getByLabel('Search contacts').fill('away ann')
    await page.getByText('Not searched yet').waitFor()
    assert.deepEqual(await names(page), [])
    await shot(page, 'away')
    await kith.up()
    await shown(page, ['Away Ann'])
    await counted(page, '1 match, best first')
    await page.getByLabel('Search contacts').fill('')
    await counted(page, '501 contacts')
    await browser.close()
    await kith.stop()
  })
})
