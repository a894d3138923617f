// What came of replaying or dismissing several failures.

/** Outcome is what came of one. */
export interface Outcome {
  done: boolean
  text: string
}

interface UserError {
  code: string
  field: readonly string[] | null
  message: string
}

const most = 100 // ids that the server takes

/** inBatches does something with all ids, as many at a time as the server takes. */
export async function inBatches(ids: readonly string[], what: (batch: string[]) => Promise<void>): Promise<void> {
  for (let at = 0; at < ids.length; at += most) {
    await what(ids.slice(at, at + most))
  }
}

/** outcomeOf sorts an answer by id. The path of an error ends with the position of its id. */
export function outcomeOf(
  ids: readonly string[],
  done: readonly string[],
  errors: readonly UserError[],
  text: string,
): ReadonlyMap<string, Outcome> {
  const outcomes = new Map(done.map((id): [string, Outcome] => [id, { done: true, text }]))
  for (const { code, field, message } of errors) {
    const id = ids[Number(field?.at(-1))]
    if (id !== undefined) {
      // One that is not there any more has been replayed or dismissed elsewhere.
      outcomes.set(id, { done: code === 'NOT_FOUND', text: message })
    }
  }
  return outcomes
}
