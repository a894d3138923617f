import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { faults } from '../harness/axe.js'
import { launch } from '../harness/browser.js'
import { press, tabTo } from '../harness/editing-steps.js'
import { startKith } from '../harness/kith.js'
import { edit, focused, look, names, open, said, until, write } from '../harness/staff-pages.js'

describe('a day’s work', () => {
  let kith, browser
  before(async () => {
    kith = await startKith({ KITH_DEMO: 'off', KITH_SECRET_KEY: 'a key of at least thirty-two bytes' })
    browser = await launch()
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
  })

  it('is done with the keyboard alone: find, open, correct, merge, undo, connect a channel', async () => {
    const one = await write(kith, { name: 'Maya Morgen', email: 'maya@morgen.example' })
    const two = await write(kith, { name: 'Maya M.', email: 'maya+shop@morgen.example' }, { channel: 'TELEGRAM' })
    await write(kith, { name: 'Somebody Else' })
    await edit(kith, one.contact, { email: 'maya@morgen.example' })
    const { page, complaints } = await open(browser, kith)
    const heading = (name) => page.getByRole('heading', { name, exact: true }).waitFor()

    // Find.
    await press(page, '/')
    await page.keyboard.type('maya mo')
    await until(
      () => names(page),
      (all) => all.length === 2 && all[0] === 'Maya Morgen',
    )
    for (let n = 0; n < 30 && !(await focused(page)).startsWith('Maya Morgen'); n++) {
      await press(page, 'Tab')
    }

    // Correct, in the table.
    for (let n = 0; n < 8 && (await focused(page)) !== 'Maya Morgen: phone'; n++) {
      await press(page, 'ArrowRight')
    }
    await page.keyboard.type('+49 30 7654321')
    await press(page, 'Enter')
    await said(page, 'Phone of Maya Morgen saved')
    assert.equal((await look(kith, one.contact)).phone, '+49307654321')

    // Open, and correct there.
    for (let n = 0; n < 8 && !(await focused(page)).endsWith('name'); n++) {
      await press(page, 'ArrowLeft')
    }
    await press(page, 'Shift+Enter')
    await heading('Maya Morgen')
    await press(page, 'Tab', 'Enter')
    await page.keyboard.type('Maya Abend')
    await press(page, 'Enter')
    await said(page, 'Name of Maya Abend saved')

    // Merge, and take it back.
    await tabTo(page, 'Compare and merge with Maya M.')
    await press(page, 'Enter')
    await page.getByRole('dialog').getByRole('group', { name: 'Name' }).waitFor()
    await tabTo(page, 'Merge 2 contacts')
    await press(page, 'Enter')
    await said(page, '2 contacts merged')
    assert.equal((await look(kith, two.contact)).name, 'Maya Abend')
    await until(
      () => page.evaluate(() => document.activeElement.textContent),
      (text) => text.startsWith('Maya Abend'),
    )
    await page.getByRole('button', { name: 'Undo the merge' }).waitFor()
    await tabTo(page, 'Undo the merge')
    await press(page, 'Enter')
    await said(page, 'Merge undone')
    assert.equal((await look(kith, two.contact)).name, 'Maya M.')

    // Connect a channel.
    await press(page, 'Control+k')
    await page.getByRole('combobox').waitFor()
    await page.keyboard.type('channels')
    await until(
      () => page.locator('[role="option"][aria-selected="true"]').innerText(),
      (text) => text.startsWith('Channels'),
    )
    await press(page, 'Enter')
    await heading('Channels')
    await tabTo(page, 'Add a channel')
    await press(page, 'Enter')
    await page.getByRole('radio', { name: 'Web chat' }).waitFor()
    await tabTo(page, 'Web chat')
    await press(page, 'Space')
    await tabTo(page, 'Name')
    await press(page, 'Control+a')
    await page.keyboard.type('Our shop')
    await press(page, 'Enter')
    await page.waitForURL(/channel_/)
    await page.getByRole('heading', { name: 'Our shop' }).waitFor()
    await page.getByText('Waiting for the first message').waitFor()
    assert.deepEqual(await faults(page), [])
    assert.deepEqual(complaints, [])
    await page.context().close()
  })
})
