import { type ReactNode, useEffect, useId, useRef } from 'react'
import { useQuery } from 'urql'

import {
  ContactDocument,
  SessionDocument,
  SessionIdentityDocument,
  type SessionRowFragment,
  type SessionStatus,
  type SessionTag,
} from '../generated/graphql'
import { onReturn } from '../server/connection'
import { BackIcon, ChannelIcon, channelNames } from '../shared/icons'
import { contactPath } from '../contact/place'
import { useMay } from '../server/viewer'
import { address, Link } from '../shared/route'
import { Ago, Exactly, number } from '../shared/time'
import { t } from '../texts/texts'
import { changing, useChange } from './changes'
import type { Chosen } from './changing'
import { opened } from './lists'
import { type Conversation, conversationUrl } from './provider'
import { statuses, tags } from './words'

interface OpenedProps {
  id: string
  /** The address of the list alone. */
  back: string
  /** Whether somebody has chosen it, rather than its contact. */
  chosen: boolean
  /** Whether its contact is shown beside it. */
  beside: boolean
  onChanged: () => void
  /** onSession is called with the session when it is there. */
  onSession: (session: SessionRowFragment | undefined) => void
}

/** Opened is the head of one session. Its messages are where they were written. */
export function Opened({ id, back, chosen, beside, onChanged, onSession }: OpenedProps) {
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
  }, [id, there, chosen])
  useEffect(() => onSession(session ?? undefined), [session])
  return (
    <section className="opened" aria-labelledby="opened-name">
      <Link href={back} className="back">
        <BackIcon /> {t.chat.back}
      </Link>
      {session ? (
        <Session key={id} session={session} heading={heading} beside={beside} onChanged={onChanged} />
      ) : error ? (
        <div className="empty">
          <h2 id="opened-name" ref={heading} tabIndex={-1}>
            {t.chat.notRead}
          </h2>
          <button type="button" disabled={fetching} onClick={() => ask({ requestPolicy: 'network-only' })}>
            {t.chat.tryAgain}
          </button>
        </div>
      ) : (
        !fetching && (
          <div className="empty">
            <h2 id="opened-name" ref={heading} tabIndex={-1}>
              {t.chat.notThere}
            </h2>
            <p>{t.chat.notThereHint}</p>
          </div>
        )
      )}
    </section>
  )
}

interface SessionProps {
  session: SessionRowFragment
  heading: { current: HTMLHeadingElement | null }
  beside: boolean
  onChanged: () => void
}

function Session({ session, heading, beside, onChanged }: SessionProps) {
  const { id, contact, contactName, channel, channelAccount, status, tag, unreadCount } = session
  const name = contact?.displayName ?? contactName
  const change = useChange(id)
  const { chosen = {}, problem } = change ?? {}
  const choose = (next: Chosen) => changing.choose(id, name, next)
  const may = useMay()
  useReading(session, change !== undefined, may.edit)
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
            <Link href={address('/staff/chat', { contact: contact.id })}>{t.chat.allOfContact}</Link>
            <Link href={contactPath(contact.id)}>{t.chat.findInContacts}</Link>
          </p>
        ) : (
          <p className="hint">{t.chat.noContact}</p>
        )}
      </header>
      <dl>
        <Fact name={t.chat.channel}>
          <ChannelIcon type={channel.type} /> <bdi>{channel.name}</bdi>
        </Fact>
        {channelAccount !== null && (
          <Fact name={t.chat.account}>
            <bdi>{channelAccount}</bdi>
          </Fact>
        )}
        <Choice
          name={t.chat.status}
          value={chosen.status ?? status}
          options={statuses.map((each) => [each, t.chat.statuses[each]])}
          editable={may.edit}
          onChoose={(next) => choose({ status: next as SessionStatus })}
        />
        <Choice
          name={t.chat.tag}
          value={(chosen.tag === undefined ? tag : chosen.tag) ?? ''}
          options={[['', t.chat.none], ...tags.map((each): [string, string] => [each, t.chat.tags[each]])]}
          editable={may.edit}
          onChoose={(next) => choose({ tag: (next || null) as SessionTag | null })}
        />
        <Fact name={t.chat.started}>
          <Exactly at={session.startedAt} />
        </Fact>
        <Fact name={t.chat.lastMessage}>
          <Exactly at={session.lastMessageAt} />{' '}
          <span className="hint">
            (<Ago at={session.lastMessageAt} />)
          </span>
        </Fact>
        <Fact name={t.chat.unreadCount}>
          {number(unreadCount)}
        </Fact>
        {contact && !beside && <Notes id={contact.id} />}
      </dl>
      {problem !== undefined && (
        <div className="notice" role="alert">
          <p>{problem}</p>
          <button type="button" onClick={() => changing.retry(id)}>
            {t.chat.tryAgain}
          </button>
          <button type="button" onClick={() => changing.drop(id)}>
            {t.chat.discard}
          </button>
        </div>
      )}
      <div className="elsewhere">
        {session.lastMessagePreview && <blockquote dir="auto">{session.lastMessagePreview}</blockquote>}
        <p>
          {t.chat.elsewhere[0]}
          {channelNames[channel.type]}
          {t.chat.elsewhere[1]}
          <bdi>{channel.name}</bdi>
          {t.chat.elsewhere[2]}
        </p>
        <Conversed id={id} type={channel.type} />
      </div>
    </>
  )
}

// Opening a session reads it, and so does looking at it when a message comes. What cannot be saved is not tried again
// unasked: the notice says so.
function useReading({ id, contactName, unreadCount, lastMessageAt }: SessionRowFragment, pending: boolean, may: boolean): void {
  const seen = useRef('')
  useEffect(() => {
    const state = `${unreadCount} ${lastMessageAt}`
    function read() {
      if (may && unreadCount > 0 && !pending && !document.hidden && seen.current !== state) {
        seen.current = state
        changing.choose(id, contactName, { markRead: true })
      }
    }
    read()
    document.addEventListener('visibilitychange', read)
    return () => document.removeEventListener('visibilitychange', read)
  }, [id, unreadCount, lastMessageAt, pending, may])
}

// Notes are shown with the session where there is no room for the contact beside it.
function Notes({ id }: { id: string }) {
  const [{ data }] = useQuery({ query: ContactDocument, variables: { id } })
  const notes = data?.contact?.notes ?? ''
  return notes === '' ? null : (
    <div className="session-notes">
      <dt>{t.chat.notes}</dt>
      <dd dir="auto">{notes}</dd>
    </div>
  )
}

// Conversed leads to the conversation where the provider has an address for it.
function Conversed({ id, type }: { id: string; type: Conversation['type'] }) {
  const [{ data }] = useQuery({ query: SessionIdentityDocument, variables: { id } })
  const url = conversationUrl({ type, externalId: data?.session?.identity?.externalId ?? '' })
  return url === undefined ? null : (
    <p>
      <a href={url} target="_blank" rel="noreferrer">
        {t.chat.openIn(channelNames[type])}
      </a>
    </p>
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
  editable: boolean
  onChoose: (value: string) => void
}

function Choice({ name, value, options, editable, onChoose }: ChoiceProps) {
  const id = useId()
  if (!editable) {
    return <Fact name={name}>{options.find(([option]) => option === value)?.[1]}</Fact>
  }
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
