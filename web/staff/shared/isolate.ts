/**
 * isolate makes everything inert but an element and what it lies in, until the function that it returns is called. Live
 * regions go on speaking.
 */
export function isolate(element: Element): () => void {
  const undo: HTMLElement[] = []
  for (let inside: Element = element; inside.parentElement && inside !== document.body; inside = inside.parentElement) {
    for (const other of inside.parentElement.children) {
      const speaks = other.matches('[aria-live]') || other.querySelector('[aria-live]') !== null
      const guards = other.hasAttribute('data-radix-focus-guard')
      if (other !== inside && other instanceof HTMLElement && !speaks && !guards && !other.inert) {
        other.inert = true
        undo.push(other)
      }
    }
  }
  return () => undo.forEach((other) => (other.inert = false))
}
