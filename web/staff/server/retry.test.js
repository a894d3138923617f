import assert from 'node:assert/strict'

import { describe, it } from 'vitest'

import { Backoff, Line, Recovery } from './retry'

describe('trying again', () => {
  // world is one in which time passes when told to, and the server answers what it is set to.
  function world() {
    const all = {
      trouble: 'unreachable',
      probes: 0,
      returns: 0,
      reaches: [],
      waiting: undefined,
      answer: undefined,
      probe: () => {
        all.probes++
        return new Promise((resolve) => (all.answer = resolve))
      },
      later: (what, ms) => {
        const own = (all.waiting = { what, ms })
        return () => {
          if (all.waiting === own) {
            all.waiting = undefined
          }
        }
      },
      changed: (reach) => all.reaches.push(reach),
      returned: () => all.returns++,
    }
    return all
  }
  const settled = () => new Promise((resolve) => setImmediate(resolve))
  // pass lets the wait be over, and the probe that follows be answered.
  async function pass(all, trouble) {
    const { what, ms } = all.waiting
    all.waiting = undefined
    what()
    all.answer(trouble)
    await settled()
    return ms
  }

  it('waits from one second to thirty, longer each time, and anywhere in between', () => {
    const most = new Backoff(() => 1)
    assert.deepEqual(Array.from({ length: 7 }, () => most.next()), [2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000])
    most.reset()
    assert.equal(most.next(), 2_000)
    const least = new Backoff(() => 0)
    assert.deepEqual(Array.from({ length: 2_000 }, () => least.next()), Array(2_000).fill(1_000))
    const half = new Backoff(() => 0.5)
    assert.deepEqual(Array.from({ length: 6 }, () => half.next()), [1_500, 2_500, 4_500, 8_500, 15_500, 15_500])
  })

  it('probes one at a time, whoever asks, until the server is back', async () => {
    const all = world()
    const recovery = new Recovery(all, new Backoff(() => 1))
    recovery.lost('unreachable')
    recovery.lost('offline')
    assert.deepEqual(all.reaches, [{ trouble: 'unreachable', trying: false }])
    const asked = [recovery.look(), recovery.look(), recovery.look()]
    assert.equal(all.probes, 1)
    assert.equal(all.waiting, undefined, 'no other probe is on its way')
    all.answer('unreachable')
    assert.deepEqual(await Promise.all(asked), [false, false, false])
    const waits = []
    for (let i = 0; i < 4; i++) {
      waits.push(await pass(all, 'unreachable'))
    }
    assert.deepEqual(waits, [4_000, 8_000, 16_000, 30_000])
    assert.equal(all.returns, 0)
    await pass(all, undefined)
    assert.deepEqual([all.returns, all.waiting, all.reaches.at(-1)], [1, undefined, { trouble: undefined, trying: false }])
  })

  it('does not start over for a server that every probe finds and every request loses', async () => {
    const all = world()
    const recovery = new Recovery(all, new Backoff(() => 1))
    const waits = []
    for (let i = 0; i < 5; i++) {
      recovery.lost('unready')
      waits.push(await pass(all, undefined))
    }
    assert.deepEqual(waits, [2_000, 4_000, 8_000, 16_000, 30_000])
    recovery.lost('unready')
    recovery.found()
    recovery.lost('unready')
    assert.equal(all.waiting.ms, 2_000)
  })

  it('believes an answer rather than a probe that was sent before it', async () => {
    const all = world()
    const recovery = new Recovery(all)
    recovery.lost('unreachable')
    const asked = recovery.look()
    recovery.found()
    all.answer('unreachable')
    assert.equal(await asked, true)
    assert.deepEqual([all.returns, all.waiting, all.reaches.at(-1).trouble], [1, undefined, undefined])
  })

  const never = { held: undefined, heard: false, answered: false }
  const brief = { held: 100, heard: false, answered: false }
  const long = { held: 60_000, heard: false, answered: false }
  const said = { held: undefined, heard: false, answered: true }

  it('falls back to a stream after three refusals in a row, and to a socket when streams are refused', () => {
    const line = new Line(new Backoff(() => 1))
    assert.deepEqual([never, never].map((each) => line.ended(each)), [2_000, 4_000])
    assert.equal(line.transport, 'socket')
    assert.equal(line.ended(never), 1_000, 'the other way is tried soon')
    assert.equal(line.transport, 'stream')
    // Where nothing works the waits go on growing, whichever way is tried.
    const waits = [never, never, never, never, never, never].map((each) => line.ended(each))
    assert.deepEqual(waits, [16_000, 30_000, 30_000, 30_000, 30_000, 30_000])
    assert.equal(line.transport, 'stream')
  })

  it('takes a connection that ends at once for a refusal, and one that held for none', () => {
    const line = new Line(new Backoff(() => 1))
    line.ended(brief)
    line.ended(brief)
    assert.equal(line.interrupted, true)
    line.ended(long)
    assert.equal(line.interrupted, false)
    assert.deepEqual([brief, brief].map((each) => line.ended(each)), [4_000, 8_000])
    assert.equal(line.transport, 'socket')
    line.ended(brief)
    assert.equal(line.transport, 'stream')
    line.moved()
    assert.equal(line.transport, 'socket')
  })

  it('holds nothing against the transport when the server says why, but waits all the same', () => {
    const line = new Line(new Backoff(() => 1))
    const waits = Array.from({ length: 6 }, () => line.ended(said))
    assert.deepEqual(waits, [2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
    assert.equal(line.transport, 'socket')
    assert.equal(line.ended({ held: 10, heard: true, answered: true }), 2_000, 'an event is progress')
  })
})
