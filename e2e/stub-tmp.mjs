import { buildSchema } from 'graphql'
import { createHandler } from 'graphql-http/lib/use/http'
import { createServer } from 'node:http'
import { readFileSync } from 'node:fs'
const schema = buildSchema(readFileSync('../schema.graphqls','utf8'))
const c = i => ({__typename:'Contact', id: 'contact_'+String(i).padStart(32,'0'), name:'Ann '+i, displayName:'Ann '+i, notes:'', version:1, createdAt:'2026-01-01T00:00:00Z', updatedAt:'2026-01-01T00:00:00Z', email:'a@b.c', phone:null, identities:[], lastActivityAt:null,
 sessions: ()=>({nodes:[{id:'session_1',status:'ACTIVE',lastMessagePreview:'hello',lastMessageAt:'2026-01-01T00:00:00Z',unreadCount:0,channel:{name:'Web',type:'HTML_EMBED'}}],pageInfo:{hasNextPage:false,endCursor:'x'}})})
const conn = (a) => ({nodes:[1,2,3].map(c), edges:[1,2,3].map(i=>({cursor:'c'+i,node:c(i),match:{field:'NAME',kind:'PREFIX'}})), search:a.search??'', workspaceHasContacts:true, totalCount:{value:3,exact:true}, pageInfo:{hasNextPage:false,hasPreviousPage:false,endCursor:'c3'}})
const rootValue = { viewer:{subject:'x',role:'ADMIN',workspace:'demo'}, contacts: conn, contact: () => c(1),
 updateContact: () => ({contact:c(1), userErrors:[{code:'INVALID',field:['input','email'],message:'Invalid email format'}]}),
 deleteContact: () => ({deletedContactId:null,userErrors:[{code:'NOT_FOUND',field:['input','id'],message:'gone'}]}) }
createServer(createHandler({schema, rootValue})).listen(4999,'127.0.0.1')
