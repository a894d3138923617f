import type { KeyboardEvent } from 'react'

/**
 * composing reports whether a key belongs to an input method, as the Enter that takes a suggestion. Safari ends the
 * composition before it reports that key, which then has the code 229.
 */
export function composing({ nativeEvent }: KeyboardEvent): boolean {
  return nativeEvent.isComposing || nativeEvent.keyCode === 229
}
