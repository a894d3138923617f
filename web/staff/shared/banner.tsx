import { connection, wake } from '../server/connection'
import { interrupted } from '../server/live'
import { t } from '../texts/texts'
import { useStore } from './store'

/** Banner says that the server cannot be reached, or that events do not come, for as long as that is so. */
export function Banner() {
  const { trouble, trying } = useStore(connection)
  const behind = useStore(interrupted)
  const text = trouble ? t.outage[trouble] : behind ? t.outage.late : ''
  return (
    <div role="status" aria-live="polite">
      {text !== '' && (
        <div className="banner">
          <p>{text}</p>
          <button type="button" disabled={trying} onClick={() => wake('asked')}>
            {trying ? t.outage.trying : t.outage.again}
          </button>
        </div>
      )}
    </div>
  )
}
