import{An as e,Cn as t,F as n}from"./shared-D2OpY2o1.js";var r={name:[`displayName`],email:[`email`],phone:[`phone`],notes:[`notes`],channels:[`identities {`,`  channel {`,`    name`,`    type`,`  }`,`}`],created:[`createdAt`],activity:[`lastActivityAt`]},i={search:`String`,filter:`ContactFilter`,orderBy:`ContactOrder`,first:`Int`},a=25;function o(e,t){let n={...e,first:a},o=Object.keys(i).filter(e=>n[e]!==void 0),s=(e,t)=>e.map(e=>`${t}${e}\n`).join(``);return{query:`query Contacts(
${s(o.map(e=>`$${e}: ${i[e]}`),`  `)}) {
  contacts(
${s(o.map(e=>`${e}: $${e}`),`    `)}  ) {
    nodes {
      id
${s(t.flatMap(e=>r[e]??[]),`      `)}    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
`,variables:JSON.stringify(n,null,2)}}function s(e,t,n){return`${e}#${new URLSearchParams({...o(t,n)})}`}function c({asked:r,hidden:i}){let a=e(t)?.playgroundUrl;return a&&s(a,r,n.filter(e=>!i.includes(e)))}export{c as t};