import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { faults, overflow } from '../harness/axe.js'
import { launch, watchedPage } from '../harness/browser.js'
import { run, startKith } from '../harness/kith.js'
import { edit, names, open, remove, row, said, shot, until, write } from '../harness/staff-pages.js'

describe('the chat page', () => {
  let kith, browser
  before(async () => {
    kith = await startKith()
    browser = await launch()
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
  })

  const line = (page, name) => page.getByRole('listitem').filter({ hasText: name })
  const pill = (page, name) =>
    page.getByRole('button', { name, pressed: undefined }).filter({ has: page.locator('.pill-count') })

  it('lists sessions, the newest first, with what helps to choose', async () => {
    await write(kith, { name: 'Older Friend' }, { text: 'Where is my order?' })
    await write(kith, { name: 'Newest Friend' }, { channel: 'INSTAGRAM', text: 'Is it\nstill open?' })
    const { page, complaints } = await open(browser, kith, '/staff/chat')
    assert.deepEqual((await names(page)).slice(0, 2), ['Newest Friend', 'Older Friend'])
    const newest = line(page, 'Newest Friend')
    await newest.getByText('Is it still open?').waitFor()
    await newest.getByText('Active').waitFor()
    await newest.getByText('1 unread').waitFor()
    await newest.getByRole('img', { name: 'Instagram' }).waitFor()
    assert.match(await newest.locator('time').innerText(), /now|minute/)
    await page.locator('.count').getByText('sessions').waitFor()
    await shot(page, 'chat')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('filters by pills that say how many, and keeps the filter in the address', async () => {
    const { page, complaints } = await open(browser, kith, '/staff/chat')
    await pill(page, /^Escalated \d+/).click()
    await until(
      () => page.locator('.session .badge[data-status]').allInnerTexts(),
      (all) => all.length > 0 && all.every((status) => status === 'Escalated'),
    )
    await pill(page, /^Closed \d+/).click()
    await until(
      () => new URL(page.url()).search,
      (search) => search === '?status=ESCALATED&status=CLOSED',
    )
    const count = async (name) => Number((await pill(page, name).locator('.pill-count').innerText()).replace(/\D/g, ''))
    const both = (await count(/^Escalated/)) + (await count(/^Closed/))
    await page.locator('.count').getByText(`${both} sessions`).waitFor()
    const complained = pill(page, /^Complaint/)
    const complaintCount = await until(
      () => count(/^Complaint/),
      (n) => n > 0 && n < both,
    )
    await complained.click()
    await page.locator('.count').getByText(`${complaintCount} session`).waitFor()
    await shot(page, 'chat-filtered')

    await page.reload()
    assert.equal(await complained.getAttribute('aria-pressed'), 'true')
    await page.locator('.count').getByText(`${complaintCount} session`).waitFor()
    await page.goBack()
    await until(
      () => complained.getAttribute('aria-pressed'),
      (pressed) => pressed === 'false',
    )
    await page.getByRole('button', { name: 'Clear the filters' }).click()
    await until(
      () => new URL(page.url()).search,
      (search) => search === '',
    )

    await page.goto(`${kith.url}/staff/chat?contact=contact_00000000000070008000000000000000`)
    await page.getByRole('heading', { name: 'No sessions found' }).waitFor()
    await page.getByRole('button', { name: 'Show all sessions' }).click()
    await line(page, 'Newest Friend').waitFor()
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('follows the id of a merged contact, and puts the current one into the address', async () => {
    const ann = (await write(kith, { name: 'Ann Survivor' })).contact
    const anne = (await write(kith, { name: 'Anne Merged' }, { channel: 'TELEGRAM', text: 'Hello again' })).contact
    const { page, complaints } = await open(browser, kith, `/staff/chat?contact=${anne}`)
    await page.locator('.chip').getByText('Anne Merged').waitFor()
    const merge = `mutation ($ann: ID!, $anne: ID!) {
      mergeContacts(input: { survivorId: $ann, expectedVersion: 1, others: [{ id: $anne, expectedVersion: 1 }] }) {
        userErrors { message }
      }
    }`
    assert.deepEqual((await run(kith.graphql, merge, { ann, anne })).mergeContacts.userErrors, [])
    await until(
      () => names(page),
      (all) => all.length === 2 && all.every((name) => name === 'Ann Survivor'),
    )
    await page.reload()
    await page.locator('.chip').getByText('Ann Survivor').waitFor()
    await until(
      () => new URL(page.url()).search,
      (search) => search === `?contact=${ann}`,
    )
    await until(
      () => names(page),
      (all) => all.length === 2 && all.every((name) => name === 'Ann Survivor'),
    )
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('opens from the contacts page with a chip that can be taken off', async () => {
    await write(kith, { name: 'Carla Onlyone' })
    const { page, complaints } = await open(browser, kith)
    await row(page, 'Carla Onlyone').getByRole('link').click()
    await page.locator('.chip').getByText('Carla Onlyone').waitFor()
    assert.match(page.url(), /\/staff\/chat\?contact=contact_/)
    await until(
      () => names(page),
      (all) => all.length === 1 && all[0] === 'Carla Onlyone',
    )
    await page.getByRole('button', { name: /^Show everybody/ }).click()
    await until(
      () => names(page),
      (all) => all.length > 1,
    )
    assert.equal(new URL(page.url()).search, '')
    await page.goBack()
    await until(
      () => names(page),
      (all) => all.length === 1,
    )
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('opens a session, says where its messages live, and changes status and tag', async () => {
    const { session } = await write(kith, { name: 'Dora Opened' }, { channel: 'TELEGRAM', text: 'Hola' })
    const { page, complaints } = await open(browser, kith, '/staff/chat')
    await line(page, 'Dora Opened').getByRole('link').click()
    await page.getByRole('heading', { name: 'Dora Opened' }).waitFor()
    await page.getByText('They live in the channel').waitFor()
    const state = async () =>
      (await run(kith.graphql, `{ session(id: "${session}") { status tag unreadCount } }`)).session

    await page.getByLabel('Status', { exact: true }).selectOption('Escalated')
    await said(page, 'Status: Escalated')
    await page.getByLabel('Tag', { exact: true }).selectOption('Complaint')
    await said(page, 'Tag: Complaint')
    // Opening it has read it.
    await until(state, ({ unreadCount }) => unreadCount === 0)
    assert.deepEqual(await state(), { status: 'ESCALATED', tag: 'COMPLAINT', unreadCount: 0 })
    await line(page, 'Dora Opened').getByText('Escalated').waitFor()
    await shot(page, 'chat-opened')
    await page.getByLabel('Tag', { exact: true }).selectOption('None')
    await said(page, 'Tag removed')
    assert.deepEqual(await state(), { status: 'ESCALATED', tag: null, unreadCount: 0 })

    await page.reload()
    await page.getByRole('heading', { name: 'Dora Opened' }).waitFor()
    await page.goto(`${kith.url}/staff/chat?session=session_00000000000070008000000000000000`)
    await page.getByRole('heading', { name: 'No such session' }).waitFor()
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('hears of messages, changes and deletions', async () => {
    const elsewhere = await write(kith, { name: 'Emil Elsewhere' }, { from: 'emil' })
    const { page, complaints } = await open(browser, kith, '/staff/chat')
    await page.waitForTimeout(300)
    await write(kith, { name: 'Fay Incoming' }, { text: 'Anybody there?' })
    await until(
      () => names(page),
      (all) => all[0] === 'Fay Incoming',
    )
    await write(kith, { name: 'Emil Elsewhere' }, { from: 'emil', text: 'Once more' })
    await until(
      () => names(page),
      (all) => all[0] === 'Emil Elsewhere',
    )
    await line(page, 'Emil Elsewhere').getByText('Once more').waitFor()

    const update = 'mutation ($input: UpdateSessionInput!) { updateSession(input: $input) { userErrors { message } } }'
    await run(kith.graphql, update, { input: { id: elsewhere.session, status: 'CLOSED' } })
    await line(page, 'Emil Elsewhere').getByText('Closed').waitFor()
    await line(page, 'Emil Elsewhere').getByRole('link').click()
    await page.getByRole('heading', { name: 'Emil Elsewhere' }).waitFor()
    await remove(kith, elsewhere.contact)
    await until(
      () => names(page),
      (all) => all[0] === 'Anonymous',
    )
    await page.getByRole('heading', { name: 'Anonymous' }).waitFor()
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('opens the newest session with its contact, reads it, and stays there', async () => {
    const from = '4930123456'
    const close = 'mutation ($input: UpdateSessionInput!) { updateSession(input: $input) { userErrors { message } } }'
    const old = await write(kith, { name: 'Gus Guest', email: 'gus@guest.example' }, { from, text: 'The first time' })
    await run(kith.graphql, close, { input: { id: old.session, status: 'CLOSED' } })
    const last = await write(kith, { name: 'Gus Guest' }, { from, text: 'The second time' })
    await edit(kith, last.contact, { notes: 'Speaks Dutch\nCall after noon' })
    const unread = async (id) => (await run(kith.graphql, `{ session(id: "${id}") { unreadCount } }`)).session.unreadCount
    const { page, complaints } = await open(browser, kith, `/staff/chat?contact=${last.contact}`, {
      viewport: { width: 1440, height: 900 },
    })
    await page.locator('blockquote').getByText('The second time').waitFor()
    assert.equal(await page.title(), 'Gus Guest – Chat – Kith')
    await until(
      () => page.evaluate(() => document.activeElement.id),
      (id) => id === 'opened-name',
    )
    await until(() => unread(last.session), (n) => n === 0)
    assert.equal(await unread(old.session), 1)
    const panel = page.getByRole('region', { name: 'Contact', exact: true })
    await panel.locator('[data-field="notes"]').getByText('Speaks Dutch').waitFor()
    await panel.getByRole('region', { name: 'Sessions' }).getByText('The first time').waitFor()
    const there = page.getByRole('link', { name: 'Open the conversation in WhatsApp' })
    assert.equal(await there.getAttribute('href'), `https://wa.me/${from}`)
    await shot(page, 'chat-contact')
    assert.deepEqual(await faults(page), [])
    assert.ok((await overflow(page)) <= 0)

    await page.waitForTimeout(5_500) // until the page would say that events do not come
    assert.equal(await page.getByText('Live updates are interrupted').count(), 0)

    // A message that comes while it is looked at is read, too; a newer session does not take its place.
    await write(kith, { name: 'Gus Guest' }, { from, text: 'And one more' })
    await page.locator('blockquote').getByText('And one more').waitFor()
    await until(() => unread(last.session), (n) => n === 0)
    await run(kith.graphql, close, { input: { id: last.session, status: 'CLOSED' } })
    const newer = await write(kith, { name: 'Gus Guest' }, { from, text: 'A third time' })
    await line(page, 'A third time').first().waitFor()
    await page.locator('blockquote').getByText('And one more').waitFor()
    assert.equal(await unread(newer.session), 1)

    // The contact is edited from here, and has its own page.
    await panel.locator('[data-field="notes"]').click()
    await page.getByLabel('Notes of Gus Guest').fill('Speaks Dutch and English')
    await page.keyboard.press('Enter')
    await said(page, 'Notes of Gus Guest saved')
    await panel.getByRole('region', { name: 'Sessions' }).getByText('The first time').click()
    await page.locator('blockquote').getByText('The first time').waitFor()
    await page.getByRole('link', { name: 'Find in contacts' }).click()
    await page.getByRole('heading', { name: 'Gus Guest' }).waitFor()
    assert.equal(new URL(page.url()).pathname, `/staff/contacts/${last.contact}`)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('keeps what could not be marked as read for another try', async () => {
    const { contact, session } = await write(kith, { name: 'Una Way' })
    const { page } = await open(browser, kith, '/staff/chat')
    await page.route('**/graphql', (route) =>
      /mutation/.test(route.request().postData() ?? '') ? route.abort() : route.continue(),
    )
    await line(page, 'Una Way').getByRole('link').click()
    await page.getByRole('alert').getByText('Not saved.').waitFor()
    await page.unroute('**/graphql')
    await page.getByRole('alert').getByRole('button', { name: 'Try again' }).click()
    await until(
      async () => (await run(kith.graphql, `{ session(id: "${session}") { unreadCount } }`)).session.unreadCount,
      (n) => n === 0,
    )
    assert.ok(contact)
    await page.context().close()
  })

  it('filters by unread, and keeps the row of what has just been read', async () => {
    await write(kith, { name: 'Rhea Unread' })
    const { page, complaints } = await open(browser, kith, '/staff/chat')
    await pill(page, 'Unread').click()
    await until(
      () => new URL(page.url()).search,
      (search) => search === '?unread=1',
    )
    await until(
      () => page.locator('.session a').evaluateAll((all) => all.every((each) => each.dataset.unread !== undefined)),
      Boolean,
    )
    await line(page, 'Rhea Unread').getByRole('link').click()
    await page.getByRole('heading', { name: 'Rhea Unread' }).waitFor()
    await until(
      () => page.locator('.session').filter({ hasText: 'Rhea Unread' }).locator('.unread').count(),
      (n) => n === 0,
    )
    await page.reload()
    assert.equal(await pill(page, 'Unread').getAttribute('aria-pressed'), 'true')
    await page.getByRole('button', { name: 'Clear the filters' }).click()
    await until(
      () => new URL(page.url()).searchParams.get('unread'),
      (value) => value === null,
    )
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('finds a contact by name, email or phone, by keyboard and by pointer', async () => {
    const { contact } = await write(kith, { name: 'Zora Findable', email: 'zora@findable.example' })
    await write(kith, { name: 'Zoran Findable' })
    const { page, complaints } = await open(browser, kith, '/staff/chat')
    const box = page.getByRole('combobox', { name: 'Find a contact’s sessions' })
    await box.fill('findable')
    const options = page.getByRole('option')
    await until(
      () => options.count(),
      (n) => n === 2,
    )
    assert.equal(await box.getAttribute('aria-expanded'), 'true')
    assert.deepEqual(await faults(page), [])
    await shot(page, 'chat-find')
    const selected = () => page.locator('[role=option][aria-selected=true]').innerText()
    const first = await selected()
    await box.press('ArrowDown')
    assert.notEqual(await selected(), first)
    await box.press('ArrowDown')
    assert.equal(await selected(), first)
    await box.press('Escape')
    assert.equal(await options.count(), 0)
    assert.equal(await box.inputValue(), 'findable')
    await box.fill('no one is called this')
    await options.getByText('No contacts found').waitFor()
    await box.press('Enter')
    await box.fill('zora@findable')
    await until(
      () => options.allInnerTexts(),
      (all) => all.length === 1 && all[0].startsWith('Zora'),
    )
    await box.press('Enter')
    await page.locator('.chip').getByText('Zora Findable').waitFor()
    assert.equal(new URL(page.url()).search, `?contact=${contact}`)
    await until(
      () => page.evaluate(() => document.activeElement.id),
      (id) => id === 'opened-name',
    )
    await page.getByRole('button', { name: /^Show everybody/ }).click()
    await box.fill('zoran')
    await options.getByText('Zoran Findable').click()
    await page.locator('.chip').getByText('Zoran Findable').waitFor()
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('says when there are no sessions yet', async () => {
    const empty = await startKith({ KITH_DEMO: 'off' })
    const { page, complaints } = await watchedPage(browser)
    await page.goto(`${empty.url}/staff/chat`)
    await page.getByRole('heading', { name: 'No sessions yet' }).waitFor()
    assert.deepEqual(complaints, [])
    await page.context().close()
    await empty.stop()
  })
})
