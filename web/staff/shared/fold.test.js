import assert from 'node:assert/strict'

import { describe, it } from 'vitest'

import { fold, matches } from './fold'

const marked = (text, search) => matches(text, search).map(([from, to]) => text.slice(from, to))

describe('folding as the server does', () => {
  it('makes one of letters that are one to their writers', () => {
    for (const [a, b] of [
      ['Éloïse Straße', 'eloise strasse'],
      ['علی کریمی', 'علي كريمي'],
      ['فاطمة', 'فاطمه'],
      ['أحمد', 'احمد'],
      ['אברהם', 'אברהמ'],
      ['タナカ', 'たなか'],
      ['ダイ', 'だい'],
      ['髙橋', '高橋'],
      ['Ґалина', 'галина'],
      ['ᴊᴏʜɴ', 'john'],
      ['ΟΔΥΣΣΕΥΣ', 'οδυσσευς'],
      ['김', 'ㄱㅣㅁ'],
    ]) {
      assert.equal(fold(a).text, fold(b).text, a)
    }
  })

  it('keeps apart what is spelling', () => {
    for (const [a, b] of [
      ['हसन', 'हुसैन'],
      ['ハナ', 'バナ'],
      ['সমন', 'সুমন'],
      ['ปอม', 'ป้อม'],
    ]) {
      assert.notEqual(fold(a).text, fold(b).text, a)
    }
  })

  it('marks whole characters of the text', () => {
    assert.deepEqual(marked('هُدى', 'هد'), ['هُد'])
    assert.deepEqual(marked('이하은', '이항'), ['이하은'])
    assert.deepEqual(marked('हुसैन अली', 'हुसैन'), ['हुसैन'])
    assert.deepEqual(marked('Greta Lindqvist', 'Lindqvist, "Greta"'), ['Greta', 'Lindqvist'])
  })
})
