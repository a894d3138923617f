// The lists of sessions that were asked for, one for each filter; the last few are kept.

import { type SessionFilter, SessionsDocument, SessionsSkipDocument } from '../generated/graphql'
import { List, type PageArgs } from '../list/list'
import { drop, query, sessionsHeld } from '../server/client'

/** Sessions is the list of one filter, the newest last message first. */
export class Sessions extends List {
  constructor(readonly filter: SessionFilter) {
    const variables = (args: PageArgs) => ({ filter, ...args })
    super({
      page: async (args, signal) => {
        const { sessions } = await query(SessionsDocument, variables(args), signal)
        return {
          edges: sessions.edges.map(({ cursor, node }) => ({ id: node.id, cursor })),
          hasNext: sessions.pageInfo.hasNextPage,
          hasPrevious: sessions.pageInfo.hasPreviousPage,
        }
      },
      skip: async (args, signal) => {
        const { startCursor, endCursor, hasNextPage, hasPreviousPage } = (
          await query(SessionsSkipDocument, variables(args), signal)
        ).sessions.pageInfo
        return { start: startCursor, end: endCursor, hasNext: hasNextPage, hasPrevious: hasPreviousPage }
      },
      forget: (args) => drop('sessions', variables(args)),
    })
  }
}

const most = 6
const kept = new Map<string, Sessions>()

/** opened is the session that is shown, whichever lists hold it. */
export const opened = { id: '' }

sessionsHeld.add(() => [
  opened.id,
  ...[...kept.values()].flatMap((list) => list.stretch.get().edges.map((edge) => edge.id)),
])

/** sessionsOf is the list of a filter, new or as it was left. */
export function sessionsOf(filter: SessionFilter): Sessions {
  const key = JSON.stringify(filter)
  const list = kept.get(key) ?? new Sessions(filter)
  kept.delete(key)
  kept.set(key, list)
  for (const [oldest, { release }] of kept) {
    if (kept.size <= most) {
      break
    }
    kept.delete(oldest)
    release()
  }
  return list
}
