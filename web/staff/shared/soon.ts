/**
 * soon calls a function a moment after it is asked to, once for all that ask meanwhile, and not more often than every
 * so many ms.
 */
export function soon(what: () => void, every: number): { ask: () => void; stop: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined
  let last = -Infinity
  return {
    ask: () => {
      timer ??= setTimeout(
        () => {
          timer = undefined
          last = performance.now()
          what()
        },
        Math.max(50, last + every - performance.now()),
      )
    },
    stop: () => clearTimeout(timer),
  }
}
