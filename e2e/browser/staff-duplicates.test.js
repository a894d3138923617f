import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { faults, overflow } from '../harness/axe.js'
import { launch, watchedPage } from '../harness/browser.js'
import { run, startKith, token } from '../harness/kith.js'
import { edit, look, said, shot, until, write } from '../harness/staff-pages.js'

const secret = 'a secret of at least thirty-two bytes'

const pairsOf = async (kith) =>
  (await run(kith.graphql, '{ duplicates { nodes { id reasons contacts { id name } } } }')).duplicates.nodes

let people = 0

// pair makes two contacts that may be one person: the second one typed the first one's email.
async function pair(kith, one, other) {
  const email = `someone-${++people}@duplicates.example`
  const { contact: first } = await write(kith, { name: one }, { from: `one-${people}` })
  await edit(kith, first, { email, notes: `Notes of ${one}` })
  const { contact: second } = await write(
    kith,
    { name: other, email, phone: `+4930${1234000 + people}` },
    { channel: 'TELEGRAM', from: `other-${people}` },
  )
  return { first, second }
}

describe('the duplicates inbox', () => {
  let kith, browser
  before(async () => {
    kith = await startKith({ KITH_DEMO: 'off' })
    browser = await launch()
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
  })

  async function open(options) {
    const watched = await watchedPage(browser, { locale: 'en-GB', ...options })
    watched.listening = new Promise((resolve) => {
      watched.page.on('websocket', (socket) =>
        socket.on('framesent', ({ payload }) => payload.includes('"type":"subscribe"') && resolve()),
      )
    })
    await watched.page.goto(`${kith.url}/staff/duplicates`)
    await watched.page.getByRole('heading', { level: 1, name: 'Duplicates' }).waitFor()
    return watched
  }
  const cards = (page) => page.locator('.pair')
  const card = (page, name) => cards(page).filter({ has: page.getByRole('link', { name, exact: true }) })
  const focusedPair = (page) =>
    page.evaluate(() => document.activeElement.closest('.pair')?.querySelector('thead a').textContent ?? null)

  it('says when it is empty, and fills live', async () => {
    const { page, complaints, listening } = await open()
    await page.getByRole('heading', { name: 'No duplicates' }).waitFor()
    assert.equal(await page.title(), 'Duplicates – Kith')
    assert.deepEqual(await faults(page), [])
    await listening
    await pair(kith, 'Ann Smith', 'Annie Smith')
    await card(page, 'Ann Smith').waitFor()
    assert.equal(await page.locator('.count').innerText(), '1 pair')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('shows a pair side by side, why it is one, and where it differs', async () => {
    const { page, complaints } = await open()
    const ann = card(page, 'Ann Smith')
    await ann.getByText('One typed the other’s email or phone').waitFor()
    const differing = await ann.locator('[data-differs] th').allInnerTexts()
    assert.deepEqual(differing.map((each) => each.split(/\s/)[0]), ['Name'])
    // The older one stays.
    assert.match(await ann.locator('thead th').first().innerText(), /Ann Smith\s*Stays/)
    await shot(page, 'duplicates')
    assert.deepEqual(await faults(page), [])
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('merges by one key with the values that the server prefers, and takes that back', async () => {
    const { page, complaints } = await open()
    await card(page, 'Ann Smith').waitFor()
    await page.keyboard.press('j')
    assert.equal(await focusedPair(page), 'Ann Smith')
    await page.keyboard.press('m')
    await said(page, 'Annie Smith merged into Ann Smith')
    await page.getByRole('heading', { name: 'No duplicates' }).waitFor()
    const { contacts } = await run(kith.graphql, '{ contacts { nodes { name notes phone } } }')
    assert.deepEqual(contacts.nodes, [{ name: 'Ann Smith', notes: 'Notes of Ann Smith', phone: '+49301234001' }])
    await page.getByRole('button', { name: 'Undo' }).click()
    await until(
      async () => (await run(kith.graphql, '{ contacts { nodes { name } } }')).contacts.nodes.length,
      (n) => n === 2,
    )
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('goes from pair to pair by keys, keeps two people apart, and loses the focus never', async () => {
    for (const [one, other] of [
      ['Bea One', 'Bea Two'],
      ['Cleo One', 'Cleo Two'],
      ['Dora One', 'Dora Two'],
    ]) {
      await pair(kith, one, other)
    }
    const { page, complaints } = await open()
    await until(
      () => cards(page).count(),
      (n) => n === 3,
    )
    const order = await page.locator('.pair thead th:nth-child(2) a').allInnerTexts()
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    assert.equal(await focusedPair(page), order[1])
    await page.keyboard.press('k')
    assert.equal(await focusedPair(page), order[0])
    await page.keyboard.press('n')
    await said(page, 'stay two contacts')
    await until(
      () => cards(page).count(),
      (n) => n === 2,
    )
    await until(
      () => focusedPair(page),
      (name) => name === order[1],
    )
    assert.equal((await pairsOf(kith)).length, 2)
    assert.equal(await page.locator('.count').innerText(), '2 pairs')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('opens the comparison with Enter, and merges there', async () => {
    const { page, complaints } = await open()
    await until(
      () => cards(page).count(),
      (n) => n === 2,
    )
    await page.keyboard.press('j')
    const name = await focusedPair(page)
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    // The keys of the inbox are not for the dialog.
    await page.keyboard.press('n')
    await page.getByRole('dialog').getByRole('radio').first().waitFor()
    await shot(page, 'duplicates-compare')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await until(
      () => focusedPair(page),
      (where) => where === name,
    )
    assert.equal((await pairsOf(kith)).length, 2)
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').getByRole('button', { name: 'Merge 2 contacts' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await until(
      () => cards(page).count(),
      (n) => n === 1,
    )
    await until(
      () => focusedPair(page),
      (where) => where !== null && where !== name,
    )
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('shows a pair that the server finds after the page was opened', async () => {
    const { page, complaints, listening } = await open()
    await listening
    await pair(kith, 'Lina Later', 'Lena Later')
    await card(page, 'Lina Later').waitFor()
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('says why a merge was refused, and shows the contacts as they are now', async () => {
    const { first, second } = await pair(kith, 'Eve One', 'Eve Two')
    const { page, complaints } = await open()
    const eve = card(page, 'Eve One')
    await eve.waitFor()
    // The notes of both are too long together: a person has to shorten them.
    await edit(kith, first, { notes: 'a'.repeat(6_000) })
    await edit(kith, second, { notes: 'b'.repeat(6_000) })
    await until(
      async () => (await eve.innerText()).includes('bbbb'),
      (shown) => shown,
    )
    await eve.getByRole('button', { name: 'Merge', exact: false }).first().click()
    await eve.getByRole('alert').waitFor()
    assert.ok(await look(kith, second), 'nothing was merged')
    await edit(kith, second, { notes: '' })
    await until(
      async () => (await eve.innerText()).includes('bbbb'),
      (shown) => !shown,
    )
    await eve.getByRole('button', { name: 'Merge', exact: false }).first().click()
    await said(page, 'Eve Two merged into Eve One')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('lets a pair go that a colleague has merged meanwhile', async () => {
    const { first, second } = await pair(kith, 'Fay One', 'Fay Two')
    const { page, complaints, listening } = await open()
    await card(page, 'Fay One').waitFor()
    await listening
    const { nodes } = await run(kith.graphql, 'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Contact { version } } }', {
      ids: [first, second],
    })
    const input = {
      survivorId: first,
      expectedVersion: nodes[0].version,
      others: [{ id: second, expectedVersion: nodes[1].version }],
    }
    const merge = 'mutation ($input: MergeContactsInput!) { mergeContacts(input: $input) { userErrors { message } } }'
    assert.deepEqual((await run(kith.graphql, merge, { input })).mergeContacts.userErrors, [])
    await card(page, 'Fay One').waitFor({ state: 'detached' })
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('appends further pairs on demand', async () => {
    for (let i = 0; i < 51; i++) {
      await pair(kith, `Gus ${i}`, `Gustav ${i}`)
    }
    const { page } = await open()
    await until(
      () => cards(page).count(),
      (n) => n === 50,
    )
    await page.getByRole('button', { name: 'Show more' }).click()
    await until(
      () => cards(page).count(),
      (n) => n > 50,
    )
    await page.context().close()
  })

  for (const [width, height, colorScheme] of [
    [390, 844, 'light'],
    [390, 844, 'dark'],
    [768, 1024, 'light'],
    [1440, 900, 'dark'],
  ]) {
    it(`fits a window of ${width} pixels, ${colorScheme}`, async () => {
      const { page, complaints } = await open({ viewport: { width, height }, colorScheme, hasTouch: width === 390 })
      await cards(page).first().waitFor()
      await shot(page, `duplicates-${width}-${colorScheme}`)
      assert.ok((await overflow(page)) <= 0)
      assert.deepEqual(await faults(page), [])
      if (width === 390) {
        const { height: tall } = await cards(page).first().getByRole('button').first().boundingBox()
        assert.ok(tall >= 44, `${tall} px`)
        const { width: room } = await cards(page).first().locator('tbody td').first().boundingBox()
        assert.ok(room >= 150, `a value has ${room} px`)
      }
      assert.deepEqual(complaints, [])
      await page.context().close()
    })
  }
})

describe('the duplicates inbox, to readers', () => {
  let kith, browser
  before(async () => {
    kith = await startKith({ KITH_AUTH_SECRET: secret })
    browser = await launch()
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
  })

  it('shows the pairs without anything to do', async () => {
    const admin = token(secret, 'acme', 'admin')
    const ask = async (query, variables) => {
      const response = await fetch(kith.graphql, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${admin}` },
        body: JSON.stringify({ query, variables }),
      })
      return (await response.json()).data
    }
    const { createChannel } = await ask('mutation { createChannel(input: {name: "A", type: WHATSAPP}) { channel { id } } }')
    const record = 'mutation ($input: RecordInteractionInput!) { recordInteraction(input: $input) { contact { id } } }'
    const says = (externalId, profile) =>
      ask(record, { input: { channelId: createChannel.channel.id, externalId, messageId: externalId, profile } })
    const { recordInteraction } = await says('1', { name: 'Ann Smith' })
    await ask('mutation ($input: UpdateContactInput!) { updateContact(input: $input) { userErrors { message } } }', {
      input: { id: recordInteraction.contact.id, email: 'ann@smith.example' },
    })
    await says('2', { name: 'Annie', email: 'ann@smith.example' })

    const { page, complaints } = await watchedPage(browser, { locale: 'en-GB' })
    await page.goto(`${kith.url}/staff/duplicates`)
    await page.getByLabel('Token').fill(token(secret, 'acme', 'reader'))
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('link', { name: 'Ann Smith' }).waitFor()
    assert.equal(await page.getByRole('main').getByRole('button').count(), 0)
    for (const key of ['j', 'm', 'n', 'Enter']) {
      await page.keyboard.press(key)
    }
    await page.getByRole('link', { name: 'Ann Smith' }).waitFor()
    assert.equal(await page.getByRole('dialog').count(), 0)
    const { duplicates } = await ask('{ duplicates { nodes { id } } }')
    assert.equal(duplicates.nodes.length, 1)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })
})
