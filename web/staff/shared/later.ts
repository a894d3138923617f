import { type ComponentType, lazy, type LazyExoticComponent } from 'react'

const idle = 3_000 // ms

/** immediately has a component fetched as soon as what was asked for is shown. */
export const immediately = 0

let show = () => {}
const shown = new Promise<void>((resolve) => {
  show = resolve
  setTimeout(resolve, idle) // not every page has rows
})

/** settled says that what was asked for is on the screen, so that what is needed later does not delay it. */
export const settled = () => show()

/**
 * later is a component that is not needed at first. It is fetched when it is shown or, unasked, once the page has had time
 * to settle: it should be there also when the server cannot be reached by then.
 */
export function later<Props>(
  load: () => Promise<ComponentType<Props>>,
  wait = idle,
): LazyExoticComponent<ComponentType<Props>> {
  const fetched = () => void load().catch(() => {}) // shown without it, it is fetched again
  void shown.then(() => setTimeout(fetched, wait))
  return lazy(async () => ({ default: await load() }))
}
