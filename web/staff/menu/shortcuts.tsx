import { Dialog } from '../shared/dialog'
import { useStore } from '../shared/store'
import { t } from '../texts/later'
import { type Command, commands } from './commands'
import { Keys } from './keys'
import { opened } from './opened'
import '../style/menu.css'

/** Shortcuts lists the keys that do something on this page, and those that do everywhere. */
export function Shortcuts() {
  const here = useStore(commands).filter(({ keys }) => keys)
  const close = () => opened.set(undefined)
  const everywhere: Command[] = [
    { id: 'open', name: t.app.openMenu, keys: ['Control+K'] },
    { id: 'shortcuts', name: t.menu.shortcuts, keys: ['?'] },
    { id: 'undo', name: t.menu.undo, keys: ['Control+Z'] },
    { id: 'close', name: t.menu.close, keys: ['Escape'] },
  ]
  return (
    <Dialog title={t.menu.shortcuts} returns className="shortcuts" onClose={close}>
      {here.length > 0 && <Table title={t.menu.onThisPage} list={here} />}
      <Table title={t.menu.everywhere} list={everywhere} />
      <div className="choices">
        <button type="button" onClick={close}>
          {t.app.close}
        </button>
      </div>
    </Dialog>
  )
}

function Table({ title, list }: { title: string; list: readonly Command[] }) {
  return (
    <section>
      <h2>{title}</h2>
      <dl>
        {list.map(({ id, name, keys }) => (
          <div key={id}>
            <dt>{name}</dt>
            <dd>
              <Keys keys={keys ?? []} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
