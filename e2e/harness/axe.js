// What axe-core says about a page.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** faults is what axe-core finds wrong with a page, in short. */
export async function faults(page) {
  if (!(await page.evaluate(() => 'axe' in globalThis))) {
    await page.evaluate(axe) // the debugger may do what the page's policy forbids
  }
  const { violations, passes } = await page.evaluate(() => {
    // What fades in has its colours only at the end. Some animations have none.
    document
      .getAnimations()
      .filter((each) => each.effect.getComputedTiming().endTime !== Infinity)
      .forEach((each) => each.finish())
    return globalThis.axe.run(document, { resultTypes: ['violations'] })
  })
  assert.ok(passes.length > 15, 'axe has looked')
  return violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary}`),
  )
}

/** overflow is by how many pixels a page is wider than its window, or than the box of its list. */
export const overflow = (page) =>
  page.evaluate(() => {
    const boxes = [...document.querySelectorAll('.box, .admin .page')]
    return Math.max(
      document.documentElement.scrollWidth - innerWidth,
      ...boxes.map((box) => box.scrollWidth - box.clientWidth),
    )
  })
