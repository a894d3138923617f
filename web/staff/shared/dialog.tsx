import { Content, Description, Portal, Root, Title } from '@radix-ui/react-dialog'
import { type ReactNode, useLayoutEffect, useState } from 'react'

import { session } from '../server/session'
import { isolate } from './isolate'

interface DialogProps {
  title: ReactNode
  /** Whether it asks for a decision that cannot be put off. */
  alert?: boolean
  /** What a screen reader says of it beside the title. */
  description?: ReactNode
  className?: string
  onClose: () => void
  children: ReactNode
}

/** Dialog lies over the page and is all of it that can be reached. Moving the focus afterwards is for the opener. */
export function Dialog({ title, alert = false, description, className = '', onClose, children }: DialogProps) {
  // It is placed inside of the page's landmark.
  const [place, setPlace] = useState<HTMLDivElement | null>(null)
  useLayoutEffect(() => (place ? isolate(place) : undefined), [place])
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
            onCloseAutoFocus={(event) => event.preventDefault()}
            onInteractOutside={stayWhenSignedOut}
            onEscapeKeyDown={stayWhenSignedOut}
          >
            <Title asChild>
              <h1>{title}</h1>
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

// The form to sign in again lies over the dialog, which is still there afterwards.
function stayWhenSignedOut(event: Event): void {
  if (!session.get()?.signedIn) {
    event.preventDefault()
  }
}
