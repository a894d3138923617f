// What appears at the foot of every page beside its announcements.

import { Suspense, useEffect, useState } from 'react'

import { Undo } from './contacts/undo'
import { idle, part } from './shared/later'

const Jobs = part(async () => (await import('./jobs/list')).Jobs)

/** Foot has the jobs that run, and the way back from what was saved last. */
export function Foot() {
  const [settled, setSettled] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(true), idle)
    return () => clearTimeout(timer)
  }, [])
  return (
    <>
      <Suspense>{settled && <Jobs />}</Suspense>
      <Undo />
    </>
  )
}
