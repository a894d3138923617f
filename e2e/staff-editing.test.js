// Editing in cells under the conditions of a day's work: a slow network, fast hands, several contacts at once.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { launch } from './browser.js'
import { startKith } from './kith.js'
import { cell, names, open, until, write } from './staff.js'

describe('editing contacts', () => {
  let kith, browser
  before(async () => {
    kith = await startKith()
    browser = await launch()
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
  })

  let people = 0
  const somebody = async (profile = {}) => {
    const name = `Person ${String.fromCodePoint(65 + people++)}`
    return { name, ...(await write(kith, { name, ...profile })) }
  }

  const sizes = [{ width: 1400, height: 900 }, { width: 390, height: 800 }]
  const keys = ['End', 'Control+End', 'PageDown', 'ArrowDown', 'Home', 'Control+Home', 'PageUp', 'ArrowUp']

  for (const size of sizes) {
    it(`scrolls no further than the list goes while a cell is open, whatever the key: ${size.width}`, async () => {
      const { name } = await somebody()
      const { page, complaints } = await open(browser, kith, '/staff/contacts', { viewport: size })
      await cell(page, name, 'email').click()
      await page.keyboard.type('not an address')
      await page.keyboard.press('Enter')
      await page.getByRole('alert').waitFor()
      const heading = page.getByRole('heading', { name: 'Contacts' })
      const places = [heading, page.getByLabel(`Email of ${name}`), cell(page, name, 'channels')]
      for (const key of keys) {
        for (const place of places) {
          await (place === heading ? place.click() : place.focus())
          await page.keyboard.press(key)
          await until(
            () => names(page),
            (all) => all.length > 0,
          )
          await heading.click()
          await page.keyboard.press('Home')
          await until(
            () => names(page),
            (all) => all.includes(name),
          )
        }
        assert.equal(await page.getByLabel(`Email of ${name}`).inputValue(), 'not an address', key)
      }
      assert.deepEqual(complaints, [])
      await page.context().close()
    })
  }
})
