import { session } from '../server/session'
import { useStore } from '../shared/store'
import { type Column, columns } from './columns'
import { playgroundLink, type Variables } from './list-query'

/** AsQuery is a list, and the columns that are hidden. */
export interface AsQuery {
  asked: Variables
  hidden: readonly Column[]
}

/** useListAsQuery is where the list can be run as a query; undefined without a playground. */
export function useListAsQuery({ asked, hidden }: AsQuery): string | undefined {
  const playground = useStore(session)?.playgroundUrl
  return playground && playgroundLink(playground, asked, columns.filter((each) => !hidden.includes(each)))
}
