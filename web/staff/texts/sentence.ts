import { t } from './texts'

/** ServerError is an error as the server reports it: a user error, or one of a request with its code. */
export interface ServerError {
  readonly code?: string | undefined
  readonly field?: readonly string[] | null
  /** The server's sentence, in English. */
  readonly message: string
  readonly contact?: { readonly displayName?: string } | null
}

/**
 * sentenceOf is what the page says to an error of the server: a sentence in the language of the page where the code and the
 * field decide it, otherwise the server's.
 */
export function sentenceOf({ code = '', field, message, contact }: ServerError, refusals = t.refusals): string {
  const known = refusals && Object.hasOwn(refusals, code) ? refusals[code as keyof typeof refusals] : null
  const name = field?.findLast((part) => !/^\d+$/.test(part)) ?? ''
  return (typeof known === 'function' ? known({ field: name, name: contact?.displayName }) : known) ?? message
}
