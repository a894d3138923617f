// Edits of cells, from the first key to the saved value: the state of each edit, and the
// order in which edits are sent. It knows neither the page nor the network, so its rules can be tested without them.
//
//                                   ┌──────── saved: undo is offered ────────┐
//   begin → draft → commit → pending ┤                                       ├→ closed
//             ↑                      └→ refused, conflict, unsent, deleted ──┘
//             └──────── the cell opens again, with the text ────┘
//
// A cell closes as soon as its draft is committed, so a second draft may be typed while the first is pending. Edits of
// one contact are sent one after the other, each with the version that the one before it left behind; edits of several
// contacts are sent side by side.

import type { ContactRowFragment as Contact } from '../generated/graphql'
import { Store } from '../shared/store'
import { t } from '../texts/texts'

/** Field is one that is edited in place. */
export type Field = 'name' | 'email' | 'phone' | 'notes'

/** Draft is what the input of an open cell holds. */
export interface Draft {
  readonly text: string
  /** What the cell held when it was opened: a draft that still does is not worth saving. */
  readonly from: string
}

/** Sent is a value on its way to the server, or waiting for its turn. */
export interface Sent {
  readonly text: string
  /** Whether to take a value that another contact has. */
  readonly duplicate: boolean
  /** Whether to take a value that breaks the rules but may exist. */
  readonly unusual: boolean
  /** Whether it takes an edit back, rather than being typed. */
  readonly undo: boolean
}

/** Problem is why a value was not saved. */
export interface Problem {
  /**
   * refused: not acceptable. unusual: it breaks the rules but may exist. taken: other has the value already. conflict:
   * other is the contact as somebody else left it. unsent: the server did not take the request. deleted: the contact no
   * longer exists.
   */
  readonly kind: 'refused' | 'unusual' | 'taken' | 'conflict' | 'unsent' | 'deleted'
  readonly message: string
  readonly other: Contact | undefined
  /** The value that was not saved. */
  readonly text: string
  /** Whether it was to be saved although it is unusual. */
  readonly unusual?: boolean
}

/**
 * Edit is the state of one cell. With a draft the cell is open; else it shows the pending value. A problem comes with
 * a draft, and with nothing pending.
 */
export interface Edit {
  readonly key: string
  readonly field: Field
  /** The contact that the edit starts from: as it was when the cell was opened, or as an edit of ours left it. */
  readonly contact: Contact
  readonly draft?: Draft | undefined
  readonly sending?: Sent | undefined
  readonly waiting?: Sent | undefined
  readonly problem?: Problem | undefined
}

/** Saved is an edit that was made and, where something was before, can be taken back. */
export interface Saved {
  readonly key: string
  readonly field: Field
  /** The contact as the edit left it. */
  readonly contact: Contact
  /** The value that undo brings back; undefined when the edit changed nothing. */
  readonly before: string | undefined
  /** Whether the edit took another one back. */
  readonly undo: boolean
}

/** Request is an edit of one field, refused with CONFLICT unless the contact is at the version given. */
export interface Request {
  readonly contact: Contact
  readonly field: Field
  readonly text: string
  readonly duplicate: boolean
  readonly unusual: boolean
}

/** Answer is what became of a request. */
export interface Answer {
  /** The contact as it is now. */
  readonly contact?: Contact | null
  readonly error?: { readonly code: string; readonly message: string; readonly contact?: Contact | null } | undefined
  /** Why the server did not take the request. Whether it made the edit all the same is not known. */
  readonly unsent?: string
}

/** Consent lets a save go past what stopped it. */
export interface Consent {
  /** Take a value that another contact has. */
  readonly duplicate?: boolean
  /** Take a value that breaks the rules but may exist. */
  readonly unusual?: boolean
  /** Write over what somebody else entered meanwhile. */
  readonly overwrite?: boolean
}

export const editKey = (id: string, field: Field) => `${id}.${field}`

/** value is what a cell shows of a contact, and what its edit starts with. */
export function value(contact: Contact, field: Field): string {
  return contact[field] ?? ''
}

