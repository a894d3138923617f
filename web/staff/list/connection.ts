// What a list needs of the server's connections (Relay: Cursor Connections).

import type { Page } from './list'

interface Connection {
  edges: readonly { cursor: string; node: { id: string } }[]
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean }
}

/** pageOf is a connection's page. */
export function pageOf({ edges, pageInfo }: Connection): Page {
  return {
    edges: edges.map(({ cursor, node }) => ({ id: node.id, cursor })),
    hasNext: pageInfo.hasNextPage,
    hasPrevious: pageInfo.hasPreviousPage,
  }
}

/** furthest is how many rows the server passes over in a list: few where a search or a filter chooses them. */
export const furthest = (chosen: boolean) => (chosen ? 10_000 : 10_000_000)
