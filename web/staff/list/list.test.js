import assert from 'node:assert/strict'

import { describe, it } from 'vitest'

import { List, pageSize } from './list'

const cursor = (id) => `c${id}`

// table answers for a list of so many rows. While it is held, each request waits until it is told to go on.
function table(rows, furthest = 10_000_000) {
  const all = {
    rows: Array.from({ length: rows }, (_, i) => `${i}`),
    asked: [],
    forgotten: [],
    failure: undefined,
    held: Promise.resolve(),
    list: undefined,
  }

  async function slice(args, signal) {
    all.asked.push(args)
    await all.held
    signal.throwIfAborted()
    if (all.failure) {
      throw all.failure
    }
    const from = args.after === undefined ? (args.skip ?? 0) : all.rows.findIndex((id) => cursor(id) === args.after) + 1
    const to = args.before === undefined ? all.rows.length : all.rows.findIndex((id) => cursor(id) === args.before)
    const start = args.last === undefined ? from : Math.max(from, to - args.last)
    const end = args.first === undefined ? to : Math.min(to, from + args.first)
    return { ids: all.rows.slice(start, end), hasPrevious: start > 0, hasNext: end < all.rows.length }
  }

  all.list = new List({
    async page(args, signal) {
      const { ids, ...more } = await slice(args, signal)
      return { edges: ids.map((id) => ({ id, cursor: cursor(id) })), ...more }
    },
    furthest,
    forget: (args) => all.forgotten.push(args),
  })
  all.ids = () => all.list.stretch.get().edges.map(({ id }) => id)
  /** hold keeps answers back until the function that it returns is called. */
  all.hold = () => {
    let goOn
    all.held = new Promise((resolve) => (goOn = resolve))
    return () => {
      all.held = Promise.resolve()
      goOn()
      return settled()
    }
  }
  return all
}

const settled = () => new Promise((resolve) => setTimeout(resolve))

// range is the rows from one number up to another.
const range = (from, to) => Array.from({ length: to - from }, (_, i) => `${from + i}`)

