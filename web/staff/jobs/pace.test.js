import assert from 'node:assert/strict'

import { describe, it } from 'vitest'

import { Pace } from './pace'

describe('the pace of a job', () => {
  it('says nothing before it has seen enough', () => {
    const pace = new Pace()
    assert.equal(pace.left(100), undefined)
    pace.add(10, 0)
    pace.add(20, 1_000)
    assert.equal(pace.left(100), undefined)
    pace.add(30, 2_000)
    assert.equal(pace.perSecond(), 10)
    assert.equal(pace.left(100), 7)
  })

  it('goes by the last half minute', () => {
    const pace = new Pace()
    for (let second = 0; second <= 100; second++) {
      pace.add(second * 100, second * 1_000)
    }
    for (let second = 101; second <= 200; second++) {
      pace.add(10_000 + second, second * 1_000)
    }
    assert.equal(pace.perSecond(), 1)
    assert.equal(pace.left(10_200), 0)
    assert.equal(pace.left(10_260), 60)
  })

  it('starts again where the number falls', () => {
    const pace = new Pace()
    pace.add(0, 0)
    pace.add(0, 5_000)
    assert.equal(pace.perSecond(), undefined)
    pace.add(50, 10_000)
    assert.equal(pace.perSecond(), 5)
    pace.add(3, 11_000)
    assert.equal(pace.perSecond(), undefined)
  })
})
