/** What the checker says of code that has no effect or another one, and what it leaves alone. */
import { expect, test } from 'vitest'
import { checkText } from '../../helpers/diagnose.ts'

const codesOf = (text: string, files: Readonly<Record<string, string>> = {}) =>
  checkText(text, files).diagnostics.map(({ code, span }) => `${code} ${span.source.path}`)

const files = {
  'nets.arc': 'let wide = 64\nlet narrow = 8\n',
  'shared.arc': 'use nets: narrow\nlet least = narrow\n',
}

test.each([
  ['use nets: wide, narrow\nuse shared: least\nlet a = wide + least\n', ['ARC2007 test.arc']],
  ['use nets: wide, narrow\nuse shared: least\nlet a = wide + least + narrow\n', []],
  ['use nets as n\nuse shared: least\nlet a = least\n', ['ARC2007 test.arc']],
])('an import that another file has too: %j', (text, codes) => {
  expect(codesOf(text, files)).toEqual(codes)
})

test.each([
  ['for i in 0..3 carry y = 1 { i + 1 }', ['ARC3291 test.arc']],
  ['for i in 0..3 carry y = 1 { y + i }', []],
  ['for i in 0..3 carry _y = 1 { i + 1 }', []],
  ['for i in 0..3 carry y = 1 { for j in 0..i carry z = 0 { z + y + j } }', []],
])('a loop: %s', (loop, codes) => {
  expect(codesOf(`let a = ${loop}\n`)).toEqual(codes)
})

test.each([
  ['factor(total) = 1 / total', ['ARC3290 test.arc']],
  ['factor(epoch, total) = epoch / total', ['ARC3290 test.arc']],
  ['factor(step, total) = step / total', []],
  ['factor() = 0.5', []],
])('a schedule: %s', (factor, codes) => {
  expect(codesOf(`schedule own { ${factor} }\n`)).toEqual(codes)
})

test.each([
  ['"$FACES/train"', ['ARC3293 test.arc']],
  ['"~/faces"', ['ARC3293 test.arc']],
  ['"{env("FACES")}/train"', []],
  ['"faces/$old"', []],
  ['"~faces"', []],
])('a path: %s', (path, codes) => {
  expect(codesOf(`let a = ${path}\n`)).toEqual(codes)
})
