// What the pages offer to the command menu and to the list of shortcuts.

import { useEffect, useRef } from 'react'

import { Store } from '../shared/store'

/** Command is something that can be done on what is shown, or a key that does it. */
export interface Command {
  /** Unique among all commands; recent ones are remembered by it. */
  id: string
  /** What it does, in the reader's language. */
  name: string
  /** The keys that do it, as KeyboardEvent.key has them; each may be a combination such as Control+Z. */
  keys?: readonly string[]
  /** run does it. Without it, the command is only listed among the shortcuts. */
  run?: () => void
}

const registered = new Map<object, readonly Command[]>()

/** commands are those of everything that is on the screen. */
export const commands = new Store<readonly Command[]>([])

function publish(): void {
  commands.set([...registered.values()].flat())
}

/** useCommands offers commands for as long as the component is there. The list may differ each time. */
export function useCommands(list: readonly Command[]): void {
  const owner = useRef({})
  useEffect(() => {
    registered.set(owner.current, list)
    publish()
  })
  useEffect(() => {
    const { current } = owner
    return () => {
      registered.delete(current)
      publish()
    }
  }, [])
}
