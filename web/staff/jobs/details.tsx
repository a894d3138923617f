// What a bulk job left alone, and why. It is loaded when it is opened.

import { useCallback } from 'react'

import type { BulkRefusalCode, NamedQuery } from '../generated/graphql'
import { BulkRefusalsDocument, NamedDocument } from '../generated/later'
import { query } from '../server/client'
import { Dialog } from '../shared/dialog'
import { More } from '../shared/more'
import { type Loader, usePaged } from '../shared/paged'
import { Link } from '../shared/route'
import { t } from '../texts/later'
import type { Job } from './jobs'

interface Row {
  id: string
  name: string | undefined
  code: BulkRefusalCode
}

export default function Details({ job, onClose }: { job: Job; onClose: () => void }) {
  const load = useCallback<Loader<Row>>(
    async (args, signal) => {
      const { bulkJob } = await query(BulkRefusalsDocument, { id: job.id, ...args }, signal)
      if (!bulkJob) {
        return { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } }
      }
      const { nodes, pageInfo } = bulkJob.refusals
      const ids = nodes.map(({ contactId, sessionId }) => contactId ?? sessionId ?? '')
      const named = await query(NamedDocument, { ids: [...new Set(ids)] }, signal)
      const names = new Map(named.nodes.flatMap((node) => (node ? [[node.id, nameOf(node)]] : [])))
      return { nodes: nodes.map(({ code }, at) => ({ id: ids[at]!, name: names.get(ids[at]!), code })), pageInfo }
    },
    [job.id],
  )
  const list = usePaged(load)
  return (
    <Dialog title={t.jobs.detailsTitle(t.jobs.kinds[job.kind])} className="job-details" returns onClose={onClose}>
      <div className="rows" role="group" tabIndex={0} aria-label={t.jobs.detailsTitle(t.jobs.kinds[job.kind])}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t.jobs.who}</th>
              <th scope="col">{t.jobs.why}</th>
            </tr>
          </thead>
          <tbody>
            {list.items.map((row) => (
              <tr key={row.id}>
                <td>
                  <Who {...row} />
                </td>
                <td>{t.jobs.reasons[row.code]}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <More list={list} />
      </div>
      <div className="choices">
        <button type="button" onClick={onClose}>
          {t.jobs.close}
        </button>
      </div>
    </Dialog>
  )
}

function nameOf(node: NamedQuery['nodes'][number] & {}): string | undefined {
  return 'displayName' in node ? node.displayName : 'contactName' in node ? node.contactName : undefined
}

function Who({ id, name }: Row) {
  if (name === undefined) {
    return (
      <>
        {id.startsWith('contact_') ? t.jobs.gone : t.jobs.session} <code>{id}</code>
      </>
    )
  }
  return id.startsWith('contact_') ? (
    <Link href={`/staff/contacts/${id}`}>
      <bdi>{name}</bdi>
    </Link>
  ) : (
    <bdi>{name}</bdi>
  )
}
