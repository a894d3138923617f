// What an import would do, asked for part by part.

import type { ImportPreviewQuery } from '../generated/graphql'
import type { Tally } from './counts'

/** Row is what would become of one row. */
export type Row = ImportPreviewQuery['importPreview']['rows'][number]

/** Checked is what an import would do with the rows that were looked at. */
export interface Checked extends Tally {
  readonly last: number
  readonly more: boolean
  readonly rows: readonly Row[]
}

/** Part answers what an import would do with the rows after so many. */
export type Part = (after: number) => Promise<Checked>

const shown = 40 // rows, and those that would be refused come first

/** check asks for one part after the other, and calls progress after each, until all rows were looked at or signal aborts. */
export async function check(part: Part, progress: (sum: Checked) => void, signal: AbortSignal): Promise<void> {
  let sum: Checked = { created: 0, updated: 0, unchanged: 0, refused: 0, last: 0, more: true, rows: [] }
  while (sum.more && !signal.aborted) {
    const next = await part(sum.last)
    if (signal.aborted) {
      return
    }
    sum = {
      created: sum.created + next.created,
      updated: sum.updated + next.updated,
      unchanged: sum.unchanged + next.unchanged,
      refused: sum.refused + next.refused,
      last: next.last,
      more: next.more && next.last > sum.last,
      rows: foremost([...sum.rows, ...next.rows]),
    }
    progress(sum)
  }
}

function foremost(rows: readonly Row[]): readonly Row[] {
  const refused = rows.filter(({ reason }) => reason !== null)
  return [...refused, ...rows.filter(({ reason }) => reason === null)].slice(0, shown)
}
