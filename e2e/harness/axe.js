// What axe-core says about a page.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** faults is what axe-core finds wrong with a page, in short. */
export async function faults(page) {
  // The debugger may do what the page's policy forbids.
  await page.evaluate(axe)
  const { violations, passes } = await page.evaluate(() =>
    globalThis.axe.run(document, { resultTypes: ['violations'] }),
  )
  assert.ok(passes.length > 20, 'axe has looked')
  return violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary}`),
  )
}

/** overflow is by how many pixels a page is wider than its window. */
export const overflow = (page) =>
  page.evaluate(() => {
    const box = document.querySelector('.box')
    return Math.max(document.documentElement.scrollWidth - innerWidth, box ? box.scrollWidth - box.clientWidth : 0)
  })
