// Saved views on the table of contacts, and the list as a query.

import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'

import { faults, overflow } from '../harness/axe.js'
import { launch, watchedPage } from '../harness/browser.js'
import { run, startKith, token } from '../harness/kith.js'
import { focused, names, open, said, shot, until, write } from '../harness/staff-pages.js'

const secret = 'a secret of at least thirty-two bytes'
const params = (page) => new URL(page.url()).searchParams
const menuButton = (page, name = 'Views') => page.locator('.views').getByRole('button', { name, exact: true }).first()
const menu = (page) => page.locator('.views').getByRole('dialog')
const link = (page, name) => menu(page).getByRole('link', { name, exact: true })
const saveChanges = (page) => page.getByRole('button', { name: 'Save changes' })
const heads = (page) => page.getByRole('columnheader').evaluateAll((all) => all.map((head) => head.textContent).slice(1, -1))
const views = async (kith) => (await run(kith.graphql, '{ savedViews(first: 100) { nodes { id name address version } } }')).savedViews.nodes

/** saved is a view that somebody has saved elsewhere. */
async function saved(kith, name, address) {
  const { createSavedView } = await run(
    kith.graphql,
    'mutation ($input: CreateSavedViewInput!) { createSavedView(input: $input) { savedView { id version } userErrors { message } } }',
    { input: { name, address } },
  )
  assert.deepEqual(createSavedView.userErrors, [])
  return createSavedView.savedView.id
}

const edited = (kith, input) =>
  run(kith.graphql, 'mutation ($input: UpdateSavedViewInput!) { updateSavedView(input: $input) { savedView { id } } }', { input })
const deleted = (kith, id) =>
  run(kith.graphql, 'mutation ($id: ID!) { deleteSavedView(input: {id: $id}) { deletedSavedViewId } }', { id })

/** inAddress waits until the address names a view. */
const inAddress = (page, id) =>
  until(
    () => params(page).get('view'),
    (now) => now === id,
  )

/** saveAs saves the list under a name, by keyboard from the menu. */
async function saveAs(page, name) {
  await page.locator('.views .tool').click()
  await menu(page).getByRole('button', { name: 'Save as a view …' }).click()
  const field = page.getByRole('dialog', { name: 'Save as a view' }).getByLabel('Name')
  await field.waitFor()
  await field.fill(name)
  await page.keyboard.press('Enter')
}

async function typed(page, text) {
  await page.getByRole('searchbox').fill(text)
  await until(
    () => params(page).get('search') ?? '',
    (now) => now === text,
  )
}

