// The deletion of all contacts that match, on a database of more than a thousand: what is asked, how far it is, and what became of it.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { faults, overflow } from '../harness/axe.js'
import { launch, watchedPage } from '../harness/browser.js'
import { fill, run, startKith } from '../harness/kith.js'
import { edit, open, painted, remove, shot, until } from '../harness/staff-pages.js'

const bar = (page) => page.getByRole('region', { name: 'Selection' })
const jobs = (page) => page.getByRole('region', { name: 'Background jobs' })

const total = async (kith, variables = {}) => {
  const query = 'query ($search: String, $filter: ContactFilter) { contacts(search: $search, filter: $filter, first: 1) { totalCount(max: 10000) { value } } }'
  return (await run(kith.graphql, query, variables)).contacts.totalCount.value
}

const grouped = (number) => number.toLocaleString('en-GB')

/** people are contacts of one name, made elsewhere. */
async function people(kith, name, count) {
  const mutation = 'mutation ($input: UpsertContactsInput!) { upsertContacts(input: $input) { results { outcome } } }'
  for (let from = 0; from < count; from += 100) {
    const contacts = Array.from({ length: Math.min(100, count - from) }, (_, i) => ({
      name: `${name} ${from + i}`,
      email: `${name.toLowerCase()}.${from + i}@example.org`,
    }))
    await run(kith.graphql, mutation, { input: { idempotencyKey: `${name}-${from}`, contacts } })
  }
}

/** askToDelete selects all that match, and opens the question before their deletion. */
async function askToDelete(page, count) {
  await page.getByRole('checkbox', { name: 'Select all' }).click()
  await bar(page).getByRole('button', { name: `Select all ${count} that match` }).click()
  await bar(page).getByText(`All ${count} that match are selected`).waitFor()
  await bar(page).getByRole('button', { name: 'Delete' }).click()
  const dialog = page.getByRole('alertdialog', { name: 'Delete all that match?' })
  await dialog.getByText(`${count} contacts will be deleted permanently.`).waitFor()
  return dialog
}

