import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { afterComparing } from './compared'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('pairs are read once when what changed has been compared, and again for what changed meanwhile', () => {
  const read = vi.fn()
  const later = afterComparing(read)
  later.ask()
  vi.advanceTimersByTime(2_900)
  expect(read).not.toHaveBeenCalled()
  later.ask()
  later.ask()
  vi.advanceTimersByTime(200)
  expect(read).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(3_000)
  expect(read).toHaveBeenCalledTimes(2)
  vi.advanceTimersByTime(60_000)
  expect(read).toHaveBeenCalledTimes(2)
})

test('nothing is read once it was stopped', () => {
  const read = vi.fn()
  const later = afterComparing(read)
  later.ask()
  later.stop()
  vi.advanceTimersByTime(60_000)
  expect(read).not.toHaveBeenCalled()
})
