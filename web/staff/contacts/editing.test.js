import assert from 'node:assert/strict'

import { describe, it } from 'vitest'

import { Editing, isPending, isUnsaved, latest } from './editing'

const contact = (id = 'ann', fields = {}) => ({
  id,
  name: id,
  displayName: id,
  email: null,
  phone: null,
  notes: '',
  version: 1,
  lastActivityAt: null,
  identities: [],
  ...fields,
})

// table keeps contacts by the rules of updateContact, and answers each request when it is told to.
function table(...contacts) {
  const rows = new Map(contacts.map((each) => [each.id, each]))
  const requests = []
  const gone = []
  const behindMasks = [] // what is asked of masked values, and answered with whether another one is behind the mask
  const editing = new Editing(
    (request) => new Promise((answer) => requests.push({ ...request, answer })),
    (was, is, field) => {
      behindMasks.push(`${was.id}.${field}@${was.version}-${is.version}`)
      return Promise.resolve(hidden.has(`${is.id}.${field}`))
    },
    (id) => gone.push(id),
  )
  const hidden = new Set()

  function change(id, fields) {
    const row = rows.get(id)
    rows.set(id, { ...row, ...fields, version: row.version + 1 })
  }

  function decide({ contact: { id, version }, field, text, duplicate, unusual }) {
    const now = rows.get(id)
    const refused = (code) => ({ contact: now ?? null, error: { code, message: code, contact: now ?? null } })
    if (!now) {
      return refused('NOT_FOUND')
    }
    if (version !== now.version) {
      return refused('CONFLICT')
    }
    if (text.startsWith('bad')) {
      return refused('INVALID')
    }
    if (text.startsWith('odd') && !unusual) {
      return refused('UNUSUAL')
    }
    if (text.includes('taken') && !duplicate) {
      return { contact: now, error: { code: 'EMAIL_TAKEN', message: 'taken', contact: contact('owner') } }
    }
    const value = field === 'notes' ? text : text.trim()
    if ((now[field] ?? '') !== value) {
      change(id, { [field]: value })
    }
    return { contact: rows.get(id) }
  }

  const settled = () => new Promise((resolve) => setImmediate(resolve))
  return {
    editing,
    gone,
    change,
    behindMasks,
    hidden,
    requests,
    row: (id = 'ann') => rows.get(id),
    remove: (id = 'ann') => rows.delete(id),
    edit: (key) => editing.edits.get().get(key),
    /** enter types a value into a cell and presses Enter. */
    enter(key, text) {
      const [id, field] = key.split('.')
      editing.begin(rows.get(id) ?? contact(id), field)
      editing.type(key, text)
      editing.commit(key)
    },
    /** answer answers the oldest request: as the table rules, or as it is told. */
    async answer(instead) {
      const request = requests.shift()
      assert.ok(request, 'a request is on its way')
      request.answer(instead ?? decide(request))
      await settled()
      return `${request.contact.id}.${request.field}=${request.text}@${request.contact.version}`
    },
    /** lose makes the edit of the oldest request, and loses the answer. */
    async lose() {
      const request = requests.shift()
      decide(request)
      request.answer({ unsent: 'The server cannot be reached.' })
      await settled()
    },
    async rest() {
      const sent = []
      while (requests.length > 0) {
        sent.push(await this.answer())
      }
      return sent
    },
  }
}

