/** The phases of one experiment, of the variants of a sweep, and of a whole file. */
import { describe, expect, test } from 'vitest'
import { type Compilation, compileFile, compileVariants } from '../../compiler/driver.ts'
import { type Diagnostic, DiagnosticBag } from '../../grammar/diagnostic.ts'
import { memoryHost } from '../helpers/diagnose.ts'
import { experimentText } from '../helpers/resolve.ts'

const until = 'elaborate'
const entryOf = (body: string, declarations = '') => ({ path: 'test.arc', text: experimentText(body, declarations) })

/** `ARC4209 run[batch=3 global]`, one for each variant; `ARC4209` without a variant. */
const codes = (diagnostics: readonly Diagnostic[]) =>
  diagnostics.map(({ code, variants = [] }) => [code, ...variants].join(' '))

const merged = (compilations: Iterable<Compilation>) =>
  new DiagnosticBag([...compilations].flatMap(({ diagnostics }) => diagnostics)).sorted()

/** A host that records the requested modules. */
function listeningHost() {
  const read: string[] = []
  const host = memoryHost()
  const readStdlib = (name: string) => {
    read.push(name)
    return host.readStdlib(name)
  }
  return { read, host: { ...host, readStdlib } }
}

describe('the variants of a sweep', () => {
  const entry = entryOf('  sweep { train.batch = [4 global, 3 global, 8 global, 5 global] }')
  const request = { entry, experiment: 'run', until } as const

  test('are compiled from a program that is read once', () => {
    const one = listeningHost()
    const all = listeningHost()
    expect([...compileVariants({ ...request, experiment: 'base' }, one.host)]).toHaveLength(1)
    expect([...compileVariants(request, all.host)]).toHaveLength(4)
    expect(all.read).toEqual(one.read)
  })

  test('are the same as each compiled by its name', () => {
    for (const { variant, experiment } of compileVariants(request, memoryHost())) {
      const [alone] = compileVariants({ ...request, experiment: variant?.name }, memoryHost())
      expect(alone?.experiment?.resolved).toEqual(experiment?.resolved)
      expect(alone?.variant).toBeUndefined()
    }
  })

  test('have their places, also those that fail', () => {
    const compilations = [...compileVariants(request, memoryHost())]
    expect(
      compilations.map(({ variant, experiment }) => [variant?.position, variant?.count, experiment?.name]),
    ).toEqual([
      [1, 4, 'run[batch=4 global]'],
      [2, 4, undefined],
      [3, 4, 'run[batch=8 global]'],
      [4, 4, undefined],
    ])
    expect(compilations[1]?.variant?.name).toBe('run[batch=3 global]')
  })

  test('have their names in their diagnostics', () => {
    expect(codes(merged(compileVariants(request, memoryHost())))).toEqual([
      'ARC4209 run[batch=3 global]',
      'ARC4209 run[batch=5 global]',
    ])
  })

  test('are named together where they have the same mistake', () => {
    const swept = entryOf('  sweep { train.seed = [1, 2, 3] }\n  train.batch = 3 global')
    const found = merged(compileVariants({ ...request, entry: swept }, memoryHost()))
    expect(codes(found)).toEqual(['ARC4209 run[seed=1] run[seed=2] run[seed=3]'])
  })

  test('begin each with nothing spent', () => {
    // Each of them takes a quarter of the 300,000 steps that one experiment can take.
    const swept = entryOf('  let many = for i in 0..40_000 { i }\n  sweep { train.seed = 1..9 }')
    const found = merged(compileVariants({ ...request, entry: swept }, memoryHost()))
    expect(codes(found)).toEqual(['ARC2007'])
  })

  test('are unknown where the sweep itself has a mistake', () => {
    const compilations = [...compileVariants({ ...request, entry: entryOf('  sweep.train.seed = []') }, memoryHost())]
    expect(compilations.map(({ variant }) => variant)).toEqual([undefined])
    expect(codes(merged(compilations))).toEqual(['ARC4220'])
  })

  test('an import that only `--set` uses is used', () => {
    const entry = entryOf('', 'use std.schedules: cosine, polynomial')
    const named = (text: string) => {
      const overrides = [{ path: '--set', text }]
      return merged(compileVariants({ ...request, entry, overrides, until: 'check' }, memoryHost())).map(
        ({ code, params }) => `${code} ${params.name}`,
      )
    }
    expect(named('train.schedule=cosine()')).toEqual(['ARC2007 polynomial'])
    expect(named('train.epochs=2')).toEqual(['ARC2007 cosine', 'ARC2007 polynomial'])
  })

  test('share what is said of the file, which is said once', () => {
    const warned = entryOf('  sweep { train.seed = [1, 2] }', 'use std.schedules: cosine')
    const found = [...compileVariants({ ...request, entry: warned }, memoryHost())].map((one) => codes(one.diagnostics))
    expect(found).toEqual([['ARC2007'], []])
  })
})

describe('a file', () => {
  test('is compiled experiment by experiment, variant by variant', () => {
    const entry = entryOf('  sweep { train.seed = [1, 2] }')
    const names = [...compileFile({ entry, until }, memoryHost())].map(({ experiment }) => experiment?.name)
    expect(names).toEqual(['base', 'run[seed=1]', 'run[seed=2]'])
  })

  test('has a mistake without a variant where it is found without a sweep as well', () => {
    const { text } = entryOf('  sweep { train.seed = [1, 2] }')
    const entry = { path: 'test.arc', text: text.replace('batch = 4 per device', 'batch = 3 global') }
    expect(codes(merged(compileFile({ entry, until }, memoryHost())))).toEqual(['ARC4209'])
  })

  test('is compiled once where it has no experiment, or cannot be read', () => {
    for (const text of ['let a = 1\n', 'let = 1\n'])
      expect([...compileFile({ entry: { path: 'test.arc', text }, until }, memoryHost())]).toHaveLength(1)
  })
})
