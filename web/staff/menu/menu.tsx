import { useMemo, useState } from 'react'

import { adminPages, everybodysPages, type PageName } from '../nav'
import { useMay } from '../server/viewer'
import { Dialog } from '../shared/dialog'
import { go } from '../shared/route'
import { useStore } from '../shared/store'
import { t } from '../texts/later'
import { openAddress, type View } from '../views/view'
import { useViews } from '../views/views'
import { type Choice, type Group, matching, recentFirst } from './choices'
import { commands } from './commands'
import { detailOf, type Found, Finder, useFound } from './finder'
import { opened } from './opened'
import { type Recent, recents, remember } from './recent'
import '../style/menu.css'

/** Menu finds contacts, pages and what can be done here by what is typed, and goes there. */
export function Menu() {
  const [text, setText] = useState('')
  const search = text.trim()
  const found = useFound(search)
  const groups = useGroups(search, found.contacts)

  function choose(choice: Choice) {
    remember({ id: choice.id, name: choice.name })
    opened.set(undefined)
    // After the dialog has given the focus back: what is chosen may move it.
    setTimeout(choice.run)
  }

  return (
    <Dialog title={t.menu.title} untitled returns className="menu" onClose={() => opened.set(undefined)}>
      <Finder
        title={t.menu.title}
        placeholder={t.menu.placeholder}
        text={text}
        groups={groups}
        found={found}
        autoFocus
        onText={setText}
        onChoose={choose}
      />
    </Dialog>
  )
}

function useGroups(search: string, contacts: readonly Found[]): Group[] {
  const { administer } = useMay()
  const offered = useStore(commands)
  const chosen = useStore(recents)
  const { views } = useViews(true)
  return useMemo(() => {
    const pages = [...everybodysPages, ...(administer ? adminPages : [])].map(pageChoice)
    const actions = offered.flatMap(({ id, name, keys, run }): Choice[] => (run ? [{ id, name, keys, run }] : []))
    const shortcuts: Choice = {
      id: 'shortcuts',
      name: t.menu.shortcuts,
      keys: ['?'],
      run: () => opened.set('shortcuts'),
    }
    const opening = (views ?? []).map(viewChoice)
    const known = [...actions, ...pages, ...opening, shortcuts]
    if (search !== '') {
      return [
        { id: 'contacts', title: t.menu.contacts, choices: contacts.map(contactChoice) },
        { id: 'actions', title: t.menu.actions, choices: matching([...actions, shortcuts], search) },
        { id: 'views', title: t.menu.views, choices: matching(opening, search) },
        { id: 'pages', title: t.menu.pages, choices: matching(pages, search) },
      ]
    }
    const [recent] = recentFirst([...known, ...chosen.flatMap(recentContact)], chosen)
    const rest = (choices: readonly Choice[]) => choices.filter(({ id }) => !recent.some((each) => each.id === id))
    return [
      { id: 'recent', title: t.menu.recent, choices: recent },
      { id: 'actions', title: t.menu.actions, choices: rest([...actions, shortcuts]) },
      { id: 'pages', title: t.menu.pages, choices: rest(pages) },
      { id: 'views', title: t.menu.views, choices: rest(opening) },
    ]
  }, [search, contacts, offered, chosen, administer, views])
}

function pageChoice(page: PageName): Choice {
  return { id: `page-${page}`, name: t.app[page], run: () => go(`/staff/${page}`) }
}

function viewChoice(view: View): Choice {
  return { id: view.id, name: t.contacts.views.open(view.name), run: () => go(openAddress(view)) }
}

function contactChoice(contact: Found): Choice {
  const { id, displayName } = contact
  return { id, name: displayName, detail: detailOf(contact), run: () => go(`/staff/contacts/${id}`) }
}

function recentContact({ id, name }: Recent): Choice[] {
  return id.startsWith('contact_') && name ? [{ id, name, run: () => go(`/staff/contacts/${id}`) }] : []
}
