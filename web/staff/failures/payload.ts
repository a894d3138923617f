/** pretty is a payload as one reads it: JSON with indents, and anything else as it is. */
export function pretty(payload: string): string {
  try {
    const value: unknown = JSON.parse(payload)
    const text = JSON.stringify(value, null, 2)
    // Numbers beyond what a script can hold would be changed.
    return numbers(text).join() === numbers(payload).join() ? text : payload
  } catch {
    return payload
  }
}

const numbers = (json: string) => json.match(/-?\d[\d.eE+-]*/g) ?? []
