import { connection, wake } from '../server/connection'
import { interrupted } from '../server/live'
import type { Trouble } from '../server/retry'
import { useStore } from './store'

const words: Record<Trouble, string> = {
  offline: 'This device is offline. What you see may be out of date; nothing you typed is lost.',
  unreachable: 'Kith cannot be reached right now. What you see may be out of date; nothing you typed is lost.',
  unready: 'Kith is not ready just now. What you see may be out of date; nothing you typed is lost.',
}

const late = 'Live updates are interrupted. Other people’s changes appear with a delay; your own are saved as usual.'

/** Banner says that the server cannot be reached, or that events do not come, for as long as that is so. */
export function Banner() {
  const { trouble, trying } = useStore(connection)
  const behind = useStore(interrupted)
  const text = trouble ? words[trouble] : behind ? late : ''
  return (
    <div role="status" aria-live="polite">
      {text !== '' && (
        <div className="banner">
          <p>{text}</p>
          <button type="button" disabled={trying} onClick={() => wake('asked')}>
            {trying ? 'Trying …' : 'Try again'}
          </button>
        </div>
      )}
    </div>
  )
}
