import { Fragment, type ReactNode } from 'react'

/** Rich is a sentence of the catalogue with parts in the place of its {names}. */
export function Rich({ text, parts }: { text: string; parts: Record<string, ReactNode> }) {
  return text.split(/\{(\w+)\}/).map((each, index) => <Fragment key={index}>{index % 2 === 0 ? each : parts[each]}</Fragment>)
}
