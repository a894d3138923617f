import { locale } from '../texts/texts'

const units = [
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const

/** duration is a time in words, rounded to one unit: "2 minutes". */
export function duration(seconds: number): string {
  const [unit, length] = units.find(([, each]) => seconds >= each) ?? units[2]
  const value = Math.max(Math.round(seconds / length), 1)
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(value)
}
