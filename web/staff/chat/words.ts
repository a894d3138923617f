import type { SessionStatus, SessionTag } from '../generated/graphql'

/** statuses and tags are in the order in which they are shown. */
export const statuses: readonly SessionStatus[] = ['ACTIVE', 'ESCALATED', 'CLOSED', 'ARCHIVED']

export const tags: readonly SessionTag[] = [
  'PRODUCT_INQUIRY',
  'PROJECT_GUIDANCE',
  'PRICING_QUOTE',
  'TECHNICAL_SUPPORT',
  'ORDER_STATUS',
  'COMPLAINT',
  'GENERAL',
]