/** isMasked reports whether a value is what the server shows in place of one that the reader may not see. */
export const isMasked = (text: string) => text.includes('•••')

/** latest is the value that a cell shows while closed: the pending value, or else the saved one. */
export function latest({ waiting, sending, contact, field }: Edit): string {
  return (waiting ?? sending)?.text ?? value(contact, field)
}

/** isPending reports whether a value waits for the server's answer. */
export function isPending({ waiting, sending }: Edit): boolean {
  return waiting !== undefined || sending !== undefined
}

/** isUnsaved reports whether a value was typed but not sent, or not saved. */
export function isUnsaved({ draft, problem }: Edit): boolean {
  return problem !== undefined || (draft !== undefined && touched(draft))
}

const touched = ({ text, from }: Draft) => text !== from

// The server takes spaces off the ends of all values but notes, which stay as typed.
function same(field: Field, a: string, b: string): boolean {
  return field === 'notes' ? a === b : a.trim() === b.trim()
}

// Others may change other fields for as long as they like; at some point it is a conflict.
const attempts = 10

const undosKept = 3

export class Editing {
  /** edits are those that are not finished, by editKey. */
  readonly edits = new Store<ReadonlyMap<string, Edit>>(new Map())
  /** saved are the last edits that were made, the newest last: one for a cell at most, until dismissed. */
  readonly saved = new Store<readonly Saved[]>([])
  #send: (request: Request) => Promise<Answer>
  #changed: (was: Contact, is: Contact, field: Field) => Promise<boolean>
  #gone: (id: string) => void
  #queues = new Map<string, string[]>() // keys of edits that wait, by the contact's id
  #deleted = new Set<string>()

  /**
   * changed is asked whether somebody changed a field whose mask is the same as before. gone is called when nothing is
   * left to do about a contact that was deleted.
   */
  constructor(
    send: (request: Request) => Promise<Answer>,
    changed: (was: Contact, is: Contact, field: Field) => Promise<boolean>,
    gone: (id: string) => void,
  ) {
    this.#send = send
    this.#changed = changed
    this.#gone = gone
  }

  /** begin opens a cell. One that is open stays as it is. */
  begin(contact: Contact, field: Field): void {
    const key = editKey(contact.id, field)
    const edit = this.#get(key) ?? { key, field, contact }
    if (!edit.draft) {
      const text = latest(edit)
      this.#put({ ...edit, draft: { text, from: text } })
    }
  }

  /** type takes the text of an open cell. */
  type(key: string, text: string): void {
    const edit = this.#get(key)
    if (edit?.draft) {
      this.#put({ ...edit, draft: { ...edit.draft, text } })
    }
  }

  /** giveUp closes a cell and drops its draft; a pending value is still sent. */
  giveUp(key: string): void {
    const edit = this.#get(key)
    if (edit) {
      this.#put({ ...edit, draft: undefined, problem: undefined })
      this.#finish(edit.contact.id)
    }
  }

  /** leave commits when a cell is left, unless that very text has been turned down already. */
  leave(key: string): void {
    const edit = this.#get(key)
    if (edit?.draft && edit.draft.text !== edit.problem?.text) {
      this.commit(key)
    }
  }

  /** commit closes a cell and saves what was typed into it. */
  commit(key: string, consent: Consent = {}): void {
    const edit = this.#get(key)
    if (!edit?.draft) {
      return
    }
    const contact = (consent.overwrite && edit.problem?.other) || edit.contact
    const closed: Edit = { ...edit, contact, draft: undefined, problem: undefined }
    const { text } = edit.draft
    if (same(edit.field, text, latest(closed))) {
      this.#put(closed)
      this.#finish(contact.id)
      return
    }
    const { duplicate = false, unusual = edit.problem?.text === text && (edit.problem.unusual ?? false) } = consent
    this.#enqueue({ ...closed, waiting: { text, duplicate, unusual, undo: false } })
  }