describe('deleting all contacts that match', () => {
  let kith, browser, database
  before(async () => {
    database = await fill(3_000)
    kith = await startKith({ KITH_DATABASE_URL: database.url })
    browser = await launch()
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
    await database?.remove()
  })

  it('is asked with the exact number, goes on over reloads and in other tabs, and says what was left alone', async () => {
    const all = await total(kith)
    const matching = await total(kith, { filter: { hasEmail: true } })
    assert.ok(matching > 1_500 && matching < all)
    const newest = `{ contacts(filter: {hasEmail: true}, first: 3, orderBy: {field: CREATED, direction: DESC}) { nodes { id displayName } } }`
    const { contacts: { nodes: last } } = await run(kith.graphql, newest)

    const { page, complaints } = await open(browser, kith, '/staff/contacts?email=yes')
    await page.getByRole('checkbox', { name: 'Select all' }).click()
    await bar(page).getByRole('button', { name: `Select all ${grouped(matching)} that match` }).click()
    await bar(page).getByText(`All ${grouped(matching)} that match are selected`).waitFor()
    const boxes = page.locator('td.select input')
    assert.ok((await boxes.count()) > 10)
    assert.equal(await page.locator('td.select input:not(:checked)').count(), 0)
    assert.equal(await bar(page).getByRole('button', { name: 'Merge' }).isDisabled(), true)
    assert.deepEqual(await faults(page), [])
    await shot(page, 'select-every')
    // Letting one go leaves the first hundred without it.
    await boxes.first().click()
    await bar(page).getByText('99 selected').waitFor()
    await bar(page).getByRole('button', { name: 'Clear the selection' }).click()

    const dialog = await askToDelete(page, grouped(matching))
    await dialog.getByText('They match the filters that are set.').waitFor()
    assert.deepEqual(await faults(page), [])
    await shot(page, 'delete-every')
    await dialog.getByRole('button', { name: `Delete ${grouped(matching)} for good` }).click()
    const running = jobs(page).getByText(new RegExp(`^Deleting contacts: [\\d,]+ of ${grouped(matching)}`))
    await running.waitFor()
    await dialog.waitFor({ state: 'hidden' })
    // Meanwhile, elsewhere: one of the last is deleted, another no longer matches.
    await remove(kith, last[0].id)
    await edit(kith, last[1].id, { email: null })
    await jobs(page).getByText('left').waitFor()
    assert.deepEqual(await faults(page), [])
    await shot(page, 'job-running')

    // Where the machine is quick, it has ended by the time that a page is there.
    const known = (of) => jobs(of).getByText(/^Deleting contacts: [\d,]+ of |contacts deleted and/).waitFor()
    const other = await page.context().newPage()
    await other.goto(`${kith.url}/staff/chat`)
    await known(other)
    await page.reload()
    await known(page)
    await page.getByRole('link', { name: 'Duplicates' }).click()
    await page.getByRole('heading', { name: 'Duplicates', exact: true }).waitFor()
    await known(page)

    const outcome = `${grouped(matching - 2)} contacts deleted and 2 left alone`
    for (const each of [page, other]) {
      await jobs(each).getByText(outcome).waitFor({ timeout: 180_000 })
    }
    assert.equal(await total(kith), all - matching + 1)
    await jobs(page).getByRole('button', { name: 'Details' }).click()
    const details = page.getByRole('dialog')
    await details.getByText('It was deleted meanwhile.').waitFor()
    const changed = details.getByRole('row').filter({ hasText: 'no longer matches' })
    await changed.getByRole('link', { name: last[1].displayName }).waitFor()
    await painted(page)
    assert.deepEqual(await faults(page), [])
    await shot(page, 'job-details')
    await page.keyboard.press('Escape')

    // The end is news until it is dismissed, and not again after that.
    await page.reload()
    await jobs(page).getByText(outcome).waitFor()
    await page.setViewportSize({ width: 390, height: 800 })
    await painted(page)
    assert.ok((await overflow(page)) <= 0)
    await shot(page, 'job-ended-narrow')
    await jobs(page).getByRole('button', { name: 'Dismiss' }).click()
    await jobs(page).waitFor({ state: 'hidden' })
    const asked = page.waitForResponse((response) => response.request().postData()?.includes('bulkJobs') ?? false)
    await page.reload()
    await asked
    await painted(page)
    assert.equal(await jobs(page).count(), 0)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('can be stopped, and what was deleted by then stays deleted', async () => {
    await people(kith, 'Stopped', 4_000)
    const { page, complaints } = await open(browser, kith, '/staff/contacts?search=stopped')
    const dialog = await askToDelete(page, '4,000')
    await dialog.getByText('They match “stopped”.').waitFor()
    await dialog.getByRole('button', { name: 'Delete 4,000 for good' }).click()
    await jobs(page).getByText(/: [1-9][\d,]* of 4,000/).waitFor()
    await jobs(page).getByRole('button', { name: 'Stop: Deleting contacts' }).click()
    const said = await jobs(page).getByText(/^Stopped: [\d,]+ contacts deleted$/).innerText()
    const deleted = Number(/[\d,]+/.exec(said)[0].replaceAll(',', ''))
    assert.ok(deleted > 0 && deleted < 4_000, said)
    assert.equal(await total(kith, { search: 'stopped' }), 4_000 - deleted)
    await until(
      () => page.locator('.count').innerText(),
      (text) => text.startsWith(`${4_000 - deleted} matches`) || text.startsWith(`${grouped(4_000 - deleted)} matches`) || text.startsWith('1,000+'),
    )
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('counts again where many more match by now', async () => {
    await people(kith, 'Growing', 120)
    const { page, complaints } = await open(browser, kith, '/staff/contacts?search=growing')
    const dialog = await askToDelete(page, '120')
    await people(kith, 'Growingly', 20)
    await dialog.getByRole('button', { name: 'Delete 120 for good' }).click()
    await dialog.getByRole('alert').filter({ hasText: 'Many more match by now, so nothing was deleted.' }).waitFor()
    assert.equal(await total(kith, { search: 'growing' }), 140)
    await dialog.getByText('140 contacts will be deleted permanently.').waitFor()
    await shot(page, 'delete-every-changed')
    await dialog.getByRole('button', { name: 'Delete 140 for good' }).click()
    await jobs(page).getByText('140 contacts deleted').waitFor()
    assert.equal(await total(kith, { search: 'growing' }), 0)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('is followed by a stream, or by asking without one', async () => {
    for (const sockets of [true, false]) {
      const name = sockets ? 'Streamed' : 'Asked'
      await people(kith, name, 2_500)
      const watched = await watchedPage(browser, { locale: 'en-GB' })
      const { page } = watched
      let asked = 0
      let heard = 0
      page.on('websocket', (socket) =>
        socket.on('framereceived', ({ payload }) => {
          heard += payload.includes('bulkJobProgress') ? 1 : 0
        }),
      )
      page.on('request', (request) => {
        asked += request.postData()?.includes('query BulkJob(') ? 1 : 0
      })
      if (!sockets) {
        await page.routeWebSocket('**/graphql', (socket) => socket.close())
      }
      await page.goto(`${kith.url}/staff/contacts?search=${name.toLowerCase()}`)
      await page.locator('[data-row]').first().waitFor()
      const dialog = await askToDelete(page, '2,500')
      await dialog.getByRole('button', { name: 'Delete 2,500 for good' }).click()
      await jobs(page).getByText('2,500 contacts deleted').first().waitFor({ timeout: 180_000 })
      assert.ok(sockets ? heard > 0 : asked > 0 && heard === 0, `heard ${heard} times, asked ${asked} times ${sockets ? 'with' : 'without'} sockets`)
      await page.context().close()
    }
  })

  it('is asked and answered in German', async () => {
    await people(kith, 'Deutsch', 101)
    const watched = await watchedPage(browser, { locale: 'de-DE' })
    const { page } = watched
    await page.goto(`${kith.url}/staff/contacts?search=deutsch`)
    await page.locator('[data-row]').first().waitFor()
    await page.getByRole('checkbox', { name: 'Alle auswählen' }).click()
    await page.getByRole('button', { name: 'Alle 101 Treffer auswählen' }).click()
    await page.getByRole('button', { name: 'Löschen', exact: true }).last().click()
    await page.getByText('101 Kontakte werden endgültig gelöscht.').waitFor()
    await page.emulateMedia({ colorScheme: 'dark' })
    await shot(page, 'delete-every-dark')
    await page.getByRole('button', { name: '101 endgültig löschen' }).click()
    await page.getByRole('region', { name: 'Aufgaben im Hintergrund' }).getByText('101 Kontakte gelöscht').waitFor()
    assert.deepEqual(watched.complaints, [])
    await page.context().close()
  })
})
