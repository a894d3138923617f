import { useMay, useViewer } from '../server/viewer'
import { t } from '../texts/texts'
import { Link } from './route'

/** ConnectFirst says how the first contact comes: admins connect a channel, others ask them to. */
export function ConnectFirst() {
  const viewer = useViewer()
  const { administer } = useMay()
  if (administer) {
    return (
      <Link href="/staff/channels" className="button primary">
        {t.app.connectFirst}
      </Link>
    )
  }
  return viewer ? <p>{t.app.askAdmin}</p> : null
}
