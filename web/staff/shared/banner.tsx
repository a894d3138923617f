import { connection, tryNow } from '../server/connection'
import { useStore } from './store'

/** Banner says that the server cannot be reached, for as long as that is so. */
export function Banner() {
  const { reachable, trying } = useStore(connection)
  return (
    <div role="status" aria-live="polite">
      {!reachable && (
        <div className="banner">
          <p>Kith cannot be reached just now. What you see may be out of date; nothing you typed is lost.</p>
          <button type="button" disabled={trying} onClick={() => void tryNow()}>
            {trying ? 'Trying …' : 'Try again'}
          </button>
        </div>
      )}
    </div>
  )
}
