// Providers that deliver webhooks: what they send is signed as they sign it.

import { createHmac } from 'node:crypto'

/** deliver posts a body to a channel, signed with the secret of a Meta app, and returns the answer's status. */
export async function deliver(kith, channelId, secret, body) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const signature = createHmac('sha256', secret).update(text).digest('hex')
  const { status } = await fetch(`${kith.url}/channels/${channelId}/webhook`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-hub-signature-256': `sha256=${signature}` },
    body: text,
  })
  return status
}

/** whatsapp is the body of a delivery with these messages. */
export function whatsapp(...messages) {
  const value = {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '15550783881', phone_number_id: '106540352242922' },
    contacts: [{ profile: { name: 'Sheena Nelson' }, wa_id: '16505551234' }],
    messages,
  }
  return { object: 'whatsapp_business_account', entry: [{ id: '1', changes: [{ field: 'messages', value }] }] }
}

let count = 0

/** text is a message of WhatsApp's. */
export const text = (body) => ({
  from: '16505551234',
  id: `wamid.${++count}`,
  timestamp: String(Math.floor(Date.now() / 1000)),
  type: 'text',
  text: { body },
})

/** tooLarge is a delivery that Kith keeps instead of recording it, and that can be replayed: its text is cut in the end. */
export const tooLarge = () => whatsapp(text(`Long ${'x'.repeat(4.3 * 2 ** 20)}`))

/** unreadable is a delivery with messages of the wrong shape, which is kept and cannot be recorded later either. */
export function unreadable() {
  const body = whatsapp()
  body.entry[0].changes[0].value.messages = { id: `wamid.${++count}` }
  return body
}

/** visit posts what a visitor writes into a chat widget on a site. */
export async function visit(kith, channelId, site, body) {
  const { status } = await fetch(`${kith.url}/channels/${channelId}/webhook`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: site },
    body: JSON.stringify({ visitorId: '0f1e2d3c4b5a6978', messageId: String(++count), ...body }),
  })
  return status
}
