import { useState } from 'react'

import type { ContactHistoryQuery } from '../generated/graphql'
import { ContactHistoryDocument } from '../generated/later'
import { query } from '../server/client'
import { useViewer } from '../server/viewer'
import { Ago } from '../shared/time'
import { t } from '../texts/later'
import type { Ask, Pager } from '../shared/pager'
import { Section } from './section'

/** Change is one entry of a contact's history. */
export type Change = NonNullable<ContactHistoryQuery['contact']>['history']['nodes'][number]

// Of a contact that has gone.
const nothing = { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } }

/** askHistory asks for the changes of a contact, the newest first. */
export const askHistory =
  (id: string): Ask<Change> =>
  async (args, signal) =>
    (await query(ContactHistoryDocument, { id, ...args }, signal)).contact?.history ?? nothing

interface HistoryProps {
  id: string
  pager: Pager<Change>
  /** The names of the channels that the contact writes by, by id. */
  channels: ReadonlyMap<string, string>
}

/** History says who changed what of a contact, and when. */
export function History({ id, pager, channels }: HistoryProps) {
  const me = useViewer()?.subject
  const actorOf = (actor: string) =>
    actor === me
      ? t.panel.you
      : (channels.get(actor) ??
        (actor.startsWith('channel_') ? t.panel.aChannel : actor.startsWith('key_') ? t.panel.anApiKey : actor))
  return (
    <Section
      title={t.panel.history}
      none={t.panel.noHistory}
      pager={pager}
      row={({ kind, contactId, actor, at, fields }) => (
        <div className="change">
          <p className="entry-line">
            <span>
              {t.panel.changes[kind]}
              {contactId !== id && kind !== 'MERGED' && <span className="hint"> {t.panel.beforeMerge}</span>}
            </span>
            <span className="hint">
              <bdi>{actorOf(actor)}</bdi> · <Ago at={at} />
            </span>
          </p>
          {fields.length > 0 && (
            <dl className="values">
              {fields.map(({ field, old, new: now }) => (
                <div key={field}>
                  <dt>{t.duplicates.merge.fields[field]}</dt>
                  <dd>
                    {old === null && now === null ? (
                      <span className="nothing">{t.panel.changed}</span>
                    ) : (
                      <>
                        {old !== null && (
                          <del>
                            <Long text={old} />
                          </del>
                        )}
                        {old !== null && <span aria-hidden> → </span>}
                        {now === null ? (
                          <span className="nothing">{t.panel.emptied}</span>
                        ) : (
                          <ins>
                            <Long text={now} />
                          </ins>
                        )}
                      </>
                    )}
                  </dd>
                </div>
              ))}
            </dl>
          )}
        </div>
      )}
    />
  )
}

const long = 160 // characters

// Long is text that is cut off until somebody wants all of it.
function Long({ text }: { text: string }) {
  const [whole, setWhole] = useState(false)
  if (text.length <= long || whole) {
    return <bdi className="long">{text}</bdi>
  }
  return (
    <>
      <bdi className="long">{text.slice(0, long).trimEnd()} …</bdi>{' '}
      <button type="button" className="link" onClick={() => setWhole(true)}>
        {t.panel.showAll}
      </button>
    </>
  )
}
