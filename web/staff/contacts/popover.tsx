import { type ReactNode, useEffect, useId, useRef, useState } from 'react'

interface PopoverProps {
  /** What is on the button. */
  button: ReactNode
  /** The name of the button, and of what opens. */
  label: string
  className?: string
  /** Draws what is in it; close takes the focus back to the button. */
  children: (close: () => void) => ReactNode
}

/** Popover is a button that opens a small panel below it. Escape, a press elsewhere and leaving it close it. */
export function Popover({ button, label, className = '', children }: PopoverProps) {
  const [open, setOpen] = useState(false)
  const id = useId()
  const whole = useRef<HTMLDivElement>(null)
  const opener = useRef<HTMLButtonElement>(null)

  useEffect(() => {
    if (!open) {
      return undefined
    }
    function onPress(event: PointerEvent) {
      if (!whole.current?.contains(event.target as Node)) {
        setOpen(false)
      }
    }
    addEventListener('pointerdown', onPress)
    return () => removeEventListener('pointerdown', onPress)
  }, [open])

  function close() {
    setOpen(false)
    opener.current?.focus()
  }

  return (
    <div
      ref={whole}
      className={`popover ${className}`}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && open) {
          event.preventDefault()
          event.stopPropagation()
          close()
        }
      }}
      onBlur={(event) => {
        const to = event.relatedTarget
        if (to instanceof Node && !event.currentTarget.contains(to)) {
          setOpen(false)
        }
      }}
    >
      <button
        ref={opener}
        type="button"
        className="tool"
        aria-label={label}
        title={label}
        aria-haspopup="dialog"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => setOpen(!open)}
      >
        {button}
      </button>
      {open && (
        <Panel id={id} label={label}>
          {children(close)}
        </Panel>
      )}
    </div>
  )
}

function Panel({ id, label, children }: { id: string; label: string; children: ReactNode }) {
  const panel = useRef<HTMLDivElement>(null)
  useEffect(() => panel.current?.focus({ preventScroll: true }), [])
  return (
    <div ref={panel} id={id} className="panel" role="dialog" aria-label={label} tabIndex={-1}>
      {children}
    </div>
  )
}
