import { useCallback, useLayoutEffect, useRef } from 'react'

/** useSteady is one function for as long as the component lives, which calls the one of the last render: what gets it is not drawn again. */
export function useSteady<Args extends unknown[], Result>(called: (...args: Args) => Result): (...args: Args) => Result {
  const latest = useRef(called)
  useLayoutEffect(() => {
    latest.current = called
  })
  return useCallback((...args: Args) => latest.current(...args), [])
}
