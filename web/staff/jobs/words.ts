import type { BulkJobRowFragment } from '../generated/graphql'
import { listed, number } from '../shared/time'
import { t } from '../texts/later'

/** outcomeOf says what a job has done, in a sentence. */
export function outcomeOf(job: BulkJobRowFragment): string {
  const { kind, state, deleted, updated, unchanged, refused, failure } = job
  const what = listed([
    kind === 'DELETE_CONTACTS'
      ? t.jobs.deleted(number(deleted), deleted === 1)
      : t.jobs.updated(number(updated), updated === 1),
    ...(unchanged > 0 ? [t.jobs.unchanged(number(unchanged))] : []),
    ...(refused > 0 ? [t.jobs.refused(number(refused))] : []),
  ])
  switch (state) {
    case 'CANCELLED':
      return t.jobs.stopped(what)
    case 'FAILED':
      return t.jobs.failed(failure ?? '', what)
    default:
      return what
  }
}
