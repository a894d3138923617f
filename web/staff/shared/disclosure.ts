import { type KeyboardEvent, type RefObject, useEffect, useRef, useState } from 'react'

/** Disclosure is a button that shows and hides what belongs to it. */
export interface Disclosure<Box extends HTMLElement> {
  open: boolean
  setOpen: (open: boolean) => void
  /** The element around the button and what it shows. */
  box: RefObject<Box | null>
  button: RefObject<HTMLButtonElement | null>
  onKeyDown: (event: KeyboardEvent) => void
}

/** useDisclosure closes on Escape, which gives the focus back to the button, and on a press elsewhere. */
export function useDisclosure<Box extends HTMLElement>(): Disclosure<Box> {
  const [open, setOpen] = useState(false)
  const box = useRef<Box>(null)
  const button = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    function onPointer(event: PointerEvent) {
      if (!(event.target instanceof Node && box.current?.contains(event.target))) {
        setOpen(false)
      }
    }
    if (open) {
      addEventListener('pointerdown', onPointer)
    }
    return () => removeEventListener('pointerdown', onPointer)
  }, [open])

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === 'Escape' && open) {
      event.stopPropagation()
      setOpen(false)
      button.current?.focus()
    }
  }
  return { open, setOpen, box, button, onKeyDown }
}