describe('editing', () => {
  it('closes a cell at once, shows the value as pending, and is done when the server has it', async () => {
    const t = table(contact())
    t.enter('ann.email', 'a@example.org')
    assert.equal(t.edit('ann.email').draft, undefined)
    assert.equal(isPending(t.edit('ann.email')), true)
    assert.equal(latest(t.edit('ann.email')), 'a@example.org')
    assert.equal(isUnsaved(t.edit('ann.email')), false)
    assert.deepEqual(await t.rest(), ['ann.email=a@example.org@1'])
    assert.equal(t.edit('ann.email'), undefined)
    assert.equal(t.row().email, 'a@example.org')
  })

  it('takes a name as it takes an email: spaces at its ends do not count', async () => {
    const t = table(contact())
    t.enter('ann.name', '  Ann Smith ')
    t.enter('ann.email', 'a@example.org')
    assert.deepEqual(await t.rest(), ['ann.name=  Ann Smith @1', 'ann.email=a@example.org@2'])
    assert.equal(t.row().name, 'Ann Smith')
    assert.deepEqual(t.editing.saved.get().map(({ field, before }) => [field, before]), [['name', 'ann'], ['email', '']])
    t.enter('ann.name', ' Ann Smith')
    assert.equal(t.requests.length, 0)
    t.editing.undo('ann.name')
    await t.rest()
    assert.equal(t.row().name, 'ann')
  })

  it('keeps what several contacts were given apart, and sends it side by side', async () => {
    const t = table(contact('ann'), contact('bea'), contact('cem'))
    t.enter('ann.notes', 'forA')
    t.enter('bea.notes', 'forB')
    t.enter('cem.notes', 'forC')
    assert.equal(t.requests.length, 3)
    t.requests.reverse() // the last is answered first
    await t.rest()
    assert.deepEqual(['ann', 'bea', 'cem'].map((id) => t.row(id).notes), ['forA', 'forB', 'forC'])
    assert.equal(t.editing.edits.get().size, 0)
  })

  it('sends the fields of one contact in order, each with the version that the one before left', async () => {
    const t = table(contact())
    t.enter('ann.email', 'a@example.org')
    t.enter('ann.phone', '+4930123456')
    t.enter('ann.notes', 'VIP')
    assert.equal(t.requests.length, 1)
    assert.deepEqual(await t.rest(), ['ann.email=a@example.org@1', 'ann.phone=+4930123456@2', 'ann.notes=VIP@3'])
    assert.equal(t.row().version, 4)
  })

  it('sends the fields that follow a refused one all the same', async () => {
    const t = table(contact())
    t.enter('ann.email', 'bad')
    t.enter('ann.phone', '+4930123456')
    assert.deepEqual(await t.rest(), ['ann.email=bad@1', 'ann.phone=+4930123456@1'])
    assert.equal(t.row().phone, '+4930123456')
    const { draft, problem } = t.edit('ann.email')
    assert.equal(draft.text, 'bad')
    assert.equal(problem.kind, 'refused')
    // And the one that was refused can be mended on top.
    t.editing.type('ann.email', 'a@example.org')
    t.editing.leave('ann.email')
    assert.deepEqual(await t.rest(), ['ann.email=a@example.org@2'])
  })

  it('opens a refused cell again, and sends the same text only when told to', async () => {
    const t = table(contact('ann', { email: 'old@example.org' }))
    t.enter('ann.email', 'bad')
    await t.rest()
    t.editing.leave('ann.email')
    assert.equal(t.requests.length, 0, 'left as it was')
    t.editing.commit('ann.email')
    assert.equal(t.requests.length, 1, 'Enter')
    await t.rest()
    t.editing.giveUp('ann.email')
    assert.equal(t.edit('ann.email'), undefined)
    assert.equal(t.row().email, 'old@example.org')
  })

  it('lets a second value take the place of a first that was refused meanwhile', async () => {
    const t = table(contact())
    t.enter('ann.email', 'bad')
    t.enter('ann.email', 'good@example.org')
    assert.equal(t.requests.length, 1)
    assert.deepEqual(await t.rest(), ['ann.email=bad@1', 'ann.email=good@example.org@1'])
    assert.equal(t.row().email, 'good@example.org')
    assert.equal(t.editing.edits.get().size, 0)
  })

  it('keeps what is being typed while the value before it is refused', async () => {
    const t = table(contact())
    t.enter('ann.email', 'bad')
    t.editing.begin(t.row(), 'email')
    assert.equal(t.edit('ann.email').draft.text, 'bad', 'it starts from what the cell shows')
    t.editing.type('ann.email', 'still typing')
    await t.rest()
    assert.equal(t.edit('ann.email').draft.text, 'still typing')
    assert.equal(t.edit('ann.email').problem.kind, 'refused')
    t.editing.leave('ann.email')
    assert.deepEqual(await t.rest(), ['ann.email=still typing@1'])
  })

  for (const outcome of ['conflict', 'deleted', 'unsent']) {
    it(`keeps the second of two values when the first ends as ${outcome}`, async () => {
      const t = table(contact())
      t.enter('ann.notes', 'first')
      t.enter('ann.notes', 'second')
      if (outcome === 'conflict') {
        t.change('ann', { notes: 'theirs' })
      } else if (outcome === 'deleted') {
        t.remove()
      }
      await t.answer(outcome === 'unsent' ? { unsent: 'away' } : undefined)
      assert.equal(t.requests.length, 0)
      const { draft, problem } = t.edit('ann.notes')
      assert.equal(draft.text, 'second')
      assert.equal(problem.kind, outcome)
    })
  }

  it('starts a second value from the first as the server has it', async () => {
    const t = table(contact())
    t.enter('ann.email', ' a@example.org ')
    t.editing.begin(t.row(), 'email')
    await t.answer()
    assert.equal(t.edit('ann.email').draft.text, 'a@example.org', 'an untouched draft follows')
    t.editing.leave('ann.email')
    assert.equal(t.edit('ann.email'), undefined)
    t.enter('ann.email', 'b@example.org')
    assert.deepEqual(await t.rest(), ['ann.email=b@example.org@2'])
  })

  it('writes the old value again when it is typed over one on its way', async () => {
    const t = table(contact('ann', { email: 'old@example.org' }))
    t.enter('ann.email', 'new@example.org')
    t.enter('ann.email', 'old@example.org')
    assert.deepEqual(await t.rest(), ['ann.email=new@example.org@1', 'ann.email=old@example.org@2'])
    assert.equal(t.row().email, 'old@example.org')
    // After a refusal there is nothing to write.
    t.enter('ann.email', 'bad')
    t.enter('ann.email', 'old@example.org')
    assert.deepEqual(await t.rest(), ['ann.email=bad@3'])
    assert.equal(t.editing.edits.get().size, 0)
  })

  it('replaces a value that still waits for its turn', async () => {
    const t = table(contact())
    t.enter('ann.email', 'a@example.org')
    t.enter('ann.notes', 'one')
    t.enter('ann.notes', 'two')
    assert.deepEqual(await t.rest(), ['ann.email=a@example.org@1', 'ann.notes=two@2'])
  })

  it('saves over what others changed in other fields, and stops where they changed this one', async () => {
    const t = table(contact())
    t.editing.begin(t.row(), 'notes')
    t.change('ann', { email: 'other@field.example' })
    t.editing.type('ann.notes', 'mine')
    t.editing.commit('ann.notes')
    assert.deepEqual(await t.rest(), ['ann.notes=mine@1', 'ann.notes=mine@2'])

    t.enter('ann.notes', 'mine again')
    t.change('ann', { notes: 'theirs' })
    await t.rest()
    const { draft, problem } = t.edit('ann.notes')
    assert.deepEqual([draft.text, problem.kind, problem.other.notes], ['mine again', 'conflict', 'theirs'])
    t.editing.commit('ann.notes')
    await t.rest()
    assert.equal(t.row().notes, 'theirs', 'Enter alone does not overwrite')
    t.editing.commit('ann.notes', { overwrite: true })
    await t.rest()
    assert.equal(t.row().notes, 'mine again')
  })

  it('asks about a masked field whether others changed it, for its mask may be the same', async () => {
    const t = table(contact('ann', { email: 'a•••@example.com' }))
    t.editing.begin(t.row(), 'email')
    t.enter('ann.notes', 'ours')
    assert.deepEqual(await t.rest(), ['ann.notes=ours@1'])
    t.change('ann', { notes: 'theirs' })
    t.editing.type('ann.email', 'new@example.com')
    t.editing.commit('ann.email')
    assert.deepEqual(await t.rest(), ['ann.email=new@example.com@1', 'ann.email=new@example.com@3'])
    assert.deepEqual(t.behindMasks, ['ann.email@1-3'])
    assert.equal(t.row().email, 'new@example.com')
  })

  it('does not save over a masked value that others changed behind the same mask', async () => {
    const t = table(contact('ann', { email: 'a•••@example.com', phone: null }))
    t.editing.begin(t.row(), 'email')
    t.change('ann', {})
    t.hidden.add('ann.email')
    t.enter('ann.notes', 'ours') // what is saved beside it does not hide that
    t.editing.type('ann.email', 'new@example.com')
    t.editing.commit('ann.email')
    await t.rest()
    assert.deepEqual([t.row().email, t.row().notes], ['a•••@example.com', 'ours'])
    const { draft, problem } = t.edit('ann.email')
    assert.deepEqual([draft.text, problem.kind], ['new@example.com', 'conflict'])
    t.editing.commit('ann.email', { overwrite: true })
    await t.rest()
    assert.equal(t.row().email, 'new@example.com')
  })

  it('does not undo over a masked value that others changed behind the same mask', async () => {
    const t = table(contact('ann'))
    t.enter('ann.email', 'anna@example.com')
    await t.answer({ contact: contact('ann', { email: 'a•••@example.com', version: 2 }) })
    t.change('ann', { email: 'a•••@example.com' })
    t.change('ann', {})
    t.hidden.add('ann.email')
    t.editing.undo('ann.email')
    await t.rest()
    assert.deepEqual(t.behindMasks, ['ann.email@2-3'])
    assert.equal(t.edit('ann.email').problem.kind, 'conflict')
    assert.equal(t.row().email, 'a•••@example.com')
  })

  it('saves an unusual value when told to, also when somebody else has it', async () => {
    const t = table(contact())
    t.enter('ann.email', 'odd..taken@example.org')
    await t.answer()
    assert.equal(t.edit('ann.email').problem.kind, 'unusual')
    t.editing.commit('ann.email', { unusual: true })
    assert.equal(t.requests[0].unusual, true)
    await t.answer()
    assert.equal(t.edit('ann.email').problem.kind, 'taken')
    t.editing.commit('ann.email', { duplicate: true })
    await t.answer()
    assert.equal(t.row().email, 'odd..taken@example.org')
  })

  it('asks again when an unusual value is changed to another', async () => {
    const t = table(contact())
    t.enter('ann.email', 'odd..taken@example.org')
    await t.answer()
    t.editing.commit('ann.email', { unusual: true })
    await t.answer()
    t.editing.type('ann.email', 'odd..other@example.org')
    t.editing.commit('ann.email')
    assert.equal(t.requests[0].unusual, false)
    await t.answer()
    assert.equal(t.edit('ann.email').problem.kind, 'unusual')
  })

  it('asks before it takes a value that another contact has', async () => {
    const t = table(contact())
    t.enter('ann.email', 'taken@example.org')
    await t.rest()
    assert.equal(t.edit('ann.email').problem.other.id, 'owner')
    t.editing.commit('ann.email', { duplicate: true })
    await t.rest()
    assert.equal(t.row().email, 'taken@example.org')
  })

  it('finds an edit made whose answer was lost', async () => {
    const t = table(contact())
    t.enter('ann.notes', 'arrived')
    await t.lose()
    assert.equal(t.edit('ann.notes').problem.kind, 'unsent')
    t.editing.commit('ann.notes')
    await t.rest()
    assert.equal(t.editing.edits.get().size, 0)
    assert.equal(t.row().version, 2, 'and makes it once')
  })

  it('offers to undo what was saved, the newest of each cell', async () => {
    const t = table(contact('ann', { notes: 'old' }))
    t.enter('ann.notes', 'new')
    assert.equal(t.editing.saved.get().length, 0, 'not before')
    await t.rest()
    t.enter('ann.email', 'a@example.org')
    await t.rest()
    assert.deepEqual(t.editing.saved.get().map(({ key, before }) => [key, before]), [['ann.notes', 'old'], ['ann.email', '']])
    t.editing.undo('ann.notes')
    assert.deepEqual(await t.rest(), ['ann.notes=old@3'], 'at the version that our own later edit left')
    assert.equal(t.row().notes, 'old')
    // An undo is an edit like any other.
    t.editing.undo('ann.notes')
    await t.rest()
    assert.equal(t.row().notes, 'new')
    t.editing.dismiss('ann.notes')
    assert.deepEqual(t.editing.saved.get().map(({ key }) => key), ['ann.email'])
  })

  it('does not offer to undo an edit of a value that is masked, and does not send one that is left alone', async () => {
    const t = table(contact('ann', { email: 'm•••@example.com' }))
    t.enter('ann.email', 'm•••@example.com')
    assert.deepEqual(await t.rest(), [])
    t.enter('ann.email', 'b@example.com')
    await t.rest()
    assert.deepEqual(t.editing.saved.get().map(({ key, before }) => [key, before]), [['ann.email', undefined]])
  })

  it('does not undo over what somebody else wrote since', async () => {
    const t = table(contact('ann', { notes: 'old' }))
    t.enter('ann.notes', 'new')
    await t.rest()
    t.change('ann', { notes: 'theirs' })
    t.editing.undo('ann.notes')
    await t.rest()
    assert.equal(t.row().notes, 'theirs')
    const { draft, problem } = t.edit('ann.notes')
    assert.deepEqual([draft.text, problem.kind, problem.other.notes], ['old', 'conflict', 'theirs'])
    t.editing.commit('ann.notes', { overwrite: true })
    await t.rest()
    assert.equal(t.row().notes, 'old')
  })

  it('undoes beside what others changed in other fields', async () => {
    const t = table(contact('ann', { notes: 'old' }))
    t.enter('ann.notes', 'new')
    await t.rest()
    t.change('ann', { phone: '+4930123456' })
    t.editing.undo('ann.notes')
    await t.rest()
    assert.deepEqual([t.row().notes, t.row().phone], ['old', '+4930123456'])
  })

  it('keeps a draft that is typed while an undo runs', async () => {
    const t = table(contact('ann', { notes: 'old' }))
    t.enter('ann.notes', 'new')
    await t.rest()
    t.editing.begin(t.row(), 'notes')
    t.editing.undo('ann.notes')
    t.editing.type('ann.notes', 'newer')
    await t.rest()
    assert.equal(t.row().notes, 'old')
    t.editing.commit('ann.notes')
    assert.deepEqual(await t.rest(), ['ann.notes=newer@3'])
  })

  it('offers no undo of what is being changed again, or changed nothing', async () => {
    const t = table(contact('ann', { notes: 'old' }))
    t.enter('ann.notes', 'new')
    await t.rest()
    t.enter('ann.notes', 'newer')
    assert.deepEqual(t.editing.saved.get(), [])
    t.change('ann', { notes: 'newer' }) // somebody else had the same idea
    await t.rest()
    assert.deepEqual(t.editing.saved.get().map(({ before }) => before), [undefined])
  })

  it('keeps what is typed into a deleted contact, and lets go of it when all is discarded', async () => {
    const t = table(contact())
    t.editing.begin(t.row(), 'notes')
    t.editing.type('ann.notes', 'too late')
    t.enter('ann.email', 'bad')
    await t.rest()
    t.editing.begin(t.row(), 'phone') // opened, and nothing typed
    t.remove()
    t.editing.deleted('ann')
    assert.equal(t.edit('ann.phone'), undefined)
    assert.deepEqual([t.edit('ann.notes'), t.edit('ann.email')].map(({ draft, problem }) => [draft.text, problem.kind]), [
      ['too late', 'deleted'],
      ['bad', 'deleted'],
    ])
    t.editing.giveUp('ann.notes')
    assert.deepEqual(t.gone, [])
    t.editing.giveUp('ann.email')
    assert.deepEqual(t.gone, ['ann'])
  })

  it('lets go at once of a deleted contact that nobody types into', () => {
    const t = table(contact())
    t.editing.deleted('ann')
    assert.deepEqual(t.gone, ['ann'])
  })

  it('does not bring back a contact that was deleted while a save was on its way', async () => {
    const t = table(contact('ann'), contact('bea'))
    t.enter('ann.notes', 'just in time')
    const answer = { contact: { ...t.row(), notes: 'just in time', version: 2 } }
    t.editing.deleted('ann')
    assert.deepEqual(t.gone, [])
    await t.answer(answer)
    assert.deepEqual(t.gone, ['ann'])
    assert.deepEqual(t.editing.saved.get(), [])

    t.enter('bea.notes', 'too late')
    t.remove('bea')
    t.editing.deleted('bea')
    await t.answer()
    assert.equal(t.edit('bea.notes').problem.kind, 'deleted')
    assert.equal(t.edit('bea.notes').draft.text, 'too late')
  })

  it('has nothing to keep when an undo comes too late for a contact', async () => {
    const t = table(contact('ann', { notes: 'old' }))
    t.enter('ann.notes', 'new')
    await t.rest()
    t.remove()
    t.editing.undo('ann.notes')
    await t.rest()
    assert.equal(t.editing.edits.get().size, 0)
    assert.deepEqual(t.gone, ['ann'])
  })

  it('forgets a contact that is deleted here', async () => {
    const t = table(contact())
    t.enter('ann.email', 'bad')
    await t.rest()
    t.enter('ann.notes', 'on its way')
    t.enter('ann.phone', '+4930123456')
    t.remove()
    t.editing.forget('ann')
    await t.rest()
    assert.equal(t.editing.edits.get().size, 0)
    assert.deepEqual(t.editing.saved.get(), [])
  })

  it('counts what is typed or refused as unsaved, and what is only opened not', async () => {
    const t = table(contact())
    t.editing.begin(t.row(), 'notes')
    assert.equal(isUnsaved(t.edit('ann.notes')), false)
    t.editing.type('ann.notes', ' ')
    assert.equal(isUnsaved(t.edit('ann.notes')), true)
    t.editing.type('ann.notes', '')
    assert.equal(isUnsaved(t.edit('ann.notes')), false)
    t.enter('ann.email', 'bad')
    await t.rest()
    assert.equal(isUnsaved(t.edit('ann.email')), true)
  })

  it('saves spaces in notes, which stay as typed', async () => {
    const t = table(contact('ann', { notes: 'one', email: 'a@example.org' }))
    t.enter('ann.notes', 'one\n')
    t.enter('ann.email', ' a@example.org')
    assert.deepEqual(await t.rest(), ['ann.notes=one\n@1'])
    assert.equal(t.row().notes, 'one\n')
  })
})
