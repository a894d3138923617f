import { useEffect, useState } from 'react'

import { Unreachable } from '../server/client'
import { t } from '../texts/texts'
import { reasonOf } from './refusal'

/** useSlow is true once something has taken longer than one notices. */
export function useSlow(waiting: boolean): boolean {
  const [slow, setSlow] = useState(false)
  useEffect(() => {
    if (!waiting) {
      setSlow(false)
      return
    }
    const timer = setTimeout(() => setSlow(true), 150)
    return () => clearTimeout(timer)
  }, [waiting])
  return slow
}

/** Failure says why a list could not be had. That nobody answers is said elsewhere, once for the page. */
export function Failure({ failure, onRetry }: { failure: unknown; onRetry: () => void }) {
  if (failure instanceof Unreachable) {
    return null
  }
  return (
    <div className="notice" role="alert">
      <p>{reasonOf(failure).replace(/\.?$/, '.')}</p>
      <button type="button" onClick={onRetry}>
        {t.outage.again}
      </button>
    </div>
  )
}
