// One import: what is to be done with the file, how far it is, or what became of it.

import { useEffect, useRef, useState } from 'react'

import type { ImportQuery } from '../generated/graphql'
import { CancelImportDocument, ImportDocument } from '../generated/later'
import { duration } from '../jobs/duration'
import { ended, often, Pace, seldom } from '../jobs/pace'
import { base } from '../server/base'
import { mutate, query } from '../server/client'
import { headers } from '../server/session'
import { announce } from '../shared/announce'
import { refusalOf } from '../shared/refusal'
import { Link } from '../shared/route'
import { save } from '../shared/save'
import { number } from '../shared/time'
import { useSlow } from '../shared/waiting'
import { t } from '../texts/later'
import { Counts } from './counts'
import { Plan } from './plan'
import type { Reading } from './upload'

/** Job is an import with its columns. */
export type Job = NonNullable<ImportQuery['importJob']>

interface OneImportProps {
  id: string
  /** Why the file could not be read again. */
  problem: string
  onReadAgain: (file: File, reading: Reading) => void
}

/** OneImport shows an import. */
export function OneImport({ id, problem, onReadAgain }: OneImportProps) {
  const { job, speed, lost, look } = useJob(id)
  const slow = useSlow(job === undefined)
  if (job === undefined) {
    return <div className="progress" data-slow={slow || undefined} aria-hidden />
  }
  if (job === null) {
    return <p>{t.imports.gone}</p>
  }
  return (
    <section className="one" aria-labelledby="file">
      <h2 id="file" dir="auto">
        {job.fileName || t.imports.nameless}
      </h2>
      {job.state === 'READY' ? (
        <Plan job={job} problem={problem} onReadAgain={onReadAgain} onChange={look} />
      ) : ended(job) ? (
        <Outcome job={job} />
      ) : (
        <Running job={job} speed={speed} lost={lost} onChange={look} />
      )}
    </section>
  )
}

/** Speed is how many rows are imported in a second, and how many seconds are left, where that can be said. */
interface Speed {
  rate?: number | undefined
  left?: number | undefined
}

// useJob looks at an import as long as something becomes of it. It is null if the import does not exist.
function useJob(id: string) {
  const [job, setJob] = useState<Job | null>()
  const [speed, setSpeed] = useState<Speed>({})
  const [lost, setLost] = useState(false)
  const [round, setRound] = useState(0)
  const state = useRef(job?.state)
  useEffect(() => {
    const asking = new AbortController()
    let timer: ReturnType<typeof setTimeout>
    const pace = new Pace()
    async function look() {
      let wait = often
      try {
        const { importJob } = await query(ImportDocument, { id }, asking.signal)
        setLost(false)
        setJob(importJob)
        if (importJob) {
          pace.add(importJob.handled, performance.now())
          setSpeed({ rate: pace.perSecond(), left: pace.left(importJob.rows) })
        }
        if (importJob?.state === 'DONE' && (state.current === 'RUNNING' || state.current === 'PENDING')) {
          announce(t.imports.done(importJob.fileName || t.imports.nameless))
        }
        state.current = importJob?.state
        if (importJob === null || importJob.state === 'READY' || ended(importJob)) {
          return
        }
      } catch {
        if (asking.signal.aborted) {
          return
        }
        setLost(true)
        wait = seldom
      }
      timer = setTimeout(() => void look(), document.hidden ? seldom : wait)
    }
    void look()
    return () => {
      asking.abort()
      clearTimeout(timer)
    }
  }, [id, round])
  return { job, speed, lost, look: () => setRound((before) => before + 1) }
}

interface RunningProps {
  job: Job
  speed: Speed
  lost: boolean
  onChange: () => void
}

function Running({ job, speed: { rate, left }, lost, onChange }: RunningProps) {
  const [busy, setBusy] = useState(false)
  const { handled, rows, state } = job

  async function cancel() {
    setBusy(true)
    try {
      const { cancelImport } = await mutate(CancelImportDocument, { id: job.id })
      const refused = cancelImport.userErrors.find(({ code }) => code !== 'CONFLICT') // ended is what was wanted
      if (refused) {
        announce(refused.message)
      }
      onChange()
    } catch (error) {
      announce(refusalOf(error, t.imports.notCancelled))
    }
    setBusy(false)
  }

  return (
    <>
      <p>
        {[
          t.imports.states[state],
          t.imports.progress(number(handled), number(rows)),
          ...(rate === undefined ? [] : [t.imports.pace(number(Math.round(rate)))]),
          ...(left === undefined ? [] : [t.imports.left(duration(left))]),
        ].join(' · ')}
      </p>
      <progress aria-label={t.imports.states[state]} value={handled} max={Math.max(rows, 1)} />
      {lost && (
        <p className="problem" role="status">
          {t.imports.lost}
        </p>
      )}
      <Counts of={job} />
      <div className="choices">
        <button type="button" disabled={busy} onClick={() => void cancel()}>
          {t.imports.cancel}
        </button>
        <p className="hint">{t.imports.cancelHint}</p>
      </div>
    </>
  )
}

function Outcome({ job }: { job: Job }) {
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState('')

  async function download() {
    setBusy(true)
    setProblem('')
    try {
      const response = await fetch(`${base}/import/contacts/${job.id}/refused.csv`, { headers: headers() })
      if (!response.ok) {
        throw new Error(t.imports.notDownloaded)
      }
      save(t.imports.refusedFile, 'text/csv;charset=utf-8', await response.blob())
    } catch {
      setProblem(t.imports.notDownloaded)
    }
    setBusy(false)
  }

  return (
    <>
      <p>
        {t.imports.states[job.state]} · {t.imports.progress(number(job.handled), number(job.rows))}
      </p>
      {job.failure && (
        <p className="problem" role="status" lang="en">
          {job.failure}
        </p>
      )}
      <Counts of={job} />
      {job.refused > 0 && (
        <>
          <button type="button" disabled={busy} onClick={() => void download()}>
            {t.imports.download}
          </button>
          <p className="hint">{t.imports.downloadHint}</p>
          <p className="problem" role="alert">
            {problem}
          </p>
        </>
      )}
      <p>
        <Link href="/staff/contacts">{t.imports.toContacts}</Link>
      </p>
    </>
  )
}
