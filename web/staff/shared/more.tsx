import { t } from '../texts/texts'
import type { Paged } from './paged'
import { Failure } from './waiting'

/** More is what follows a list that has more than it shows. */
export function More<Item>({ list }: { list: Paged<Item> }) {
  if (list.failure !== undefined) {
    return <Failure failure={list.failure} onRetry={list.ready && list.hasNext ? list.more : list.reload} />
  }
  if (!list.hasNext) {
    return null
  }
  return (
    <p className="more">
      <button type="button" disabled={list.loading} onClick={list.more}>
        {list.loading ? t.app.loading : t.app.more}
      </button>
    </p>
  )
}
