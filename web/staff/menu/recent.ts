import { Store } from '../shared/store'

/** Recent is something that was chosen in the menu. */
export interface Recent {
  id: string
  /** The name of a contact; commands and pages have theirs from the catalogue. */
  name?: string
}

const most = 5

/** recents are what was chosen last, the newest first. They are forgotten with the tab: names are personal data. */
export const recents = new Store<readonly Recent[]>([])

/** remember puts a choice first. */
export function remember(choice: Recent): void {
  recents.set([choice, ...recents.get().filter(({ id }) => id !== choice.id)].slice(0, most))
}
