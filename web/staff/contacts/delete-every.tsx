// The question before all contacts that match are deleted. The server counts them first, and begins only if the number still
// holds. It is loaded when it is opened.

import { useEffect, useRef, useState } from 'react'

import { BulkDeleteContactsDocument } from '../generated/later'
import { begun } from '../jobs/jobs'
import { mutate } from '../server/client'
import { Dialog } from '../shared/dialog'
import { refusalOf } from '../shared/refusal'
import { useThere } from '../shared/there'
import { number } from '../shared/time'
import { t } from '../texts/later'
import type { Variables } from './list-query'

interface DeleteEveryProps {
  asked: Variables
  onBegun: () => void
  onClose: () => void
}

/** Counted is what the server has counted, and what the run has to show for it. */
interface Counted {
  count: number
  token: string
}

export default function DeleteEvery({ asked: { search, filter }, onBegun, onClose }: DeleteEveryProps) {
  const [counted, setCounted] = useState<Counted>()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState('')
  const there = useThere()
  const selection = useRef({ search: search ?? null, filter: filter ?? null })

  async function count() {
    setCounted(undefined)
    try {
      const { bulkDeleteContacts: answer } = await mutate(BulkDeleteContactsDocument, {
        input: { ...selection.current, dryRun: true },
      })
      if (answer.count !== null && answer.token !== null) {
        setCounted({ count: answer.count, token: answer.token })
      } else {
        setProblem(answer.userErrors[0]?.message ?? t.jobs.notCounted)
      }
    } catch (error) {
      setProblem(refusalOf(error, t.jobs.notCounted))
    }
  }
  useEffect(() => void count(), [])

  async function run({ token }: Counted) {
    setBusy(true)
    setProblem('')
    try {
      const { bulkDeleteContacts: answer } = await mutate(BulkDeleteContactsDocument, { input: { ...selection.current, token } })
      const code = answer.userErrors[0]?.code
      if (answer.job) {
        begun(answer.job)
        onBegun()
        if (there.current) {
          onClose()
        }
      } else if (code === 'COUNT_CHANGED' && answer.count !== null && answer.token !== null) {
        setCounted({ count: answer.count, token: answer.token })
        setProblem(t.jobs.changed)
      } else if (code === 'TOKEN_EXPIRED' || code === 'TOKEN_INVALID') {
        setProblem(t.jobs.countedAgain)
        await count()
      } else {
        setProblem(answer.userErrors[0]?.message ?? t.jobs.notBegun)
      }
    } catch (error) {
      // Sent again, the token begins no second deletion.
      setProblem(refusalOf(error, t.jobs.notBegun))
    }
    setBusy(false)
  }

  return (
    <Dialog
      alert
      title={t.jobs.deleteTitle}
      className="delete-many"
      description={
        <>
          <p aria-live="polite">{counted ? said(counted.count) : problem === '' && t.jobs.counting}</p>
          <p>{search ? <Searched search={search} filtered={filter != null} /> : filter ? t.jobs.filtered : t.jobs.everybody}</p>
          <p>{t.jobs.sessionsStay}</p>
          <p>{t.jobs.later}</p>
        </>
      }
      onClose={onClose}
    >
      <p className="problem" role="alert">
        {problem}
      </p>
      <div className="choices">
        <button type="button" onClick={onClose}>
          {t.jobs.cancel}
        </button>
        {counted ? (
          <button type="button" className="danger" disabled={busy || counted.count === 0} onClick={() => void run(counted)}>
            {busy ? t.contact.deleting : t.jobs.delete(number(counted.count))}
          </button>
        ) : (
          problem !== '' && (
            <button
              type="button"
              onClick={() => {
                setProblem('')
                void count()
              }}
            >
              {t.outage.again}
            </button>
          )
        )}
      </div>
    </Dialog>
  )
}

const said = (count: number) => (count === 0 ? t.jobs.none : t.jobs.deletes(number(count), count === 1))

function Searched({ search, filtered }: { search: string; filtered: boolean }) {
  return (
    <>
      {t.jobs.matching} {t.jobs.quotes[0]}
      <bdi>{search}</bdi>
      {t.jobs.quotes[1]}
      {filtered && ` ${t.jobs.andFiltered}`}.
    </>
  )
}
