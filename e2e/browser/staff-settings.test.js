// The page of a workspace's settings, and what follows from them on the page of contacts.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { faults, overflow } from '../harness/axe.js'
import { launch, watchedPage } from '../harness/browser.js'
import { run, startKith } from '../harness/kith.js'
import { painted, said, shot } from '../harness/staff-pages.js'

const update = 'mutation ($input: UpdateWorkspaceInput!) { updateWorkspace(input: $input) { userErrors { message } } }'

describe('the page of settings', () => {
  let kith, browser

  before(async () => {
    kith = await startKith({ KITH_DEMO: 'off', KITH_DEFAULT_REGION: 'DE', KITH_AUDIT_RETENTION: '730d' })
    browser = await launch()
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
  })

  async function open(options) {
    const watched = await watchedPage(browser, { locale: 'en-GB', viewport: { width: 1440, height: 900 }, ...options })
    await watched.page.goto(`${kith.url}/staff/settings`)
    await watched.page.locator('form').waitFor()
    return watched
  }

  async function clean(page, name) {
    await painted(page)
    await shot(page, name)
    assert.deepEqual(await faults(page), [], name)
    assert.ok((await overflow(page)) <= 0, `${name} is too wide`)
  }

  const settings = async () =>
    (
      await run(
        kith.graphql,
        '{ workspace { displayName defaultRegion exportRole maskedFor retention { historyDays auditDays failureDays } } }',
      )
    ).workspace

  it('shows what is set and what the server does, refuses what cannot be, and saves', async () => {
    const { page, complaints } = await open()
    assert.equal(await page.title(), 'Settings – Kith')
    await page.getByText('If empty, DE.').waitFor()
    await page.getByText('The server’s setting: 730 days').waitFor()
    await page.getByText('The server’s setting: 90 days').waitFor()
    await page.getByText('The server’s setting: forever').waitFor()
    await clean(page, 'settings')

    await page.getByLabel('Display name').fill('Acme Support')
    await page.getByLabel('Country of phone numbers').fill('xx')
    await page.getByLabel('Audit log').fill('7')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('alert').filter({ hasText: 'must be a code of two letters' }).waitFor()
    await page.getByRole('alert').filter({ hasText: 'must be between 30 and 36500' }).waitFor()
    await clean(page, 'settings-refused')
    assert.equal((await settings()).displayName, null)

    await page.getByLabel('Country of phone numbers').fill('ch')
    await page.getByLabel('Audit log').fill('90')
    await page.getByLabel('History of contacts').fill('0')
    await page.getByLabel('Who may export').selectOption('Admins and staff')
    await page.getByLabel('Readers', { exact: true }).check()
    await page.getByRole('button', { name: 'Save' }).click()
    await said(page, 'Settings saved')
    assert.deepEqual(await settings(), {
      displayName: 'Acme Support',
      defaultRegion: 'CH',
      exportRole: 'STAFF',
      maskedFor: ['READER'],
      retention: { historyDays: 0, auditDays: 90, failureDays: null },
    })
    await page.reload()
    assert.equal(await page.getByLabel('Country of phone numbers').inputValue(), 'CH')
    assert.equal(await page.getByLabel('Readers', { exact: true }).isChecked(), true)

    await page.getByLabel('Audit log').fill('')
    await page.getByRole('button', { name: 'Save' }).click()
    await said(page, 'Settings saved')
    assert.equal((await settings()).retention.auditDays, null)
    await page.getByRole('link', { name: 'Contacts' }).first().click()
    await page.getByRole('button', { name: 'Admin' }).click()
    await page.getByRole('link', { name: 'Audit log' }).click()
    await page.getByText('changed how long the audit log is kept in the settings').waitFor()
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('shows what somebody else has saved meanwhile, and keeps that', async () => {
    const { page, complaints } = await open()
    await run(kith.graphql, update, { input: { displayName: 'Theirs' } })
    await page.getByLabel('Display name').fill('Mine')
    await page.getByRole('button', { name: 'Save' }).click()
    await said(page, 'Someone else has changed the settings meanwhile. These are theirs: make your changes again.')
    assert.equal(await page.getByLabel('Display name').inputValue(), 'Theirs')
    assert.equal((await settings()).displayName, 'Theirs')
    await page.getByLabel('Display name').fill('Mine')
    await page.getByRole('button', { name: 'Save' }).click()
    await said(page, 'Settings saved')
    assert.equal((await settings()).displayName, 'Mine')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  for (const { name, ...look } of [
    { name: 'german', locale: 'de-DE' },
    { name: 'german-tablet', locale: 'de-DE', viewport: { width: 768, height: 1024 }, colorScheme: 'dark' },
    { name: 'german-zoomed', locale: 'de-DE', viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 },
    { name: 'tablet', viewport: { width: 768, height: 1024 } },
    { name: 'phone', viewport: { width: 390, height: 844 } },
    { name: 'dark', colorScheme: 'dark' },
  ]) {
    it(`is without faults: ${name}`, async () => {
      const { page, complaints } = await open(look)
      if (name.startsWith('german')) {
        await page.getByRole('heading', { name: 'Einstellungen' }).waitFor()
        await page.getByLabel('Anzeigename').waitFor()
        await page.getByText('Einstellung des Servers: 730 Tage').waitFor()
      }
      await clean(page, `settings-${name}`)
      assert.deepEqual(complaints, [])
      await page.context().close()
    })
  }
})
