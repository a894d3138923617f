import { useEffect } from 'react'

import { t } from '../texts/texts'

/** useTitle names the page in the browser's tab. */
export function useTitle(page: string): void {
  useEffect(() => {
    document.title = t.app.title(page)
  }, [page])
}
