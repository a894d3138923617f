import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { faults, overflow } from '../harness/axe.js'
import { launch, watchedPage } from '../harness/browser.js'
import { run, startKith, token } from '../harness/kith.js'
import { edit, painted, remove, said, shot, until, write } from '../harness/staff-pages.js'
import { deliver, text, tooLarge, unreadable, visit, whatsapp } from '../harness/webhooks.js'

const appSecret = '0123456789abcdef0123456789abcdef'
const site = 'https://shop.example'

const create = `mutation ($input: CreateChannelInput!) {
  createChannel(input: $input) { channel { id } userErrors { message } }
}`

// addChannel is an admin who connects a channel past the pages.
async function addChannel(kith, input) {
  const { createChannel } = await run(kith.graphql, create, { input })
  assert.deepEqual(createChannel.userErrors, [])
  return createChannel.channel.id
}

const failuresOf = async (kith) =>
  (await run(kith.graphql, '{ ingestFailures { nodes { id reason } } }')).ingestFailures.nodes

const activeElement = (page) =>
  page.evaluate(() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim())

const windows = {
  phone: { width: 390, height: 844 },
  tablet: { width: 768, height: 1024 },
  laptop: { width: 1024, height: 768 },
  wide: { width: 1440, height: 900 },
  zoomed: { width: 640, height: 400 }, // 1280 by 800 pixels at 200 %
}

