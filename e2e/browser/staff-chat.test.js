import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { launch, watchedPage } from '../harness/browser.js'
import { run, startKith } from '../harness/kith.js'
import { names, open, remove, row, said, shot, until, write } from '../harness/staff-pages.js'

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
    await page.getByRole('button', { name: 'Mark as read' }).click()
    await said(page, 'Marked as read')
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