describe('saved views', () => {
  let kith, browser, ann
  before(async () => {
    kith = await startKith()
    browser = await launch()
    ann = (await write(kith, { name: 'Ann Viewer', email: 'ann@viewer.example' })).contact
    await write(kith, { name: 'Anna Viewer', phone: '+4915112345678' })
    await write(kith, { name: 'Bob Viewer', email: 'bob@viewer.example' }, { channel: 'TELEGRAM' })
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
  })

  afterEach(async () => {
    await Promise.all((await views(kith)).map(({ id }) => deleted(kith, id)))
  })

  it('are saved with search, filter, order and columns, and opened by anybody', async () => {
    const { page, complaints } = await open(browser, kith, '/staff/contacts?search=viewer&sort=name&email=yes')
    await page.getByRole('button', { name: 'Columns' }).click()
    await page.getByRole('checkbox', { name: 'Phone' }).uncheck()
    await page.getByRole('checkbox', { name: 'Created' }).check()
    await page.keyboard.press('Escape')
    await menuButton(page).click()
    await menu(page).getByText('Save a search').waitFor()
    assert.deepEqual(await faults(page), [])
    await shot(page, 'views-none')
    await page.keyboard.press('Escape')
    assert.equal(await focused(page), 'Views')
    await saveAs(page, 'With email')
    await said(page, 'With email saved')
    const [view] = await views(kith)
    assert.equal(view.name, 'With email')
    await inAddress(page, view.id)
    await menuButton(page, 'View: With email').waitFor()
    assert.equal(await saveChanges(page).count(), 0, 'nothing is changed')
    assert.equal(await focused(page), 'View: With email')

    const other = await open(browser, kith)
    assert.deepEqual(await heads(other.page), ['Name', 'Email', 'Phone', 'Notes', 'Channels', 'Last activity'])
    await other.page.locator('.views .tool').focus()
    await other.page.keyboard.press('Enter')
    await link(other.page, 'With email').waitFor()
    await shot(other.page, 'views')
    assert.deepEqual(await faults(other.page), [])
    await other.page.keyboard.press('Tab')
    await other.page.keyboard.press('ArrowDown')
    assert.equal(await focused(other.page), 'With email')
    await other.page.keyboard.press('Enter')
    await inAddress(other.page, view.id)
    await until(
      () => names(other.page),
      (all) => all.join() === 'Ann Viewer,Bob Viewer',
    )
    assert.equal(await other.page.getByRole('searchbox').inputValue(), 'viewer')
    assert.deepEqual(await heads(other.page), ['Name', 'Email', 'Notes', 'Channels', 'Created', 'Last activity'])
    assert.equal(await other.page.getByRole('columnheader', { name: 'Name' }).getAttribute('aria-sort'), 'ascending')
    await other.page.getByText('Has email').waitFor()

    // A reload shows the same, and no view is the list as it was arranged here.
    await other.page.reload()
    await menuButton(other.page, 'View: With email').click()
    await link(other.page, 'All contacts').click()
    await inAddress(other.page, null)
    assert.equal(other.page.url(), `${kith.url}/staff/contacts`)
    assert.deepEqual(await heads(other.page), ['Name', 'Email', 'Phone', 'Notes', 'Channels', 'Last activity'])
    await other.page.goBack()
    await menuButton(other.page, 'View: With email').waitFor()
    assert.deepEqual(complaints, [])
    assert.deepEqual(other.complaints, [])
    await page.context().close()
    await other.page.context().close()
  })

  it('offer to save what was changed, only while something is, and keep it while a contact is looked at', async () => {
    const id = await saved(kith, 'Viewers', '/staff/contacts?search=viewer&columns=name,email,phone')
    const { page, complaints } = await open(browser, kith, `/staff/contacts?view=${id}`)
    await inAddress(page, id)
    await until(
      () => params(page).get('search'),
      (now) => now === 'viewer',
      5_000,
    ) // a link that only names the view
    await menuButton(page, 'View: Viewers').waitFor()
    assert.equal(await saveChanges(page).count(), 0)
    await typed(page, 'ann viewer')
    await menuButton(page, 'View: Viewers, changed').waitFor()
    await typed(page, 'viewer')
    assert.equal(await saveChanges(page).count(), 0, 'it is what was saved again')

    // Columns belong to the view, not to the reader.
    await page.getByRole('button', { name: 'Columns' }).click()
    await page.getByRole('checkbox', { name: 'Phone' }).uncheck()
    await page.keyboard.press('Escape')
    assert.equal(await page.evaluate(() => localStorage.getItem('kith.contacts.table')), null)
    await saveChanges(page).waitFor()
    await shot(page, 'views-changed')
    assert.deepEqual(await faults(page), [])
    await page.getByRole('button', { name: 'Open Ann Viewer' }).click()
    await until(
      () => new URL(page.url()).pathname,
      (path) => path === `/staff/contacts/${ann}`,
    )
    await saveChanges(page).waitFor()
    await page.keyboard.press('Escape')
    await until(
      () => new URL(page.url()).pathname,
      (path) => path === '/staff/contacts',
    )
    assert.equal(params(page).get('columns'), 'name,email')
    await saveChanges(page).focus()
    await page.keyboard.press('Enter')
    await said(page, 'Changes saved to Viewers')
    await saveChanges(page).waitFor({ state: 'detached' })
    assert.equal(await focused(page), 'View: Viewers')
    const view = (await views(kith)).find((each) => each.id === id)
    assert.deepEqual([view.version, new URLSearchParams(view.address.split('?')[1]).get('columns')], [2, 'name,email'])

    // Discarding is opening it once more.
    await typed(page, 'bob')
    await menuButton(page, 'View: Viewers, changed').click()
    await link(page, 'Viewers').click()
    await until(
      () => page.getByRole('searchbox').inputValue(),
      (now) => now === 'viewer',
    )
    assert.equal(await saveChanges(page).count(), 0)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('do not overwrite what somebody else saved meanwhile, unless they are to', async () => {
    const id = await saved(kith, 'Shared', '/staff/contacts?search=viewer&columns=name,email')
    const { page, complaints } = await open(browser, kith, `/staff/contacts?view=${id}`)
    await menuButton(page, 'View: Shared').waitFor()
    await typed(page, 'ann')
    await edited(kith, { id, address: '/staff/contacts?search=bob&columns=name,email' })
    // Knowing that there is another version is not having seen it.
    await menuButton(page, 'View: Shared, changed').click()
    await link(page, 'Shared').waitFor()
    await page.keyboard.press('Escape')
    await saveChanges(page).click()
    const dialog = page.getByRole('alertdialog', { name: 'Somebody else changed Shared' })
    await dialog.waitFor()
    await shot(page, 'views-conflict')
    assert.deepEqual(await faults(page), [])
    assert.match((await views(kith)).find((each) => each.id === id).address, /search=bob/)
    await dialog.getByRole('button', { name: 'Show theirs' }).click()
    await until(
      () => page.getByRole('searchbox').inputValue(),
      (now) => now === 'bob',
    )
    assert.equal(await saveChanges(page).count(), 0)
    await typed(page, 'anna')
    await edited(kith, { id, name: 'Shared by all' })
    await saveChanges(page).click()
    await page.getByRole('button', { name: 'Replace theirs' }).click()
    await said(page, 'Changes saved to Shared by all')
    await page.getByRole('alertdialog').waitFor({ state: 'detached' })
    assert.match((await views(kith)).find((each) => each.id === id).address, /search=anna/)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('are renamed and deleted, and come back by undo', async () => {
    const id = await saved(kith, 'Bobs', '/staff/contacts?search=bob&columns=name,email')
    const taken = await saved(kith, 'Taken', '/staff/contacts?search=ann')
    const { page, complaints } = await open(browser, kith, `/staff/contacts?view=${id}`)
    await menuButton(page, 'View: Bobs').click()
    await menu(page).getByRole('button', { name: 'Rename Bobs' }).click()
    const dialog = page.getByRole('dialog', { name: 'Rename Bobs' })
    const field = dialog.getByLabel('Name')
    await field.fill('Taken')
    await page.keyboard.press('Enter')
    await dialog.getByText('Another view has this name: choose another one').waitFor()
    assert.deepEqual(await faults(page), [])
    await shot(page, 'views-taken')
    await edited(kith, { id, name: 'Bobs of old' })
    await field.fill('Bob and others')
    await page.keyboard.press('Enter')
    await dialog.getByText('now called Bobs of old').waitFor()
    assert.equal(await field.inputValue(), 'Bob and others', 'what was typed is still there')
    await page.keyboard.press('Enter')
    await said(page, 'Renamed to Bob and others')
    await menuButton(page, 'View: Bob and others').click()
    await menu(page).getByRole('button', { name: 'Delete Bob and others' }).click()
    await said(page, 'Bob and others deleted for everyone')
    await inAddress(page, null)
    assert.equal(params(page).get('search'), 'bob', 'the list stays')
    assert.equal(await focused(page), 'All contacts')
    assert.deepEqual((await views(kith)).map((each) => each.name), ['Taken'])
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Undo' }).click()
    await said(page, 'Bob and others is back')
    const back = (await views(kith)).find((each) => each.name === 'Bob and others')
    assert.match(back.address, /search=bob/)
    await inAddress(page, back.id)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('say so where somebody else has deleted the one that is open', async () => {
    const id = await saved(kith, 'Short-lived', '/staff/contacts?search=viewer&columns=name')
    const { page, complaints } = await open(browser, kith, `/staff/contacts?search=viewer&columns=name&view=${id}`)
    await menuButton(page, 'View: Short-lived').waitFor()
    await typed(page, 'ann')
    await deleted(kith, id)
    await saveChanges(page).click()
    await said(page, 'This view has been deleted')
    const notice = page.locator('.notice')
    await notice.getByText('The view of this link was deleted').waitFor()
    assert.equal(await page.getByRole('searchbox').inputValue(), 'ann', 'nothing is lost')
    assert.deepEqual(await faults(page), [])
    await shot(page, 'views-gone')
    await notice.getByRole('button', { name: 'Save as a view …' }).click()
    await page.getByRole('dialog', { name: 'Save as a view' }).getByLabel('Name').fill('Short-lived')
    await page.keyboard.press('Enter')
    await said(page, 'Short-lived saved')
    await notice.waitFor({ state: 'detached' })
    const [view] = await views(kith)
    await inAddress(page, view.id)

    // A link to one that is gone shows its list.
    await page.goto(`${kith.url}/staff/contacts?search=bob&view=${id}`)
    await notice.getByText('The view of this link was deleted').waitFor()
    await notice.getByRole('button', { name: 'Dismiss' }).click()
    await inAddress(page, null)
    assert.equal(params(page).get('search'), 'bob')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('keep the name that was typed while the server is away', async () => {
    const { page } = await open(browser, kith, '/staff/contacts?search=viewer')
    await menuButton(page).click()
    await menu(page).getByText('Save a search').waitFor()
    await page.keyboard.press('Escape')
    await kith.down()
    await menuButton(page).click()
    await menu(page).getByText('The server cannot be reached').waitFor()
    assert.deepEqual(await faults(page), [])
    await page.keyboard.press('Escape')
    await saveAs(page, 'Patient')
    const dialog = page.getByRole('dialog', { name: 'Save as a view' })
    await dialog.getByText('The server cannot be reached').waitFor()
    await shot(page, 'views-away')
    await kith.up()
    await dialog.getByRole('button', { name: 'Save', exact: true }).click()
    await said(page, 'Patient saved')
    const [view] = await views(kith)
    assert.equal(view.name, 'Patient')
    await page.context().close()
  })

  it('are a hundred at most, with names as long as they may be, and found in the command menu', async () => {
    const long = `${'Customers from far away who have written lately '.repeat(4)}!`
    const ids = [await saved(kith, long, '/staff/contacts?search=ann&columns=name,phone')]
    ids.push(await saved(kith, '<b>ليلى</b> & 高橋 😀', '/staff/contacts?unread=yes'))
    ids.push(await saved(kith, 'Unread sessions', '/staff/chat?unread=yes'))
    while (ids.length < 100) {
      ids.push(await saved(kith, `View ${ids.length}`, `/staff/contacts?search=${ids.length}`))
    }
    const { page, complaints } = await open(browser, kith, '/staff/contacts?search=viewer')
    await saveAs(page, 'One more')
    await page.getByRole('dialog', { name: 'Save as a view' }).getByText('There can be at most 100 views').waitFor()
    await page.keyboard.press('Escape')
    await menuButton(page).click()
    await link(page, long.trim()).waitFor()
    assert.equal(await menu(page).getByRole('link').count(), 100, 'all contacts, and no list of sessions')
    assert.equal(await overflow(page), 0)
    await shot(page, 'views-many')
    await page.keyboard.press('Escape')

    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').waitFor()
    await page.keyboard.type('view: ليلى')
    await page.getByRole('option', { name: 'View: <b>ليلى</b> & 高橋 😀' }).waitFor()
    await shot(page, 'views-command')
    assert.deepEqual(await faults(page), [])
    await page.keyboard.press('Enter')
    await inAddress(page, ids[1])
    await page.getByText('Unread', { exact: true }).waitFor()

    // From anywhere.
    await page.goto(`${kith.url}/staff/duplicates`)
    await page.getByRole('heading', { name: 'No duplicates' }).waitFor()
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').waitFor()
    await page.keyboard.type('far away lately')
    await page.getByRole('option', { name: /^View: Customers/ }).waitFor()
    await page.keyboard.press('Enter')
    await inAddress(page, ids[0])
    await until(
      () => heads(page),
      (all) => all.join() === 'Name,Phone',
    )
    assert.equal(await overflow(page), 0)
    for (const [width, height] of [[390, 844], [768, 1024], [1024, 768]]) {
      await page.setViewportSize({ width, height })
      await page.locator('.views .tool').click()
      await link(page, 'All contacts').waitFor()
      assert.equal(await overflow(page), 0, `${width}`)
      await shot(page, `views-${width}`)
      await page.keyboard.press('Escape')
    }
    await page.emulateMedia({ colorScheme: 'dark', forcedColors: 'active' })
    await page.locator('.views .tool').click()
    await link(page, 'All contacts').waitFor()
    await shot(page, 'views-forced-colours')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('are called by German names in German', async () => {
    const id = await saved(kith, 'Meine', '/staff/contacts?search=viewer')
    const { page, complaints } = await open(browser, kith, `/staff/contacts?view=${id}`, { locale: 'de-DE' })
    await menuButton(page, 'Ansicht: Meine').click()
    await menu(page).getByRole('button', { name: 'Als Ansicht speichern …' }).waitFor()
    await menu(page).getByRole('link', { name: 'Alle Kontakte' }).waitFor()
    assert.deepEqual(await faults(page), [])
    await shot(page, 'views-german')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })
})

describe('saved views for a reader', () => {
  let kith, browser
  before(async () => {
    kith = await startKith({ KITH_AUTH_SECRET: secret })
    browser = await launch()
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
  })

  it('open, and offer nothing that changes them', async () => {
    const as = (role, query) =>
      fetch(kith.graphql, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token(secret, 'acme', role)}` },
        body: JSON.stringify({ query }),
      }).then((response) => response.json())
    const { data } = await as(
      'staff',
      'mutation { createSavedView(input: {name: "Unread", address: "/staff/contacts?unread=yes"}) { savedView { id } } }',
    )
    const { page, complaints } = await watchedPage(browser, { locale: 'en-GB' })
    await page.goto(`${kith.url}/staff/contacts`)
    await page.getByLabel('Token').fill(token(secret, 'acme', 'reader'))
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'No contacts yet' }).waitFor()
    await menuButton(page).click()
    await link(page, 'Unread').waitFor()
    assert.equal(await menu(page).getByRole('button').count(), 0)
    assert.deepEqual(await faults(page), [])
    await link(page, 'Unread').click()
    await inAddress(page, data.createSavedView.savedView.id)
    await typed(page, 'ann')
    await menuButton(page, 'View: Unread, changed').waitFor()
    assert.equal(await saveChanges(page).count(), 0)
    await page.keyboard.press('Control+k')
    await page.getByRole('option', { name: 'View: Unread' }).waitFor()
    assert.equal(await page.getByRole('option', { name: /Save/ }).count(), 0)
    // Where there is no playground, nothing leads to it.
    assert.equal(await page.getByRole('option', { name: 'This list as a query' }).count(), 0)
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Columns' }).click()
    await page.getByRole('checkbox', { name: 'Email' }).waitFor()
    assert.equal(await page.getByRole('link', { name: 'This list as a query' }).count(), 0)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })
})

describe('this list as a query', () => {
  let kith, browser
  before(async () => {
    kith = await startKith()
    browser = await launch()
    await write(kith, { name: 'Query 100% "quoted" + plus', email: 'a@query.example' })
    await write(kith, { name: 'Query Anna', email: 'b@query.example' })
    await write(kith, { name: 'Query Bert' })
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
  })

  /** rows are the names that the playground answers. */
  async function rows(page) {
    const response = await page.waitForResponse(
      (each) => each.request().method() === 'POST' && each.request().postDataJSON()?.operationName === 'Contacts',
      { timeout: 60_000 }, // the playground is large
    )
    const { data, errors } = await response.json()
    assert.equal(errors, undefined)
    return data.contacts.nodes
  }

  it('opens the playground, and answers the first rows there', async () => {
    const { page, complaints } = await open(browser, kith, '/staff/contacts?search=query&sort=-name&email=yes&active-after=7d')
    const shown = await until(
      () => names(page),
      (all) => all.length === 2,
    )
    await page.getByRole('button', { name: 'Columns' }).click()
    await page.getByRole('checkbox', { name: 'Notes' }).uncheck()
    await shot(page, 'as-query')
    assert.deepEqual(await faults(page), [])
    const opened = page.context().waitForEvent('page')
    await page.getByRole('link', { name: 'This list as a query' }).click()
    const playground = await opened
    const answer = await rows(playground)
    assert.deepEqual(answer.map(({ displayName }) => displayName), shown)
    assert.deepEqual(Object.keys(answer[0]), ['id', 'displayName', 'email', 'phone', 'identities', 'lastActivityAt'])
    await playground.locator('.result-window .view-lines').filter({ hasText: 'displayName' }).waitFor()
    await shot(playground, 'as-query-playground')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('works from the command menu, with every character', async () => {
    const { page, complaints } = await open(browser, kith)
    await typed(page, '100% "quoted" +')
    await until(
      () => names(page),
      (all) => all.length === 1,
    )
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').waitFor()
    await page.keyboard.type('as a query')
    await page.getByRole('option', { name: 'This list as a query' }).waitFor()
    const opened = page.context().waitForEvent('page')
    await page.keyboard.press('Enter')
    assert.deepEqual((await rows(await opened)).map(({ displayName }) => displayName), ['Query 100% "quoted" + plus'])
    assert.deepEqual(complaints, [])
    await page.context().close()
  })
})
