// What the tests of the staff pages share: opening a page, finding a cell, being a customer or a colleague.

import { picture, watchedPage } from './browser.js'
import { run } from './kith.js'

/** shot keeps a picture of a staff page, if pictures are asked for. */
export const shot = (page, name) => picture(page, `staff-${name}`)

/** open shows a staff page, and waits until something is in its list. It resolves listening once the page hears of events. */
export async function open(browser, kith, path = '/staff/contacts', options = {}) {
  const watched = await watchedPage(browser, { locale: 'en-GB', ...options })
  // From when it has subscribed it misses nothing.
  watched.listening = new Promise((resolve) => {
    watched.page.on('websocket', (socket) =>
      socket.on('framesent', ({ payload }) => payload.includes('"type":"subscribe"') && resolve()),
    )
  })
  await watched.page.goto(kith.url + path)
  await watched.page.locator('[data-row]').first().waitFor()
  return watched
}

/** painted waits until what has changed is on the screen. */
export const painted = (page) =>
  page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))

/** row is the row of the contact of this name. */
export function row(page, name) {
  return page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) })
}

/** cell is one field of a contact: email, phone or notes. */
export function cell(page, name, field) {
  return row(page, name).locator(`.cell.${field}`)
}

/** names are those on the screen, in order. */
export function names(page) {
  return page.evaluate(() => {
    const box = document.querySelector('.box').getBoundingClientRect()
    const head = document.querySelector('thead')?.getBoundingClientRect().height ?? 0
    return [...document.querySelectorAll('.row .name a, .who-name')]
      .map((link) => ({ name: link.textContent, at: link.getBoundingClientRect() }))
      .filter(({ at }) => at.bottom > box.top + head && at.top < box.bottom)
      .sort((a, b) => a.at.top - b.at.top)
      .map(({ name }) => name)
  })
}

/** said waits for a sentence in the page's announcements. */
export function said(page, text) {
  return page.locator('.announcements').getByText(text).waitFor()
}

/** focused describes where the focus is: the row's name and the column, or the element's name. */
export function focused(page) {
  return page.evaluate(() => {
    const element = document.activeElement
    const line = element.closest('tr')
    const name = line?.querySelector('.name a')?.textContent
    const column = element.closest('td, th')?.className.replace('cell ', '')
    return name
      ? `${name}: ${column}`
      : (element.getAttribute('aria-label') ?? element.textContent.trim() ?? element.tagName)
  })
}

let messages = 0

/** write is a customer who writes on a channel; it returns the ids of the contact and the session. */
export async function write(
  kith,
  profile,
  { channel = 'WHATSAPP', from = `customer-${++messages}`, text = 'Hello' } = {},
) {
  const { channels: { nodes: channels } } = await run(kith.graphql, '{ channels(first: 100) { nodes { id type } } }')
  let on = channels.find((each) => each.type === channel)?.id
  if (!on) {
    const create = 'mutation ($input: CreateChannelInput!) { createChannel(input: $input) { channel { id } } }'
    on = (await run(kith.graphql, create, { input: { name: 'Support', type: channel } })).createChannel.channel.id
  }
  const record = `mutation ($input: RecordInteractionInput!) {
    recordInteraction(input: $input) { contact { id } session { id } userErrors { message } }
  }`
  const input = { channelId: on, externalId: from, messageId: `message-${++messages}`, text, profile }
  const { recordInteraction } = await run(kith.graphql, record, { input })
  if (recordInteraction.userErrors.length > 0) {
    throw new Error(JSON.stringify(recordInteraction.userErrors))
  }
  return { contact: recordInteraction.contact.id, session: recordInteraction.session.id }
}

/** edit is a colleague who edits a contact elsewhere. */
export async function edit(kith, id, fields) {
  const mutation = 'mutation ($input: UpdateContactInput!) { updateContact(input: $input) { userErrors { message } } }'
  const { updateContact } = await run(kith.graphql, mutation, { input: { id, ...fields } })
  if (updateContact.userErrors.length > 0) {
    throw new Error(JSON.stringify(updateContact.userErrors))
  }
}

/** remove is a colleague who deletes a contact elsewhere. */
export function remove(kith, id) {
  const mutation = 'mutation ($input: DeleteContactInput!) { deleteContact(input: $input) { deletedContactId } }'
  return run(kith.graphql, mutation, { input: { id } })
}

/** look reads a contact past the page. */
export async function look(kith, id) {
  return (await run(kith.graphql, 'query ($id: ID!) { contact(id: $id) { name email phone notes version } }', { id }))
    .contact
}

/** until waits until something holds, and says what it saw last when it never does. */
export async function until(what, holds, ms = 10_000) {
  const end = Date.now() + ms
  for (;;) {
    const seen = await what()
    if (holds(seen)) {
      return seen
    }
    if (Date.now() > end) {
      throw new Error(`still ${JSON.stringify(seen)}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

/** shows waits until a field on the screen is what somebody made it elsewhere. */
export const shows = (page, name, field, text, ms) =>
  until(
    () => cell(page, name, field).innerText(),
    (seen) => seen === text,
    ms,
  )
