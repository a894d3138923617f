import { fromValue, makeSubject, pipe, subscribe } from 'wonka'
import { expect, test } from 'vitest'

import { newestExchange } from './newest'

// scene is the exchange between a page and a server that answers when it is told to.
function scene() {
  let now = 0
  const { source, next } = makeSubject()
  const answers = makeSubject()
  const got = []
  const exchange = newestExchange(() => ++now)({
    forward: (operations) => {
      pipe(operations, subscribe(() => {}))
      return answers.source
    },
    client: fromValue,
    dispatchDebug: () => {},
  })
  pipe(exchange(source), subscribe(({ data }) => got.push(data)))
  return {
    ask: (key) => next({ kind: 'query', key }),
    answer: (key, contact) => answers.next({ operation: { kind: 'query', key }, data: { contact } }),
    event: (contact) => answers.next({ operation: { kind: 'subscription', key: 0 }, data: { contactEvents: { contact } } }),
    last: () => got.at(-1).contact,
  }
}

const ann = { __typename: 'Contact', id: 'contact_1', version: 1, name: 'Ann' }
const channel = { id: 'channel_1', name: 'Shop' }

test('an answer that an event overtook has what the event said', () => {
  const { ask, answer, event, last } = scene()
  ask(1)
  event({ ...ann, version: 2, name: 'Anna' })
  answer(1, { ...ann, notes: 'Old' })
  expect(last()).toEqual({ ...ann, version: 2, name: 'Anna', notes: 'Old' })
})

test('an answer that was asked for after an event stays as it is', () => {
  const { ask, answer, event, last } = scene()
  event({ ...ann, name: 'Anna' })
  ask(1)
  answer(1, ann)
  expect(last()).toEqual(ann)
})

test('what an answer has of an identity stays beside what an event says of it', () => {
  const { ask, answer, event, last } = scene()
  ask(1)
  event({ ...ann, version: 2, identities: [{ id: 'identity_1', channel: { ...channel, name: 'Shop 2' } }] })
  answer(1, { ...ann, identities: [{ id: 'identity_1', externalId: 'ann', channel: { ...channel, type: 'TELEGRAM' } }] })
  expect(last().identities).toEqual([
    { id: 'identity_1', externalId: 'ann', channel: { id: 'channel_1', name: 'Shop 2', type: 'TELEGRAM' } },
  ])
})

test('identities of which an event says less than was asked stay as they were answered', () => {
  const { ask, answer, event, last } = scene()
  const answered = [
    { id: 'identity_1', externalId: 'ann', channel },
    { id: 'identity_2', externalId: 'ben', channel },
  ]
  ask(1)
  event({ ...ann, version: 2, name: 'Anna', identities: [{ id: 'identity_1', channel }, { id: 'identity_3', channel }] })
  answer(1, { ...ann, version: 1, identities: answered })
  expect(last()).toMatchObject({ version: 2, name: 'Anna', identities: answered })
})

test('identities of which an event says all that was asked are the newer ones', () => {
  const { ask, answer, event, last } = scene()
  const newer = [{ id: 'identity_2', channel }, { id: 'identity_3', channel: { id: 'channel_2', name: 'Bot' } }]
  for (const before of [[], [{ id: 'identity_1', channel }]]) {
    ask(1)
    event({ ...ann, version: 2, identities: newer })
    answer(1, { ...ann, identities: before })
    expect(last().identities).toEqual(newer)
  }
})
