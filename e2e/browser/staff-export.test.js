// All contacts that match as a file, compared with the list.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'

import { faults } from '../harness/axe.js'
import { launch } from '../harness/browser.js'
import { fill, run, startKith } from '../harness/kith.js'
import { open, said, write } from '../harness/staff-pages.js'

/** rowsOf reads CSV as RFC 4180 has it. */
function rowsOf(text) {
  const rows = [[]]
  for (const [, cell, end] of text.matchAll(/("(?:[^"]|"")*"|[^,\r\n]*)(,|\r?\n|$)/g)) {
    rows.at(-1).push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell)
    if (end === '') {
      break
    }
    if (end !== ',') {
      rows.push([])
    }
  }
  return rows.filter((row) => row.length > 1)
}

/** listed are the contacts of a list, page by page. */
async function listed(kith, variables) {
  const query = `query ($search: String, $filter: ContactFilter, $orderBy: ContactOrder, $after: String) {
    contacts(search: $search, filter: $filter, orderBy: $orderBy, first: 100, after: $after) {
      nodes { id name email phone notes } pageInfo { hasNextPage endCursor } } }`
  const all = []
  for (let cursor = null; ; ) {
    const { contacts } = await run(kith.graphql, query, { ...variables, after: cursor })
    all.push(...contacts.nodes)
    if (!contacts.pageInfo.hasNextPage) {
      return all
    }
    cursor = contacts.pageInfo.endCursor
  }
}

describe('exporting all contacts that match', () => {
  let kith, browser, database
  before(async () => {
    database = await fill(3_000)
    kith = await startKith({ KITH_DATABASE_URL: database.url })
    browser = await launch()
    await write(kith, { name: '=HYPERLINK("x") Zeta', email: 'zeta.one@example.org' })
    await write(kith, { name: 'Zeta, "Two"', email: 'zeta.two@example.org' })
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
    await database?.remove()
  })

  for (const { name, address, variables, least } of [
    {
      name: 'a filtered list in its order, of more contacts than can be selected one by one',
      address: 'email=yes&sort=-created',
      variables: { filter: { hasEmail: true }, orderBy: { field: 'CREATED', direction: 'DESC' } },
      least: 1_500,
    },
    { name: 'a search, the best match first', address: 'search=zeta', variables: { search: 'zeta' }, least: 2 },
  ]) {
    it(`writes ${name}`, async () => {
      const { page, complaints } = await open(browser, kith, `/staff/contacts?${address}`)
      await page.getByRole('button', { name: 'Columns' }).click()
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: 'Export all that match' }).click(),
      ])
      await said(page, 'Contacts exported')
      assert.equal(download.suggestedFilename(), 'contacts.csv')
      assert.deepEqual(await faults(page), [])
      const text = await readFile(await download.path(), 'utf8')
      assert.equal(text[0], '\uFEFF', 'spreadsheets know the encoding by it')
      const [heads, ...rows] = rowsOf(text.slice(1))
      const want = await listed(kith, variables)
      assert.ok(want.length >= least, `${want.length} contacts`)
      const column = (head) => rows.map((row) => row[heads.findIndex((each) => each.toLowerCase() === head)])
      assert.deepEqual(column('id'), want.map(({ id }) => id))
      assert.deepEqual(column('email'), want.map(({ email }) => email ?? ''))
      const defused = (value) => (/^[=+\-@\t\r]/.test(value) ? `'${value}` : value)
      assert.deepEqual(column('name'), want.map((contact) => defused(contact.name ?? '')))
      assert.deepEqual(column('phone'), want.map(({ phone }) => phone ?? ''))
      assert.deepEqual(complaints, [])
      await page.context().close()
    })
  }

  it('can be cancelled, and saves nothing that was cut short', async () => {
    const { page } = await open(browser, kith, '/staff/contacts')
    let saved = 0
    page.on('download', () => saved++)
    await page.route('**/export/contacts.csv*', (route) => route.abort('connectionreset'))
    await page.getByRole('button', { name: 'Columns' }).click()
    await page.getByRole('button', { name: 'Export all that match' }).click()
    await page.getByRole('alert').filter({ hasText: 'The export was cut short: nothing was saved.' }).waitFor()
    await page.unroute('**/export/contacts.csv*')
    let release
    const held = new Promise((resolve) => (release = resolve))
    await page.route('**/export/contacts.csv*', async (route) => {
      await held
      await route.continue().catch(() => {})
    })
    await page.getByRole('button', { name: 'Export all that match' }).click()
    await page.getByRole('button', { name: /^Cancel the export/ }).click()
    release()
    await page.getByRole('button', { name: 'Export all that match' }).waitFor()
    assert.equal(saved, 0)
    await page.context().close()
  })
})