  /** undo takes an edit back that was saved, by another edit: it is refused if somebody has changed the field since. */
  undo(key: string): void {
    const saved = this.saved.get().find((each) => each.key === key)
    if (saved?.before !== undefined) {
      const edit = { field: saved.field, ...this.#get(key), key, contact: saved.contact }
      this.#enqueue({ ...edit, waiting: { text: saved.before, duplicate: false, unusual: true, undo: true } })
    }
  }

  /** dismiss no longer offers to undo an edit. */
  dismiss(key: string): void {
    if (this.saved.get().some((each) => each.key === key)) {
      this.saved.set(this.saved.get().filter((each) => each.key !== key))
    }
  }

  /** deleted notes that somebody deleted a contact. What was typed into it stays, to be copied. */
  deleted(id: string): void {
    this.#deleted.add(id)
    this.saved.set(this.saved.get().filter((each) => each.contact.id !== id))
    for (const edit of this.#of(id)) {
      const { draft, problem } = edit
      if (isPending(edit)) {
        continue // the server's answer comes
      }
      if (draft && isUnsaved(edit)) {
        const text = problem?.text ?? draft.text
        this.#put({ ...edit, problem: { kind: 'deleted', message: '', other: undefined, text } })
      } else {
        this.#put({ ...edit, draft: undefined })
      }
    }
    this.#finish(id)
  }

  /** forget drops everything about a contact: the user deleted it here. */
  forget(id: string): void {
    this.#queues.delete(id)
    this.saved.set(this.saved.get().filter((each) => each.contact.id !== id))
    for (const edit of this.#of(id)) {
      this.#put({ key: edit.key, field: edit.field, contact: edit.contact })
    }
  }

  #get(key: string): Edit | undefined {
    return this.edits.get().get(key)
  }