describe('a long list', () => {
  it('begins with a short page, and fetches the next before it comes into sight', async () => {
    const t = table(1_000)
    await t.list.load()
    assert.deepEqual(t.ids(), range(0, 40))
    t.list.show(0, 30)
    await settled()
    assert.equal(t.asked.length, 1, 'the screen is full')
    t.list.show(5, 35)
    await settled()
    assert.deepEqual(t.asked[1], { first: pageSize, after: 'c39' })
    assert.deepEqual(t.ids(), range(0, 140))
  })

  it('knows its length from the end, or from what it is told', async () => {
    const t = table(1_000)
    await t.list.load()
    assert.equal(t.list.stretch.get().length, 41, 'one more at least')
    t.list.count(1_000)
    assert.equal(t.list.stretch.get().length, 1_000)
    const short = table(3)
    await short.list.load()
    short.list.count(500) // counted before rows went
    assert.equal(short.list.stretch.get().length, 3)
  })

  it('numbers rows from the end as far as it knows, and rightly once the beginning is in sight', async () => {
    const t = table(250)
    await t.list.load()
    t.list.count(400) // an estimate that is wrong
    await t.list.toEnd()
    assert.deepEqual([t.list.stretch.get().offset, t.ids()], [300, range(150, 250)])
    t.list.show(310, 340)
    await settled()
    assert.deepEqual([t.list.stretch.get().offset, t.ids()[0]], [200, '50'])
    t.list.show(210, 240)
    await settled()
    assert.deepEqual([t.list.stretch.get().offset, t.ids(), t.list.stretch.get().length], [0, range(0, 250), 250])
  })

  it('lets go of what is far off the screen, and of the pages that brought it', async () => {
    const t = table(5_000)
    await t.list.load()
    t.list.count(5_000)
    for (let first = 0; first < 2_000; first += 50) {
      t.list.show(first, first + 30)
      await settled()
    }
    const { offset, edges, hasPrevious } = t.list.stretch.get()
    assert.ok(edges.length <= 1_200 + pageSize, `${edges.length} rows`)
    assert.ok(hasPrevious && offset > 0)
    assert.deepEqual(t.ids(), range(offset, offset + edges.length), 'without a gap')
    assert.deepEqual(t.forgotten[0], { first: 40 })
    assert.equal(t.list.holds('0'), false)
    // And back again.
    for (let first = 1_950; first >= 0; first -= 50) {
      t.list.show(first, first + 30)
      await settled()
    }
    assert.deepEqual([t.list.stretch.get().offset, t.ids()[0]], [0, '0'])
    assert.equal(t.list.stretch.get().hasNext, true)
  })

  it('jumps to the middle by its number, with one request until its rows are there', async () => {
    const t = table(100_000)
    await t.list.load()
    t.list.count(100_000)
    t.list.show(30_000, 30_030)
    await settled()
    assert.deepEqual(t.asked[1], { first: pageSize, skip: 29_970 })
    const { offset, edges } = t.list.stretch.get()
    assert.ok(offset <= 29_970 && offset + edges.length >= 30_030, `at ${offset}`)
    assert.deepEqual(t.ids(), range(offset, offset + edges.length), 'the rows that belong there')
    assert.equal(t.list.stretch.get().hasPrevious, true)
  })

  it('asks for few of the places that it passes while it is dragged, and for the last', async () => {
    const t = table(100_000)
    await t.list.load()
    t.list.count(100_000)
    for (let first = 10_000; first <= 60_000; first += 1_000) {
      t.list.show(first, first + 30)
      await settled()
    }
    await new Promise((resolve) => setTimeout(resolve, 300))
    const { offset, edges } = t.list.stretch.get()
    assert.ok(offset <= 60_000 && offset + edges.length >= 60_030, `at ${offset}`)
    assert.ok(t.asked.length < 12, `${t.asked.length} requests`)
  })

  it('goes page by page beyond the furthest number that the server takes', async () => {
    const t = table(3_000, 1_000)
    await t.list.load()
    t.list.count(3_000)
    t.list.show(1_500, 1_530)
    await settled()
    assert.deepEqual(t.asked[1], { first: pageSize, skip: 1_000 })
    await settled()
    const { offset, edges } = t.list.stretch.get()
    assert.ok(offset <= 1_500 && offset + edges.length >= 1_530, `at ${offset}`)
    assert.deepEqual(t.ids(), range(offset, offset + edges.length), 'the rows that belong there')
  })

  it('shows the end where the list turns out to be shorter', async () => {
    const t = table(2_000)
    await t.list.load()
    t.list.count(9_000)
    t.list.show(5_000, 5_030)
    await settled()
    await settled()
    assert.equal(t.ids().at(-1), '1999')
    assert.equal(t.list.stretch.get().hasNext, false)
  })

  it('goes to either end at once when the screen is there', async () => {
    const t = table(10_000)
    await t.list.load()
    t.list.count(10_000)
    t.list.show(9_960, 9_990)
    await settled()
    assert.deepEqual(t.asked[1], { last: pageSize })
    assert.equal(t.ids().at(-1), '9999')
    t.list.show(10, 40)
    await settled()
    assert.deepEqual(t.ids().slice(0, 2), ['0', '1'])
  })

  it('takes the way that is asked for last, and drops an answer that comes too late', async () => {
    const t = table(1_000)
    await t.list.load()
    const goOn = t.hold()
    const slow = t.list.toEnd()
    const fast = t.list.toStart()
    await goOn()
    await Promise.all([slow, fast])
    assert.deepEqual(t.ids(), range(0, pageSize))
    assert.equal(t.list.stretch.get().failure, undefined)
  })
})

