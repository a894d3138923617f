// The page of outgoing webhooks, with a receiver that verifies what it gets with the library of Standard Webhooks.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { after, before, describe, it } from 'node:test'

import { Webhook } from 'standardwebhooks'

import { faults, overflow } from '../harness/axe.js'
import { launch, watchedPage } from '../harness/browser.js'
import { run, startKith } from '../harness/kith.js'
import { painted, said, shot, until, write } from '../harness/staff-pages.js'

describe('the page of webhooks', () => {
  let kith, browser, receiver, url
  const got = []

  before(async () => {
    receiver = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) {
        body += chunk
      }
      got.push({ headers: request.headers, body, ...JSON.parse(body) })
      response.writeHead(request.url === '/refuses' ? 503 : 204).end()
    })
    receiver.listen(0, '127.0.0.1')
    await once(receiver, 'listening')
    url = `http://127.0.0.1:${receiver.address().port}/hook`
    kith = await startKith({
      KITH_DEMO: 'off',
      KITH_SECRET_KEY: 'a key of at least thirty-two bytes',
      KITH_WEBHOOK_NETWORKS: '127.0.0.1',
    })
    browser = await launch()
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
    receiver?.closeAllConnections()
    receiver?.close()
  })

  async function open(options) {
    const watched = await watchedPage(browser, { locale: 'en-GB', ...options })
    await watched.page.goto(`${kith.url}/staff/webhooks`)
    await watched.page.locator('h1').first().waitFor()
    return watched
  }

  async function clean(page, name) {
    await painted(page)
    await shot(page, name)
    assert.deepEqual(await faults(page), [], name)
    assert.ok((await overflow(page)) <= 0, `${name} is too wide`)
  }

  it('adds an endpoint, shows its secret once, tries it, lists deliveries, and switches it off', async () => {
    const { page, complaints } = await open()
    await page.getByRole('heading', { name: 'No webhooks' }).waitFor()
    assert.equal(await page.title(), 'Webhooks – Kith')
    await clean(page, 'webhooks-none')

    await page.getByRole('button', { name: 'Add a webhook' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('URL').fill('https://169.254.169.254/latest')
    await dialog.getByLabel('Description').fill('Orders of the shop')
    await dialog.getByLabel('Conversation started').uncheck()
    await dialog.getByRole('button', { name: 'Add a webhook' }).click()
    await dialog.getByRole('alert').filter({ hasText: 'not allowed' }).waitFor()
    await clean(page, 'webhooks-refused')
    await dialog.getByLabel('URL').fill(url)
    await dialog.getByRole('button', { name: 'Add a webhook' }).click()

    await page.getByRole('heading', { name: 'The secret of the webhook' }).waitFor()
    await clean(page, 'webhooks-secret')
    const secret = await page.getByLabel('Secret', { exact: true }).inputValue()
    assert.match(secret, /^whsec_/)
    await page.keyboard.press('Escape')
    await page.getByRole('heading', { name: 'The secret of the webhook' }).waitFor() // nothing is lost by a slip
    await page.getByRole('button', { name: 'Done' }).click()
    await dialog.waitFor({ state: 'detached' })
    assert.ok(!(await page.content()).includes(secret), 'the secret has left the page')

    const endpoint = page.getByRole('region', { name: url })
    await endpoint.getByRole('button', { name: `Send a test: ${url}` }).click()
    await said(page, 'Test: Delivered (204)')
    const verifier = new Webhook(secret)
    assert.deepEqual(got.map(({ type }) => type), ['webhook.test'])
    verifier.verify(got[0].body, got[0].headers)

    const ann = await write(kith, { name: 'Ann' })
    await until(() => got.at(-1).type, (type) => type === 'contact.created')
    assert.equal(got.at(-1).data.contact.id, ann.contact)
    verifier.verify(got.at(-1).body, got.at(-1).headers)
    await endpoint.getByRole('button', { name: `Deliveries: ${url}` }).click()
    const delivery = endpoint.getByRole('row').filter({ hasText: 'Contact created' })
    await delivery.getByText('Delivered').waitFor()
    await clean(page, 'webhooks')
    await page.setViewportSize({ width: 390, height: 844 })
    await clean(page, 'webhooks-phone')
    await page.setViewportSize({ width: 1400, height: 900 })
    await delivery.getByRole('button', { name: 'Send again' }).click()
    await until(() => got.length, (n) => n === 3)
    assert.equal(got[2].headers['webhook-id'], got[1].headers['webhook-id'])

    await endpoint.getByRole('button', { name: 'Switch off' }).click()
    await endpoint.getByText('Off: Switched off by an administrator').waitFor()
    await endpoint.getByRole('button', { name: 'Switch on' }).waitFor()
    const { webhookEndpoints } = await run(kith.graphql, '{ webhookEndpoints { nodes { enabled description events } } }')
    const [{ enabled, description, events }] = webhookEndpoints.nodes
    assert.deepEqual([enabled, description, events.includes('session.created'), events.length], [false, 'Orders of the shop', false, 6])
    await page.reload()
    await endpoint.getByText('Off: Switched off by an administrator').waitFor()
    assert.ok(!(await page.content()).includes(secret), 'the secret does not come back')
    await clean(page, 'webhooks-off')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('says why a test failed, edits, replaces the secret, and deletes, in German where the browser is', async () => {
    const { page, complaints } = await open({ locale: 'de-DE' })
    const endpoint = page.getByRole('region', { name: url })
    await endpoint.getByRole('button', { name: 'Bearbeiten' }).click()
    const dialog = page.getByRole('dialog', { name: 'Webhook bearbeiten' })
    assert.equal(await dialog.getByLabel('Gespräch begonnen').isChecked(), false)
    const refuses = url.replace('/hook', '/refuses')
    await dialog.getByLabel('URL').fill(refuses)
    await dialog.getByRole('button', { name: 'Speichern' }).click()
    const edited = page.getByRole('region', { name: refuses })
    await edited.getByRole('button', { name: /^Test senden/ }).click()
    await said(page, 'Test: the receiver answered 503')

    await edited.getByRole('button', { name: 'Geheimcode ersetzen' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Geheimcode ersetzen' }).click()
    await page.getByRole('heading', { name: 'Der Geheimcode des Webhooks' }).waitFor()
    await page.getByRole('button', { name: 'Fertig' }).click()
    await edited.getByText('Der frühere Geheimcode unterschreibt noch bis').waitFor()
    await clean(page, 'webhooks-german')
    await edited.getByRole('button', { name: 'Früheren Geheimcode widerrufen' }).click()
    await said(page, 'Der frühere Geheimcode unterschreibt nicht mehr')

    await edited.getByRole('button', { name: 'Löschen' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Löschen' }).click()
    await page.getByRole('heading', { name: 'Keine Webhooks' }).waitFor()
    await said(page, 'Webhook gelöscht')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })
})