  #of(id: string): Edit[] {
    return [...this.edits.get().values()].filter((edit) => edit.contact.id === id)
  }

  #put(edit: Edit): void {
    const next = new Map(this.edits.get())
    if (edit.draft || isPending(edit)) {
      next.set(edit.key, edit)
    } else {
      next.delete(edit.key)
    }
    this.edits.set(next)
  }

  // finish lets go of a contact that was deleted, once nothing typed into it is left.
  #finish(id: string): void {
    if (this.#deleted.has(id) && this.#of(id).length === 0) {
      this.#gone(id)
    }
  }

  #enqueue(edit: Edit): void {
    this.dismiss(edit.key)
    this.#put(edit)
    const { id } = edit.contact
    const queue = this.#queues.get(id)
    if (queue === undefined) {
      void this.#run(id, [edit.key])
    } else if (!queue.includes(edit.key)) {
      queue.push(edit.key)
    }
  }

  async #run(id: string, queue: string[]): Promise<void> {
    this.#queues.set(id, queue)
    for (let key = queue.shift(); key !== undefined; key = queue.shift()) {
      await this.#save(key)
    }
    if (this.#queues.get(id) === queue) {
      this.#queues.delete(id)
    }
  }

  async #save(key: string): Promise<void> {
    const edit = this.#get(key)
    if (!edit?.waiting) {
      return
    }
    const { field, waiting: sent } = edit
    let { contact } = edit
    this.#put({ ...edit, sending: sent, waiting: undefined })
    if (same(field, sent.text, value(contact, field))) {
      this.#unchanged(key) // an edit before it was refused, or brought this very value
      return
    }
    for (let attempt = 1; ; attempt++) {
      const { text, duplicate, unusual } = sent
      const answer = await this.#send({ contact, field, text, duplicate, unusual })
      const newer = answer.error?.code === 'CONFLICT' && (answer.error.contact ?? answer.contact)
      if (!newer) {
        this.#settle(key, sent, contact, answer)
        return
      }
      if (same(field, sent.text, value(newer, field))) {
        // Somebody else entered the same, or this is an edit again of which no answer came.
        this.#settle(key, sent, newer, { contact: newer })
        return
      }
      if (attempt === attempts || (await this.#meanwhile(contact, newer, field))) {
        this.#stop(key, sent, contact, { kind: 'conflict', message: answer.error?.message ?? '', other: newer })
        return
      }
      contact = newer // somebody changed another field
    }
  }

  // meanwhile reports whether somebody changed a field from one version to another.
  async #meanwhile(was: Contact, is: Contact, field: Field): Promise<boolean> {
    const before = value(was, field)
    return before !== value(is, field) || (isMasked(before) && (await this.#changed(was, is, field)))
  }

  #unchanged(key: string): void {
    const edit = this.#get(key)
    if (edit) {
      this.#put({ ...edit, sending: undefined })
      this.#finish(edit.contact.id)
    }
  }

  #settle(key: string, sent: Sent, base: Contact, { contact, error, unsent }: Answer): void {
    if (error === undefined) {
      if (contact && unsent === undefined) {
        this.#succeed(key, sent, base, contact)
      } else {
        const message = unsent ?? t.contact.unsaid
        this.#stop(key, sent, base, { kind: 'unsent', message, other: undefined })
      }
      return
    }
    const { message } = error
    switch (error.code) {
      case 'NOT_FOUND':
        this.#deleted.add(base.id)
        this.#stop(key, sent, base, { kind: 'deleted', message, other: undefined })
        break
      case 'EMAIL_TAKEN':
      case 'PHONE_TAKEN':
        this.#refuse(key, sent, base, { kind: 'taken', message, other: error.contact ?? undefined })
        break
      case 'UNUSUAL':
        this.#refuse(key, sent, base, { kind: 'unusual', message, other: undefined })
        break
      default:
        this.#refuse(key, sent, base, { kind: 'refused', message, other: undefined })
    }
  }

  #succeed(key: string, { undo }: Sent, base: Contact, contact: Contact): void {
    const edit = this.#get(key)
    if (!edit) {
      return
    }
    const { field } = edit
    const now = value(contact, field)
    const draft = edit.draft && { text: touched(edit.draft) ? edit.draft.text : now, from: now }
    this.#put({ ...edit, contact, draft, sending: undefined })
    this.#rebase(contact)
    if (this.#deleted.has(contact.id)) {
      this.#finish(contact.id)
    } else if (!edit.waiting) {
      const was = value(base, field)
      const before = was === now || isMasked(was) ? undefined : was
      const others = this.saved.get().filter((each) => each.key !== key)
      this.saved.set([...others, { key, field, contact, before, undo }].slice(-undosKept))
    }
  }

  // rebase lets other edits of a contact start from its new version, where their own field is as they know it: of a masked
  // one they do not.
  #rebase(contact: Contact): void {
    const stale = (known: { contact: Contact; field: Field }) =>
      known.contact.id === contact.id &&
      known.contact.version < contact.version &&
      value(known.contact, known.field) === value(contact, known.field) &&
      !isMasked(value(contact, known.field))
    for (const edit of this.#of(contact.id).filter(stale)) {
      this.#put({ ...edit, contact })
    }
    this.saved.set(this.saved.get().map((saved) => (stale(saved) ? { ...saved, contact } : saved)))
  }

  // refuse is about the value alone: one that was committed after it may do better.
  #refuse(key: string, sent: Sent, contact: Contact, problem: Omit<Problem, 'text'>): void {
    const edit = this.#get(key)
    if (edit?.waiting) {
      this.#put({ ...edit, contact, sending: undefined })
    } else {
      this.#stop(key, sent, contact, problem)
    }
  }

  // stop opens the cell again, with what was typed last.
  #stop(key: string, sent: Sent, contact: Contact, problem: Omit<Problem, 'text'>): void {
    const edit = this.#get(key)
    if (!edit) {
      return
    }
    const typed = edit.draft?.text ?? edit.waiting?.text
    if (problem.kind === 'deleted' && sent.undo && typed === undefined) {
      this.#put({ key, field: edit.field, contact })
      this.#finish(contact.id)
      return
    }
    const draft = { text: typed ?? sent.text, from: value(contact, edit.field) }
    this.#put({ key, field: edit.field, contact, draft, problem: { ...problem, text: sent.text, ...(sent.unusual && { unusual: true }) } })
  }
}
