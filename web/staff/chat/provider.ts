import type { ChannelType } from '../generated/graphql'

/** Conversation is where a session takes place: the product, and the customer's id in it. */
export interface Conversation {
  type: ChannelType
  externalId: string
}

/**
 * conversationUrl is the address of a conversation at its provider; undefined where there is none. Of the ids that
 * providers give, only that of WhatsApp is part of an address, and only while it is a phone number.
 */
export function conversationUrl({ type, externalId }: Conversation): string | undefined {
  return type === 'WHATSAPP' && /^[1-9]\d{6,14}$/.test(externalId) ? `https://wa.me/${externalId}` : undefined
}
