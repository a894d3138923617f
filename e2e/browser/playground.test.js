import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { launch, picture, watchedPage } from '../harness/browser.js'
import { startKith, token } from '../harness/kith.js'
import { write } from '../harness/staff-pages.js'

describe('the playground', () => {
  let kith, browser
  before(async () => {
    kith = await startKith()
    browser = await launch()
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
  })

  // open loads the playground and waits until its editors are there and the schema is known.
  async function open(options) {
    const { page, complaints } = await watchedPage(browser, options)
    const introspected = answerOf(page, 'IntrospectionQuery')
    await page.goto(`${kith.url}/playground`)
    await introspected
    for (const editor of ['.graphiql-query-editor', '.graphiql-editor-tool', '.result-window']) {
      await page.locator(`${editor} .view-lines`).first().waitFor({ state: 'attached' })
    }
    return { page, complaints }
  }

  // answerOf waits for the server's answer to an operation.
  function answerOf(page, operation) {
    return page.waitForResponse(
      (response) => response.url() === kith.graphql && response.request().postDataJSON().operationName === operation,
    )
  }

  // show brings a tab to the front and waits until GraphiQL has taken note, which it does half a second later.
  async function show(page, operation) {
    await page.locator('.graphiql-tab').filter({ hasText: operation }).locator('.graphiql-tab-button').click()
    await page.waitForFunction((title) => {
      const state = JSON.parse(sessionStorage.getItem('graphiql:tabState'))
      return !state ? title === 'ListContacts' : state.tabs[state.activeTabIndex].title === title
    }, operation)
  }

  // play brings a tab to the front, runs it, and returns the answer as sent once it is on show.
  async function play(page, operation) {
    await show(page, operation)
    const answered = answerOf(page, operation)
    await page.getByRole('button', { name: /^Execute query/ }).click()
    const text = await (await answered).text()
    await page.locator('.result-window .view-lines').filter({ hasText: '"data"' }).waitFor()
    return text
  }

  it('opens, lists contacts and shows them', async () => {
    const { page, complaints } = await open()
    assert.equal(await page.title(), 'Kith playground')
    assert.match(await play(page, 'ListContacts'), /"displayName"/)
    await page.locator('.result-window .view-lines').filter({ hasText: 'displayName' }).waitFor()
    await picture(page, 'playground')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('opens with an answer, and the documentation beside it', async () => {
    const { page, complaints } = await watchedPage(browser)
    const answered = answerOf(page, 'ListContacts')
    await page.goto(`${kith.url}/playground`)
    assert.equal((await answered).status(), 200)
    await page.locator('.result-window .view-lines').filter({ hasText: 'displayName' }).waitFor()
    await page.locator('.graphiql-doc-explorer').getByRole('link', { name: 'Query', exact: true }).waitFor()
    assert.deepEqual(complaints, [])
    // What was there is back after a reload, and nothing is run again.
    const again = []
    page.on('request', (request) => again.push(request.postDataJSON()?.operationName))
    const introspected = answerOf(page, 'IntrospectionQuery')
    await page.reload()
    await introspected
    await page.locator('.graphiql-query-editor .view-lines').first().waitFor()
    await page.waitForTimeout(500)
    assert.ok(!again.includes('ListContacts'), again.join())
    await page.context().close()
  })

  it('shows events as they happen', async () => {
    const { page, complaints } = await open()
    await show(page, 'ContactEvents')
    await page.getByRole('button', { name: /^Execute query/ }).click()
    const stop = page.getByRole('button', { name: /^Stop query/ })
    await stop.waitFor()
    const told = page.locator('.result-window .view-lines').filter({ hasText: 'changedFields' })
    for (let i = 0; i < 50 && !(await told.isVisible()); i++) { // the subscription may be on its way
      await write(kith, { name: `Caller ${i}` })
      await page.waitForTimeout(200)
    }
    await told.waitFor()
    await stop.click()
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('builds an operation by clicking', async () => {
    const { page, complaints } = await open()
    await page.locator('.graphiql-tab-add').click()
    await page.getByRole('button', { name: 'Show GraphiQL Explorer' }).click()
    await page.locator('.graphiql-explorer-root').getByText('viewer', { exact: true }).click()
    await page.locator('.graphiql-explorer-root').getByText('role', { exact: true }).click()
    await page.locator('.graphiql-query-editor .view-lines').filter({ hasText: 'role' }).waitFor()
    await picture(page, 'playground-explorer')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('runs with Ctrl+Enter from anywhere', async () => {
    const { page } = await open()
    await page.getByLabel('Token').focus()
    const answered = answerOf(page, 'ListContacts')
    await page.keyboard.press('Control+Enter')
    assert.equal((await answered).status(), 200)
    await page.context().close()
  })

  it('opens what a link brings along, and runs it only if it reads', async () => {
    const link = (query, variables) => `${kith.url}/playground#${new URLSearchParams({ query, variables: JSON.stringify(variables) })}`
    const { page, complaints } = await watchedPage(browser)
    const asked = []
    page.on('request', (request) => asked.push(request.postDataJSON()?.operationName))
    const answered = answerOf(page, 'Linked')
    await page.goto(link('query Linked($n: Int) { contacts(first: $n) { search } }', { n: 3 }))
    assert.match((await answered).request().postData(), /"n":3/)
    assert.equal(new URL(page.url()).hash, '')
    const { page: second } = await watchedPage(browser)
    second.on('request', (request) => asked.push(request.postDataJSON()?.operationName))
    await second.goto(link('mutation Harm { deleteContact(input: {id: "x"}) { eventId } }', {}))
    await second.locator('.graphiql-query-editor .view-lines').filter({ hasText: 'Harm' }).waitFor()
    await second.waitForTimeout(1500)
    assert.ok(!asked.includes('Harm'), asked.join())
    assert.deepEqual(complaints, [])
    await page.context().close()
    await second.context().close()
  })

  it('has tabs that all run as they are', async () => {
    const { page, complaints } = await open()
    const expected = {
      ListContacts: 'endCursor',
      SearchContacts: 'workspaceHasContacts',
      FilterContacts: 'lastActivityAt',
      ContactSessions: 'lastMessagePreview',
      EditContact: 'Invalid email format',
      MergeContacts: 'NOT_FOUND',
      DeleteContact: 'NOT_FOUND',
      CreateChannel: 'cannot be empty',
      CreateApiKey: 'must be in the future',
    }
    const tabs = page.locator('.graphiql-tab')
    const names = await tabs.allInnerTexts()
    assert.deepEqual(names.filter((name) => name !== 'ContactEvents'), Object.keys(expected))
    for (const [name, text] of Object.entries(expected)) {
      const answer = await play(page, name)
      assert.ok(answer.includes(text), `${name}: ${answer}`)
    }
    await picture(page, 'playground-sessions')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('explains the schema', async () => {
    const { page, complaints } = await open()
    const docs = page.locator('.graphiql-doc-explorer')
    await docs.getByRole('link', { name: 'Query', exact: true }).click()
    await docs.getByText('The workspace’s contacts').or(docs.getByText("The workspace's contacts")).first().waitFor()
    await picture(page, 'playground-docs')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('completes a field as one types, with its description', async () => {
    const { page, complaints } = await open()
    await page.locator('.graphiql-tab-add').click()
    await page.locator('.graphiql-query-editor .monaco-editor').first().click()
    await page.keyboard.type('{ view')
    await page.locator('.suggest-widget.visible').getByText('viewer').first().waitFor()
    await picture(page, 'playground-completion')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('describes a field under the pointer, as text that does nothing', async () => {
    const { page, complaints } = await open()
    await page.locator('.graphiql-tab-add').click()
    await page.locator('.graphiql-query-editor .monaco-editor').first().click()
    await page.keyboard.insertText('{ viewer { role } }')
    const field = page.locator('.graphiql-query-editor .view-line span span').filter({ hasText: 'viewer' }).first()
    const described = page.locator('.monaco-hover:visible .rendered-markdown').filter({ hasText: 'viewer' }).first()
    // The schema may be on its way still.
    for (const deadline = Date.now() + 15_000; Date.now() < deadline && !(await described.isVisible()); ) {
      await page.mouse.move(5, 5)
      await field.hover()
      await page.waitForTimeout(700)
    }
    await described.waitFor()
    assert.equal(await page.locator('.monaco-hover').locator('script, iframe, [onerror], [onclick]').count(), 0)
    await picture(page, 'playground-hover')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('lays out an operation and its variables', async () => {
    const { page, complaints } = await open()
    await page.locator('.graphiql-tab-add').click()
    const operation = page.locator('.graphiql-query-editor .monaco-editor').first()
    await operation.click()
    await page.keyboard.insertText('query Who{viewer{role}}')
    const variables = page.locator('.graphiql-editor-tool .monaco-editor').first()
    await variables.click()
    await page.keyboard.insertText('{"first":1,/* kept */"after":null}')
    await page.getByRole('button', { name: /^Prettify/ }).click()
    await operation.locator('.view-line').nth(2).waitFor()
    await variables.locator('.view-line').nth(2).waitFor()
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('keeps what was typed across a reload', async () => {
    const { page, complaints } = await open()
    await page.locator('.graphiql-editor-tool .view-lines').filter({ hasText: '"first"' }).waitFor()
    await show(page, 'SearchContacts')
    await page.reload()
    await page.locator('.graphiql-editor-tool .view-lines').filter({ hasText: '"search"' }).waitFor()
    assert.equal(await page.locator('.graphiql-tab').count(), 10)
    assert.deepEqual(complaints, [])
    await page.context().close()
  })

  it('sends the token with each request and stores it nowhere', async () => {
    const { page } = await open()
    const token = 'made.up.token'
    const sent = page.waitForRequest((request) => request.headers().authorization === `Bearer ${token}`)
    await page.getByLabel('Token').fill(token)
    await page.getByLabel('Token').press('Enter')
    await sent
    const stored = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }) + document.cookie)
    assert.ok(!stored.includes(token), stored)
    await page.context().close()
  })

  it('follows the system into the dark', async () => {
    const { page, complaints } = await open({ colorScheme: 'dark' })
    await play(page, 'ListContacts')
    await picture(page, 'playground-dark')
    assert.deepEqual(complaints, [])
    await page.context().close()
  })
})

describe('the playground of a kith with auth settings', () => {
  const secret = 'a secret of at least thirty-two bytes'
  let kith, browser
  before(async () => {
    kith = await startKith({ KITH_AUTH_SECRET: secret, KITH_PLAYGROUND: 'on', KITH_INTROSPECTION: 'on' })
    browser = await launch()
  })
  after(async () => {
    await browser?.close()
    await kith?.stop()
  })

  it('asks for a token, and knows the schema once it has one', async () => {
    const { page } = await watchedPage(browser)
    await page.goto(`${kith.url}/playground`)
    const viewer = page.locator('.kith-token output')
    await viewer.filter({ hasText: /./ }).waitFor()
    assert.doesNotMatch(await viewer.innerText(), /acme/)
    await page.getByLabel('Token').fill(`Bearer ${token(secret, 'acme', 'staff')}`)
    await page.getByLabel('Token').press('Enter')
    await viewer.filter({ hasText: 'STAFF of acme' }).waitFor()
    await page.locator('.graphiql-doc-explorer').getByRole('link', { name: 'Query', exact: true }).waitFor()
    await picture(page, 'playground-token')
    await page.context().close()
  })
})
