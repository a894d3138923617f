/** numbers are those of one property. */
export const numbers = (all, name) => all.map((each) => each[name])

/** quantile is the value that this share of all values does not exceed. */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]
}

/** report prints lines of what was measured, the value, and the limit that it should stay below. */
export function report(lines) {
  const width = Math.max(...lines.map(([what]) => what.length))
  for (const [what, value, limit] of lines) {
    const wanted = limit === undefined ? '' : `  (${value < limit ? 'within' : 'beyond'} ${limit})`
    console.log(`${what.padEnd(width)}  ${String(Math.round(value)).padStart(7)}${wanted}`)
  }
}
