import { useCommands } from '../menu/commands'
import { useMay } from '../server/viewer'
import { t } from '../texts/texts'
import type { Viewing } from '../views/viewing'
import { type AsQuery, useListAsQuery } from './as-query'

/** Commands offers to the command menu what can be done with the list. */
export function Commands({ viewing, ...list }: AsQuery & { viewing: Viewing }) {
  const { edit } = useMay()
  const query = useListAsQuery(list)
  const { views, table } = t.contacts
  useCommands([
    ...(edit ? [{ id: 'views-save-as', name: views.saveAs, run: () => viewing.ask({ name: undefined }) }] : []),
    ...(edit && viewing.changed ? [{ id: 'views-save', name: views.saveChanges, run: () => void viewing.save() }] : []),
    ...(query ? [{ id: 'contacts-query', name: table.asQuery, run: () => void open(query, '_blank', 'noopener') }] : []),
  ])
  return null
}
