import type { CSSProperties } from 'react'

import { hueOf, initialsOf } from './initials'

/** Avatar shows a contact's initials on a colour that stays with the contact. */
export function Avatar({ id, name }: { id: string; name: string }) {
  return (
    <span className="avatar" aria-hidden style={{ '--hue': hueOf(id) } as CSSProperties}>
      {initialsOf(name) || '·'}
    </span>
  )
}
