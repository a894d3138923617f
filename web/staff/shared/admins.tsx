import type { ReactNode } from 'react'

import { useViewer } from '../server/viewer'
import { t } from '../texts/texts'
import { Link } from './route'
import { useTitle } from './title'

/** Admins shows its children to admins, and to others where to go instead. The server refuses them anyway. */
export function Admins({ children }: { children: ReactNode }) {
  const viewer = useViewer()
  if (viewer === undefined) {
    return <main aria-busy />
  }
  return viewer.role === 'ADMIN' ? children : <AdminsOnly />
}

function AdminsOnly() {
  useTitle(t.app.adminsOnly)
  return (
    <main className="empty">
      <h1>{t.app.adminsOnly}</h1>
      <p>{t.app.adminsOnlyHint}</p>
      <Link href="/staff/contacts" className="button">
        {t.app.backToContacts}
      </Link>
    </main>
  )
}
