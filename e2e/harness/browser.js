// A real browser: the system's Chromium, headless, with a fresh profile, that reaches this machine alone.

import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

import { chromium } from 'playwright-core'

import { closeAtEnd } from './closing.js'

function findChromium() {
  if (process.env.KITH_CHROMIUM) {
    return process.env.KITH_CHROMIUM
  }
  // The shell is Chromium without what draws windows: the same pages at about three fifths of the processor time.
  for (const name of ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome']) {
    for (const dir of process.env.PATH.split(delimiter)) {
      try {
        accessSync(join(dir, name), constants.X_OK)
        return join(dir, name)
      } catch {
        // the next one
      }
    }
  }
  throw new Error('no Chromium on the PATH: make deps-e2e, or set KITH_CHROMIUM')
}

/** launch starts the browser. It may reach more hosts, by names that mean this machine. */
export async function launch(...hosts) {
  const browser = await chromium.launch({
    executablePath: findChromium(),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      `--host-resolver-rules=${['MAP * ~NOTFOUND', '127.0.0.1', ...hosts].join(', EXCLUDE ')}`,
    ],
  })
  closeAtEnd(() => browser.close())
  return browser
}

/** watchedPage opens a page and notes what a good page never does: complain, break its policy, or call elsewhere. */
export async function watchedPage(browser, options) {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 }, ...options })
  context.setDefaultTimeout(15_000)
  const page = await context.newPage()
  const complaints = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') {
      complaints.push(`${message.type()}: ${message.text()} (${message.location().url})`)
    }
  })
  page.on('pageerror', (error) => complaints.push(`exception: ${error.stack}`))
  context.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url())
    if (protocol.startsWith('http') && hostname !== '127.0.0.1') {
      complaints.push(`request: ${request.url()}`)
    }
  })
  context.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText
    if (reason !== 'net::ERR_ABORTED') { // the page was left meanwhile
      complaints.push(`request failed: ${request.url()}: ${reason}`)
    }
  })
  await page.exposeFunction('noteViolation', (text) => complaints.push(`policy: ${text}`))
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      globalThis.noteViolation(`${event.effectiveDirective} ${event.blockedURI}`)
    })
  })
  return { page, complaints }
}

/** picture keeps a picture of the page in the folder KITH_SHOTS, if that is set: nothing else looks at it. */
export async function picture(page, name) {
  if (process.env.KITH_SHOTS) {
    await page.screenshot({ path: join(process.env.KITH_SHOTS, `${name}.png`), animations: 'disabled' })
  }
}
