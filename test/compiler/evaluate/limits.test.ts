/** Evaluation always ends quickly with a diagnostic, for any file, even without a previous check. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fuzzCount, mutate, seededRandom } from '../../helpers/mutate.ts'
import { experimentText, resolveBody, resolveText } from '../../helpers/resolve.ts'

const chain = (length: number, line: (i: number) => string) => Array.from({ length }, (_, i) => line(i)).join('\n')

const cases: readonly (readonly [what: string, code: string, body: string, declarations?: string])[] = [
  ['a backbone of a million blocks', 'ARC4015', '  backbone = iresnet(depths: [1000000], channels: [4], stem: 4)'],
  ['a range without end', 'ARC4015', '  train.seed = (0..100000000000).length'],
  ['a loop that is too long', 'ARC4015', '  train.seed = for i in 0..250000 carry n = 0 { n + 1 }'],
  [
    'calls that double at each level',
    'ARC4015',
    '  train.seed = f30(1)',
    chain(31, (i) => `fn f${i}(x: int) -> int { ${i === 0 ? 'x' : `f${i - 1}(x) + f${i - 1}(x)`} }`),
  ],
  ['a string that doubles', 'ARC4023', '  dataset = folder(root: for i in 0..60 carry s = "a" { "{s}{s}" })'],
  ['a weight of 10^10 elements', 'ARC4023', '  backbone = iresnet(depths: [1], channels: [8], stem: 400000000)'],
  ['a function that calls itself', 'ARC4013', '  train.seed = f(1)', 'fn f(x: int) -> int { f(x - 1) }'],
  ['lets that define each other', 'ARC4014', '  train.seed = a', 'let a = b\nlet b = a'],
  ['experiments that extend each other', 'ARC4206', '', 'experiment a extends b { }\nexperiment b extends a { }'],
  [
    'a long chain of calls',
    'ARC4016',
    '  train.seed = f200(1)',
    chain(201, (i) => `fn f${i}(x: int) -> int { ${i === 0 ? 'x' : `f${i - 1}(x) + 1`} }`),
  ],
  [
    'a long chain of lets',
    'ARC4016',
    '  train.seed = a2000',
    chain(2001, (i) => (i === 0 ? 'let a0 = 1' : `let a${i} = a${i - 1}`)),
  ],
]

describe('limits', () => {
  it.each(cases.map(([what, code, body, declarations = '']) => ({ what, code, body, declarations })))(
    '$what: $code',
    ({ code, body, declarations }) => {
      const name = code === 'ARC4206' ? 'a' : 'run'
      const started = performance.now()
      const { experiment, diagnostics } = resolveBody(body, declarations, { check: false, name })
      expect(performance.now() - started).toBeLessThan(5000)
      expect(experiment).toBeUndefined()
      expect(diagnostics.map(({ code: found }) => found)).toEqual([code])
    },
  )

  const count = fuzzCount(150)

  it(`ends on ${count} mutated files, checked or not, with an experiment or an error`, () => {
    const random = seededRandom(20261124)
    const stdlib = (name: string) => readFileSync(join(import.meta.dirname, `../../../stdlib/${name}.arc`), 'utf8')
    const texts = [
      stdlib('margins') +
        experimentText('  margin = cosface |> interclass_filter(0.4)').replace('use std.margins\n', ''),
      stdlib('layers') + experimentText(),
      stdlib('machines') + stdlib('schedules') + experimentText('  machine = cpu(4)').replace('use std.machines\n', ''),
    ]
    for (let i = 0; i < count; i++) {
      const text = mutate(texts[i % texts.length] ?? '', random)
      for (const check of [true, false]) {
        const { experiment, diagnostics } = resolveText(text, { name: 'run', check })
        expect(experiment !== undefined || diagnostics.some((d) => d.severity === 'error'), text).toBe(true)
      }
    }
  }, 240_000)
})
