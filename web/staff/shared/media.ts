import { useMemo, useSyncExternalStore } from 'react'

/** useMedia reports whether a media query matches. */
export function useMedia(query: string): boolean {
  const media = useMemo(() => matchMedia(query), [query])
  return useSyncExternalStore(
    (changed) => {
      media.addEventListener('change', changed)
      return () => media.removeEventListener('change', changed)
    },
    () => media.matches,
  )
}

/** useRem is the size of a rem in pixels, which follows the reader's own font size. */
export function useRem(): number {
  return useMemo(() => parseFloat(getComputedStyle(document.documentElement).fontSize) || 16, [])
}

/** narrow holds where a table would not fit: rows become cards. */
export const narrow = '(max-width: 52rem)'

/** cardsOnly holds where the table of contacts would not fit: its rows become cards. */
export const cardsOnly = '(max-width: 40rem)'
