// When a key stops working, by what was chosen in the form.

/** lives are the choices of how long a key works, in days; never has none, and with date one picks a day. */
export const lives = ['30', '90', '365', 'date', 'never'] as const
export type Life = (typeof lives)[number]

/** expiryOf is the time at which a key ends; undefined for one that does not. A day that is picked counts to its end. */
export function expiryOf(life: Life, day: string, now: Date): string | undefined {
  if (life === 'never') {
    return undefined
  }
  if (life === 'date') {
    return new Date(`${day}T23:59:59`).toISOString()
  }
  const end = new Date(now)
  end.setDate(end.getDate() + Number(life))
  return end.toISOString()
}

/** tomorrow is the first day that can be picked, as an input of type date has it. */
export function tomorrow(now: Date): string {
  const next = new Date(now)
  next.setDate(next.getDate() + 1)
  const two = (n: number) => String(n).padStart(2, '0')
  return `${next.getFullYear()}-${two(next.getMonth() + 1)}-${two(next.getDate())}`
}
