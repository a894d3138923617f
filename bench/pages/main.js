// Measures the staff pages in a browser, on a database of many contacts: how soon a keystroke's result is painted, how long
// interactions take on a slow processor, and how soon rows are there where the scroll bar is dragged.
//
//   make bench-pages                      # 100,000 contacts
//   make bench-pages SIZE=1000000         # loading takes most of the time
//   DATABASE=sqlite:/tmp/demo.db make bench-pages   # one that kith demo has filled

import { launch, watchedPage } from '../../e2e/harness/browser.js'
import { fill, startKith } from '../../e2e/harness/kith.js'
import { numbers, quantile, report } from './report.js'
import { dragged, typed, worked } from './measure.js'

const size = Number(process.env.SIZE ?? 100_000)
const slowdown = 4
const drags = 20

const database = process.env.DATABASE ? { url: process.env.DATABASE, remove: async () => {} } : await fill(size)
const kith = await startKith({ KITH_DATABASE_URL: database.url, KITH_RATE_LIMIT: 'off' })
const browser = await launch()
try {
  const { page } = await watchedPage(browser, { locale: 'en-GB' })
  await page.goto(`${kith.url}/staff/contacts`)
  await page.locator('[data-row]').first().waitFor()
  await page.locator('.count').getByText(/\d contacts/).waitFor()

  const contacts = (await page.getByRole('grid').getAttribute('aria-rowcount')) - 1
  const keystrokes = await typed(page)
  const jumps = await dragged(page, drags)
  const interactions = await worked(page, slowdown)
  report([
    ['contacts', contacts],
    [`keystroke until its result is painted, p50 of ${keystrokes.length}`, quantile(keystrokes, 0.5), 60],
    ['keystroke until its result is painted, p95', quantile(keystrokes, 0.95)],
    [`scroll bar dragged until rows are painted, p50 of ${drags}`, quantile(numbers(jumps, 'ms'), 0.5)],
    ['scroll bar dragged until rows are painted, longest', Math.max(...numbers(jumps, 'ms')), 300],
    ['requests for each drag, most', Math.max(...numbers(jumps, 'requests'))],
    [`interaction at ${slowdown}x slowdown, p75 of ${interactions.length}`, quantile(interactions, 0.75), 100],
    [`interaction at ${slowdown}x slowdown, p98`, quantile(interactions, 0.98)],
  ])
} finally {
  await browser.close()
  await kith.stop()
  await database.remove()
}
