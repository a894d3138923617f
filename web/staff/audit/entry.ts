// What an entry of the audit log refers to.

import type { AuditLogQuery, AuditObjectsQuery } from '../generated/graphql'

export type Entry = AuditLogQuery['auditLog']['nodes'][number]

/** Known is an object that still exists. */
export interface Known {
  name: string
  /** Where it is shown; empty for one without a page. */
  href: string
}

/** idsOf are the objects that an entry names, its actor included where that is a program or a channel. */
export function idsOf({ contactId, otherContactId, sessionId, channelId, apiKeyId, webhookEndpointId, actor }: Entry): string[] {
  const program = /^(key|channel)_[0-9a-f]{32}$/.test(actor) ? actor : null
  return [contactId, otherContactId, sessionId, channelId, apiKeyId, webhookEndpointId, program].filter((id) => id !== null)
}

type Node = NonNullable<AuditObjectsQuery['nodes'][number]>

/** knownOf is how an object is shown. */
export function knownOf(node: Node): Known | undefined {
  switch (node.__typename) {
    case 'Contact':
      return { name: node.displayName, href: `/staff/contacts/${node.id}` }
    case 'Session':
      return { name: node.contactName, href: `/staff/chat?session=${node.id}` }
    case 'Channel':
      return { name: node.name, href: `/staff/channels/${node.id}` }
    case 'ApiKey':
      return { name: node.name, href: '/staff/keys' }
    case 'WebhookEndpoint':
      return { name: node.url, href: '/staff/webhooks' }
    default:
      return undefined
  }
}
