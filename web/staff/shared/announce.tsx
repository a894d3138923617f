// What was done, in a sentence: shown for a while at the foot of the page, and read out by screen readers.

import { useEffect } from 'react'

import { Store, useStore } from './store'

const said = new Store<{ text: string } | undefined>(undefined)
const long = 5_000 // ms

/** announce shows a sentence. */
export function announce(text: string): void {
  said.set({ text })
}

/** Announcements is where sentences appear. It is there from the start: screen readers watch what they know. */
export function Announcements() {
  const now = useStore(said)
  useEffect(() => {
    const timer = now && setTimeout(() => said.set(undefined), long)
    return () => clearTimeout(timer)
  }, [now])
  return (
    <div className="announcements" role="status" aria-live="polite">
      {now && <p dir="auto">{now.text}</p>}
    </div>
  )
}
