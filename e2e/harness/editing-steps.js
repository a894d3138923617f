// What tests of editing do over and over.

import { until, write } from './staff-pages.js'

/** sizes are the screens that the pages are tried on: a desk's and a phone's. */
export const sizes = [{ width: 1400, height: 900 }, { width: 390, height: 800 }]

let people = 0

/** somebody is a new contact, on top of the list. */
export async function somebody(kith, profile = {}) {
  const name = `Person ${String.fromCodePoint(65 + people++)}`
  return { name, ...(await write(kith, { name, ...profile })) }
}

/** slow lets each save take as long as on a bad network. */
export const slow = (page, ms = 400) =>
  page.route('**/graphql', async (route) => {
    if (/mutation/.test(route.request().postData() ?? '')) {
      await new Promise((resolve) => setTimeout(resolve, ms))
    }
    await route.continue().catch(() => {}) // the page was closed
  })

/** hold keeps saves back until they are let go, one by one. */
export async function hold(page) {
  const held = []
  await page.route('**/graphql', (route) =>
    /mutation/.test(route.request().postData() ?? '') ? void held.push(route) : route.continue(),
  )
  return { next: async () => (await until(() => held.shift(), Boolean)).continue() }
}

/** press presses keys one after the other. */
export async function press(page, ...keys) {
  for (const key of keys) {
    await page.keyboard.press(key)
  }
}

/** alert is what the page says is wrong. */
export const alert = (page, text) => page.getByRole('alert').filter({ hasText: text })

/** tabTo presses a key until a control has the focus whose name or text begins as said. */
export async function tabTo(page, what, key = 'Tab') {
  const there = () =>
    page.evaluate(() => {
      const element = document.activeElement
      return element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent.trim() ?? element.textContent.trim()
    })
  for (let n = 0; n < 60; n++) {
    await press(page, key)
    if ((await there()).startsWith(what)) {
      return
    }
  }
  throw new Error(`no way to ${what}`)
}
