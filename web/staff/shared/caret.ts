/** caretAt is the place in an element's text that a point of the screen means; undefined when it lies elsewhere. */
export function caretAt(element: Element | null | undefined, x: number, y: number): number | undefined {
  let node: Node | undefined
  let offset = 0
  if (document.caretPositionFromPoint) {
    const position = document.caretPositionFromPoint(x, y)
    node = position?.offsetNode
    offset = position?.offset ?? 0
  } else {
    const range = document.caretRangeFromPoint(x, y) // Safari, until 18.4
    node = range?.startContainer
    offset = range?.startOffset ?? 0
  }
  return node instanceof Text && element?.contains(node) ? offset : undefined
}
