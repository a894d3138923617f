// The contact that is shown beside the table of contacts or, where there is no room, instead of it.

import { lazy, Suspense, useEffect, useRef } from 'react'

import { BackIcon, CrossIcon, DownIcon, UpIcon } from '../shared/icons'
import { useMedia } from '../shared/media'
import { t } from '../texts/texts'
import { besideTable } from './place'

const ContactPanel = lazy(async () => ({ default: (await import('./panel')).ContactPanel }))

interface BesideProps {
  id: string
  onClose: () => void
  /** onStep goes to the next contact of the list, or to the one before. */
  onStep: (by: 1 | -1) => void
  onMoved: (id: string) => void
  onDeleted: (id: string) => void
}

/** Beside frames a contact with the ways to its neighbours and back, by keyboard too. */
export function Beside({ id, onClose, onStep, onMoved, onDeleted }: BesideProps) {
  const wide = useMedia(besideTable)
  useKeys(onClose, onStep)
  return (
    <div className="beside">
      <Suspense fallback={<section className="contact-panel" aria-busy />}>
        <ContactPanel
          key={id}
          id={id}
          level={wide ? 2 : 1}
          focuses
          onMoved={onMoved}
          onDeleted={onDeleted}
          onName={(name) => {
            document.title = name === undefined ? t.app.title(t.app.contacts) : t.contact.title(name)
          }}
        >
          <div className="contact-bar">
            {!wide && (
              <button type="button" className="quiet-button back-button" onClick={onClose}>
                <BackIcon /> {t.contact.back}
              </button>
            )}
            <span className="contact-steps">
              <Step label={t.contact.previous} hint={t.contact.previousHint} keys="K Alt+ArrowUp" onClick={() => onStep(-1)}>
                <UpIcon />
              </Step>
              <Step label={t.contact.next} hint={t.contact.nextHint} keys="J Alt+ArrowDown" onClick={() => onStep(1)}>
                <DownIcon />
              </Step>
            </span>
            {wide && (
              <Step label={t.contact.close} hint={t.contact.closeHint} keys="Escape" onClick={onClose}>
                <CrossIcon />
              </Step>
            )}
          </div>
        </ContactPanel>
      </Suspense>
    </div>
  )
}

interface StepProps {
  label: string
  hint: string
  keys: string
  onClick: () => void
  children: React.ReactNode
}

function Step({ label, hint, keys, onClick, children }: StepProps) {
  return (
    <button type="button" className="quiet-icon" aria-label={label} title={hint} aria-keyshortcuts={keys} onClick={onClick}>
      {children}
    </button>
  )
}

const typed = 'input, textarea, select, .editor'
const over = '[role=dialog], [role=alertdialog]'

function useKeys(onClose: () => void, onStep: (by: 1 | -1) => void): void {
  const latest = useRef({ onClose, onStep })
  latest.current = { onClose, onStep }
  useEffect(() => {
    function onKey(event: KeyboardEvent) {
      const typing = event.target instanceof Element && event.target.closest(typed)
      if (event.defaultPrevented || typing || document.querySelector(over) || event.ctrlKey || event.metaKey) {
        return
      }
      const step = stepOf(event)
      if (step) {
        event.preventDefault()
        latest.current.onStep(step)
      } else if (event.key === 'Escape' && !event.altKey) {
        event.preventDefault()
        latest.current.onClose()
      }
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])
}

function stepOf({ key, altKey, shiftKey }: KeyboardEvent): 1 | -1 | undefined {
  if (shiftKey) {
    return undefined
  }
  switch (altKey ? key : key.toLowerCase()) {
    case altKey ? 'ArrowDown' : 'j':
      return 1
    case altKey ? 'ArrowUp' : 'k':
      return -1
    default:
      return undefined
  }
}
