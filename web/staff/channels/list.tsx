import { useCallback, useEffect, useState } from 'react'

import { type ChannelRowFragment, ChannelsDocument, SessionCountsDocument } from '../generated/graphql'
import { useCommands } from '../menu/commands'
import { query } from '../server/client'
import { onReturn } from '../server/connection'
import { ChannelIcon, channelNames } from '../shared/icons'
import { More } from '../shared/more'
import { type Loader, usePaged } from '../shared/paged'
import { go, Link } from '../shared/route'
import { useTitle } from '../shared/title'
import { useSlow } from '../shared/waiting'
import { t } from '../texts/later'

const add = '/staff/channels/new'

/** ChannelList shows each channel, whether it is on, and whether anything has arrived on it. */
export function ChannelList() {
  useTitle(t.channels.title)
  const load = useCallback<Loader<ChannelRowFragment>>(
    async (args, signal) => (await query(ChannelsDocument, args, signal)).channels,
    [],
  )
  const list = usePaged(load)
  const { items, ready } = list
  const slow = useSlow(!ready && list.failure === undefined)
  const seen = useSeen()
  useCommands([{ id: 'channels-add', name: t.channels.add, run: () => go(add) }])
  return (
    <main className="admin">
      <header className="bar">
        <h1>{t.channels.title}</h1>
        <p className="count" />
        {items.length > 0 && (
          <Link href={add} className="button primary">
            {t.channels.add}
          </Link>
        )}
      </header>
      <div className="progress" data-slow={slow || undefined} aria-hidden />
      <div className="page">
        {ready && items.length === 0 && (
          <div className="empty">
            <h2>{t.channels.none}</h2>
            <p>{t.channels.noneHint}</p>
            <Link href={add} className="button primary">
              {t.app.connectFirst}
            </Link>
          </div>
        )}
        {items.length > 0 && (
          <table className="plain">
            <thead>
              <tr>
                <th scope="col">{t.channels.name}</th>
                <th scope="col">{t.channels.type}</th>
                <th scope="col">{t.channels.state}</th>
                <th scope="col">{t.channels.received}</th>
              </tr>
            </thead>
            <tbody>
              {items.map(({ id, name, type, active }) => (
                <tr key={id}>
                  <th scope="row">
                    <ChannelIcon type={type} />{' '}
                    <Link href={`/staff/channels/${id}`} dir="auto">
                      {name}
                    </Link>
                  </th>
                  <td data-label={t.channels.type}>{channelNames[type]}</td>
                  <td data-label={t.channels.state}>
                    <span className="state" data-on={active || undefined}>
                      {active ? t.channels.on : t.channels.off}
                    </span>
                  </td>
                  <td data-label={t.channels.received}>{seen && t.channels.sessions(seen.get(id) ?? 0)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        <More list={list} />
      </div>
    </main>
  )
}

// useSeen counts the sessions of each channel: one is there as soon as a message has arrived.
function useSeen(): ReadonlyMap<string, number> | undefined {
  const [seen, setSeen] = useState<ReadonlyMap<string, number>>()
  useEffect(() => {
    const asking = new AbortController()
    const ask = () =>
      void query(SessionCountsDocument, {}, asking.signal).then(
        ({ sessionCounts }) => setSeen(new Map(sessionCounts.channels.map(({ channel, count }) => [channel.id, count]))),
        () => {}, // the table says what is wrong
      )
    ask()
    const stop = onReturn(ask)
    return () => {
      stop()
      asking.abort()
    }
  }, [])
  return seen
}
