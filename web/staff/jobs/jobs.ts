// The bulk jobs that the page shows: all that are running, and the results of those that were seen running.

import type { OperationContext } from '@urql/core'
import { onEnd, pipe, subscribe } from 'wonka'

import type { BulkJobRowFragment } from '../generated/graphql'
import { BulkJobDocument, BulkJobProgressDocument, BulkJobsDocument, CancelBulkJobDocument } from '../generated/later'
import { client, mutate, query, Refused } from '../server/client'
import { again } from '../server/connection'
import { session } from '../server/session'
import type { Attempt } from '../server/transport'
import { announce } from '../shared/announce'
import { refusalOf } from '../shared/refusal'
import { Store } from '../shared/store'
import { t } from '../texts/later'
import { ended, often, Pace, seldom } from './pace'
import { outcomeOf } from './words'

/** Job is a bulk job. */
export type Job = BulkJobRowFragment

/** Watched is a job with what is known of its progress. */
export interface Watched {
  readonly job: Job
  /** How many seconds it has left, where that can be said. */
  readonly left: number | undefined
  /** Whether nothing was heard of it lately. */
  readonly lost: boolean
}

const streamAgain = 20 // looks after which a stream is tried again
const listed = 20 // jobs looked through for some that have not ended
const recently = 600_000 // ms that the end of a job of one's own is news after a reload

/** jobs are those that are shown, the oldest first. */
export const jobs = new Store<readonly Watched[]>([])

// The other tabs of this browser hear of a job without having to ask.
const tabs = 'BroadcastChannel' in window ? new BroadcastChannel('kith-jobs') : undefined
tabs?.addEventListener('message', () => void look())

/** begun shows a job that was started here. */
export function begun(job: Job): void {
  show(job)
  tabs?.postMessage('')
}

/** look finds jobs that run, and those of the viewer that ended a moment ago. */
export async function look(subject?: string): Promise<void> {
  const { bulkJobs } = await query(BulkJobsDocument, { first: listed }).catch(() => ({ bulkJobs: { nodes: [] } }))
  for (const job of [...bulkJobs.nodes].reverse()) {
    const news = job.actor === subject && Date.now() - Date.parse(job.finishedAt ?? '') < recently
    if (!ended(job) || (news && !dismissed().includes(job.id))) {
      show(job)
    }
  }
}

/** dismiss takes the end of a job off the page. */
export function dismiss(id: string): void {
  jobs.set(jobs.get().filter(({ job }) => job.id !== id))
  try {
    localStorage.setItem(kept, JSON.stringify([id, ...dismissed()].slice(0, listed)))
  } catch {
    // without a storage it is shown again after a reload
  }
}

const kept = 'kith.jobs.dismissed'

function dismissed(): string[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(kept) ?? '[]')
    return Array.isArray(found) ? found.filter((each) => typeof each === 'string') : []
  } catch {
    return []
  }
}

/** stop ends a job, and says so where that was not possible. */
export async function stop(id: string): Promise<void> {
  try {
    const { cancelBulkJob } = await mutate(CancelBulkJobDocument, { id })
    if (cancelBulkJob.job) {
      update(cancelBulkJob.job)
    }
    const refused = cancelBulkJob.userErrors.find(({ code }) => code !== 'JOB_ENDED') // ended is what was wanted
    if (refused) {
      announce(refused.message)
    }
  } catch (error) {
    announce(refusalOf(error, t.jobs.notStopped))
  }
}

const paces = new Map<string, Pace>()

function show(job: Job): void {
  if (jobs.get().some((each) => each.job.id === job.id)) {
    return
  }
  jobs.set([...jobs.get(), { job, left: undefined, lost: false }])
  if (!ended(job)) {
    paces.set(job.id, new Pace())
    watch(job.id)
  }
}

// update shows how far a job is by now.
function update(job: Job): void {
  const before = jobs.get().find((each) => each.job.id === job.id)
  if (!before || ended(before.job)) {
    return
  }
  const pace = paces.get(job.id)
  pace?.add(job.handled, performance.now())
  const left = job.total === null ? undefined : pace?.left(job.total)
  replace(job.id, { job, left, lost: false })
  if (ended(job)) {
    paces.delete(job.id)
    announce(outcomeOf(job))
    again() // lists and counts are not what they were
  }
}

function replace(id: string, by: Watched | undefined): void {
  jobs.set(jobs.get().flatMap((each) => (each.job.id !== id ? [each] : by ? [by] : [])))
}

// watch follows a job until it has ended: by a stream, and where that brings nothing, by asking.
function watch(id: string): void {
  let stream: { leave: () => void; heard: boolean } | undefined
  let asked = 0

  function listen() {
    const own = { leave: () => {}, heard: false }
    stream = own
    own.leave = hear(id, {
      progress: (job) => {
        own.heard = true
        take(job)
      },
      over: () => {
        if (stream === own) {
          stream = undefined
        }
      },
    })
  }

  function take(job: Job | null) {
    if (job) {
      update(job)
    } else {
      replace(id, undefined)
    }
  }

  async function ask() {
    if (!stream?.heard && session.get()?.signedIn) {
      if (!stream && ++asked % streamAgain === 0) {
        listen()
      }
      try {
        take((await query(BulkJobDocument, { id })).bulkJob)
      } catch (error) {
        if (error instanceof Refused && error.code === 'FORBIDDEN') {
          replace(id, undefined)
        } else {
          jobs.set(jobs.get().map((each) => (each.job.id === id ? { ...each, left: undefined, lost: true } : each)))
        }
      }
    }
    const now = jobs.get().find(({ job }) => job.id === id)
    if (now && !ended(now.job)) {
      setTimeout(() => void ask(), document.hidden || now.lost ? seldom : often)
    } else {
      stream?.leave()
    }
  }

  listen()
  void ask()
}

// hear subscribes to the progress of a job, over the socket that events come by.
function hear(id: string, { progress, over }: { progress: (job: Job | null) => void; over: () => void }): () => void {
  const attempt: Attempt = { transport: 'socket', onEstablished: () => {} }
  const { unsubscribe } = pipe(
    client.subscription(BulkJobProgressDocument, { id }, { attempt } as Partial<OperationContext>),
    onEnd(over),
    subscribe(({ data, error }) => (data && !error ? progress(data.bulkJobProgress) : over())),
  )
  return unsubscribe
}
