// What the server refuses, on pages in German: its own sentences are English.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { launch, watchedPage } from '../harness/browser.js'
import { alert } from '../harness/editing-steps.js'
import { run, startKith } from '../harness/kith.js'
import { cell, edit, open, remove, said, shot, write } from '../harness/staff-pages.js'

const german = { locale: 'de-DE' }

describe('the German pages', () => {
  let kith, browser
  before(async () => {
    kith = await startKith()
    browser = await launch()
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
  })

  it('say in German why a field is not saved', async () => {
    const vera = await write(kith, { name: 'Vera Vergeben' })
    await edit(kith, vera.contact, { email: 'vera@vergeben.example', phone: '+4930123456' })
    await write(kith, { name: 'Doro Deutsch' })
    const { page, complaints } = await open(browser, kith, '/staff/contacts?search=doro', german)
    const enter = async (field, text) => {
      await cell(page, 'Doro Deutsch', field).click()
      await page.keyboard.press('Control+a')
      await page.keyboard.type(text)
      await page.keyboard.press('Enter')
    }
    await enter('email', 'kaputt')
    await alert(page, 'Keine gültige E-Mail-Adresse. Bitte vollständig eingeben.').waitFor()
    await shot(page, 'german-invalid')
    await page.keyboard.press('Control+a')
    await page.keyboard.type('vera@vergeben.example')
    await page.keyboard.press('Enter')
    await alert(page, 'Diese E-Mail-Adresse gehört schon zu Vera Vergeben.').getByRole('link', { name: 'Vera Vergeben' }).waitFor()
    await page.keyboard.press('Escape')
    await enter('phone', '12')
    await alert(page, 'Keine gültige Telefonnummer.').waitFor()
    await page.keyboard.press('Control+a')
    await page.keyboard.type('+4930123456')
    await page.keyboard.press('Enter')
    await alert(page, 'Diese Telefonnummer gehört schon zu Vera Vergeben.').waitFor()
    await page.keyboard.press('Escape')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('say in German that a name is taken, and what is not there any more', async () => {
    const create = 'mutation ($input: CreateSavedViewInput!) { createSavedView(input: $input) { userErrors { message } } }'
    await run(kith.graphql, create, { input: { name: 'Schon da', address: '/staff/contacts?search=a' } })
    const { contact } = await write(kith, { name: 'Wilma Weg' })
    const { page, complaints } = await open(browser, kith, `/staff/contacts/${contact}`, german)
    await page.getByRole('button', { name: 'Ansichten' }).click()
    await page.getByRole('button', { name: 'Als Ansicht speichern …' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox').fill('Schon da')
    await page.keyboard.press('Enter')
    await dialog.getByText('Eine andere Ansicht heißt schon so.').waitFor()
    await page.keyboard.press('Escape')

    // The page does not hear of it before it asks.
    await page.route('**/graphql', async (route) => {
      if (route.request().postData()?.includes('exportContact')) {
        await remove(kith, contact)
      }
      await route.continue().catch(() => {})
    })
    await page.getByRole('button', { name: 'Als JSON exportieren' }).click()
    await said(page, 'Das gibt es nicht mehr.')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('say in German that a token is not accepted', async () => {
    const guarded = await startKith({ KITH_AUTH_SECRET: 's'.repeat(40) })
    const { page } = await watchedPage(browser, german)
    await page.goto(`${guarded.url}/staff/contacts`)
    await page.getByLabel('Token').fill('no token')
    await page.keyboard.press('Enter')
    await page.getByText('Die Anmeldung gilt nicht oder nicht mehr. Bitte neu anmelden.').waitFor()
    await page.context().close()
    await guarded.stop()
  })
})
