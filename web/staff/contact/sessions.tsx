import { Badges } from '../chat/row'
import { SessionsDocument, type SessionRowFragment } from '../generated/graphql'
import { query } from '../server/client'
import { ChannelIcon } from '../shared/icons'
import { address, Link } from '../shared/route'
import { Ago, number } from '../shared/time'
import { t } from '../texts/texts'
import type { Ask, Pager } from '../shared/pager'
import { Section } from './section'

/** askSessions asks for the sessions of a contact, the one with the newest message first. */
export const askSessions =
  (contactId: string): Ask<SessionRowFragment> =>
  async (args, signal) => {
    const { edges, pageInfo } = (await query(SessionsDocument, { filter: { contactId }, ...args }, signal)).sessions
    return { nodes: edges.map(({ node }) => node), pageInfo }
  }

/** Sessions are the conversations of a contact; each leads to the chat page. */
export function Sessions({ id, pager, opened }: { id: string; pager: Pager<SessionRowFragment>; opened: string }) {
  return (
    <Section
      title={t.contact.sessions}
      none={t.contact.noSessions}
      pager={pager}
      row={({ id: session, channel, status, tag, lastMessagePreview, lastMessageAt, unreadCount }) => (
        <Link
          className="entry"
          href={address('/staff/chat', { contact: id, session })}
          aria-current={session === opened ? 'true' : undefined}
        >
          <span className="entry-line">
            <span className="entry-name">
              <ChannelIcon type={channel.type} /> <bdi>{channel.name}</bdi>
            </span>
            <span className="hint">
              <Ago at={lastMessageAt} />
            </span>
          </span>
          <span className="entry-line">
            <span className="entry-text" dir="auto">
              {lastMessagePreview ?? t.contact.noText}
            </span>
            {unreadCount > 0 && (
              <span className="unread">
                {number(unreadCount)}
                <span className="unseen"> {t.contact.unread}</span>
              </span>
            )}
          </span>
          <Badges status={status} tag={tag} />
        </Link>
      )}
    />
  )
}
