// The page that imports files of contacts, with files as Excel, Google Contacts and HubSpot write them.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'

import { faults, overflow } from '../harness/axe.js'
import { launch, watchedPage } from '../harness/browser.js'
import { run, startKith, token } from '../harness/kith.js'
import { painted, shot } from '../harness/staff-pages.js'

// Excel's "CSV (semicolon delimited)" of a German Windows: Windows-1252, no mark, CRLF.
const excel = Buffer.from(
  ['Vorname;Nachname;E-Mail;Telefon;Notizen', 'Jürgen;Müller;juergen@example.org;030 901820;"zahlt in €; pünktlich"', ''].join('\r\n'),
)
const windows = Buffer.concat(
  [...excel.toString('utf8')].map((letter) => (letter === '€' ? Buffer.from([0x80]) : Buffer.from(letter, 'latin1'))),
)

// Excel's "CSV UTF-8": a mark, and here a row that cannot be imported.
const excelUtf8 = Buffer.from(
  '\uFEFFName;Email;Phone\r\nAnn Excel;ann.excel@example.org;+49 30 901821\r\nBob Excel;not an email;\r\nNobody Excel;;\r\n',
)

const google = Buffer.from(
  [
    'First Name,Middle Name,Last Name,Organization Name,Notes,Labels,E-mail 1 - Label,E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value',
    'Maria,,Google,"Shop, Inc.","two\nlines",* myContacts,* Home,maria.google@example.org,Mobile,+34 612 345 678',
    'Zoë,,Google,,,* myContacts,,zoe.google@example.org,,',
    '',
  ].join('\n'),
)

const hubspot = Buffer.from(
  [
    '"Record ID","First Name","Last Name","Email","Phone Number","Contact owner","Lead Status","Create Date"',
    '"151","Hugo","Spot","hugo.spot@example.org","+44 20 7946 0958","","New","2024-03-02 10:15"',
    '',
  ].join('\n'),
)

const many = (rows) =>
  Buffer.from(`Name,Email\n${Array.from({ length: rows }, (_, i) => `Many ${i},many.${i}@example.org`).join('\n')}\n`)

const contacts = async (kith, search) =>
  (
    await run(kith.graphql, 'query ($s: String) { contacts(search: $s, first: 10) { nodes { name email phone notes } totalCount { value } } }', {
      s: search,
    })
  ).contacts

