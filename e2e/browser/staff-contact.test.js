import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { after, before, describe, it } from 'node:test'

import { faults, overflow } from '../harness/axe.js'
import { launch, watchedPage } from '../harness/browser.js'
import { postgres } from '../harness/databases.js'
import { alert, press, tabTo } from '../harness/editing-steps.js'
import { run, startKith, token } from '../harness/kith.js'
import { freePort, KithProcess } from '../harness/kith-process.js'
import { cell, edit, focused, look, names, open, remove, row, said, shot, until, write } from '../harness/staff-pages.js'

const panel = (page) => page.locator('.contact-panel')
const field = (page, of) => panel(page).locator(`[data-field="${of}"]`)
const heading = (page, name) => panel(page).getByRole('heading', { name, exact: true })
const path = (page) => new URL(page.url()).pathname
const whole = (id) => `/staff/contacts/${id}`

// visit shows a contact where there may be no table beside it.
async function visit(browser, kith, id, options = {}) {
  const watched = await watchedPage(browser, { locale: 'en-GB', ...options })
  await watched.page.goto(kith.url + whole(id))
  await watched.page.locator('.contact-panel:not([aria-busy])').waitFor()
  return watched
}

async function merge(kith, survivor, other) {
  const version = async (id) => (await look(kith, id)).version
  const { mergeContacts } = await run(
    kith.graphql,
    'mutation ($input: MergeContactsInput!) { mergeContacts(input: $input) { mergeId userErrors { message } } }',
    {
      input: {
        survivorId: survivor,
        expectedVersion: await version(survivor),
        others: [{ id: other, expectedVersion: await version(other) }],
      },
    },
  )
  assert.deepEqual(mergeContacts.userErrors, [])
}

const idOf = async (kith, id) =>
  (await run(kith.graphql, 'query ($id: ID!) { contact(id: $id) { id } }', { id })).contact?.id

// boxOf is how the label of a box begins that has this text.
const boxOf = async (dialog, text) =>
  (await dialog.locator('label.option').filter({ hasText: text }).textContent()).trim()

