import { useSyncExternalStore } from 'react'

/** Store holds a value outside of React and notifies listeners when it is replaced. */
export class Store<Value> {
  #value: Value
  #listeners = new Set<() => void>()

  constructor(value: Value) {
    this.#value = value
  }

  get = (): Value => this.#value

  set = (value: Value): void => {
    if (Object.is(value, this.#value)) {
      return
    }
    this.#value = value
    for (const listener of [...this.#listeners]) {
      listener()
    }
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

/** useStore is the store's value; it rerenders when the value is replaced. */
export function useStore<Value>(store: Store<Value>): Value {
  return useSyncExternalStore(store.subscribe, store.get)
}
