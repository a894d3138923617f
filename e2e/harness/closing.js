// Whatever a test file opens is closed when it ends, also after a failure: what is left open would keep the file from
// ending.

import { after } from 'node:test'

const open = new Set()

/** closeAtEnd returns close, to be called when done. The file calls it at its end where nobody has; it runs once. */
export function closeAtEnd(close) {
  let closed
  const once = () => {
    open.delete(once)
    closed ??= close()
    return closed
  }
  open.add(once)
  return once
}

after(async () => {
  const problems = []
  for (const close of [...open].reverse()) {
    try {
      await close()
    } catch (error) {
      problems.push(error)
    }
  }
  if (problems.length > 0) {
    throw new AggregateError(problems, problems.map(({ message }) => message).join('\n'))
  }
})
