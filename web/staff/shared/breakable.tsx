import { Fragment } from 'react'

/** Breakable is an email that breaks before its @ and its dots where one line is too short for it. */
export function Breakable({ email }: { email: string }) {
  return email.split(/(?=[@.])/).map((part, at) => (
    <Fragment key={at}>
      {at > 0 && <wbr />}
      {part}
    </Fragment>
  ))
}
