import { type RefObject, useEffect, useRef } from 'react'

/** useThere is true as long as the component is shown: a dialog may be closed while it waits for an answer. */
export function useThere(): Readonly<RefObject<boolean>> {
  const there = useRef(true)
  useEffect(() => {
    there.current = true
    return () => {
      there.current = false
    }
  }, [])
  return there
}
