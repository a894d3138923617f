// What a list needs of the server's connections (Relay: Cursor Connections).

import type { Ends, Page } from './list'

interface Connection {
  edges: readonly { cursor: string; node: { id: string } }[]
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean }
}

interface PageInfo {
  startCursor: string | null
  endCursor: string | null
  hasNextPage: boolean
  hasPreviousPage: boolean
}

/** pageOf is a connection's page. */
export function pageOf({ edges, pageInfo }: Connection): Page {
  return {
    edges: edges.map(({ cursor, node }) => ({ id: node.id, cursor })),
    hasNext: pageInfo.hasNextPage,
    hasPrevious: pageInfo.hasPreviousPage,
  }
}

/** endsOf are the ends of a page that is passed over. */
export function endsOf({ startCursor, endCursor, hasNextPage, hasPreviousPage }: PageInfo): Ends {
  return { start: startCursor, end: endCursor, hasNext: hasNextPage, hasPrevious: hasPreviousPage }
}