describe('refreshing a list', () => {
  it('shows rows that are new, and moves those that moved', async () => {
    const t = table(20)
    await t.list.load()
    t.rows = ['new', '5', ...t.rows.filter((id) => id !== '5')]
    await t.list.refresh()
    assert.deepEqual(t.ids(), t.rows)
  })

  it('takes out what is gone, and keeps what lies behind', async () => {
    const t = table(500)
    await t.list.load()
    t.list.show(20, 35)
    await settled()
    const held = t.ids().length
    t.rows = t.rows.filter((id) => id !== '3' && id !== '25')
    t.list.show(0, 30)
    await t.list.refresh()
    assert.deepEqual(t.ids(), range(0, held).filter((id) => id !== '3' && id !== '25'))
  })

  it('asks around the screen only', async () => {
    const t = table(500)
    await t.list.load()
    t.list.show(80, 110)
    await settled()
    await settled()
    await t.list.refresh()
    const { first, after } = t.asked.at(-1)
    assert.deepEqual([first, after], [60, 'c59'])
  })

  it('lets go of what is off the screen when rows may not belong there any more', async () => {
    const t = table(500)
    await t.list.load()
    for (const first of [50, 100, 150]) {
      t.list.show(first, first + 30)
      await settled()
    }
    t.rows = t.rows.filter((id) => Number(id) % 2 === 0)
    const goOn = t.hold()
    const reading = t.list.reread()
    await goOn()
    await reading
    await settled()
    assert.ok(t.ids().every((id) => Number(id) % 2 === 0), t.ids().join())
    t.rows = []
    await t.list.reread()
    await settled()
    assert.deepEqual(t.ids(), [])
  })

  it('waits for what is under way, and comes next', async () => {
    const t = table(20)
    await t.list.load()
    const goOn = t.hold()
    const loading = t.list.toStart()
    await t.list.refresh()
    await t.list.refresh()
    assert.equal(t.asked.length, 2)
    t.rows = ['new', ...t.rows]
    await goOn()
    await loading
    await settled()
    assert.equal(t.asked.length, 3, 'once')
    assert.equal(t.ids()[0], 'new')
  })
})

describe('a list that cannot be read', () => {
  it('says why, keeps what it has, and tries again when told to', async () => {
    const t = table(500)
    t.failure = new Error('away')
    await t.list.load()
    assert.deepEqual([t.list.stretch.get().failure, t.list.stretch.get().ready], [t.failure, false])
    t.list.show(0, 30)
    assert.equal(t.asked.length, 1, 'scrolling does not ask again')

    t.failure = undefined
    await t.list.retry()
    assert.deepEqual([t.list.stretch.get().ready, t.ids().length], [true, 40])

    t.failure = new Error('away again')
    await t.list.refresh()
    assert.deepEqual([t.list.stretch.get().failure, t.ids().length], [t.failure, 40])
    t.failure = undefined
    await t.list.retry()
    assert.equal(t.list.stretch.get().failure, undefined)
  })

  it('is no failure when it was closed meanwhile', async () => {
    const t = table(500)
    const goOn = t.hold()
    const loading = t.list.load()
    t.list.close()
    await goOn()
    await loading
    assert.deepEqual([t.list.stretch.get().failure, t.list.stretch.get().ready], [undefined, false])
  })
})

describe('what a list holds', () => {
  it('loses a row that is no more, and nothing for one that it does not hold', async () => {
    const t = table(20)
    await t.list.load()
    t.list.remove('7')
    t.list.remove('somebody')
    assert.deepEqual(t.ids(), range(0, 20).filter((id) => id !== '7'))
    assert.equal(t.list.holds('7'), false)
    assert.equal(t.list.stretch.get().length, 19)
  })

  it('is let go of as a whole, with the pages that brought it', async () => {
    const t = table(20)
    await t.list.load()
    t.list.release()
    assert.deepEqual([t.ids(), t.list.stretch.get().ready, t.forgotten], [[], false, [{ first: 40 }]])
  })
})
