import { Store } from '../shared/store'

/** opened is the menu that lies over the page, if one does. */
export const opened = new Store<'menu' | 'shortcuts' | undefined>(undefined)

/** openMenu shows the command menu. */
export const openMenu = () => opened.set('menu')
