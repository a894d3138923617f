// How a number of days is typed: nothing is the server's setting, 0 is forever.

/** daysOf is what was typed, as the server takes it. What is no number is refused there. */
export function daysOf(typed: string): number | null {
  return typed === '' ? null : Number(typed)
}

/** shownDays is a number of days as it is typed. */
export function shownDays(days: number | null): string {
  return days === null ? '' : String(days)
}