describe('a contact', () => {
  let kith, browser
  before(async () => {
    kith = await startKith()
    browser = await launch()
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
  })

  // twins are two contacts that may be one person.
  let pairs = 0
  async function twins(first, second) {
    const email = `twin${++pairs}@shop.example`
    const one = await write(kith, { name: first, email }, { text: 'Hello from WhatsApp' })
    const two = await write(kith, { name: second, email: email.replace('@', '+news@') }, { channel: 'TELEGRAM' })
    await edit(kith, one.contact, { email })
    return { one, two, email }
  }

  it('shows a pair that the server finds after the page was opened', async () => {
    const one = await write(kith, { name: 'Lina Later', email: 'lina@later.example' })
    await write(kith, { name: 'Lena Later', email: 'lina+news@later.example' }, { channel: 'TELEGRAM' })
    const { page, complaints } = await open(browser, kith, whole(one.contact))
    await heading(page, 'Lina Later').waitFor()
    await edit(kith, one.contact, { email: 'lina@later.example' })
    await page.getByRole('button', { name: 'Compare and merge with Lena Later' }).waitFor()
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('opens beside the table, from its row, and keeps the search and the order', async () => {
    const vera = await write(kith, { name: 'Vera Whole', email: 'vera@whole.example', phone: '+4930123456' })
    await edit(kith, vera.contact, { notes: 'First line\nSecond line', phone: '+4930123457' })
    const { page, complaints } = await open(browser, kith, '/staff/contacts?search=vera+whole&sort=name')
    await row(page, 'Vera Whole').hover()
    await page.getByRole('button', { name: 'Open Vera Whole' }).click()
    await heading(page, 'Vera Whole').waitFor()
    assert.equal(path(page) + new URL(page.url()).search, `${whole(vera.contact)}?search=vera+whole&sort=name`)
    assert.equal(await page.title(), 'Vera Whole – Contacts – Kith')
    assert.equal(await page.evaluate(() => document.activeElement.id), 'contact-name')
    assert.equal(await field(page, 'notes').innerText(), 'First line\nSecond line')
    assert.equal(await field(page, 'phone').innerText(), '+49 30 123457')
    await panel(page).getByText('Typed by the customer').first().waitFor()
    await panel(page).getByText('Verified by channel or staff').waitFor()
    await row(page, 'Vera Whole').getByRole('link', { name: 'Vera Whole', exact: true }).waitFor()
    await shot(page, 'contact')
    assert.deepEqual(await faults(page), [])
    assert.ok((await overflow(page)) <= 0)

    await page.keyboard.press('Escape')
    await until(
      () => focused(page),
      (where) => where === 'Vera Whole: name',
    )
    assert.equal(path(page), '/staff/contacts')
    assert.equal(await page.getByLabel('Search contacts').inputValue(), 'vera whole')
    assert.equal(await page.title(), 'vera whole – Contacts – Kith')
    await page.goBack()
    await heading(page, 'Vera Whole').waitFor()
    await page.reload()
    await heading(page, 'Vera Whole').waitFor()
    await row(page, 'Vera Whole').getByRole('link', { name: 'Vera Whole', exact: true }).click()
    await page.locator('.chip').getByText('Vera Whole').waitFor()
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('goes from one to the next by keyboard without closing', async () => {
    for (const name of ['Qstep Cee', 'Qstep Bee', 'Qstep Aye']) {
      await write(kith, { name })
    }
    const { page, complaints } = await open(browser, kith, '/staff/contacts?search=qstep&sort=name')
    await row(page, 'Qstep Aye').getByRole('link').focus()
    await press(page, 'Shift+Enter')
    await heading(page, 'Qstep Aye').waitFor()
    await press(page, 'j')
    await heading(page, 'Qstep Bee').waitFor()
    await until(
      () => page.evaluate(() => document.activeElement.id),
      (id) => id === 'contact-name',
    )
    await press(page, 'Alt+ArrowDown')
    await heading(page, 'Qstep Cee').waitFor()
    await press(page, 'j') // the last
    await press(page, 'k')
    await heading(page, 'Qstep Bee').waitFor()
    await press(page, 'Alt+ArrowUp')
    await heading(page, 'Qstep Aye').waitFor()
    assert.equal(await page.locator('.row[data-shown] .name a').innerText(), 'Qstep Aye')
    await page.getByRole('button', { name: 'Next contact' }).click()
    await heading(page, 'Qstep Bee').waitFor()
    // Letters are letters where somebody types.
    await page.getByLabel('Search contacts').fill('qstep j')
    await page.getByLabel('Search contacts').press('j')
    await heading(page, 'Qstep Bee').waitFor()
    await page.getByLabel('Search contacts').fill('qstep')
    await until(
      () => names(page),
      (all) => all.length === 3,
    )
    await page.getByRole('button', { name: 'Close' }).click()
    await until(
      () => focused(page),
      (where) => where === 'Qstep Bee: name',
    )
    // One way back to where it began, however many were looked at.
    await page.goBack()
    await heading(page, 'Qstep Bee').waitFor()
    await page.goBack()
    await until(
      () => path(page),
      (at) => at === '/staff/contacts',
    )
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('is edited by the rules of the table, its name too', async () => {
    const { contact } = await write(kith, { name: 'Nina Wrong', email: 'nina@edit.example' })
    const taken = await write(kith, { name: 'Tom Taken' })
    await edit(kith, taken.contact, { email: 'tom@edit.example' })
    const { page, complaints } = await open(browser, kith, `${whole(contact)}?search=nina`)
    await field(page, 'name').click()
    const input = page.getByLabel('Name of Nina Wrong')
    assert.equal(await input.evaluate((each) => each.value.slice(each.selectionStart, each.selectionEnd)), 'Nina Wrong')
    await page.keyboard.type('  Nina Right ')
    await press(page, 'Enter')
    await said(page, 'Name of Nina Right saved')
    assert.equal((await look(kith, contact)).name, 'Nina Right')
    await heading(page, 'Nina Right').waitFor()
    await row(page, 'Nina Right').waitFor()
    await until(
      () => field(page, 'name').evaluate((each) => each === document.activeElement),
      Boolean,
    )
    await press(page, 'Control+z')
    await said(page, 'Name of Nina Wrong changed back')
    assert.equal((await look(kith, contact)).name, 'Nina Wrong')

    // A value that is refused stays, and can be given up.
    await field(page, 'email').click()
    await page.keyboard.type('tom@edit.example')
    await press(page, 'Enter')
    await alert(page, 'Tom Taken').waitFor()
    await shot(page, 'contact-taken')
    assert.deepEqual(await faults(page), [])
    assert.equal(await page.locator('.row .editor').count(), 0, 'it is open in one place')
    await press(page, 'Escape')
    assert.equal(await field(page, 'email').innerText(), 'nina@edit.example')
    await heading(page, 'Nina Wrong').waitFor()

    // Notes have several lines, and the input as many.
    await field(page, 'notes').click()
    const notes = page.getByLabel('Notes of Nina Wrong')
    const before = (await notes.boundingBox()).height
    for (let line = 1; line <= 8; line++) {
      await page.keyboard.type(`line ${line}`)
      await press(page, 'Shift+Enter')
    }
    assert.ok((await notes.boundingBox()).height > before + 80)
    await shot(page, 'contact-notes')
    await press(page, 'Enter')
    await said(page, 'Notes of Nina Wrong saved')
    assert.match((await look(kith, contact)).notes, /^line 1\nline 2\n/)

    // The cell in the row opens in the row.
    await cell(page, 'Nina Wrong', 'phone').click()
    await page.locator('.row .editor input').waitFor()
    assert.equal(await panel(page).locator('.editor').count(), 0)
    await press(page, 'Escape')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('asks when somebody else has changed the same field', async () => {
    const { contact } = await write(kith, { name: 'Carl Conflict' })
    const { page, complaints, listening } = await open(browser, kith, `${whole(contact)}?search=carl+conflict`)
    await listening
    await field(page, 'notes').click()
    await page.keyboard.type('mine')
    await edit(kith, contact, { notes: 'theirs' })
    await press(page, 'Enter')
    await alert(page, 'theirs').waitFor()
    await page.getByRole('button', { name: 'Keep mine' }).click()
    await said(page, 'Notes of Carl Conflict saved')
    assert.equal((await look(kith, contact)).notes, 'mine')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('keeps what was typed, and leads back to it, when the server is away', async () => {
    const { contact } = await write(kith, { name: 'Olga Outage' })
    const { page } = await open(browser, kith, `${whole(contact)}?search=olga`)
    await heading(page, 'Olga Outage').waitFor()
    await page.route('**/graphql', (route) => route.abort())
    await field(page, 'name').click()
    await page.keyboard.type('Olga Online')
    await press(page, 'Enter')
    await alert(page, 'Not saved').waitFor()
    await page.evaluate(() => document.activeElement.blur())
    await press(page, 'Escape')
    await until(
      () => path(page),
      (at) => at === '/staff/contacts',
    )
    await page.getByRole('button', { name: '1 unsaved' }).click()
    await page.getByRole('list', { name: 'Not saved' }).getByRole('button', { name: /^Name of/ }).click()
    assert.equal(await page.getByLabel('Name of Olga Outage').inputValue(), 'Olga Online')
    await page.unroute('**/graphql')
    await page.locator('.trouble').getByRole('button', { name: 'Try again' }).click()
    await said(page, 'Name of Olga Online saved')
    assert.equal((await look(kith, contact)).name, 'Olga Online')
    await page.context().close()
  })

  it('shows its sessions, more on demand, and each leads to chat', async () => {
    const from = 'busy'
    const close = 'mutation ($input: UpdateSessionInput!) { updateSession(input: $input) { userErrors { message } } }'
    let contact
    for (let n = 1; n <= 27; n++) {
      const written = await write(kith, { name: 'Bea Busy' }, { from, text: `Message ${n}` })
      contact = written.contact
      await run(kith.graphql, close, { input: { id: written.session, status: 'CLOSED' } })
    }
    const { page, complaints } = await visit(browser, kith, contact)
    const entries = page.getByRole('region', { name: 'Sessions' }).getByRole('listitem')
    await entries.first().getByText('Message 27').waitFor()
    assert.equal(await entries.count(), 25)
    await page.getByRole('region', { name: 'Sessions' }).getByRole('button', { name: 'Show more' }).click()
    await until(
      () => entries.count(),
      (count) => count === 27,
    )
    await entries.last().getByText('Message 1', { exact: true }).waitFor()
    await entries.last().getByRole('link').click()
    await page.getByText('They live in the channel').waitFor()
    await page.locator('blockquote').getByText('Message 1', { exact: true }).waitFor()
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('has a history with old and new values, paged', async () => {
    const { contact } = await write(kith, { name: 'Hanna Past' })
    for (let n = 1; n <= 26; n++) {
      await edit(kith, contact, { notes: `note ${n}` })
    }
    await edit(kith, contact, { notes: `long ${'word '.repeat(80)}end` })
    const { page, complaints } = await visit(browser, kith, contact)
    const history = page.getByRole('region', { name: 'History' })
    const entries = history.getByRole('listitem')
    await entries.nth(1).getByText('note 25').waitFor()
    await entries.nth(1).getByText('note 26').waitFor()
    await entries.first().getByText('You').waitFor()
    assert.equal(await entries.first().getByText('end', { exact: false }).count(), 0)
    await entries.first().getByRole('button', { name: 'Show all' }).click()
    await entries.first().getByText(/word end$/).waitFor()
    assert.equal(await entries.count(), 25)
    await history.getByRole('button', { name: 'Show more' }).click()
    await entries.last().getByText('Created').waitFor()
    await entries.last().getByText('WhatsApp support').waitFor()
    assert.equal(await entries.count(), 28)
    assert.match(await entries.first().locator('time').getAttribute('title'), /\d\d:\d\d:\d\d/)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('hears of edits, messages, merges and deletions', async () => {
    const { contact } = await write(kith, { name: 'Liv Live' }, { from: 'liv' })
    const other = await write(kith, { name: 'Liva Live' }, { channel: 'TELEGRAM' })
    const { page, complaints, listening } = await open(browser, kith, `${whole(contact)}?search=liv`)
    await listening
    await page.waitForTimeout(6_000) // until the page would say that events do not come
    assert.equal(await page.getByText('Live updates are interrupted').count(), 0)
    await edit(kith, contact, { notes: 'from elsewhere' })
    await until(
      () => field(page, 'notes').innerText(),
      (text) => text === 'from elsewhere',
    )
    await page.getByRole('region', { name: 'History' }).getByText('from elsewhere').waitFor()
    await write(kith, { name: 'Liv Live' }, { from: 'liv', text: 'Still there?' })
    await page.getByRole('region', { name: 'Sessions' }).getByText('Still there?').waitFor()

    await merge(kith, other.contact, contact)
    await heading(page, 'Liva Live').waitFor()
    await until(
      () => path(page),
      (at) => at === whole(other.contact),
    )
    await page.getByRole('status').getByText('Liv Live was merged into this contact.').waitFor()
    assert.equal(new URL(page.url()).search, '?search=liv')
    await page.getByRole('button', { name: 'Dismiss' }).click()
    await page.getByText('was merged into this contact').waitFor({ state: 'detached' })

    await remove(kith, other.contact)
    await heading(page, 'Liva Live was deleted').waitFor()
    assert.equal(await page.title(), 'Contacts – Kith')
    assert.deepEqual(await faults(page), [])

    await page.goto(kith.url + whole(contact))
    await heading(page, 'No such contact').waitFor()
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('keeps what was being typed into a contact that somebody deletes', async () => {
    const { contact } = await write(kith, { name: 'Del Eted' })
    const { page, complaints, listening } = await open(browser, kith, `${whole(contact)}?search=del+eted`)
    await listening
    await field(page, 'notes').click()
    await page.keyboard.type('hours of work')
    await remove(kith, contact)
    await alert(page, 'deleted meanwhile').waitFor()
    assert.equal(await page.getByLabel('Notes of Del Eted').inputValue(), 'hours of work')
    await page.getByRole('button', { name: 'Discard' }).click()
    await heading(page, 'Del Eted was deleted').waitFor()
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('follows the id of a merged contact', async () => {
    const a = await write(kith, { name: 'Ida Stays' })
    const b = await write(kith, { name: 'Ida Goes' }, { channel: 'INSTAGRAM' })
    await merge(kith, a.contact, b.contact)
    const { page, complaints } = await watchedPage(browser, { locale: 'en-GB' })
    await page.goto(kith.url + whole(b.contact))
    await heading(page, 'Ida Stays').waitFor()
    await page.getByText('The contact that you were looking for was merged into this one.').waitFor()
    await until(
      () => path(page),
      (shown) => shown === whole(a.contact),
    )
    await page.getByRole('region', { name: 'History' }).getByText('Merged into this contact').waitFor()
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('is compared with a duplicate, merged, and taken apart again', async () => {
    const { one, two, email } = await twins('Paula Pair', 'Paulina Pair')
    await edit(kith, two.contact, { notes: 'also her' })
    const { page, complaints } = await open(browser, kith, `${whole(one.contact)}?search=pair`)
    await page.getByRole('button', { name: 'Compare and merge with Paulina Pair' }).click()
    const dialog = page.getByRole('dialog', { name: 'Merge 2 contacts' })
    await dialog.getByRole('group', { name: 'Name' }).waitFor()
    await shot(page, 'merge')
    assert.deepEqual(await faults(page), [])
    await dialog.getByRole('group', { name: 'Name' }).getByText('Paulina Pair').click()
    await dialog.getByText('2 sessions').waitFor()
    assert.equal(await dialog.getByLabel('Notes').inputValue(), 'also her')
    await dialog.getByLabel('Notes').fill('one person')
    const looked = page.waitForResponse((response) => response.request().postData()?.includes('MergePreview'))
    await press(page, 'Tab')
    await looked
    // Somebody changes one of them meanwhile: the person looks again.
    await edit(kith, two.contact, { phone: '+493012345678' })
    await dialog.getByRole('button', { name: 'Merge 2 contacts' }).click()
    await dialog.getByRole('alert').getByText('changed one of these contacts').waitFor()
    await dialog.getByRole('button', { name: 'Merge 2 contacts' }).click()
    await said(page, '2 contacts merged into Paulina Pair')
    await heading(page, 'Paulina Pair').waitFor()
    assert.equal(path(page), whole(one.contact))
    assert.deepEqual(await look(kith, one.contact), {
      name: 'Paulina Pair',
      email,
      phone: '+493012345678',
      notes: 'one person',
      version: (await look(kith, one.contact)).version,
    })
    assert.equal(await idOf(kith, two.contact), one.contact)
    await panel(page).getByText('Further emails').waitFor()
    await until(
      () => names(page),
      (all) => all.length === 1,
    )
    await shot(page, 'merged')
    assert.deepEqual(await faults(page), [])

    await page.locator('.announcements').getByRole('button', { name: 'Undo' }).click()
    await said(page, 'Merge undone')
    await heading(page, 'Paula Pair').waitFor()
    await until(
      () => names(page),
      (all) => all.length === 2,
    )
    assert.equal(await idOf(kith, two.contact), two.contact)
    // The id that led to the other one leads to its own contact again.
    await row(page, 'Paulina Pair').hover()
    await page.getByRole('button', { name: 'Open Paulina Pair' }).click()
    await heading(page, 'Paulina Pair').waitFor()
    assert.equal(path(page), whole(two.contact))
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('offers the way back from a merge also later and in another browser, and stays the contact that was chosen', async () => {
    const { one, two } = await twins('Greta Gone', 'Greta Given')
    const { page: first } = await open(browser, kith, whole(one.contact))
    await first.getByRole('button', { name: /^Compare and merge with/ }).click()
    const dialog = first.getByRole('dialog')
    await dialog.getByRole('group', { name: 'Contact that stays' }).getByText('Greta Given').click()
    await dialog.getByRole('button', { name: 'Merge 2 contacts' }).click()
    await until(
      () => path(first),
      (at) => at === whole(two.contact),
    )
    await first.context().close()
    const { page, complaints } = await open(browser, kith, whole(two.contact))
    await panel(page).getByText('Another contact was merged into this one').waitFor()
    await panel(page).getByRole('button', { name: 'Undo the merge' }).click()
    await said(page, 'Merge undone')
    await panel(page).getByRole('button', { name: 'Undo the merge' }).waitFor({ state: 'detached' })
    assert.equal(await idOf(kith, one.contact), one.contact)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('is split, and the new contact is a link away', async () => {
    const a = await write(kith, { name: 'Spe Lit' })
    const b = await write(kith, { name: 'Other Person' }, { channel: 'INSTAGRAM' })
    await merge(kith, a.contact, b.contact)
    const { page, complaints } = await open(browser, kith, whole(a.contact))
    await page.getByRole('button', { name: 'Split …' }).click()
    const dialog = page.getByRole('dialog', { name: 'Split Spe Lit' })
    const boxes = dialog.getByRole('checkbox')
    await boxes.nth(0).check()
    await boxes.nth(1).check()
    await dialog.getByText('At least one has to stay.').waitFor()
    await boxes.nth(0).uncheck()
    await shot(page, 'split')
    assert.deepEqual(await faults(page), [])
    await dialog.getByRole('button', { name: 'Split off' }).click()
    await said(page, 'split off')
    await panel(page).getByRole('status').getByRole('link').click()
    await until(
      () => path(page),
      (at) => at !== whole(a.contact),
    )
    await page.getByRole('region', { name: 'Known on channels as' }).getByText('Other Person').waitFor()
    assert.equal(await page.getByRole('button', { name: 'Split …' }).count(), 0)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  // couple is a contact with two identities, and a third contact that may get one of them.
  let couples = 0
  async function couple() {
    const n = ++couples
    const a = await write(kith, { name: `Jo Couple${n}` })
    const b = await write(kith, { name: `Ji Couple${n}`, email: `ji${n}@couple.example` }, { channel: 'INSTAGRAM', text: 'From Ji' })
    const third = await write(kith, { name: `Ti Third${n}`, email: `ti${n}@third.example` }, { channel: 'TELEGRAM' })
    await merge(kith, a.contact, b.contact)
    return { id: a.contact, session: b.session, third: third.contact, name: `Jo Couple${n}`, target: `Ti Third${n}` }
  }
  const ownerOf = async (session) =>
    (await run(kith.graphql, 'query ($id: ID!) { session(id: $id) { contact { id } } }', { id: session })).session.contact.id

  it('gives a part of it to another contact, with the keyboard alone', async () => {
    const { id, session, third, name, target } = await couple()
    const { page, complaints } = await visit(browser, kith, id)
    await page.getByRole('button', { name: 'Split …' }).waitFor()
    await tabTo(page, 'Split …')
    await press(page, 'Enter')
    const dialog = page.getByRole('dialog', { name: `Split ${name}` })
    await dialog.waitFor()
    await tabTo(page, 'Split off')
    await press(page, 'Enter')
    await alert(page, 'Choose what to split off.').waitFor()
    await tabTo(page, await boxOf(dialog, 'Ji Couple'), 'Shift+Tab')
    await press(page, 'Space')
    await tabTo(page, 'A new contact')
    await press(page, 'ArrowDown')
    await tabTo(page, 'Split off')
    await press(page, 'Enter')
    await alert(page, 'Choose the contact that gets it.').waitFor()
    await tabTo(page, 'Find the contact', 'Shift+Tab')
    // As fast as one types: the answer comes later.
    await page.keyboard.type(target.toLowerCase())
    await press(page, 'Enter')
    await until(
      () => page.evaluate(() => document.activeElement.textContent),
      (text) => text === 'Choose another',
    )
    await dialog.getByText(/ti\d+@third\.example/).waitFor()
    await press(page, 'Enter')
    assert.equal(await page.evaluate(() => document.activeElement.value), target.toLowerCase())
    await until(() => dialog.getByRole('option').count(), (n) => n === 1)
    await shot(page, 'split-finding')
    assert.deepEqual(await faults(page), [])
    await press(page, 'Enter')
    await tabTo(page, 'Split off')
    await press(page, 'Enter')
    await said(page, `Split off to ${target}`)
    await dialog.waitFor({ state: 'detached' })
    assert.equal(await ownerOf(session), third)
    await panel(page).getByRole('status').getByText('Split off to this contact').waitFor()
    await panel(page).getByRole('status').getByRole('link', { name: target }).click()
    await until(
      () => path(page),
      (at) => at === whole(third),
    )
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('says why it was not split, and keeps what was chosen', async () => {
    const { id, session, third, name, target } = await couple()
    const survivor = (await write(kith, { name: 'Sur Vivor' })).contact
    const { page } = await visit(browser, kith, id)
    let before // what a colleague does once the split has been sent
    await page.route('**/graphql', async (route) => {
      if (before && route.request().postData()?.includes('splitContact')) {
        const act = before
        before = undefined
        if (await act() === 'lost') {
          await route.abort()
          return
        }
      }
      await route.continue().catch(() => {})
    })
    await page.getByRole('button', { name: 'Split …' }).click()
    const dialog = page.getByRole('dialog', { name: `Split ${name}` })
    const button = dialog.getByRole('button', { name: 'Split off', exact: true })
    const box = dialog.getByRole('checkbox', { name: /Ji Couple/ })
    await box.check()
    await dialog.getByRole('radio', { name: 'An existing contact' }).check()
    const find = async (whom) => {
      await dialog.getByRole('combobox').fill(whom)
      await dialog.getByRole('option', { name: whom }).click()
    }
    // The contact itself cannot be chosen.
    await dialog.getByRole('combobox').fill(name)
    await dialog.getByText(`Nothing matches “${name}”.`).waitFor()
    await find(target)

    before = async () => 'lost'
    await button.click()
    await alert(page, 'Not split. The server cannot be reached.').waitFor()
    assert.equal(await box.isChecked(), true)
    await dialog.getByText(target, { exact: true }).waitFor()

    before = () => edit(kith, id, { notes: 'Edited by a colleague' })
    await button.click()
    await alert(page, 'Not split: the contact was changed meanwhile. Please check again.').waitFor()
    assert.equal(await box.isChecked(), true)

    before = () => merge(kith, survivor, third)
    await button.click()
    await alert(page, `${target} was merged into Sur Vivor meanwhile. Sur Vivor is chosen now.`).waitFor()
    await shot(page, 'split-refused')
    assert.deepEqual(await faults(page), [])

    before = () => remove(kith, survivor)
    await button.click()
    await alert(page, 'Sur Vivor was deleted meanwhile. Choose another contact.').waitFor()
    assert.equal(await box.isChecked(), true)

    const near = (await write(kith, { name: 'Near Ness' })).contact
    await find('Near Ness')
    before = () => merge(kith, id, near)
    await button.click()
    await alert(page, 'Near Ness was merged into this contact meanwhile. Choose another one.').waitFor()
    const last = (await write(kith, { name: 'La Stone' })).contact
    await find('La Stone')
    await button.click()
    await until(
      () => ownerOf(session),
      (owner) => owner === last,
    )
    await page.context().close()
  })

  it('is saved as a file by an admin', async () => {
    const { contact } = await write(kith, { name: 'Exa Ported' })
    const { page, complaints } = await visit(browser, kith, contact)
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Export as JSON' }).click()
    const file = await download
    assert.equal(file.suggestedFilename(), `${contact}.json`)
    const document = JSON.parse(await readFile(await file.path(), 'utf8'))
    assert.equal(document.contact.name.value, 'Exa Ported')
    await said(page, 'Exported')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('is deleted, and the focus goes to the row that takes its place', async () => {
    for (const name of ['Qrow Third', 'Qrow Second', 'Qrow First']) {
      await write(kith, { name })
    }
    const { page, complaints } = await open(browser, kith, '/staff/contacts?search=qrow&sort=name')
    await row(page, 'Qrow Second').getByRole('link').focus()
    await press(page, 'Shift+Enter')
    await heading(page, 'Qrow Second').waitFor()
    const button = panel(page).getByRole('button', { name: 'Delete …' })
    await button.click()
    await page.getByRole('alertdialog').waitFor()
    await press(page, 'Escape')
    await until(
      () => button.evaluate((each) => each === document.activeElement),
      Boolean,
    )
    await button.click()
    await page.getByRole('button', { name: 'Delete for good' }).click()
    await said(page, 'Qrow Second deleted')
    await until(
      () => focused(page),
      (where) => where === 'Qrow Third: name',
    )
    await until(
      () => path(page),
      (at) => at === '/staff/contacts',
    )
    assert.equal(await panel(page).count(), 0)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('is gone about with the keyboard alone', async () => {
    const { one, two } = await twins('Kay Board', 'Kaya Board')
    const { page, complaints } = await open(browser, kith)
    await press(page, '/')
    await page.keyboard.type('kay board')
    await until(
      () => names(page),
      (all) => all.length === 2,
    )
    await page.getByRole('button', { name: 'Name', exact: true }).click() // in a known order
    await until(
      () => names(page),
      (all) => all[0] === 'Kay Board',
    )
    await press(page, 'Tab', 'Shift+Enter')
    await heading(page, 'Kay Board').waitFor()
    const on = (what) =>
      until(
        () => page.evaluate(() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent),
        (text) => text.startsWith(what),
      )
    await press(page, 'Tab', 'Enter')
    await page.keyboard.type('Kay Keyboard')
    await press(page, 'Enter')
    await said(page, 'Name of Kay Keyboard saved')
    await press(page, 'j')
    await heading(page, 'Kaya Board').waitFor()
    await press(page, 'k')
    await heading(page, 'Kay Keyboard').waitFor()

    await tabTo(page, 'Compare and merge with')
    await press(page, 'Enter')
    await page.getByRole('dialog').getByRole('group', { name: 'Name' }).waitFor()
    await tabTo(page, 'Merge 2 contacts')
    await press(page, 'Enter')
    await said(page, '2 contacts merged')
    await on('Kay')
    await tabTo(page, 'Undo the merge')
    await press(page, 'Enter')
    await said(page, 'Merge undone')
    assert.equal(await idOf(kith, two.contact), two.contact)

    await merge(kith, one.contact, two.contact)
    await page.getByRole('button', { name: 'Split …' }).waitFor()
    await tabTo(page, 'Split …')
    await press(page, 'Enter')
    await page.getByRole('dialog').waitFor()
    for (let n = 0; n < 6 && (await page.evaluate(() => document.activeElement.type)) !== 'checkbox'; n++) {
      await press(page, 'Tab')
    }
    await press(page, 'Space')
    await tabTo(page, 'Split off')
    await press(page, 'Enter')
    await said(page, 'split off')
    await tabTo(page, 'Delete …', 'Shift+Tab')
    await press(page, 'Enter')
    await page.getByRole('alertdialog').waitFor()
    await tabTo(page, 'Delete for good')
    await press(page, 'Enter')
    await said(page, 'deleted')
    assert.equal(await look(kith, one.contact), null)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  for (const [name, options] of Object.entries({
    narrow: { viewport: { width: 390, height: 800 }, hasTouch: true, isMobile: true },
    'narrow and dark': { viewport: { width: 390, height: 800 }, colorScheme: 'dark' },
    'of a tablet': { viewport: { width: 768, height: 1024 } },
    'at the edge': { viewport: { width: 1100, height: 800 }, colorScheme: 'dark' },
    wide: { viewport: { width: 1440, height: 900 } },
    'zoomed to 200 %': { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 },
    'with forced colours': { viewport: { width: 1440, height: 900 }, forcedColors: 'active' },
    still: { viewport: { width: 390, height: 800 }, reducedMotion: 'reduce' },
  })) {
    it(`passes axe-core and fits its window, ${name}`, async () => {
      const { one } = await twins(`Ada ${name} Long-Double-Barrelled-Name`, `Adam ${name}`)
      await edit(kith, one.contact, { notes: `${'A note that goes on. '.repeat(12)}\nhttps://example.com/${'x'.repeat(90)}` })
      const { page, complaints } = await visit(browser, kith, one.contact, options)
      const clean = async (state) => {
        await shot(page, `${state}-${name.replaceAll(' ', '-')}`)
        assert.deepEqual(await faults(page), [], state)
        assert.ok((await overflow(page)) <= 0, `${state} is too wide`)
      }
      await page.getByRole('button', { name: /^Compare and merge/ }).waitFor()
      await clean('contact')
      await field(page, 'notes').click()
      await clean('contact-editing')
      await press(page, 'Escape')
      await page.getByRole('button', { name: /^Compare and merge/ }).click()
      await page.getByRole('group', { name: 'Name' }).waitFor()
      await clean('merge')
      assert.equal(await page.getByText('Live updates are interrupted').count(), 0)
      if (name === 'still') {
        assert.equal(await page.evaluate(() => document.getAnimations().length), 0)
      }
      assert.deepEqual(complaints, [])
      await page.context().close()
    })
  }

  it('is a page on a phone, with the way back to the list', async () => {
    const { contact } = await write(kith, { name: 'Phoebe Phone' })
    const { page, complaints } = await open(browser, kith, '/staff/contacts?search=phoebe', {
      viewport: { width: 390, height: 800 },
      hasTouch: true,
      isMobile: true,
    })
    const opener = page.getByRole('button', { name: 'Open Phoebe Phone' })
    const { width, height } = await opener.boundingBox()
    assert.ok(width >= 40 && height >= 40, `${width} × ${height}`)
    await opener.tap()
    await page.getByRole('heading', { name: 'Phoebe Phone', level: 1 }).waitFor()
    assert.equal(path(page), whole(contact))
    await page.getByRole('button', { name: 'All contacts' }).tap()
    await row(page, 'Phoebe Phone').getByRole('link').waitFor()
    assert.equal(await page.getByLabel('Search contacts').inputValue(), 'phoebe')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  for (const [name, options] of Object.entries({
    wide: { viewport: { width: 1440, height: 900 } },
    'of a tablet, dark': { viewport: { width: 768, height: 1024 }, colorScheme: 'dark' },
    'narrow and dark': { viewport: { width: 390, height: 800 }, colorScheme: 'dark', hasTouch: true, isMobile: true },
    'zoomed to 200 %, in German': { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2, locale: 'de-DE' },
    'with forced colours': { viewport: { width: 1100, height: 800 }, forcedColors: 'active' },
  })) {
    it(`passes axe-core and fits its window where it is split, ${name}`, async () => {
      const { id, target } = await couple()
      const { page, complaints } = await visit(browser, kith, id, options)
      await page.getByRole('button', { name: /^(Split|Trennen) …/ }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByRole('checkbox', { name: /Ji Couple/ }).check()
      await dialog.getByRole('radio').nth(1).check()
      const clean = async (state) => {
        await shot(page, `${state}-${name.replaceAll(' ', '-')}`)
        assert.deepEqual(await faults(page), [], state)
        assert.ok((await overflow(page)) <= 0, `${state} is too wide`)
      }
      await dialog.getByRole('combobox').fill('third')
      await dialog.getByRole('option').first().waitFor()
      await clean('split-finding')
      await dialog.getByRole('combobox').fill(target)
      await until(
        () => dialog.getByRole('option').count(),
        (n) => n === 1,
      )
      await dialog.getByRole('option').click()
      await clean('split-chosen')
      assert.deepEqual(complaints, [])
      await page.context().close()
    })
  }

  it('is printed without the table', async () => {
    const { contact } = await write(kith, { name: 'Pri Nted' })
    const { page } = await open(browser, kith, whole(contact))
    await heading(page, 'Pri Nted').waitFor()
    await page.emulateMedia({ media: 'print' })
    await shot(page, 'contact-print')
    assert.equal(await page.locator('.box').isVisible(), false)
    assert.equal(await page.locator('.top').isVisible(), false)
    await heading(page, 'Pri Nted').waitFor()
    await page.context().close()
  })

  it('speaks German', async () => {
    const { contact } = await write(kith, { name: 'Dora Deutsch' })
    const { page } = await visit(browser, kith, contact, { locale: 'de-DE' })
    await page.getByRole('heading', { name: 'Verlauf' }).waitFor()
    await page.getByRole('button', { name: 'Als JSON exportieren' }).waitFor()
    assert.equal(await page.title(), 'Dora Deutsch – Kontakte – Kith')
    assert.deepEqual(await faults(page), [])
    await page.context().close()
  })
})

describe('a contact, for those who may not change it', () => {
  it('shows no control that changes something', async () => {
    const secret = 'a secret of thirty-two bytes, and more'
    const kith = await startKith({ KITH_AUTH_SECRET: secret, KITH_DEMO: 'off' })
    const browser = await launch()
    const ask = async (role, query, variables) => {
      const response = await fetch(kith.graphql, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token(secret, 'acme', role)}` },
        body: JSON.stringify({ query, variables }),
      })
      return (await response.json()).data
    }
    const { createChannel } = await ask(
      'admin',
      'mutation { createChannel(input: {name: "Shop", type: WHATSAPP}) { channel { id } } }',
    )
    const { recordInteraction } = await ask(
      'admin',
      'mutation ($input: RecordInteractionInput!) { recordInteraction(input: $input) { contact { id } } }',
      {
        input: {
          channelId: createChannel.channel.id,
          externalId: '1',
          messageId: '1',
          text: 'Hi',
          profile: { name: 'Rita Reader', email: 'rita@example.com' },
        },
      },
    )
    const seen = async (role) => {
      const { page } = await watchedPage(browser, { locale: 'en-GB' })
      await page.goto(kith.url + whole(recordInteraction.contact.id))
      await page.getByLabel('Token').fill(token(secret, 'acme', role))
      await page.keyboard.press('Enter')
      await heading(page, 'Rita Reader').waitFor()
      await page.getByRole('region', { name: 'History' }).getByText('Created').waitFor()
      await page.waitForTimeout(300)
      const buttons = await panel(page).getByRole('button').allInnerTexts()
      assert.deepEqual(await faults(page), [])
      await page.context().close()
      return buttons.map((text) => text.trim()).filter((text) => text !== '')
    }
    assert.deepEqual(await seen('reader'), [])
    assert.deepEqual((await seen('staff')).slice(-1), ['Delete …'])
    assert.deepEqual((await seen('admin')).slice(-2), ['Export as JSON', 'Delete …'])
    await browser.close()
    await kith.stop()
  })
})

const skip = !process.env.KITH_TEST_DATABASE_URL && !process.env.CI && 'no KITH_TEST_DATABASE_URL'

// No channel makes such contacts: a repair of a damaged database does, and what an earlier split left.
describe('a contact whose sessions and identities are at odds', { skip }, () => {
  let database, kith, browser
  before(async () => {
    database = await postgres()
    assert.ok(database, 'KITH_TEST_DATABASE_URL must be set')
    const server = new KithProcess(await freePort(), { HOME: tmpdir(), KITH_DATABASE_URL: database.url })
    await server.start()
    kith = { url: server.url, graphql: `${server.url}/graphql`, stop: () => server.stop() }
    browser = await launch()
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
    await database?.drop()
  })

  const sessionsOf = async (contactId) => {
    const list = 'query ($filter: SessionFilter) { sessions(filter: $filter, first: 50) { nodes { id } } }'
    return (await run(kith.graphql, list, { filter: { contactId } })).sessions.nodes.map(({ id }) => id)
  }

  it('gives a session that belongs to no identity away alone', async () => {
    const a = await write(kith, { name: 'Lou Loose' }, { text: 'With an identity' })
    const b = await write(kith, { name: 'Lost Loose' }, { from: 'lost', channel: 'TELEGRAM', text: 'Without an identity' })
    await merge(kith, a.contact, b.contact)
    await database.sql('DELETE FROM identities WHERE external_id = $1', ['lost'])
    const { page, complaints } = await visit(browser, kith, a.contact)
    await page.getByRole('button', { name: 'Split …' }).click()
    const dialog = page.getByRole('dialog', { name: 'Split Lou Loose' })
    const loose = dialog.getByRole('group', { name: 'Sessions that belong to no channel id' })
    await loose.waitFor()
    assert.equal(await loose.getByRole('checkbox').count(), 1)
    await dialog.getByRole('group', { name: 'Known on channels as' }).getByRole('checkbox').check()
    await dialog.getByText('At least one has to stay.').waitFor()
    await dialog.getByRole('group', { name: 'Known on channels as' }).getByRole('checkbox').uncheck()
    await loose.getByRole('checkbox', { name: /Without an identity/ }).check()
    await shot(page, 'split-loose')
    assert.deepEqual(await faults(page), [])
    await dialog.getByRole('button', { name: 'Split off', exact: true }).click()
    await said(page, 'split off')
    await until(
      () => sessionsOf(a.contact),
      (left) => left.length === 1 && left[0] === a.session,
    )
    await page.getByRole('button', { name: 'Split …' }).waitFor({ state: 'detached' })
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('says that ids of one person go together', async () => {
    const a = await write(kith, { name: 'Uno Person' }, { from: 'uno' })
    const b = await write(kith, { name: 'Due Person' }, { from: 'due' })
    await merge(kith, a.contact, b.contact)
    await database.sql(`
      UPDATE identities SET account_id = (SELECT account_id FROM identities WHERE external_id = 'uno') WHERE external_id = 'due'`)
    const { page, complaints } = await visit(browser, kith, a.contact)
    await page.getByRole('button', { name: 'Split …' }).click()
    const dialog = page.getByRole('dialog', { name: 'Split Uno Person' })
    const box = dialog.getByRole('checkbox').first()
    await box.check()
    await dialog.getByRole('button', { name: 'Split off', exact: true }).click()
    await alert(page, 'Not split: a channel id has to stay').waitFor()
    assert.equal(await box.isChecked(), true)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })
})
