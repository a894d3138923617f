import { type ReactNode, useCallback, useState } from 'react'

import { AuditLogDocument, AuditObjectsDocument } from '../generated/later'
import { query } from '../server/client'
import { useViewer } from '../server/viewer'
import { More } from '../shared/more'
import { type Loader, usePaged } from '../shared/paged'
import { Rich } from '../shared/rich'
import { Link } from '../shared/route'
import { Ago, listed, number } from '../shared/time'
import { useTitle } from '../shared/title'
import { useSlow } from '../shared/waiting'
import { t } from '../texts/later'
import { type Entry, idsOf, type Known, knownOf } from './entry'
import '../style/admin.css'

const most = 100 // ids that the server takes

/** AuditPage says who did what, newest first. */
export function AuditPage() {
  useTitle(t.audit.title)
  const [known, setKnown] = useState<ReadonlyMap<string, Known>>(new Map())
  const load = useCallback<Loader<Entry>>(async (args, signal) => {
    const { auditLog } = await query(AuditLogDocument, args, signal)
    const found = await objects(auditLog.nodes, signal)
    setKnown((before) => new Map([...before, ...found]))
    return auditLog
  }, [])
  const list = usePaged(load)
  const { items, ready } = list
  const slow = useSlow(!ready && list.failure === undefined)
  return (
    <main className="admin">
      <header className="bar">
        <h1>{t.audit.title}</h1>
        <p className="count" />
        <button type="button" disabled={list.loading} onClick={list.reload}>
          {t.audit.check}
        </button>
      </header>
      <div className="progress" data-slow={slow || undefined} aria-hidden />
      <div className="page">
        {ready && items.length === 0 && (
          <div className="empty">
            <h2>{t.audit.none}</h2>
            <p>{t.audit.noneHint}</p>
          </div>
        )}
        <ol role="list" aria-label={t.audit.title} className="audit" aria-busy={!ready}>
          {items.map((entry) => (
            <li key={entry.id}>
              <p>
                <Sentence entry={entry} known={known} />
              </p>
              <Ago at={entry.at} />
            </li>
          ))}
        </ol>
        <More list={list} />
      </div>
    </main>
  )
}

// objects reads the names of what entries are about; what is missing does not exist any more.
async function objects(entries: readonly Entry[], signal: AbortSignal): Promise<Map<string, Known>> {
  const ids = [...new Set(entries.flatMap(idsOf))]
  const found = new Map<string, Known>()
  for (let at = 0; at < ids.length; at += most) {
    const { nodes } = await query(AuditObjectsDocument, { ids: ids.slice(at, at + most) }, signal)
    for (const node of nodes) {
      const known = node && knownOf(node)
      if (node && known) {
        found.set(node.id, known)
      }
    }
  }
  return found
}

function Sentence({ entry, known }: { entry: Entry; known: ReadonlyMap<string, Known> }) {
  const { action, contactId, otherContactId, sessionId, channelId, apiKeyId, webhookEndpointId, fields, items, actor } = entry
  const named = (id: string | null, gone: string): ReactNode => {
    const it = id === null ? undefined : known.get(id)
    return it ? <Link href={it.href}>{<bdi>{it.name}</bdi>}</Link> : <span className="gone">{gone}</span>
  }
  const { gone } = t.audit
  return (
    <Rich
      text={fields.length === 0 ? t.audit.actions[action] : t.audit.withFields[action] ?? t.audit.actions[action]}
      parts={{
        actor: <Actor actor={actor} known={known} />,
        contact: named(contactId, gone.contact),
        other: named(otherContactId, gone.contact),
        session: named(sessionId, gone.session),
        channel: named(channelId, gone.channel),
        items: items === null ? t.audit.unknownItems : number(items),
        key: named(apiKeyId, gone.key),
        endpoint: named(webhookEndpointId, gone.endpoint),
        fields: listed(fields.map((field) => t.audit.fields[field])),
      }}
    />
  )
}

function Actor({ actor, known }: { actor: string; known: ReadonlyMap<string, Known> }) {
  const me = useViewer()?.subject === actor
  const program = known.get(actor)
  if (program) {
    return (
      <strong>
        {actor.startsWith('key_') ? t.audit.program : t.audit.channel} <Link href={program.href}>{program.name}</Link>
      </strong>
    )
  }
  return (
    <strong>
      <bdi>{actor}</bdi>
      {me && ` ${t.audit.you}`}
    </strong>
  )
}
