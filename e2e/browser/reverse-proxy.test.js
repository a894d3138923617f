// Kith behind nginx and Caddy, configured as in deploy/proxy: on a separate host, and below a path that the proxy passes on
// or strips.

import assert from 'node:assert/strict'
import { on, once } from 'node:events'
import { request } from 'node:https'
import { after, before, describe, it } from 'node:test'

import WebSocket from 'ws'

import { launch, watchedPage } from '../harness/browser.js'
import { startKith, token } from '../harness/kith.js'
import { startProvider } from '../harness/openid-provider.js'
import { installed, locations, reserve } from '../harness/reverse-proxy.js'
import { ask, session, signIn } from '../harness/signin-steps.js'
import { shot, shows } from '../harness/staff-pages.js'
import { deliver, text, tooLarge, visit, whatsapp } from '../harness/webhooks.js'

const secret = 'a secret of at least thirty-two bytes'
const subscribe = 'subscription { contactEvents { kind contact { displayName } } }'
// Each way to find Kith is looked at in a browser once.
const looked = { nginx: ['host', 'stripped'], caddy: ['passed on'] }
const timeout = 30_000 // ms until an event has to be there

for (const program of ['nginx', 'caddy']) {
  const skip = !installed(program) && !process.env.CI && `${program} is not installed`
  describe(`behind ${program}`, { skip }, () => {
    let browser
    before(async () => {
      browser = await launch()
    })
    after(() => browser?.close())

    for (const location of locations) {
      describe(location === 'host' ? 'on a separate host' : `below a path that is ${location}`, () => {
        const base = location === 'host' ? '' : '/kith'
        let kith, proxy, provider, channels, stop, bearer
        before(async () => {
          proxy = await reserve(program, location)
          provider = await startProvider(proxy.url, { refreshBits: 15_500 })
          provider.people.ann = { name: 'Ann Áthas', workspace: 'acme', role: 'admin' }
          kith = await startKith({
            ...provider.settings,
            KITH_AUTH_SECRET: secret,
            KITH_PUBLIC_URL: proxy.url,
            KITH_PLAYGROUND: 'on',
            KITH_TRUSTED_PROXIES: '127.0.0.1/32',
            KITH_WIDGET_RATE: '5/h',
          })
          stop = await proxy.start(kith)
          bearer = { authorization: `Bearer ${token(secret, 'acme', 'admin')}` }
          channels = {}
          for (const [name, input] of Object.entries({
            whatsApp: { type: 'WHATSAPP', secret },
            site: { type: 'HTML_EMBED', allowedDomains: ['shop.example'] },
          })) {
            const { createChannel } = await admin(`mutation ($input: CreateChannelInput!) { createChannel(input: $input) {
              channel { id } setup { webhookUrl embedSnippet } userErrors { message } } }`, { input: { name, ...input } })
            assert.deepEqual(createChannel.userErrors, [])
            channels[name] = { id: createChannel.channel.id, ...createChannel.setup }
          }
        })
        after(async () => {
          await stop?.()
          await kith?.stop()
          await provider?.stop()
        })

        async function admin(query, variables) {
          const headers = { 'content-type': 'application/json', ...bearer }
          const response = await fetch(proxy.graphql, { method: 'POST', headers, body: JSON.stringify({ query, variables }) })
          const { data, errors } = await response.json()
          assert.equal(errors, undefined, JSON.stringify(errors))
          return data
        }

        // meet has a new customer write, whose name then is in an event.
        async function meet(name) {
          const body = whatsapp(text('Hello'))
          body.entry[0].changes[0].value.contacts = [{ profile: { name }, wa_id: `1650555${String(++met).padStart(4, '0')}` }]
          body.entry[0].changes[0].value.messages[0].from = `1650555${String(met).padStart(4, '0')}`
          assert.equal(await deliver(proxy, channels.whatsApp.id, secret, body), 200)
        }
        let met = 0

        it('the first page leads to the contacts, and http to https', async () => {
          for (const at of [`${proxy.url}/`, `${proxy.url}/staff`, ...(base ? [proxy.url] : [])]) {
            let response = await fetch(at, { redirect: 'manual' })
            if (base && new URL(response.headers.get('location'), at).href === `${proxy.url}/`) {
              response = await fetch(`${proxy.url}/`, { redirect: 'manual' }) // the proxy's own, for the slash
            }
            assert.equal(new URL(response.headers.get('location'), at).href, `${proxy.url}/staff/contacts`, at)
          }
          assert.match((await fetch(`${proxy.url}/livez`)).headers.get('strict-transport-security'), /max-age/)
          if (program === 'nginx') {
            const plain = await fetch(`${proxy.plain}/kith/staff?a=b`, { redirect: 'manual' })
            assert.equal(plain.status, 308)
            assert.equal(plain.headers.get('location'), `${new URL(proxy.url).origin}/kith/staff?a=b`)
          }
        })

        it('links of the API lead through the proxy', () => {
          for (const { id, webhookUrl } of Object.values(channels)) {
            assert.equal(webhookUrl, `${proxy.url}/channels/${id}/webhook`)
          }
          assert.ok(channels.site.embedSnippet.includes(JSON.stringify(channels.site.webhookUrl)))
        })

        it('webhooks of any size arrive with their signatures', async () => {
          assert.equal(await deliver(proxy, channels.whatsApp.id, secret, whatsapp(text('Hi'))), 200)
          assert.equal(await deliver(proxy, channels.whatsApp.id, 'not the secret of the app', whatsapp(text('Hi'))), 401)
          assert.equal(await deliver(proxy, channels.whatsApp.id, secret, tooLarge()), 200)
          const { ingestFailures } = await admin('{ ingestFailures(first: 10) { nodes { id } } }')
          assert.equal(ingestFailures.nodes.length, 1)
        })

        it('visitors count by their own addresses, whatever they say', async () => {
          const statuses = []
          for (let i = 0; i < 7; i++) {
            const body = JSON.stringify({ visitorId: `0f1e2d3c4b5a697${i}`, messageId: String(i), text: 'Hello' })
            const headers = { 'content-type': 'application/json', origin: 'https://shop.example', 'x-forwarded-for': `192.0.2.${i}` }
            statuses.push(await from('127.0.0.7', channels.site.webhookUrl, headers, body))
          }
          assert.deepEqual(statuses, [200, 200, 200, 200, 200, 429, 429])
          assert.equal(await visit(proxy, channels.site.id, 'https://shop.example', { text: 'Hello' }), 200)
        })

        it('events arrive as they happen, over server-sent events', async () => {
          // A connection that has served nothing else: on others, Caddy 2.6 ends some streams of HTTP/1.1.
          const stream = request(proxy.graphql, {
            method: 'POST',
            headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...bearer },
            agent: false,
            signal: AbortSignal.timeout(timeout),
          })
          stream.end(JSON.stringify({ query: subscribe }))
          const [response] = await once(stream, 'response')
          assert.equal(response.headers['content-encoding'], undefined)
          let heard = ''
          let asked
          for await (const chunk of response.setEncoding('utf8')) {
            heard += chunk
            asked ??= meet('Stella Stream')
            if (heard.includes('Stella Stream')) {
              break
            }
          }
          await asked
          assert.ok(heard.includes('Stella Stream'), heard)
        })

        it('staff sign in, with a cookie as large as they get, which counts for requests and WebSockets', async () => {
          const jar = await signIn(proxy, 'ann', `${base}/staff/contacts?search=a`)
          const { name, path, value } = [...jar.cookies.values()].find((cookie) => cookie.name.endsWith('-kith'))
          assert.ok(value.length > 3_500, `${value.length} bytes: proxies would take that with less room, too`)
          assert.deepEqual([name, path], base ? ['__Secure-kith', '/kith/'] : ['__Host-kith', '/'])
          const { body } = await ask(proxy, jar)
          assert.equal(body.data.viewer.name, 'Ann Áthas')
          assert.equal((await session(proxy, jar)).logoutUrl, `${base}/auth/logout`)

          const cookie = `${name}=${value}`
          const origin = new URL(proxy.url).origin
          assert.deepEqual(await firstEvent(cookie, origin, () => meet('Sonja Socket')), 'Sonja Socket')
          await assert.rejects(firstEvent(cookie, 'https://evil.example'), /403/)

          const out = await jar.send(`${proxy.url}/auth/logout`, { method: 'POST', headers: { origin } })
          assert.equal(out.status, 303)
          assert.equal(jar.get(name), undefined)
        })

        // firstEvent subscribes over a WebSocket as a browser with the cookie does, and returns who the first event is about.
        async function firstEvent(cookie, origin, cause) {
          const socket = new WebSocket(proxy.graphql.replace('https', 'wss'), 'graphql-transport-ws', { headers: { cookie, origin } })
          const patience = setTimeout(() => socket.terminate(), timeout)
          let again
          try {
            await once(socket, 'open')
            socket.send('{"type":"connection_init"}')
            for await (const [data] of on(socket, 'message', { close: ['close'] })) {
              const { type, payload } = JSON.parse(data)
              if (type === 'connection_ack') {
                socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload: { query: subscribe } }))
                again = setInterval(() => void cause(), 1_000) // a subscription is not acknowledged: the first may be too early
                await cause()
              } else if (type === 'next') {
                return payload.data.contactEvents.contact.displayName
              }
            }
            return undefined
          } finally {
            clearTimeout(patience)
            clearInterval(again)
            socket.terminate()
          }
        }

        it('the staff pages and the playground work in a browser', { skip: !looked[program].includes(location) }, async () => {
          await meet('Petra Page')
          const { page, complaints } = await watchedPage(browser, { locale: 'en-GB', ignoreHTTPSErrors: true })
          page.context().setDefaultTimeout(60_000) // the playground is large, and this its first load over TLS
          await page.goto(`${proxy.url}/staff/contacts?search=petra`)
          await page.getByRole('link', { name: 'Sign in' }).click()
          await page.locator('[name=login]').fill('ann')
          await page.keyboard.press('Enter')
          await page.getByRole('link', { name: 'Petra Page' }).waitFor()
          assert.equal(page.url(), `${proxy.url}/staff/contacts?search=petra`)
          assert.equal(await page.evaluate(() => performance.getEntriesByType('navigation')[0].nextHopProtocol), 'h2')

          const { contacts } = await admin('{ contacts(search: "petra") { nodes { id } } }')
          const { id } = contacts.nodes[0]
          const edit = 'mutation ($id: ID!) { updateContact(input: { id: $id, email: "petra@page.example" }) { userErrors { message } } }'
          await page.locator('.banner').waitFor({ state: 'detached' })
          await admin(edit, { id })
          await shows(page, 'Petra Page', 'email', 'petra@page.example')

          await page.goto(`${proxy.url}/staff/contacts/${id}`)
          await page.getByRole('heading', { name: 'Petra Page' }).waitFor()
          await page.getByRole('link', { name: 'Chat', exact: true }).click()
          await page.locator('[data-row]').first().waitFor()
          assert.equal(page.url(), `${proxy.url}/staff/chat`)
          assert.equal(await page.getByRole('link', { name: 'Contacts', exact: true }).getAttribute('href'), `${base}/staff/contacts`)
          await page.goBack()
          await page.getByRole('heading', { name: 'Petra Page' }).waitFor()
          await page.reload()
          await page.getByRole('heading', { name: 'Petra Page' }).waitFor()
          await shot(page, `behind-${program}-${location.replace(' ', '-')}`)

          await page.goto(`${proxy.url}/playground`)
          await page.getByText('ADMIN of acme').waitFor()
          assert.deepEqual(complaints.filter((complaint) => !complaint.includes('401')), [])
          await page.context().close()
        })
      })
    }
  })
}

/** from posts from another address of this machine, and returns the answer's status. */
async function from(localAddress, url, headers, body) {
  const sent = request(url, { method: 'POST', localAddress, headers: { ...headers, 'content-length': Buffer.byteLength(body) } })
  sent.end(body)
  const [answer] = await once(sent, 'response')
  answer.resume()
  return answer.statusCode
}
