import { Content, Description, Portal, Root, Title } from '@radix-ui/react-dialog'
import { type ReactNode, useLayoutEffect, useRef, useState } from 'react'

import { session } from '../server/session'
import { isolate } from './isolate'

interface DialogProps {
  title: ReactNode
  /** Whether it asks for a decision that cannot be put off. */
  alert?: boolean
  /** What a screen reader says of it beside the title. */
  description?: ReactNode
  className?: string
  /** Whether the title is only read out. */
  untitled?: boolean
  /** Whether it stays open at Escape and a press beside it, because it shows something that is not shown again. */
  stays?: boolean
  /** Whether the focus goes back to where it was, or to the heading of the page if that is gone. Otherwise, moving it is for the opener. */
  returns?: boolean
  onClose: () => void
  children: ReactNode
}

/** Dialog lies over the page and is all of it that can be reached. */
export function Dialog({
  title,
  alert = false,
  description,
  className = '',
  untitled = false,
  stays = false,
  returns = false,
  onClose,
  children,
}: DialogProps) {
  // It is placed inside of the page's landmark.
  const [place, setPlace] = useState<HTMLDivElement | null>(null)
  const before = useRef(document.activeElement)
  useLayoutEffect(() => (place ? isolate(place) : undefined), [place])
  const leave = (event: Event) => {
    // The form to sign in again lies over the dialog, which is still there afterwards.
    if (stays || !session.get()?.signedIn) {
      event.preventDefault()
    }
  }
  return (
    <Root open onOpenChange={(open) => !open && onClose()}>
      <div ref={setPlace} />
      {place && (
        <Portal container={place}>
          <div className="veil" />
          <Content
            className={`dialog ${className}`}
            role={alert ? 'alertdialog' : 'dialog'}
            {...(description === undefined && { 'aria-describedby': undefined })}
            onCloseAutoFocus={(event) => {
              event.preventDefault()
              if (returns) {
                giveBack(before.current)
              }
            }}
            onInteractOutside={leave}
            onEscapeKeyDown={leave}
          >
            <Title asChild>
              <h1 className={untitled ? 'unseen' : undefined}>{title}</h1>
            </Title>
            {description !== undefined && (
              <Description asChild>
                <div>{description}</div>
              </Description>
            )}
            {children}
          </Content>
        </Portal>
      )}
    </Root>
  )
}

function giveBack(focused: Element | null): void {
  if (focused instanceof HTMLElement && focused.isConnected) {
    focused.focus()
    return
  }
  const heading = document.querySelector<HTMLElement>('main h1')
  heading?.setAttribute('tabindex', '-1')
  heading?.focus({ preventScroll: true })
}
