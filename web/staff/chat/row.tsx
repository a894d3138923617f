import { memo } from 'react'
import { useQuery } from 'urql'

import { SessionDocument, type SessionRowFragment } from '../generated/graphql'
import { ChannelIcon } from '../shared/icons'
import { Link } from '../shared/route'
import { Ago, number } from '../shared/time'
import { t } from '../texts/texts'

interface RowProps {
  id: string
  top: number
  place: number
  of: number
  href: string
  open: boolean
  /** Whether Tab reaches the row. */
  active: boolean
}

/** SessionRow is one session, as the cache has it now. */
export const SessionRow = memo(function SessionRow({ id, top, place, of, href, open, active }: RowProps) {
  const [{ data }] = useQuery({ query: SessionDocument, variables: { id }, requestPolicy: 'cache-only' })
  const session = data?.session
  return (
    <li
      className={session ? 'session' : 'session placeholder'}
      aria-posinset={place}
      aria-setsize={of}
      style={{ transform: `translateY(${top}px)` }}
    >
      {session ? (
        <Link
          href={href}
          data-row={id}
          tabIndex={active ? 0 : -1}
          aria-current={open ? 'true' : undefined}
          data-unread={session.unreadCount > 0 || undefined}
        >
          <Summary session={session} />
        </Link>
      ) : (
        <Bars />
      )}
    </li>
  )
})

function Summary({ session }: { session: SessionRowFragment }) {
  const { contact, contactName, channel, channelAccount, status, tag, lastMessagePreview, lastMessageAt, unreadCount } = session
  return (
    <>
      <span className="line">
        <span className="who-name" dir="auto" data-anonymous={contact === null || undefined}>
          {contact?.displayName ?? contactName}
        </span>
        <span className="when">
          <Ago at={lastMessageAt} />
        </span>
      </span>
      <span className="line">
        <span className="preview" dir="auto">
          {lastMessagePreview ?? <em>{t.chat.noText}</em>}
        </span>
        {unreadCount > 0 && (
          <span className="unread">
            {number(unreadCount)}
            <span className="unseen"> {t.chat.unread}</span>
          </span>
        )}
      </span>
      <span className="line">
        <span className="place">
          <ChannelIcon type={channel.type} /> <bdi>{channel.name}</bdi>
          {channelAccount !== null && (
            <>
              {' '}
              · <bdi>{channelAccount}</bdi>
            </>
          )}
        </span>
        <Badges status={status} tag={tag} />
      </span>
    </>
  )
}

/** Badges show how far a session has come and what it is about. */
export function Badges({ status, tag }: Pick<SessionRowFragment, 'status' | 'tag'>) {
  return (
    <span className="badges">
      {tag && <span className="badge tag">{t.chat.tags[tag]}</span>}
      <span className="badge" data-status={status}>
        {t.chat.statuses[status]}
      </span>
    </span>
  )
}

/** Bars are a session that is still to come. */
export function Bars() {
  return (
    <>
      <span className="bar" />
      <span className="bar" />
      <span className="bar" />
    </>
  )
}
