// Bulk jobs at the foot of every page: how far they are, and what became of them.

import { Suspense, useEffect, useState } from 'react'

import { onReturn } from '../server/connection'
import { useMay, useViewer } from '../server/viewer'
import { part } from '../shared/later'
import { useStore } from '../shared/store'
import { number } from '../shared/time'
import { t } from '../texts/later'
import { duration } from './duration'
import { dismiss, type Job, jobs, look, stop, type Watched } from './jobs'
import { ended } from './pace'
import { outcomeOf } from './words'
import '../style/jobs.css'

const Details = part(async () => (await import('./details')).default)

const pause = 60_000 // ms between two looks for jobs that others have started

/** Jobs lists the jobs that run, and the ends of those that were seen. */
export function Jobs() {
  const all = useStore(jobs)
  const { edit } = useMay()
  const subject = useViewer()?.subject
  const [asked, setAsked] = useState<Job>()
  useEffect(() => {
    if (subject === undefined) {
      return undefined
    }
    const now = () => void look(subject)
    const seen = () => document.hidden || now()
    now()
    const timer = setInterval(seen, pause)
    document.addEventListener('visibilitychange', seen)
    const stopReturning = onReturn(now)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', seen)
      stopReturning()
    }
  }, [subject])

  return (
    <>
      {all.length > 0 && (
        <section className="jobs" aria-label={t.jobs.region}>
          <ul>
            {all.map((watched) => (
              <Item key={watched.job.id} watched={watched} edit={edit} onDetails={setAsked} />
            ))}
          </ul>
        </section>
      )}
      <Suspense>{asked && <Details job={asked} onClose={() => setAsked(undefined)} />}</Suspense>
    </>
  )
}

interface ItemProps {
  watched: Watched
  edit: boolean
  onDetails: (job: Job) => void
}

function Item({ watched, edit, onDetails }: ItemProps) {
  const { job } = watched
  const kind = t.jobs.kinds[job.kind]
  const over = ended(job)
  return (
    <li data-over={over || undefined}>
      <p>
        {over ? outcomeOf(job) : `${kind}: ${howFar(watched)}`}
        {watched.lost && <span className="lost"> {t.jobs.lost}</span>}
      </p>
      {!over && (
        <progress
          aria-label={kind}
          max={job.total ?? undefined}
          {...(job.total !== null && { value: Math.min(job.handled, job.total) })}
        />
      )}
      <div className="does">
        {job.refused > 0 && (
          <button type="button" onClick={() => onDetails(job)}>
            {t.jobs.show}
          </button>
        )}
        {over ? (
          <button type="button" onClick={() => dismiss(job.id)}>
            {t.jobs.dismiss}
          </button>
        ) : (
          edit && (
            <button type="button" aria-label={t.jobs.stopOf(kind)} onClick={() => void stop(job.id)}>
              {t.jobs.stop}
            </button>
          )
        )}
      </div>
    </li>
  )
}

function howFar({ job, left }: Watched): string {
  if (job.total === null) {
    return job.state === 'PENDING' ? t.jobs.waiting : t.jobs.listing(number(job.listed))
  }
  const progress = t.jobs.progress(number(job.handled), number(job.total))
  return left === undefined ? progress : `${progress}, ${t.jobs.left(duration(left))}`
}
