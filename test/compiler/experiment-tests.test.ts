/** Tests in the language that read experiments. */
import { expect, test } from 'vitest'
import { checkProgram } from '../../compiler/check/check.ts'
import { runLanguageTests } from '../../compiler/language-tests.ts'
import { loadProgram } from '../../compiler/names/load.ts'
import { DiagnosticBag } from '../../grammar/diagnostic.ts'
import { memoryHost } from '../helpers/diagnose.ts'
import { saidBy } from '../helpers/facts.ts'
import { experimentText } from '../helpers/resolve.ts'

const body = `  train { batch = 8 per device, optimizer.lr = train.batch / 100 }
  evaluate.sets = [holdout]
  checkpoint.every = 5 steps`
const declarations = `experiment broken extends base { train.batch = 31 global }
experiment swept extends base { sweep.train.seed = [1, 2] }`

/** What the checker and the test say of statements. */
function run(statements: string, files: Readonly<Record<string, string>> = {}, more = '') {
  const bag = new DiagnosticBag()
  const text = `${more}\n${experimentText(body, declarations)}\ntest "t" {\n${statements}\n}\n`
  const host = memoryHost(files)
  const program = loadProgram({ path: 'test.arc', text }, host, bag)
  if (!bag.hasErrors) checkProgram(program, bag)
  const results = bag.hasErrors ? [] : runLanguageTests(program, host)
  return saidBy([...bag.sorted(), ...results.flatMap(({ diagnostics }) => diagnostics)])
}

test.each([
  ['fields', '  assert run.train.batch == 16 and run.train.epochs == 2 and run.dataset.identities == 20'],
  ['inside objects', '  assert run.train.optimizer.lr ≈ 0.16 and run.train.optimizer.momentum == 0.9'],
  ['names and lists', '  let chosen = run\n  assert chosen.centers.placement == shard and chosen.train.freeze == []'],
  ['the backbone', '  assert run.backbone.embedding == 16 and run.backbone.parameters > 1000'],
  [
    'figures of the plan',
    '  assert run.memory.peak < 4 GiB and run.memory.peak > 1 kB and run.throughput > 0 samples/s',
  ],
  ['durations', '  assert run.checkpoint.every == 5 steps and run.checkpoint.every != 6 steps'],
  ['the time of a step', '  assert run.step.time < 60 s'],
  ['an error', '  expect error ARC4209 { broken }'],
])('a test reads %s of an experiment', (_, statements) => {
  expect(run(statements)).toEqual([])
})

test.each([
  ['  assert run.train.batch == 17', ['ARC4301 title: t, condition: run.train.batch == 17']],
  ['  assert run.train.epochs == 2 s', ['ARC3008 doing: compare a plain number with a time']],
  ['  assert run.checkpoint.every == 5 epochs', ['ARC4003 operator: ==, left: `5 steps`, right: epochs']],
  ['  assert run.memory.peek < 4 GiB', ['ARC3011 type: a record of `peak`, name: peek']],
  ['  assert broken.train.seed == 1', ['ARC4209 count: 31, devices: 2']],
  ['  assert swept.train.seed == 1', ['ARC4223 name: swept, count: 2']],
])('%s', (statements, said) => {
  expect(run(statements)).toEqual(said)
})

test('the experiment may be that of another file', () => {
  const files = { 'other.arc': `${experimentText('  train.seed = 7')}` }
  expect(run('  assert other.run.train.seed == 7', files, 'use other as other')).toEqual([])
  expect(run('  assert last.train.seed == 7', files, 'use other: run as last')).toEqual([])
})

test('only tests can read one', () => {
  expect(run('  assert 1 == 1', {}, 'let seed = run.train.seed')).toEqual(['ARC3014 name: run'])
})
