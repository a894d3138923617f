import { useMay } from '../server/viewer'
import { t } from '../texts/later'
import { Dialogs } from './dialogs'
import { leaveView, type Viewing } from './viewing'

/** Notices says that the view of the address is gone, and asks what has to be asked. */
export function Notices({ viewing }: { viewing: Viewing }) {
  const { edit } = useMay()
  const { gone, asking, ask } = viewing
  return (
    <>
      {gone && (
        <div className="notice" role="status">
          <p>{t.views.gone}</p>
          {edit && (
            <button type="button" onClick={() => ask({ name: undefined })}>
              {t.contacts.views.saveAs}
            </button>
          )}
          <button type="button" onClick={() => leaveView(viewing.id)}>
            {t.contacts.filters.dismiss}
          </button>
        </div>
      )}
      {asking && <Dialogs viewing={viewing} asking={asking} />}
    </>
  )
}
