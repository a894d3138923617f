import { type ComponentType, lazy, type LazyExoticComponent } from 'react'

const idle = 3_000 // ms

/** immediately has a component fetched beside what is shown first. */
export const immediately = 0

/**
 * later is a component that is not needed at first. It is fetched when it is shown or, unasked, once the page has had time
 * to settle: it should be there also when the server cannot be reached by then.
 */
export function later<Props>(
  load: () => Promise<ComponentType<Props>>,
  wait = idle,
): LazyExoticComponent<ComponentType<Props>> {
  setTimeout(() => void load().catch(() => {}), wait) // shown without it, it is fetched again
  return lazy(async () => ({ default: await load() }))
}
