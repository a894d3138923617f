import type { RefObject } from 'react'

import type { GridHandle } from './grid'
import type { Contacts } from './lists'

export function useContactEvents(_list: Contacts, _grid: RefObject<GridHandle | null>, _add: (n: number) => void) {
  return { fresh: 0, clear: () => {} }
}
