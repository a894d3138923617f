// The lists of sessions that were asked for, one for each filter; the last few are kept.

import { type SessionFilter, SessionsDocument } from '../generated/graphql'
import { furthest, pageOf } from '../list/connection'
import { Kept } from '../list/kept'
import { List, type PageArgs } from '../list/list'
import { drop, query, sessionsHeld } from '../server/client'

/** Sessions is the list of one filter, the newest last message first. */
export class Sessions extends List {
  constructor(readonly filter: SessionFilter) {
    const variables = (args: PageArgs) => ({ filter, ...args })
    super({
      page: async (args, signal) => pageOf((await query(SessionsDocument, variables(args), signal)).sessions),
      furthest: furthest(Object.keys(filter).length > 0),
      forget: (args) => drop('sessions', variables(args)),
    })
  }
}

const kept = new Kept<Sessions>()

/** forgetSessions makes the lists reload when they are shown next. */
export const forgetSessions = () => kept.clear()

/** opened is the session that is shown, whichever lists hold it. */
export const opened = { id: '' }

sessionsHeld.add(() => [
  opened.id,
  ...kept.all().flatMap((list) => list.stretch.get().edges.map((edge) => edge.id)),
])

/** sessionsOf is the list of a filter, new or as it was left. */
export function sessionsOf(filter: SessionFilter): Sessions {
  return kept.get(JSON.stringify(filter), () => new Sessions(filter))
}
