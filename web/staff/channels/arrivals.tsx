import { useEffect, useState } from 'react'

import {
  type ChannelRowFragment,
  SessionEventsDocument,
  SessionsDocument,
  type SessionRowFragment,
} from '../generated/graphql'
import { IngestFailuresDocument } from '../generated/later'
import { follow, query } from '../server/client'
import { address, Link } from '../shared/route'
import { soon } from '../shared/soon'
import { Ago } from '../shared/time'
import { t } from '../texts/later'

const looked = 100 // sessions and failures, the newest
const every = 5_000 // ms between looks for failures, which no event reports

interface Seen {
  sessions: readonly SessionRowFragment[]
  failures: number
}

/** Arrivals waits for the first message of a channel, and says what has arrived since: the test that it is connected. */
export function Arrivals({ channel }: { channel: ChannelRowFragment }) {
  const seen = useArrivals(channel.id)
  if (!seen) {
    return <p className="hint">{t.app.loading}</p>
  }
  const { sessions, failures } = seen
  const [newest] = sessions
  const accounts = [...new Set(sessions.flatMap(({ channelAccount }) => channelAccount ?? []))]
  return (
    <>
      <div role="status">
        {newest ? (
          <p className="arrived">
            {t.channels.arrived} <Ago at={newest.lastMessageAt} />
          </p>
        ) : (
          <p className="waiting">{channel.active ? t.channels.waiting : t.channels.waitingOff}</p>
        )}
      </div>
      {!newest && <p className="hint">{t.channels.testHint[channel.type]}</p>}
      {newest && (
        <p>
          <Link href={address('/staff/chat', { channel: channel.id })}>{t.channels.openSessions}</Link>
        </p>
      )}
      {accounts.length > 0 && (
        <div>
          <p className="field-name">{t.channels.accounts}</p>
          <ul className="accounts">
            {accounts.map((account) => (
              <li key={account}>
                <bdi>{account}</bdi>
              </li>
            ))}
          </ul>
        </div>
      )}
      {failures > 0 && (
        <p className="notice">
          <Link href={address('/staff/failures', { channel: channel.id })}>{t.channels.failures(failures)}</Link>
        </p>
      )}
    </>
  )
}

function useArrivals(id: string): Seen | undefined {
  const [sessions, setSessions] = useState<Seen['sessions']>()
  const [failures, setFailures] = useState(0)
  useEffect(() => {
    const asking = new AbortController()
    const filter = { channelIds: [id] }
    const ignore = () => {} // asked again with the next event, or a moment later
    const read = soon(
      () =>
        void query(SessionsDocument, { filter, first: looked }, asking.signal).then(
          (answer) => setSessions(answer.sessions.edges.map(({ node }) => node)),
          ignore,
        ),
      1_000,
    )
    const look = () => {
      if (!document.hidden) {
        query(IngestFailuresDocument, { first: looked }, asking.signal).then(
          ({ ingestFailures }) => setFailures(ingestFailures.nodes.filter(({ channel }) => channel.id === id).length),
          ignore,
        )
      }
    }
    look()
    const timer = setInterval(look, every)
    const stop = follow(
      SessionEventsDocument,
      { filter },
      { id: ({ sessionEvents }) => sessionEvents.eventId, event: read.ask, resync: read.ask },
    )
    return () => {
      asking.abort()
      clearInterval(timer)
      read.stop()
      stop()
    }
  }, [id])
  return sessions && { sessions, failures }
}
