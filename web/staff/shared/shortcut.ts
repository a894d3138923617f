const elsewhere = 'input, textarea, select, [contenteditable=true], [role=dialog], [role=alertdialog]'

/** shortcut is a key that is meant for the page: not typed into a field or a dialog, and without a modifier. */
export function shortcut(event: KeyboardEvent): string | undefined {
  const { target, key, isComposing, ctrlKey, metaKey, altKey } = event
  const taken = event.defaultPrevented || isComposing || ctrlKey || metaKey || altKey
  if (taken || (target instanceof Element && target.closest(elsewhere)) || document.querySelector('[role$=dialog]')) {
    return undefined
  }
  return key.length === 1 ? key.toLowerCase() : key
}
