import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { launch } from '../harness/browser.js'
import { fill, startKith } from '../harness/kith.js'
import { focused, names, open, shot, until } from '../harness/staff-pages.js'

const many = 100_000

// So many take a while; meanwhile the pages are tried beside others.
const filling = fill(many)
filling.catch(() => {}) // before tells
await import('./staff-beside-others.js')

describe('the contacts page of a hundred thousand', () => {
  let database, kith, browser
  before(async () => {
    database = await filling
    kith = await startKith({ KITH_DATABASE_URL: database.url })
    browser = await launch()
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
    await database?.remove()
  })

  const box = (page) => page.locator('.box')
  const rows = (page) => page.locator('.row:not(.placeholder)').count()
  // last is the number of the last row on the screen, from 1; 0 while there is none.
  const last = (page) =>
    page.evaluate(() =>
      Math.max(0, ...[...document.querySelectorAll('.row:not(.placeholder)')].map((row) => row.ariaRowIndex - 1)),
    )

  it('scrolls to the end by the key, and back', async () => {
    const { page, complaints } = await open(browser, kith)
    await page.locator('.count').getByText('100,000 contacts').waitFor()
    assert.equal(await page.getByRole('grid').getAttribute('aria-rowcount'), String(many + 1))
    const first = await names(page)
    await page.keyboard.press('End')
    await until(
      () => last(page),
      (at) => at === many,
    )
    assert.ok((await rows(page)) < 60)
    await shot(page, 'end')
    const end = await names(page)

    // The same end as when sorted the other way round.
    await page.getByRole('columnheader', { name: 'Last activity' }).getByRole('button').click()
    await until(
      () => names(page),
      (all) => all.length > 5 && all[0] === end.at(-1),
    )
    await page.goBack()
    await until(
      () => names(page),
      (all) => all.at(-1) === end.at(-1),
    )
    await page.keyboard.press('Home')
    await until(
      () => names(page),
      (all) => all.join() === first.join(),
    )
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('scrolls with the wheel, page after page, and lets go of what is far away', async () => {
    const { page, complaints } = await open(browser, kith)
    const seen = new Set()
    await page.mouse.move(600, 500)
    for (let i = 0; i < 60; i++) {
      await page.mouse.wheel(0, 2_400)
      await page.waitForTimeout(10)
      for (const name of await page
        .locator('.row:not(.placeholder)')
        .evaluateAll((all) => all.map((row) => row.ariaRowIndex))) {
        seen.add(name)
      }
    }
    const reached = await until(
      () => last(page),
      (at) => at > 2_000,
    )
    assert.ok((await rows(page)) < 80)
    assert.ok(seen.size > reached / 4, `${seen.size} of ${reached} rows were drawn`)
    const heap = await page.evaluate(() => {
      globalThis.gc?.()
      return performance.memory.usedJSHeapSize
    })
    assert.ok(heap < 150e6, `${heap} bytes`)

    // Back up, in the other direction.
    for (let i = 0; i < 25; i++) {
      await page.mouse.wheel(0, -2_400)
      await page.waitForTimeout(10)
    }
    await until(
      () => last(page),
      (at) => at > 0 && at < reached - 500,
    )
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('shows the rows of a place far away with few requests, wherever the scroll bar is dragged', async () => {
    const { page, complaints } = await open(browser, kith)
    await page.locator('.count').getByText('100,000 contacts').waitFor()
    for (const share of [0.5, 0.9, 0.2]) {
      let asked = 0
      const count = (request) => (asked += request.url().endsWith('/graphql') ? 1 : 0)
      page.on('request', count)
      await box(page).evaluate((element, share) => (element.scrollTop = element.scrollHeight * share), share)
      await until(
        () => last(page),
        (at) => Math.abs(at - many * share) < many / 100,
      )
      page.off('request', count)
      assert.ok(asked <= 6, `${asked} requests`)
    }
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('shows the rows of the place that the scroll bar was dragged to while others arrived', async () => {
    const { page, complaints } = await open(browser, kith)
    await page.locator('.count').getByText('100,000 contacts').waitFor()
    await box(page).evaluate((element) => {
      // Dragged between an answer and the next frame: the rows are there before the event of scrolling is.
      const text = Response.prototype.text
      Response.prototype.text = async function () {
        const body = await text.call(this)
        if (body.includes('"edges"')) {
          Response.prototype.text = text
          element.scrollTop = element.scrollHeight * 0.9
          globalThis.dragged = true
        }
        return body
      }
      element.scrollTop = element.scrollHeight * 0.5
    })
    await page.waitForFunction(() => globalThis.dragged)
    await until(
      () => last(page),
      (at) => Math.abs(at - many * 0.9) < many / 100,
    )
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('goes to the middle when the scroll bar is dragged there', async () => {
    const { page, complaints } = await open(browser, kith)
    await page.locator('.count').getByText('100,000 contacts').waitFor()
    await box(page).evaluate((element) => (element.scrollTop = element.scrollHeight / 50))
    const at = await until(
      () => last(page),
      (at) => at > 1_900 && at < 2_200,
      30_000,
    )
    await shot(page, 'middle')
    // The rows are those that paging one by one would have found there.
    const wanted = await page.evaluate(async (upTo) => {
      let after = null
      let all = []
      while (all.length < upTo + 200) {
        const query = `query ($after: String) { contacts(first: 100, after: $after) {
          nodes { displayName } pageInfo { endCursor } } }`
        const response = await fetch('/graphql', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ query, variables: { after } }),
        })
        const { contacts } = (await response.json()).data
        all = all.concat(contacts.nodes.map((node) => node.displayName))
        after = contacts.pageInfo.endCursor
      }
      return all
    }, at)
    const shown = await page
      .locator('.row:not(.placeholder)')
      .evaluateAll((all) => all.map((row) => [row.ariaRowIndex - 2, row.querySelector('.name a').textContent]))
    for (const [index, name] of shown) {
      assert.equal(name, wanted[index], `row ${index} of ${wanted.length}`)
    }
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('goes about by the keyboard: pages, ends, and cells', async () => {
    const { page, complaints } = await open(browser, kith)
    await page.getByLabel('Search contacts').focus()
    await page.keyboard.press('ArrowDown')
    const [first] = await names(page)
    await until(
      () => focused(page),
      (where) => where === `${first}: name`,
    )
    await page.keyboard.press('ArrowRight')
    assert.equal(await focused(page), `${first}: email`)
    for (let i = 0; i < 3; i++) {
      await page.keyboard.press('PageDown')
    }
    await until(
      () => last(page),
      (at) => at > 40,
    )
    assert.match(await focused(page), /: email$/)
    await page.keyboard.press('End')
    assert.match(await focused(page), /: actions$/)
    const before = await focused(page)
    await page.keyboard.press('Control+End')
    await until(
      () => last(page),
      (at) => at === many,
    )
    await until(
      () => focused(page),
      (where) => where.endsWith(': actions') && where !== before,
    )
    await page.keyboard.press('Home')
    await page.keyboard.press('ArrowUp')
    assert.match(await focused(page), /: select$/)
    await page.keyboard.press('Control+Home')
    await until(
      () => focused(page),
      (where) => where === `${first}: select`,
    )
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('counts matches up to a thousand', async () => {
    const { page, complaints } = await open(browser, kith, '/staff/contacts?search=a')
    await page.locator('.count').getByText('1,000+ matches').waitFor()
    assert.deepEqual(complaints, [])
    await page.context().close()
  })
})
