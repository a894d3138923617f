import { type ReactNode, useEffect, useId, useRef } from 'react'
import { useQuery } from 'urql'

import {
  SessionDocument,
  type SessionRowFragment,
  type SessionStatus,
  type SessionTag,
} from '../generated/graphql'
import { onReturn } from '../server/connection'
import { BackIcon, ChannelIcon, channelNames } from '../shared/icons'
import { address, Link } from '../shared/route'
import { Ago, Exactly, number } from '../shared/time'
import { changing, useChange } from './changes'
import type { Chosen } from './changing'
import { opened } from './lists'
import { statuses, statusNames, tagNames, tags } from './words'

interface OpenedProps {
  id: string
  /** The address of the list alone. */
  back: string
  onChanged: () => void
}

/** Opened is the head of one session. Its messages are where they were written. */
export function Opened({ id, back, onChanged }: OpenedProps) {
  const [{ data, error, fetching }, ask] = useQuery({
    query: SessionDocument,
    variables: { id },
    requestPolicy: 'cache-and-network',
  })
  useEffect(() => onReturn(() => ask({ requestPolicy: 'network-only' })), [ask])
  const session = data?.session
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    opened.id = id
  }, [id])
  const there = session != null || error !== undefined || !fetching
  useEffect(() => {
    heading.current?.focus({ preventScroll: true })
  }, [id, there])
  return (
    <section className="opened" aria-labelledby="opened-name">
      <Link href={back} className="back">
        <BackIcon /> All sessions
      </Link>
      {session ? (
        <Session key={id} session={session} heading={heading} onChanged={onChanged} />
      ) : error ? (
        <div className="empty">
          <h2 id="opened-name" ref={heading} tabIndex={-1}>
            The session could not be read
          </h2>
          <button type="button" disabled={fetching} onClick={() => ask({ requestPolicy: 'network-only' })}>
            Try again
          </button>
        </div>
      ) : (
        !fetching && (
          <div className="empty">
            <h2 id="opened-name" ref={heading} tabIndex={-1}>
              No such session
            </h2>
            <p>It may belong to another workspace, or the link is incomplete.</p>
          </div>
        )
      )}
    </section>
  )
}

interface SessionProps {
  session: SessionRowFragment
  heading: { current: HTMLHeadingElement | null }
  onChanged: () => void
}

function Session({ session, heading, onChanged }: SessionProps) {
  const { id, contact, contactName, channel, channelAccount, status, tag, unreadCount } = session
  const name = contact?.displayName ?? contactName
  const change = useChange(id)
  const { chosen = {}, problem } = change ?? {}
  const choose = (next: Chosen) => changing.choose(id, name, next)
  const before = useRef(change)
  useEffect(() => {
    if (before.current && !change) {
      onChanged()
    }
    before.current = change
  }, [change, onChanged])

  return (
    <>
      <header>
        <h2 id="opened-name" ref={heading} tabIndex={-1} dir="auto" data-anonymous={contact === null || undefined}>
          {name}
        </h2>
        {contact ? (
          <p className="ways">
            <Link href={address('/staff/chat', { contact: contact.id })}>All sessions of this contact</Link>
            <Link href={address('/staff/contacts', { search: contact.displayName })}>Find in contacts</Link>
          </p>
        ) : (
          <p className="hint">The contact was deleted or was never known.</p>
        )}
      </header>
      <dl>
        <Fact name="Channel">
          <ChannelIcon type={channel.type} /> <bdi>{channel.name}</bdi>
        </Fact>
        {channelAccount !== null && (
          <Fact name="Account">
            <bdi>{channelAccount}</bdi>
          </Fact>
        )}
        <Choice
          name="Status"
          value={chosen.status ?? status}
          options={statuses.map((each) => [each, statusNames[each]])}
          onChoose={(next) => choose({ status: next as SessionStatus })}
        />
        <Choice
          name="Tag"
          value={(chosen.tag === undefined ? tag : chosen.tag) ?? ''}
          options={[['', 'None'], ...tags.map((each): [string, string] => [each, tagNames[each]])]}
          onChoose={(next) => choose({ tag: (next || null) as SessionTag | null })}
        />
        <Fact name="Started">
          <Exactly at={session.startedAt} />
        </Fact>
        <Fact name="Last message">
          <Exactly at={session.lastMessageAt} />{' '}
          <span className="hint">
            (<Ago at={session.lastMessageAt} />)
          </span>
        </Fact>
        <Fact name="Unread">
          {number(unreadCount)}
          {unreadCount > 0 && (
            <button type="button" onClick={() => choose({ markRead: true })}>
              Mark as read
            </button>
          )}
        </Fact>
      </dl>
      {problem !== undefined && (
        <div className="notice" role="alert">
          <p>{problem}</p>
          <button type="button" onClick={() => changing.retry(id)}>
            Try again
          </button>
          <button type="button" onClick={() => changing.drop(id)}>
            Discard
          </button>
        </div>
      )}
      <div className="elsewhere">
        {session.lastMessagePreview && <blockquote dir="auto">{session.lastMessagePreview}</blockquote>}
        <p>
          Kith keeps the newest line of a conversation, not its messages. They live in the channel: read and answer them
          in {channelNames[channel.type]}, “<bdi>{channel.name}</bdi>”.
        </p>
      </div>
    </>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

interface ChoiceProps {
  name: string
  value: string
  options: [string, string][]
  onChoose: (value: string) => void
}

function Choice({ name, value, options, onChoose }: ChoiceProps) {
  const id = useId()
  return (
    <div>
      <dt>
        <label htmlFor={id}>{name}</label>
      </dt>
      <dd>
        <select id={id} value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
          {options.map(([option, label]) => (
            <option key={option} value={option}>
              {label}
            </option>
          ))}
        </select>
      </dd>
    </div>
  )
}
