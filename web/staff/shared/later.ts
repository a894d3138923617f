import { type ComponentType, lazy, type LazyExoticComponent } from 'react'

import { look, onReturn } from '../server/connection'

/** idle is how many ms the page has to settle before it is asked for what is not needed at first. */
export const idle = 3_000

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
  return part(load)
}

/** part is a component that is fetched when it is shown or, where the server cannot be reached, when it is back. */
export function part<Props>(load: () => Promise<ComponentType<Props>>): LazyExoticComponent<ComponentType<Props>> {
  return lazy(async () => ({ default: await fetched(load) }))
}

async function fetched<Part>(load: () => Promise<Part>): Promise<Part> {
  try {
    return await load()
  } catch {
    const there = await look()
    if (!there) {
      await new Promise<void>((back) => {
        const stop = onReturn(() => {
          stop()
          back()
        })
      })
    }
    // Styles that did not come are not asked for again otherwise.
    for (const link of document.querySelectorAll<HTMLLinkElement>('link[rel=stylesheet]')) {
      if (!link.sheet) {
        link.replaceWith(link.cloneNode())
      }
    }
    return there ? load() : fetched(load)
  }
}
