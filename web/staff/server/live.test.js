import assert from 'node:assert/strict'

import { afterEach, beforeEach, describe, it, vi } from 'vitest'
import { makeSubject } from 'wonka'

vi.mock('./connection', async () => {
  const { Store } = await import('../shared/store')
  const woken = new Set()
  return {
    connection: new Store({ trouble: undefined, trying: false }),
    look: vi.fn(async () => true),
    onWake: (callback) => (woken.add(callback), () => woken.delete(callback)),
    again: () => {},
    wake: (how) => [...woken].forEach((callback) => callback(how)),
  }
})
vi.mock('./transport', () => ({ checkSocket: vi.fn() }))

vi.stubGlobal('document', { hidden: false, addEventListener() {}, removeEventListener() {} })
vi.stubGlobal('CloseEvent', class {})

const { connection, look, wake } = await import('./connection')
const { session } = await import('./session')
const { checkSocket } = await import('./transport')
const { follow, interrupted } = await import('./live')

// page is a page that follows events, with what it asked and what it was told.
function page() {
  const all = { asked: 0, newest: 'e0', tries: [], told: [], resyncs: 0 }
  const asker = {
    async query() {
      all.asked++
      return { lastEventId: all.newest }
    },
    subscription(_, variables, { attempt }) {
      const { source, next, complete } = makeSubject()
      all.tries.push({ ...attempt, after: variables.after, next, complete })
      return source
    },
  }
  const follower = { id: ({ id }) => id, event: ({ id }) => all.told.push(id), resync: () => all.resyncs++ }
  all.stop = follow(asker, {}, {}, follower)
  all.newestTry = () => all.tries.at(-1)
  all.event = (id) => all.newestTry().next({ data: { id } })
  all.fail = async (code) => {
    all.newestTry().next({ error: { graphQLErrors: code === undefined ? [] : [{ extensions: { code } }] } })
    await vi.advanceTimersByTimeAsync(0)
  }
  return all
}

const now = () => vi.advanceTimersByTimeAsync(0)

describe('following events', () => {
  let p
  beforeEach(async () => {
    vi.useFakeTimers()
    session.set({ mode: 'development', signedIn: true })
    connection.set({ trouble: undefined, trying: false })
    vi.mocked(look).mockResolvedValue(true)
    p = page()
    await now()
    p.newestTry().onEstablished()
    await vi.advanceTimersByTimeAsync(20_000) // it holds: nothing is left of the test before
  })
  afterEach(() => {
    p.stop()
    vi.useRealTimers()
  })

  it('begins after the newest event, and reads again what is on the screen', () => {
    assert.deepEqual([p.asked, p.resyncs, p.tries.length, p.newestTry().after], [1, 1, 1, 'e0'])
    p.event('e1')
    assert.deepEqual(p.told, ['e1'])
  })

  it('goes on after the last event that it heard', async () => {
    p.event('e1')
    p.event('e2')
    await p.fail('SLOW_CONSUMER')
    assert.equal(p.tries.length, 1, 'after a wait')
    await vi.advanceTimersByTimeAsync(2_000)
    assert.deepEqual([p.asked, p.resyncs, p.newestTry().after], [1, 1, 'e2'])
  })

  it('goes on also when the stream ends without a word', async () => {
    p.event('e1')
    p.newestTry().complete()
    await vi.advanceTimersByTimeAsync(2_000)
    assert.deepEqual([p.tries.length, p.newestTry().after], [2, 'e1'])
  })

  it('starts over after an error that asking again would repeat', async () => {
    p.event('e1')
    p.newest = 'e7'
    await p.fail('INTERNAL')
    await vi.advanceTimersByTimeAsync(2_000)
    assert.deepEqual([p.asked, p.resyncs, p.newestTry().after], [2, 2, 'e7'])
  })

  it('tries at once when there is reason to', async () => {
    p.event('e1')
    await p.fail('UNAVAILABLE')
    wake('visible')
    await now()
    assert.equal(p.tries.length, 2)
    assert.ok(vi.mocked(checkSocket).mock.calls.length > 0)
  })

  it('waits for a server that is away, and for somebody to sign in', async () => {
    connection.set({ trouble: 'unreachable', trying: false })
    await p.fail(undefined)
    await vi.advanceTimersByTimeAsync(60_000)
    assert.equal(p.tries.length, 1)
    session.set({ mode: 'bearer', signedIn: false })
    connection.set({ trouble: undefined, trying: false })
    await vi.advanceTimersByTimeAsync(60_000)
    assert.equal(p.tries.length, 1)
    session.set({ mode: 'bearer', signedIn: true })
    await now()
    assert.equal(p.tries.length, 2)
  })

  it('says that it is interrupted when a subscription does not come about, and takes it back when it does', async () => {
    await p.fail('UNAVAILABLE')
    await vi.advanceTimersByTimeAsync(2_000)
    assert.equal(p.tries.length, 2)
    assert.equal(interrupted.get(), false)
    await vi.advanceTimersByTimeAsync(5_000)
    assert.equal(interrupted.get(), true)
    p.newestTry().onEstablished()
    assert.equal(interrupted.get(), false)
  })

  it('hears nothing more once it is stopped', async () => {
    p.stop()
    p.event('e1')
    await vi.advanceTimersByTimeAsync(60_000)
    assert.deepEqual([p.told, p.tries.length], [[], 1])
  })
})
