// The server compares contacts that have changed once a second, and is not always prompt.
const compared = 3_000 // ms

/** afterComparing reads pairs when the server has compared what changed up to when it was asked. */
export function afterComparing(read: () => void): { ask: () => void; stop: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined
  let again = false
  const wait = () => {
    timer = setTimeout(() => {
      timer = undefined
      if (again) {
        again = false
        wait()
      }
      read()
    }, compared)
  }
  return {
    ask: () => {
      if (timer === undefined) {
        wait()
      } else {
        again = true
      }
    },
    stop: () => {
      clearTimeout(timer)
      timer = undefined
      again = false
    },
  }
}
