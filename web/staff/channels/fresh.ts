import type { CreateChannelMutation } from '../generated/graphql'

type Setup = NonNullable<CreateChannelMutation['createChannel']['setup']>

let last: { id: string; setup: Setup } | undefined

/** keepSetup hands the values to paste from the form to the page of the new channel. */
export function keepSetup(id: string, setup: Setup): void {
  last = { id, setup }
}

/** takeSetup returns them once. */
export function takeSetup(id: string): Setup | undefined {
  const setup = last?.id === id ? last.setup : undefined
  last = undefined
  return setup
}