describe('importing contacts', () => {
  let kith, browser
  before(async () => {
    kith = await startKith({ KITH_DEMO: 'off', KITH_DEFAULT_REGION: 'DE' })
    browser = await launch()
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
  })

  async function open(options) {
    const watched = await watchedPage(browser, { locale: 'en-GB', ...options })
    await watched.page.goto(`${kith.url}/staff/import`)
    await watched.page.getByRole('heading', { level: 1 }).waitFor()
    return watched
  }

  const give = (page, name, buffer) => page.locator('input[type=file]').setInputFiles({ name, mimeType: 'text/csv', buffer })
  const field = (page, column) => page.getByLabel(`Import ${column} as`)
  const chosen = (page, column) => field(page, column).evaluate((select) => select.selectedOptions[0].textContent)
  const counted = async (page) =>
    Object.fromEntries(
      await page.locator('.counts > div').evaluateAll((all) => all.map((each) => [...each.children].map((child) => child.textContent))),
    )

  async function clean(page, name) {
    await painted(page)
    await shot(page, name)
    assert.deepEqual(await faults(page), [], name)
    assert.ok((await overflow(page)) <= 0, `${name} is too wide`)
  }

  it('reads what Excel writes on a German Windows, proposes what the columns are, checks, and imports', async () => {
    const { page, complaints } = await open()
    assert.equal(await page.title(), 'Import – Kith')
    await page.getByText('Nothing has been imported in the last 30 days.').waitFor()
    await clean(page, 'import-none')
    await give(page, 'kunden.csv', windows)
    await page.getByText('1 row · CSV with semicolons in Windows-1252. The first row names the columns.').waitFor()
    assert.deepEqual(
      await Promise.all(['Vorname', 'Nachname', 'E-Mail', 'Telefon', 'Notizen'].map((column) => chosen(page, column))),
      ['First name', 'Last name', 'Email', 'Phone', 'Notes'],
    )
    await page.getByText('zahlt in €; pünktlich').waitFor()
    await page.getByRole('button', { name: 'Check the file' }).click()
    await page.getByRole('heading', { name: 'What the import would do' }).waitFor()
    assert.deepEqual(await counted(page), { Created: '1', Updated: '0', Unchanged: '0', Refused: '0' })
    await page.getByRole('cell', { name: 'Jürgen Müller' }).waitFor()
    assert.equal((await contacts(kith, 'müller')).totalCount.value, 0, 'checking writes nothing')
    await clean(page, 'import-checked')
    await page.getByRole('button', { name: 'Import 1 row' }).click()
    await page.getByText('Done · 1 of 1 rows').waitFor()
    assert.deepEqual(await counted(page), { Created: '1', Updated: '0', Unchanged: '0', Refused: '0' })
    assert.deepEqual((await contacts(kith, 'müller')).nodes, [
      { name: 'Jürgen Müller', email: 'juergen@example.org', phone: '+4930901820', notes: 'zahlt in €; pünktlich' },
    ])
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('is done by keyboard, keeps what was chosen over a reload, and gives out what was refused', async () => {
    const { page, complaints } = await open()
    await page.locator('input[type=file]').focus()
    await page.getByText('kunden.csv').waitFor() // the list is there, and nothing moves the focus any more
    assert.equal(await page.evaluate(() => document.activeElement.type), 'file')
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.keyboard.press('Space')])
    await chooser.setFiles({ name: 'excel.csv', mimeType: 'text/csv', buffer: excelUtf8 })
    await page.getByText('3 rows · CSV with semicolons in UTF-8.').waitFor()
    await field(page, 'Phone').focus()
    await page.keyboard.type('Notes')
    await page.getByLabel('Update contacts that exist').focus()
    await page.keyboard.press('Space')
    await page.reload()
    await page.getByText('3 rows · CSV with semicolons in UTF-8.').waitFor()
    assert.equal(await chosen(page, 'Phone'), 'Notes')
    assert.equal(await page.getByLabel('Update contacts that exist').isChecked(), false)
    await page.getByRole('button', { name: 'Read it differently' }).click()
    await page.getByText('To read the file differently, choose it again.').waitFor()

    await page.getByRole('button', { name: 'Check the file' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('cell', { name: /^Email: / }).waitFor()
    assert.deepEqual(await counted(page), { Created: '1', Updated: '0', Unchanged: '0', Refused: '2' })
    await clean(page, 'import-refused')
    await page.setViewportSize({ width: 390, height: 800 })
    await clean(page, 'import-narrow')
    await page.setViewportSize({ width: 1440, height: 900 })
    await page.emulateMedia({ colorScheme: 'dark' })
    await clean(page, 'import-dark')
    await field(page, 'Phone').selectOption('Phone')
    await page.getByText('Something was changed since it was checked. Check again.').waitFor()

    await page.getByRole('button', { name: 'Import 3 rows' }).focus()
    await page.keyboard.press('Enter')
    await page.getByText('Done · 3 of 3 rows').waitFor()
    assert.deepEqual(await counted(page), { Created: '1', Updated: '0', Unchanged: '0', Refused: '2' })
    assert.equal((await contacts(kith, 'ann excel')).nodes[0].phone, '+4930901821')
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download the refused rows' }).click(),
    ])
    const text = await readFile(await download.path(), 'utf8')
    assert.match(text, /Bob Excel/)
    assert.match(text, /Nobody Excel/)
    assert.doesNotMatch(text, /Ann Excel/)
    await clean(page, 'import-done')

    await page.getByRole('link', { name: 'All imports' }).click()
    const line = page.getByRole('row').filter({ hasText: 'excel.csv' })
    await line.getByRole('cell', { name: 'Done' }).waitFor()
    await clean(page, 'import-list')
    await line.getByRole('link', { name: 'excel.csv' }).click()
    await page.getByText('Done · 3 of 3 rows').waitFor()
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('reads what Google Contacts and HubSpot write, in a drop as well', async () => {
    const { page, complaints } = await open()
    const dropped = await page.evaluateHandle((text) => {
      const data = new DataTransfer()
      data.items.add(new File([text], 'contacts.csv', { type: 'text/csv' }))
      return data
    }, google.toString())
    await page.locator('.take').dispatchEvent('drop', { dataTransfer: dropped })
    await page.getByText('2 rows · CSV with commas in UTF-8.').waitFor()
    assert.deepEqual(
      await Promise.all(['First Name', 'E-mail 1 - Value', 'Phone 1 - Value', 'Labels'].map((column) => chosen(page, column))),
      ['First name', 'Email', 'Phone', 'Not imported'],
    )
    await page.getByRole('button', { name: 'Import 2 rows' }).click()
    await page.getByText('Done · 2 of 2 rows').waitFor()
    assert.equal((await contacts(kith, 'zoë google')).totalCount.value, 1)

    await page.goto(`${kith.url}/staff/import`)
    await give(page, 'hubspot.csv', hubspot)
    await page.getByText('1 row · CSV with commas in UTF-8.').waitFor()
    assert.deepEqual(
      await Promise.all(['Record ID', 'Phone Number', 'Create Date'].map((column) => chosen(page, column))),
      ['Not imported', 'Phone', 'Created'],
    )
    // Read as one with a header it is again; without one the first row is a contact.
    await page.getByRole('button', { name: 'Read it differently' }).click()
    await page.getByLabel('First row').selectOption('Is a contact')
    await page.getByRole('button', { name: 'Read again' }).click()
    await page.getByText('2 rows · CSV with commas in UTF-8. The first row is a contact.').waitFor()
    await page.getByRole('button', { name: 'Read it differently' }).click()
    await page.getByLabel('First row').selectOption('Names the columns')
    await page.getByRole('button', { name: 'Read again' }).click()
    await page.getByText('1 row · CSV with commas in UTF-8. The first row names the columns.').waitFor()
    await page.getByRole('button', { name: 'Import 1 row' }).click()
    await page.getByText('Done · 1 of 1 rows').waitFor()
    assert.equal((await contacts(kith, 'hugo spot')).nodes[0].phone, '+442079460958')

    // The same file again changes nothing.
    await page.goto(`${kith.url}/staff/import`)
    await give(page, 'hubspot.csv', hubspot)
    await page.getByRole('button', { name: 'Import 1 row' }).click()
    await page.getByText('Done · 1 of 1 rows').waitFor()
    assert.deepEqual(await counted(page), { Created: '0', Updated: '0', Unchanged: '1', Refused: '0' })
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('says where a file cannot be read, and takes the next one', async () => {
    const { page } = await open()
    await give(page, 'broken.csv', Buffer.from('Name,Email\nAnn,ann@example.org\n"Bob,bob@example.org\n'))
    await page.getByRole('alert').filter({ hasText: /[Rr]ow 3/ }).waitFor()
    await clean(page, 'import-broken')
    await give(page, 'empty.csv', Buffer.from(''))
    await page.getByRole('alert').filter({ hasNotText: /[Rr]ow 3/ }).filter({ hasText: /\w/ }).waitFor()
    await give(page, 'sheet.xlsx', Buffer.from('PK\u0003\u0004 and binary \u0000\u0001\u0002'))
    await page.getByRole('alert').filter({ hasText: /\w/ }).waitFor()
    assert.equal(new URL(page.url()).search, '')
    await page.context().close()
  })

  it('shows how far a large file is, over a reload, and can be cancelled with counts that are true', async () => {
    const { page, complaints } = await open()
    await give(page, 'many.csv', many(60_000))
    await page.getByRole('button', { name: 'Check the file' }).click()
    await page.getByText(/^Checking: /).waitFor()
    await page.getByRole('button', { name: 'Stop checking' }).click()
    await page.getByRole('heading', { name: /^What the import would do with [\d,]+ of 60,000 rows$/ }).waitFor()
    await page.getByRole('button', { name: 'Import 60,000 rows' }).click()
    await page.getByText(/^Running · [1-9][\d,]* of 60,000 rows · [\d,]+ a second · about .* left$/).waitFor()
    await clean(page, 'import-running')
    await page.reload()
    await page.getByText(/^Running · [1-9][\d,]* of 60,000 rows/).waitFor()
    await page.getByRole('button', { name: 'Cancel the import' }).click()
    const text = await page.getByText(/^Cancelled · [\d,]+ of 60,000 rows$/).innerText()
    const handled = Number(/· ([\d,]+)/.exec(text)[1].replaceAll(',', ''))
    const { Created } = await counted(page)
    assert.equal(Number(Created.replaceAll(',', '')), handled)
    const count = 'query { contacts(search: "many", first: 1) { totalCount(max: 10000) { value exact } } }'
    const { contacts: found } = await run(kith.graphql, count)
    assert.equal(found.totalCount.value, Math.min(handled, 10_000))
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('is in the menus, in German too, and drops a file that is not to be imported', async () => {
    const { page, complaints } = await open({ locale: 'de-DE' })
    await page.getByRole('heading', { name: 'Importieren', level: 1 }).waitFor()
    await page.getByRole('button', { name: 'Verwaltung' }).click()
    await page.getByRole('navigation').getByRole('link', { name: 'Importieren' }).waitFor()
    await page.keyboard.press('Escape')
    await give(page, 'kunden.csv', windows)
    await page.getByText('CSV mit Semikolons in Windows-1252').waitFor()
    await clean(page, 'import-german')
    await page.getByRole('button', { name: 'Nicht importieren' }).click()
    await page.getByRole('row').filter({ hasText: 'kunden.csv' }).getByRole('cell', { name: 'Abgebrochen' }).waitFor()
    assert.deepEqual(complaints, [])
    await page.context().close()
  })
})

describe('importing contacts with a token', () => {
  it('is for admins, and sends the token with files', async () => {
    const secret = 'a secret of at least thirty-two bytes'
    const kith = await startKith({ KITH_AUTH_SECRET: secret })
    const browser = await launch()
    const enter = async (role) => {
      const { page } = await watchedPage(browser, { locale: 'en-GB' })
      await page.goto(`${kith.url}/staff/import`)
      await page.getByLabel('Token').fill(token(secret, 'acme', role))
      await page.keyboard.press('Enter')
      return page
    }
    const staff = await enter('staff')
    await staff.getByRole('heading', { name: 'This page is for admins' }).waitFor()
    const admin = await enter('admin')
    await admin.locator('input[type=file]').setInputFiles({ name: 'h.csv', mimeType: 'text/csv', buffer: hubspot })
    await admin.getByRole('button', { name: 'Import 1 row' }).click()
    await admin.getByText('Done · 1 of 1 rows').waitFor()
    await browser.close()
    await kith.stop()
  })
})
