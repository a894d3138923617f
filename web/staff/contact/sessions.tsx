import { Badges } from '../chat/row'
import type { SessionsOfQuery } from '../generated/graphql'
import { SessionsOfDocument } from '../generated/later'
import { query } from '../server/client'
import { ChannelIcon } from '../shared/icons'
import { address, Link } from '../shared/route'
import { Ago, number } from '../shared/time'
import { t } from '../texts/later'
import type { Ask, Pager } from '../shared/pager'
import { Section } from './section'

/** ContactSession is a session of a contact. Without an identity, it belongs to none of those that the contact has. */
export type ContactSession = SessionsOfQuery['sessions']['nodes'][number]

/** askSessions asks for the sessions of a contact, the one with the newest message first. */
export const askSessions =
  (contactId: string): Ask<ContactSession> =>
  async (args, signal) =>
    (await query(SessionsOfDocument, { filter: { contactId }, ...args }, signal)).sessions

/** Sessions are the conversations of a contact; each leads to the chat page. */
export function Sessions({ id, pager, opened }: { id: string; pager: Pager<ContactSession>; opened: string }) {
  return (
    <Section
      title={t.panel.sessions}
      none={t.panel.noSessions}
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
              {lastMessagePreview ?? t.panel.noText}
            </span>
            {unreadCount > 0 && (
              <span className="unread">
                {number(unreadCount)}
                <span className="unseen"> {t.panel.unread}</span>
              </span>
            )}
          </span>
          <Badges status={status} tag={tag} />
        </Link>
      )}
    />
  )
}
