// What is done to the page, and how long it takes until the result is on the screen.

const words = ['silva', 'hannah', 'martin', 'schmidt', 'garcia', 'anders'] // as the demo's people are called
const pause = 250 // ms between two keys

/** typed types words letter by letter, and returns for each letter how many ms later its rows were painted. */
export async function typed(page) {
  const search = page.getByRole('searchbox')
  const times = []
  const press = async (key) => {
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve))) // the page listens by now
    await search.press(key)
  }
  for (const word of words) {
    await search.fill('')
    await page.locator('.row mark').first().waitFor({ state: 'detached' })
    for (let length = 1; length <= word.length; length++) {
      const [ms] = await Promise.all([page.evaluate(paintedAfterInput, word.slice(0, length)), press(word[length - 1])])
      times.push(ms)
      await page.waitForTimeout(pause)
    }
  }
  await search.fill('')
  await page.locator('.row mark').first().waitFor({ state: 'detached' })
  return times
}

// The rows are those of the new search once what was typed is marked in the first of them. Before the first letter, nothing is
// marked; a letter alone may be marked as a part of another one, such as æ.
function paintedAfterInput(text) {
  return new Promise((resolve, reject) => {
    addEventListener(
      'input',
      ({ timeStamp }) => {
        const look = () => {
          const mark = document.querySelector('.row[aria-rowindex="2"] mark')
          const marked = mark?.textContent.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase() ?? ''
          if (marked === '' || (text.length > 1 && !marked.startsWith(text))) {
            if (performance.now() - timeStamp > 15_000) {
              reject(new Error(`nothing was found for ${text}: ${marked} is marked`))
              return
            }
            requestAnimationFrame(look)
            return
          }
          const { port1, port2 } = new MessageChannel() // its message comes after this frame has been painted
          port1.onmessage = () => resolve(performance.now() - timeStamp)
          port2.postMessage(null)
        }
        requestAnimationFrame(look)
      },
      { once: true, capture: true },
    )
  })
}

/** dragged drags the scroll bar to random places, and returns how many ms and requests it took until their rows were there. */
export async function dragged(page, times) {
  const jumps = []
  const random = generator(20_260_301)
  for (let i = 0; i < times; i++) {
    let requests = 0
    const count = (request) => (requests += new URL(request.url()).pathname === '/graphql' ? 1 : 0)
    page.on('request', count)
    const ms = await page.evaluate(rowsAfterDrag, random())
    await page.waitForTimeout(500) // what is fetched around them counts, too
    page.off('request', count)
    jumps.push({ ms, requests })
  }
  await page.locator('.box').evaluate((box) => (box.scrollTop = 0))
  await page.waitForTimeout(500)
  return jumps
}

// The scroll bar is moved over ten frames, as a hand does, and the time runs from the last of them.
function rowsAfterDrag(share) {
  const box = document.querySelector('.box')
  const from = box.scrollTop
  const to = (box.scrollHeight - box.clientHeight) * share
  const inSight = () => {
    const { top, bottom } = box.getBoundingClientRect()
    const head = box.querySelector('thead').getBoundingClientRect().height
    const rows = [...box.querySelectorAll('.row:not(.placeholder)')].map((row) => row.getBoundingClientRect())
    const covered = rows.filter((row) => row.top < bottom && row.bottom > top + head)
    return covered.length >= Math.floor((bottom - top - head) / (covered[0]?.height ?? Infinity))
  }
  return new Promise((resolve) => {
    let step = 0
    let began
    const frame = () => {
      if (step < 10) {
        box.scrollTop = from + ((to - from) * ++step) / 10
        began = performance.now()
        requestAnimationFrame(frame)
      } else if (inSight()) {
        const { port1, port2 } = new MessageChannel()
        port1.onmessage = () => resolve(performance.now() - began)
        requestAnimationFrame(() => port2.postMessage(null))
      } else {
        requestAnimationFrame(frame)
      }
    }
    requestAnimationFrame(frame)
  })
}

/**
 * worked does what staff do in a minute, with a processor that is slower by a factor, and returns how many ms each
 * interaction took until the next frame was painted, as INP counts them.
 */
export async function worked(page, slowdown) {
  await page.evaluate(() => {
    globalThis.interactions = new Map()
    new PerformanceObserver((list) => {
      for (const { interactionId, duration } of list.getEntries()) {
        if (interactionId > 0) {
          globalThis.interactions.set(interactionId, Math.max(globalThis.interactions.get(interactionId) ?? 0, duration))
        }
      }
    }).observe({ type: 'event', durationThreshold: 16 })
    globalThis.interactionsBefore = performance.interactionCount
  })
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: slowdown })
  await session(page)
  await page.waitForTimeout(1_000)
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: 1 })
  const { slow, all } = await page.evaluate(() => ({
    slow: [...globalThis.interactions.values()],
    all: performance.interactionCount - globalThis.interactionsBefore,
  }))
  // Those below the least that the browser reports are as long as that.
  return [...slow, ...Array(Math.max(all - slow.length, 0)).fill(16)]
}

async function session(page) {
  const search = page.getByRole('searchbox')
  await search.click()
  await page.keyboard.type('hannah', { delay: 150 })
  await page.locator('.row mark').first().waitFor()
  for (let i = 0; i < 6; i++) {
    await page.keyboard.press('Backspace', { delay: 40 })
    await page.waitForTimeout(120)
  }
  await page.keyboard.type('silva', { delay: 150 })
  await page.locator('.row mark').first().waitFor()

  await page.keyboard.press('ArrowDown')
  for (let i = 0; i < 6; i++) {
    await page.keyboard.press('ArrowDown')
    await page.waitForTimeout(80)
  }
  await page.keyboard.press('Shift+Enter')
  await page.locator('.beside').waitFor()
  for (const key of ['j', 'j', 'k']) {
    await page.waitForTimeout(300)
    await page.keyboard.press(key)
  }
  await page.waitForTimeout(300)
  await page.keyboard.press('Escape')

  await page.locator('.row .cell.notes').nth(2).click()
  await page.keyboard.type('Asked about the price.', { delay: 60 })
  await page.keyboard.press('Enter')
  await page.waitForTimeout(500)

  await search.fill('')
  await page.waitForTimeout(500)
  await page.mouse.move(600, 500)
  for (let i = 0; i < 20; i++) {
    await page.mouse.wheel(0, 900)
    await page.waitForTimeout(50)
  }
  await page.locator('.row .cell.email').nth(8).click()
  await page.keyboard.press('Escape')
  for (let i = 0; i < 5; i++) {
    await page.keyboard.press('PageDown')
    await page.waitForTimeout(150)
  }
  await page.getByRole('button', { name: 'Filter', exact: true }).click()
  await page.getByRole('button', { name: 'WhatsApp', exact: true }).click()
  await page.waitForTimeout(300)
  await page.keyboard.press('Escape')
  await page.getByRole('columnheader', { name: 'Name' }).getByRole('button').click()
  await page.waitForTimeout(500)
}

// generator is always the same numbers between 0 and 1 (Park and Miller).
function generator(seed) {
  let state = seed
  return () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647
}
