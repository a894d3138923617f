import type { SessionStatus, SessionTag } from '../generated/graphql'

/** statusNames and tagNames are what people call them, in the order in which they are shown. */
export const statusNames: Record<SessionStatus, string> = {
  ACTIVE: 'Active',
  ESCALATED: 'Escalated',
  CLOSED: 'Closed',
  ARCHIVED: 'Archived',
}

export const tagNames: Record<SessionTag, string> = {
  PRODUCT_INQUIRY: 'Product inquiry',
  PROJECT_GUIDANCE: 'Project guidance',
  PRICING_QUOTE: 'Pricing quote',
  TECHNICAL_SUPPORT: 'Technical support',
  ORDER_STATUS: 'Order status',
  COMPLAINT: 'Complaint',
  GENERAL: 'General',
}

export const statuses = Object.keys(statusNames) as SessionStatus[]
export const tags = Object.keys(tagNames) as SessionTag[]
