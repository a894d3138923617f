// The staff pages of a workspace that masks emails and phone numbers for STAFF.

import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { faults } from '../harness/axe.js'
import { launch, watchedPage } from '../harness/browser.js'
import { startKith, token } from '../harness/kith.js'
import { cell, said, shot, until } from '../harness/staff-pages.js'

const secret = 'a secret of thirty-two bytes, and more'
const email = 'maximilian.muster@firma.example'
const phone = '+4930901820'
const number = '+4915112345678'

let kith, browser, max
before(async () => {
  kith = await startKith({ KITH_AUTH_SECRET: secret, KITH_DEMO: 'off' })
  browser = await launch()
  const shop = await channel('WHATSAPP')
  const web = await channel('HTML_EMBED')
  max = await customer(web, '1', 'Where is my parcel?', { name: 'Max Muster', email, emailVerified: true, phone, phoneVerified: true })
  await customer(shop, number.slice(1), `Call me: ${number}`, {})
  await ask('admin', 'mutation { updateWorkspace(input: {maskedFor: [STAFF]}) { userErrors { message } } }')
})
after(async () => {
  await browser?.close()
  await kith?.stop()
})

async function ask(role, query, variables) {
  const response = await fetch(kith.graphql, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token(secret, 'acme', role)}` },
    body: JSON.stringify({ query, variables }),
  })
  const { data, errors } = await response.json()
  assert.equal(errors, undefined, JSON.stringify(errors))
  return data
}

async function channel(type) {
  const create = 'mutation ($type: ChannelType!) { createChannel(input: {name: "Support", type: $type}) { channel { id } } }'
  return (await ask('admin', create, { type })).createChannel.channel.id
}

async function customer(channelId, externalId, text, profile) {
  const record = 'mutation ($input: RecordInteractionInput!) { recordInteraction(input: $input) { contact { id } } }'
  const { recordInteraction } = await ask('admin', record, { input: { channelId, externalId, messageId: externalId, text, profile } })
  return recordInteraction.contact.id
}

const stored = async () => (await ask('admin', 'query ($id: ID!) { contact(id: $id) { email phone } }', { id: max })).contact

async function signedIn(path, options = {}) {
  const watched = await watchedPage(browser, { locale: 'en-GB', ...options })
  await watched.page.goto(kith.url + path)
  await watched.page.getByLabel('Token').fill(token(secret, 'acme', 'staff'))
  await watched.page.keyboard.press('Enter')
  return watched
}

// clean fails where the page, or what it was sent, has a value that is masked.
async function clean(page) {
  const html = await page.content()
  for (const value of [email, 'aximilian', phone, '30901820', '30 901820', number.slice(1), '15112345678', '1511 2345678']) {
    assert.ok(!html.includes(value), `the page has ${value}`)
  }
  assert.equal(await page.locator('a[href^="mailto:"], a[href^="tel:"], a[href*="wa.me"]').count(), 0)
  assert.equal(await page.getByRole('button', { name: /^Copy/ }).count(), 0)
}

it('the table shows masks, and keeps what is left alone', async () => {
  const { page, complaints } = await signedIn('/staff/contacts')
  await cell(page, 'Max Muster', 'email').getByText('m•••@firma.example').waitFor()
  await cell(page, 'Max Muster', 'phone').getByText('+49 ••• ••20').waitFor()
  await clean(page)
  assert.deepEqual(await faults(page), [])
  await shot(page, 'masked-contacts')

  // The values decide no order.
  assert.equal(await page.getByRole('columnheader', { name: 'Email' }).getByRole('button').count(), 0)
  assert.equal(await page.getByRole('columnheader', { name: 'Last activity' }).getByRole('button').count(), 1)

  await cell(page, 'Max Muster', 'email').click()
  const input = page.getByLabel('Email of Max Muster')
  assert.equal(await input.inputValue(), 'm•••@firma.example')
  await page.keyboard.press('Enter')
  assert.deepEqual(await stored(), { email, phone })

  await cell(page, 'Max Muster', 'email').click()
  await input.press('End')
  await page.keyboard.type('.org')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').getByText('Email is masked: enter all of it').waitFor()
  await shot(page, 'masked-refused')
  await input.fill('neu@firma.example')
  await page.keyboard.press('Enter')
  await said(page, 'Email of Max Muster saved')
  await cell(page, 'Max Muster', 'email').getByText('n•••@firma.example').waitFor()
  assert.deepEqual(await stored(), { email: 'neu@firma.example', phone })
  await page.keyboard.press('Control+z') // there is nothing to take back: the page does not know what it was
  await clean(page)
  assert.deepEqual(await stored(), { email: 'neu@firma.example', phone })
  await ask('admin', 'mutation ($id: ID!, $email: String) { updateContact(input: {id: $id, email: $email}) { eventId } }', { id: max, email })
  await cell(page, 'Max Muster', 'email').getByText('m•••@firma.example').waitFor() // live, too
  await clean(page)
  assert.deepEqual(complaints, [])
  await page.context().close()
})

it('an edit does not write over a value that was changed behind the same mask', async () => {
  const asAdmin = (fields) =>
    ask('admin', 'mutation ($input: UpdateContactInput!) { updateContact(input: $input) { userErrors { message } } }', {
      input: { id: max, ...fields },
    })
  const { page, complaints } = await signedIn('/staff/contacts')
  await cell(page, 'Max Muster', 'email').getByText('m•••@firma.example').waitFor()

  // Somebody who changes another field is in nobody's way.
  await cell(page, 'Max Muster', 'email').click()
  const input = page.getByLabel('Email of Max Muster')
  await asAdmin({ notes: 'Calls at noon' })
  await input.fill('moritz@firma.example')
  await page.keyboard.press('Enter')
  await said(page, 'Email of Max Muster saved')
  assert.equal((await stored()).email, 'moritz@firma.example')

  await cell(page, 'Max Muster', 'email').click()
  await asAdmin({ email: 'mia@firma.example' })
  await input.fill('mine@firma.example')
  await page.keyboard.press('Enter')
  const mine = page.getByRole('button', { name: 'Keep mine' })
  await mine.waitFor()
  await shot(page, 'masked-conflict')
  await clean(page)
  assert.equal((await stored()).email, 'mia@firma.example')
  await mine.click()
  await until(stored, (now) => now.email === 'mine@firma.example')

  await asAdmin({ email, notes: null })
  assert.deepEqual(complaints, [])
  await page.context().close()
})

it('the search finds by whole values', async () => {
  const { page, complaints } = await signedIn('/staff/contacts')
  const search = page.getByLabel('Search contacts')
  await search.fill(email.slice(0, 12))
  await page.getByRole('heading', { name: 'No contacts found' }).waitFor()
  await search.fill(email)
  await cell(page, 'Max Muster', 'email').getByText('m•••@firma.example').waitFor()
  await search.fill('90 18 20')
  await page.getByRole('heading', { name: 'No contacts found' }).waitFor()
  await search.fill('030 901820')
  await cell(page, 'Max Muster', 'phone').getByText('+49 ••• ••20').waitFor()
  assert.deepEqual(complaints, [])
  await page.context().close()
})

it('an address that sorts by a masked value shows the list', async () => {
  const { page, complaints } = await signedIn('/staff/contacts?sort=email')
  await cell(page, 'Max Muster', 'email').waitFor()
  assert.equal(await page.getByRole('columnheader', { name: 'Email' }).getAttribute('aria-sort'), null)
  assert.deepEqual(complaints, [])
  await page.context().close()
})

it('the contact whole and its history show masks', async () => {
  for (const look of [{}, { colorScheme: 'dark' }, { viewport: { width: 390, height: 800 } }, { viewport: { width: 768, height: 900 } }]) {
    const { page, complaints } = await signedIn(`/staff/contacts/${max}`, look)
    await page.getByRole('heading', { name: 'Max Muster' }).waitFor()
    await page.locator('.contact-panel').getByText('m•••@firma.example').first().waitFor()
    await page.getByRole('region', { name: 'History' }).getByText('n•••@firma.example').first().waitFor()
    await clean(page)
    assert.deepEqual(await faults(page), [])
    await shot(page, `masked-contact-${look.colorScheme ?? 'light'}-${look.viewport?.width ?? 1400}`)
    assert.deepEqual(complaints, [])
    await page.context().close()
  }
})

it('the chat shows masks', async () => {
  const { page, complaints } = await signedIn('/staff/chat')
  await page.locator('.session').filter({ hasText: 'Call me: +49 ••• ••78' }).waitFor()
  await clean(page)
  await shot(page, 'masked-chat')
  await page.locator('.session').filter({ hasText: 'Call me' }).locator('a').first().click()
  await until(() => page.locator('.contact-panel').count(), (n) => n > 0)
  await page.locator('.contact-panel').getByText('+49 ••• ••78').first().waitFor()
  await clean(page)
  await shot(page, 'masked-chat-opened')
  assert.deepEqual(complaints, [])
  await page.context().close()
})
