// Where we are: the address bar is the state. Both pages are one document, so going from one to the other loads
// nothing.

import { type AnchorHTMLAttributes, type MouseEvent } from 'react'

import { base } from '../server/base'
import { Store, useStore } from './store'

export { address } from './address'

// Addresses are without the base path within the page, and have it in the bar and in links.
const current = () => location.pathname.replace(/\/$/, '').slice(under(location.pathname) ? base.length : 0) + location.search
const under = (path: string) => path.startsWith(`${base}/`)
const place = new Store(current())

// Browsers take only so many changes of the address in a second, and somebody types: the bar follows a moment later.
const moment = 150 // ms
let behind: ReturnType<typeof setTimeout> | undefined

function catchUp(): void {
  if (behind !== undefined) {
    clearTimeout(behind)
    behind = undefined
    history.replaceState(null, '', base + place.get())
  }
}

addEventListener('pagehide', catchUp)
let back = true // a reload is one, too

/** cameBack reports whether the browser's history led here, rather than a link or a search. */
export function cameBack(): boolean {
  return back
}

addEventListener('popstate', () => {
  clearTimeout(behind)
  behind = undefined
  back = true
  place.set(current())
})

/** go shows another address; replacing keeps the browser's history as long as it is. */
export function go(address: string, how: 'push' | 'replace' = 'push'): void {
  if (address === place.get()) {
    return
  }
  if (how === 'push') {
    catchUp()
    history.pushState(null, '', base + address)
  } else {
    behind ??= setTimeout(catchUp, moment)
  }
  back = false
  place.set(address)
}

/** Route is the address in two parts. */
export interface Route {
  path: string
  params: URLSearchParams
}

function routeOf(address: string): Route {
  const [path = '', query = ''] = address.split('?')
  return { path, params: new URLSearchParams(query) }
}

/** here is where we are now. */
export const here = (): Route => routeOf(place.get())

/** useRoute is where we are. */
export const useRoute = (): Route => routeOf(useStore(place))

/** Link goes to another address of ours without loading a document, unless a new tab or window is asked for. */
export function Link({ href, onClick, ...rest }: AnchorHTMLAttributes<HTMLAnchorElement> & { href: string }) {
  function follow(event: MouseEvent<HTMLAnchorElement>) {
    onClick?.(event)
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    ) {
      return
    }
    event.preventDefault()
    go(href)
  }
  return <a href={base + href} onClick={follow} {...rest} />
}