describe('the pages for admins', () => {
  let kith, browser
  before(async () => {
    kith = await startKith({ KITH_DEMO: 'off', KITH_SECRET_KEY: 'a key of at least thirty-two bytes' })
    browser = await launch()
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
  })

  async function open(path, options = {}) {
    const { allow, ...context } = options
    const watched = await watchedPage(browser, { locale: 'en-GB', ...context })
    if (allow) {
      await watched.page.context().grantPermissions(allow, { origin: kith.url })
    }
    await watched.page.goto(kith.url + path)
    await watched.page.locator('h1').first().waitFor()
    return watched
  }

  async function clean(page, name) {
    await shot(page, name)
    assert.deepEqual(await faults(page), [], name)
    assert.ok((await overflow(page)) <= 0, `${name} is too wide`)
  }

  // What axe-core looks at changes with the colours, and between the widest and the narrowest window.
  async function cleanEverywhere(page, name, sizes = windows) {
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme })
      for (const [of, size] of Object.entries(sizes)) {
        await page.setViewportSize(size)
        await painted(page)
        await shot(page, `${name}-${of}-${colorScheme}`)
        assert.ok((await overflow(page)) <= 0, `${name} is too wide for a ${of}`)
        const cut = await page.locator('.types label, .plain tbody :is(th, td)').evaluateAll((all) =>
          all.flatMap((each) => {
            const { position, paddingRight } = getComputedStyle(each)
            const text = document.createRange()
            text.selectNodeContents(each)
            const room = each.getBoundingClientRect().right - Number.parseFloat(paddingRight)
            return position !== 'absolute' && text.getBoundingClientRect().right > room + 1 ? each.textContent : []
          }),
        )
        assert.deepEqual(cut, [], `${name} ${of} cuts text`)
        if (of === 'wide' || of === 'phone') {
          assert.deepEqual(await faults(page), [], `${name} ${of} ${colorScheme}`)
        }
      }
    }
    await page.emulateMedia({ colorScheme: 'light' })
  }

  it('begin with the first channel: the empty contacts page leads there, and a chat widget is connected', async () => {
    const { page, complaints } = await open('/staff/contacts')
    await page.getByRole('heading', { name: 'No contacts yet' }).waitFor()
    await page.getByRole('link', { name: 'Connect your first channel' }).click()
    await page.getByRole('heading', { name: 'No channels yet' }).waitFor()
    assert.equal(await page.title(), 'Channels – Kith')
    await clean(page, 'channels-none')
    await page.getByRole('main').getByRole('link', { name: 'Connect your first channel' }).click()

    await page.getByRole('radio', { name: 'Web chat' }).check()
    await page.getByLabel('Name').fill('Our shop')
    await page.getByRole('textbox', { name: 'Allowed sites' }).fill('not a site!')
    await clean(page, 'channels-add')
    await page.getByRole('button', { name: 'Create channel' }).click()
    await page.getByRole('alert').filter({ hasText: /site|domain/i }).first().waitFor()
    assert.equal(await page.getByRole('textbox', { name: 'Allowed sites' }).getAttribute('aria-invalid'), 'true')
    assert.equal(await page.getByLabel('Name').inputValue(), 'Our shop', 'nothing typed is lost')
    await clean(page, 'channels-add-refused')
    await page.getByRole('textbox', { name: 'Allowed sites' }).fill('shop.example, *.shop.example\nlocalhost:3000')
    await page.getByRole('button', { name: 'Create channel' }).click()

    await page.getByRole('heading', { name: 'Our shop' }).waitFor()
    await page.waitForURL(/channel_/)
    const id = new URL(page.url()).pathname.split('/').at(-1)
    assert.match(id, /^channel_[0-9a-f]{32}$/)
    assert.match(await page.getByLabel('Snippet', { exact: true }).inputValue(), /<form|<script/)
    await page.getByText('Waiting for the first message').waitFor()
    await clean(page, 'channel-waiting')

    assert.equal(await visit(kith, id, 'https://elsewhere.example', { text: 'Hello' }), 403)
    assert.ok((await visit(kith, id, site, { text: 'Hello', name: 'Ann' })) < 300)
    await page.getByText('It works. The newest message arrived').waitFor()
    await clean(page, 'channel-arrived')
    await page.getByRole('link', { name: 'All channels' }).click()
    await page.getByRole('row').filter({ hasText: 'Our shop' }).getByText('1 session').waitFor()
    await clean(page, 'channels')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('connect WhatsApp with the keyboard alone, and show accounts and failures of it', async () => {
    const { page, complaints } = await open('/staff/channels/new')
    const press = async (...keys) => {
      for (const key of keys) {
        await page.keyboard.press(key)
      }
    }
    await page.getByRole('radio', { name: 'Web chat' }).focus()
    await press('Space', 'ArrowDown')
    assert.ok(await page.getByRole('radio', { name: 'WhatsApp' }).isChecked())
    await press('Tab')
    assert.equal(await page.evaluate(() => document.activeElement.name), 'name')
    await press('Control+a')
    await page.keyboard.type('Support')
    await press('Tab')
    await page.keyboard.type('short')
    await press('Enter')
    await page.getByRole('alert').filter({ hasText: '16 characters' }).waitFor()
    await until(
      () => page.evaluate(() => document.activeElement.name),
      (name) => name === 'secret',
    )
    await press('Control+a')
    await page.keyboard.type(appSecret)
    await press('Enter')
    await page.getByRole('heading', { name: 'Support' }).waitFor()
    await page.waitForURL(/channel_/)
    const id = new URL(page.url()).pathname.split('/').at(-1)
    assert.ok((await page.getByLabel('Webhook URL', { exact: true }).inputValue()).endsWith(`/channels/${id}/webhook`))
    const verifyToken = await page.getByLabel('Verify token', { exact: true }).inputValue()
    assert.ok(verifyToken.length > 20)
    assert.ok(!(await page.content()).includes(appSecret), 'the secret has left the page')
    await page.getByText('Providers cannot reach this address').waitFor()

    // The provider asks whether the address is Kith's, and delivers.
    const challenge = `hub.mode=subscribe&hub.verify_token=${verifyToken}&hub.challenge=4711`
    assert.equal(await (await fetch(`${kith.url}/channels/${id}/webhook?${challenge}`)).text(), '4711')
    assert.equal(await deliver(kith, id, 'another secret than the app has', whatsapp(text('Forged'))), 401)
    await page.getByText('Waiting for the first message').waitFor()
    assert.equal(await deliver(kith, id, appSecret, whatsapp(text('Hello'))), 200)
    await page.getByText('It works. The newest message arrived').waitFor()
    await page.getByText('106540352242922').waitFor()
    assert.equal(await deliver(kith, id, appSecret, unreadable()), 200)
    await page.getByRole('link', { name: '1 message could not be recorded' }).waitFor()
    await clean(page, 'channel-whatsapp')

    // The verify token is shown once more when asked for, which the audit log notes.
    await page.reload()
    await page.getByRole('heading', { name: 'Support' }).waitFor()
    assert.equal(await page.getByLabel('Verify token', { exact: true }).count(), 0)
    await page.getByRole('button', { name: 'Show it' }).click()
    assert.equal(await page.getByLabel('Verify token', { exact: true }).inputValue(), verifyToken)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('change a channel: name, sites, secrets, and whether it is on', async () => {
    const id = await addChannel(kith, { name: 'Second shop', type: 'HTML_EMBED', allowedDomains: ['shop.example'] })
    const { page, complaints } = await open(`/staff/channels/${id}`)
    await page.getByLabel('Name', { exact: true }).fill('Outlet')
    await page.getByRole('button', { name: 'Save name' }).click()
    await page.getByRole('heading', { name: 'Outlet' }).waitFor()
    assert.equal(await page.title(), 'Outlet – Kith')

    // Signed identities need a key to sign them with.
    await page.getByLabel('Accept only visitors').click()
    await page.getByRole('alert').filter({ hasText: 'without a secret' }).waitFor()
    await page.getByRole('button', { name: 'Enter Signing key' }).click()
    await page.getByLabel('Signing key').fill('a signing key of ours')
    await page.getByRole('button', { name: 'Save secret' }).click()
    await page.getByRole('button', { name: 'Replace Signing key' }).waitFor()
    await until(
      () => activeElement(page),
      (name) => name === 'Replace Signing key',
    )
    assert.ok(!(await page.content()).includes('a signing key of ours'), 'the secret has left the page')
    await page.getByLabel('Accept only visitors').click()
    await until(
      () => page.getByLabel('Accept only visitors').isChecked(),
      (checked) => checked,
    )
    assert.equal(await visit(kith, id, site, { text: 'Unsigned' }), 401)
    await page.getByLabel('Accept only visitors').click()
    await until(
      () => page.getByLabel('Accept only visitors').isChecked(),
      (checked) => !checked,
    )
    await page.getByRole('button', { name: 'Remove Signing key' }).click()
    await clean(page, 'channel-remove-secret')
    await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click()
    await page.getByRole('button', { name: 'Enter Signing key' }).waitFor()

    await page.getByRole('textbox', { name: 'Allowed sites' }).fill('')
    await page.getByRole('button', { name: 'Save allowed sites' }).click()
    await page.getByText('No site is allowed yet').waitFor()

    await page.getByRole('button', { name: 'Turn off' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Turn off' }).click()
    await page.getByRole('button', { name: 'Turn on' }).waitFor()
    await page.getByText('The channel is off').waitFor()
    await until(
      () => activeElement(page),
      (name) => name === 'Turn on',
    )
    await clean(page, 'channel-off')
    await page.getByRole('button', { name: 'Turn on' }).click()
    await page.getByRole('button', { name: 'Turn off' }).waitFor()
    await page.goto(`${kith.url}/staff/channels/channel_00000000000000000000000000000000`)
    await page.getByRole('heading', { name: 'No such channel' }).waitFor()
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('show a Telegram bot’s command and take Messenger’s access token', async () => {
    const bot = await addChannel(kith, { name: 'Bot', type: 'TELEGRAM' })
    const { page, complaints } = await open(`/staff/channels/${bot}`)
    await page.getByRole('button', { name: 'Show it' }).click()
    const command = await page.getByLabel('Command', { exact: true }).inputValue()
    const secretToken = await page.getByLabel('Secret token', { exact: true }).inputValue()
    assert.ok(command.includes(`secret_token="${secretToken}"`) && command.includes(`/channels/${bot}/webhook"`))
    await clean(page, 'channel-telegram')

    await page.goto(`${kith.url}/staff/channels/new`)
    await page.getByRole('radio', { name: 'Messenger' }).check()
    await page.getByLabel('App secret').fill(appSecret)
    await page.getByLabel('Access token').fill('EAAG-token-of-the-page')
    await page.getByRole('button', { name: 'Create channel' }).click()
    await page.getByRole('heading', { level: 1, name: 'Messenger' }).waitFor()
    await page.getByRole('button', { name: 'Replace Access token' }).waitFor()
    assert.ok(!(await page.content()).includes('EAAG-token-of-the-page'))
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('show messages that failed, and try them again, one or several, with what came of each', async () => {
    const id = await addChannel(kith, { name: 'Large letters', type: 'WHATSAPP', secret: appSecret })
    for (const body of [unreadable(), tooLarge(), unreadable()]) {
      assert.equal(await deliver(kith, id, appSecret, body), 200)
    }
    const { page, complaints } = await open(`/staff/failures?channel=${id}`)
    const rows = page.getByRole('list', { name: 'Failures' }).getByRole('listitem')
    await until(
      () => rows.count(),
      (n) => n === 3,
    )
    await page.getByText('4 messages').waitFor() // one of them on another channel
    await clean(page, 'failures')

    // What arrived is read when it is opened.
    const broken = rows.filter({ hasText: 'wrong type' })
    await broken.first().getByRole('button', { name: /^(Show|Hide):/ }).click()
    await page.getByRole('region', { name: 'What the provider sent' }).getByText('"messaging_product": "whatsapp"').waitFor()
    await clean(page, 'failures-payload')
    await broken.first().getByRole('button', { name: /^(Show|Hide):/ }).click()

    await page.getByLabel('Choose all shown').check()
    await page.getByText('3 chosen').waitFor()
    await page.getByRole('group', { name: 'Chosen messages' }).getByRole('button', { name: 'Try again' }).click()
    await said(page, '1 of 3 recorded')
    await rows.getByText('Recorded', { exact: true }).waitFor()
    assert.equal(await broken.locator('.problem').count(), 2, 'each says why it failed again')
    await clean(page, 'failures-results')
    const { sessions } = await run(kith.graphql, `{ sessions(filter: {channelIds: ["${id}"]}) { nodes { lastMessagePreview } } }`)
    assert.match(sessions.nodes[0].lastMessagePreview, /^Long x/)

    await page.getByRole('button', { name: 'Check again' }).click()
    await until(
      () => rows.count(),
      (n) => n === 2,
    )
    await rows.first().getByRole('button', { name: 'Discard' }).click()
    await clean(page, 'failures-dismiss')
    await page.keyboard.press('Escape')
    await until(
      () => activeElement(page),
      (name) => name.startsWith('Discard: message'),
    )
    await page.getByText('2 chosen').waitFor() // those that failed again still are
    await page.getByRole('group', { name: 'Chosen messages' }).getByRole('button', { name: 'Discard' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Discard' }).click()
    await said(page, '2 messages discarded')
    await page.getByRole('heading', { name: 'No failures' }).waitFor()
    assert.equal((await failuresOf(kith)).length, 1)
    await page.getByRole('link', { name: 'Show all channels' }).click()
    await until(
      () => rows.count(),
      (n) => n === 1,
    )
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('say about a failure that somebody else has dealt with that it is gone', async () => {
    const { page } = await open('/staff/failures')
    const rows = page.getByRole('list', { name: 'Failures' }).getByRole('listitem')
    await rows.first().waitFor()
    const [{ id }] = await failuresOf(kith)
    await run(kith.graphql, `mutation { dismissIngestFailures(input: {ids: ["${id}"]}) { dismissedIds } }`)
    await rows.first().getByRole('button', { name: 'Try again' }).click()
    await rows.first().getByRole('status').waitFor()
    assert.equal(await rows.first().getByRole('button', { name: 'Try again' }).count(), 0)
    await page.context().close()
  })

  it('create a key with the keyboard alone, show it once, and revoke it', async () => {
    const { page, complaints } = await open('/staff/keys', { allow: ['clipboard-read', 'clipboard-write'] })
    await page.getByRole('heading', { name: 'No API keys' }).waitFor()
    await clean(page, 'keys-none')
    const press = async (...keys) => {
      for (const key of keys) {
        await page.keyboard.press(key)
      }
    }
    await page.getByRole('button', { name: 'Create a key' }).focus()
    await press('Enter')
    await page.getByRole('dialog').waitFor()
    await until(
      () => page.evaluate(() => document.activeElement.name),
      (name) => name === 'name',
    )
    await clean(page, 'keys-create')
    await page.keyboard.type('Sales dashboard')
    await press('Enter')
    await page.getByRole('heading', { name: 'Your new key' }).waitFor()
    await clean(page, 'keys-secret')
    const secret = await page.getByLabel('Key', { exact: true }).inputValue()
    assert.match(secret, /^kith_[0-9A-Za-z]{71}$/)
    await press('Escape')
    await page.getByRole('heading', { name: 'Your new key' }).waitFor() // nothing is lost by a slip
    await page.mouse.click(5, 5)
    await page.getByRole('heading', { name: 'Your new key' }).waitFor()
    await page.getByRole('button', { name: 'Copy Key' }).focus()
    await press('Enter')
    await said(page, 'Key copied')
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), secret)
    await press('Tab', 'Enter')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    assert.ok(!(await page.content()).includes(secret), 'the key has left the page')
    const line = page.getByRole('row').filter({ hasText: 'Sales dashboard' })
    await line.getByText('Reader').waitFor()
    await line.getByText('in 2 months').or(line.getByText('in 3 months')).waitFor()

    const asked = (key) =>
      fetch(kith.graphql, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
        body: '{"query": "{ viewer { role } }"}',
      })
    assert.deepEqual(await (await asked(secret)).json().then(({ data }) => data), { viewer: { role: 'READER' } })
    await page.reload()
    await line.getByText(/now|minute|hour|today/).last().waitFor()
    await clean(page, 'keys')

    await line.getByRole('button', { name: 'Revoke Sales dashboard' }).focus()
    await press('Enter')
    await page.getByRole('alertdialog').waitFor()
    await clean(page, 'keys-revoke')
    await press('Escape')
    await until(
      () => activeElement(page),
      (name) => name === 'Revoke Sales dashboard',
    )
    await press('Enter')
    await page.getByRole('alertdialog').getByRole('button', { name: 'Revoke' }).focus()
    await press('Enter')
    await said(page, 'Sales dashboard revoked')
    await line.waitFor({ state: 'detached' })
    await until(
      () => activeElement(page),
      (name) => name === 'API keys',
    )
    await until(
      async () => (await asked(secret)).status,
      (status) => status === 401,
    )
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('create keys for one channel and with an end, and mark those that have expired', async () => {
    const { page, complaints } = await open('/staff/keys')
    await page.getByRole('button', { name: 'Create a key' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name').fill('Adapter')
    await dialog.getByLabel('Role').selectOption('CHANNEL')
    await dialog.getByLabel('Channel').selectOption('Our shop')
    await dialog.getByLabel('Expires').selectOption('date')
    await dialog.getByLabel('Last day').fill('2031-05-04')
    await dialog.getByRole('button', { name: 'Create a key' }).click()
    await page.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('row').filter({ hasText: 'Adapter' }).getByRole('link', { name: 'Our shop' }).waitFor()
    const { apiKeys } = await run(kith.graphql, '{ apiKeys { nodes { name role expiresAt } } }')
    assert.equal(apiKeys.nodes[0].role, 'CHANNEL')
    assert.match(apiKeys.nodes[0].expiresAt, /^2031-05-0[345]T/)

    const soon = new Date(Date.now() + 1_500).toISOString()
    await run(
      kith.graphql,
      'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { apiKey { id } userErrors { message } } }',
      { input: { name: 'Short-lived', role: 'READER', expiresAt: soon } },
    )
    await until(
      async () => {
        await page.reload()
        await page.getByRole('row').filter({ hasText: 'Short-lived' }).waitFor()
        return page.getByText('Expired').count()
      },
      (n) => n === 1,
    )
    await clean(page, 'keys-expired')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('select a key where the browser gives no clipboard, and say so', async () => {
    const { page } = await open('/staff/keys')
    await page.evaluate(() => {
      // As on a page that came over plain HTTP from another machine.
      Object.defineProperty(navigator, 'clipboard', { value: undefined })
      document.execCommand = () => false
    })
    await page.getByRole('button', { name: 'Create a key' }).click()
    await page.getByRole('dialog').getByLabel('Name').fill('Over HTTP')
    await page.getByRole('dialog').getByRole('button', { name: 'Create a key' }).click()
    await page.getByRole('button', { name: 'Copy Key' }).click()
    await said(page, 'does not allow copying')
    const secret = await page.getByLabel('Key', { exact: true }).inputValue()
    assert.equal(await page.evaluate(() => getSelection().toString()), secret)
    await page.context().close()
  })

  it('say who did what, with links to what is still there', async () => {
    const maria = await write(kith, { name: 'Maria Silva' })
    const joao = await write(kith, { name: 'João Pereira' })
    await edit(kith, maria.contact, { notes: 'VIP', email: 'maria@silva.example' })
    await edit(kith, joao.contact, { notes: 'Once' })
    await remove(kith, joao.contact)
    await run(
      kith.graphql,
      `mutation { updateSession(input: {id: "${maria.session}", status: CLOSED}) { userErrors { message } } }`,
    )
    const { page, complaints } = await open('/staff/audit')
    const entries = page.getByRole('list', { name: 'Audit log' }).getByRole('listitem')
    const entry = (words) => entries.filter({ hasText: words })
    await entry('changed the status of the session of Maria Silva').waitFor()
    await entry('deleted a contact that is gone').waitFor()
    await entry('saw the verify token of the channel Support').first().waitFor()
    await entry('recorded a failed message on Large letters').waitFor()
    await entry('created the API key Adapter').waitFor()
    await entry('revoked the API key a key that was revoked').waitFor()
    await clean(page, 'audit')
    const edited = entry('the email').filter({ hasText: 'Maria Silva' })
    assert.match(await edited.first().innerText(), /changed the email and the notes of Maria Silva|changed the notes and the email/)
    assert.equal(
      await edited.getByRole('link', { name: 'Maria Silva' }).getAttribute('href'),
      `/staff/contacts/${maria.contact}`,
    )
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('append older entries of the audit log on demand', async () => {
    const { contact } = await write(kith, { name: 'Busy Contact' })
    for (let i = 0; i < 60; i++) {
      await edit(kith, contact, { notes: `${i}` })
    }
    const { page } = await open('/staff/audit')
    const entries = page.getByRole('list', { name: 'Audit log' }).getByRole('listitem')
    await until(
      () => entries.count(),
      (n) => n === 50,
    )
    await page.getByRole('button', { name: 'Show more' }).click()
    await until(
      () => entries.count(),
      (n) => n > 60,
    )
    await page.context().close()
  })

  it('fit every window, light and dark', async () => {
    const { channels } = await run(kith.graphql, '{ channels { nodes { id name } } }')
    const support = channels.nodes.find(({ name }) => name === 'Support').id
    await deliver(kith, support, appSecret, unreadable())
    const { page, complaints } = await open('/staff/keys')
    const endpoint = 'mutation ($input: CreateWebhookEndpointInput!) { createWebhookEndpoint(input: $input) { userErrors { message } } }'
    const url = `https://hooks.a-customer-with-a-long-name.example/webhooks/${'incoming-'.repeat(8)}kith`
    await run(kith.graphql, endpoint, { input: { url, events: ['contact.created'], description: 'To the data warehouse' } })
    const pages = ['keys', 'channels', `channels/${support}`, 'channels/new', 'failures', 'audit', 'webhooks', 'import', 'settings']
    for (const path of pages) {
      await page.setViewportSize(windows.wide)
      await page.goto(`${kith.url}/staff/${path}`)
      await page.locator('.page').first().waitFor()
      await page.waitForLoadState('networkidle')
      if (path === 'failures') {
        await page.getByLabel('Choose all shown').check()
        await page.getByRole('button', { name: /^Show:/ }).first().click()
        await page.getByRole('region', { name: 'What the provider sent' }).waitFor()
      }
      await cleanEverywhere(page, path.replaceAll('/', '-').replace(support, 'one'))
    }
    await page.setViewportSize(windows.phone)
    await page.getByRole('button', { name: 'More', exact: true }).click()
    await page.getByRole('link', { name: 'API keys' }).waitFor()
    await cleanEverywhere(page, 'more', { phone: windows.phone })
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('are in German where the browser is', async () => {
    const { page, complaints } = await open('/staff/keys', { locale: 'de-DE' })
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'de-DE')
    for (const [path, title] of [
      ['keys', 'API-Schlüssel'],
      ['channels', 'Kanäle'],
      ['failures', 'Fehler'],
      ['audit', 'Protokoll'],
      ['duplicates', 'Dubletten'],
    ]) {
      await page.goto(`${kith.url}/staff/${path}`)
      await page.getByRole('heading', { level: 1, name: title }).waitFor()
      await page.waitForLoadState('networkidle')
      assert.equal(await page.title(), `${title} – Kith`)
      const words = await page.locator('body').innerText()
      assert.doesNotMatch(words, /\b(Contacts|Channels|Failures|Audit log|Revoke|Created|Show|Never|Type|State)\b/, path)
      await clean(page, `${path}-de`)
    }
    await page.getByRole('button', { name: 'Verwaltung' }).click()
    await page.getByRole('link', { name: 'Protokoll' }).waitFor()
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+k')
    await page.getByPlaceholder('Kontakt, Seite oder Aktion finden').waitFor()
    assert.deepEqual(complaints, [])
    await page.context().close()
  })
})

describe('the pages for admins, to others', () => {
  const secret = 'a secret of at least thirty-two bytes'
  let kith, browser
  before(async () => {
    kith = await startKith({ KITH_AUTH_SECRET: secret })
    browser = await launch()
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
  })

  for (const role of ['staff', 'reader']) {
    it(`are closed for ${role}, who is not even asked about`, async () => {
      const { page, complaints } = await watchedPage(browser, { locale: 'en-GB' })
      const asked = []
      page.on('request', (request) => {
        const operation = request.postData()?.match(/(query|mutation|subscription) (\w+)/)?.[2]
        if (operation) {
          asked.push(operation)
        }
      })
      for (const path of ['channels', 'channels/new', 'failures', 'audit', 'keys']) {
        await page.goto(`${kith.url}/staff/${path}`)
        await page.getByLabel('Token').fill(token(secret, 'acme', role))
        await page.getByRole('button', { name: 'Sign in' }).click()
        await page.getByRole('heading', { name: 'This page is for admins' }).waitFor()
        assert.equal(await page.title(), 'This page is for admins – Kith')
      }
      assert.deepEqual(new Set(asked), new Set(['Viewer']))
      assert.deepEqual(await faults(page), [])
      await shot(page, `admins-only-${role}`)
      assert.equal(await page.getByRole('button', { name: 'Admin', exact: true }).count(), 0)
      await page.getByRole('link', { name: 'Back to the contacts' }).click()
      await page.getByRole('heading', { name: 'No contacts yet' }).waitFor()
      assert.equal(await page.getByRole('link', { name: 'Connect your first channel' }).count(), 0)
      await page.getByText('Ask an admin').waitFor()
      assert.deepEqual(complaints, [])
      await page.context().close()
    })
  }
})
