/** The JSON forms of `arcc check`, `plan` and `run` stay JSON whatever is wrong, and say everything that the text says. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { JsonDiagnostic } from '../../../cli/render/diagnostic.ts'
import { exitCode } from '../../../cli/render/exit.ts'
import { runInstalled } from '../../helpers/installed.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const folder = temporaryFolder()
const arcc = (...args: readonly string[]) => runInstalled(folder, args)

const good = `use std.datasets: synthetic
use std.machines: cpu
use std.margins: cosface

backbone tiny on Image(112, 112, 3) -> Vector(8) { input |> conv(4, stride: 8) |> batch_norm |> prelu |> flatten |> linear(8) }

experiment small {
  dataset  = synthetic(identities: 8, per_identity: 4, holdout: 4)
  backbone = tiny
  margin   = cosface
  machine  = cpu(devices: 2)
  train { batch = 8 global, epochs = 1, optimizer = sgd(lr: 0.1) }
  require memory.peak < 1 B
}
`

/** Files that no diagnostic with a place describes, with the code and the path of what is said. */
const unreadable: readonly (readonly [
  name: string,
  content: Buffer | string | undefined,
  code: string,
  path: string,
])[] = [
  ['latin1.arc', Buffer.from('// M\xfcller\n', 'latin1'), 'ARC6614', 'latin1.arc'],
  ['zero.arc', 'let a = 1\0', 'ARC6614', 'zero.arc'],
  ['wide.arc', Buffer.from('\uFEFFlet a = 1', 'utf16le'), 'ARC6614', 'wide.arc'],
  ['user.arc', 'use "latin1.arc": a\n', 'ARC6614', 'latin1.arc'],
  ['missing.arc', undefined, 'ARC6601', 'missing.arc'],
  ['inner', undefined, 'ARC6619', 'inner'],
  ['folder.arc', undefined, 'ARC6619', 'folder.arc'],
]

beforeAll(() => {
  mkdirSync(join(folder, 'inner'))
  mkdirSync(join(folder, 'folder.arc'))
  for (const [name, content] of unreadable) if (content !== undefined) writeFileSync(join(folder, name), content)
  writeFileSync(join(folder, 'good.arc'), good)
  writeFileSync(join(folder, 'broken.arc'), good.replace('tiny on', 'tiny um'))
  writeFileSync(join(folder, 'typo.arc'), good.replace('epochs', 'epochz'))
  const swept = '  train.steps = 1\n  sweep.train.optimizer.lr = [0.1, 0.2]\n}\n'
  writeFileSync(
    join(folder, 'swept.arc'),
    `use std.margins: arcface\n${good.replace('epochs = 1, ', '').replace(/\}\n$/, swept)}`,
  )
})

const codesOf = (diagnostics: readonly JsonDiagnostic[]) => diagnostics.map(({ code }) => code)

describe.each(unreadable)('%s', (name, _, code, path) => {
  test('is a diagnostic of each JSON form', async () => {
    const found = [{ code, path, severity: 'error', line: 1, column: 1 }]
    const checked = await arcc('check', '--json', name)
    expect({ code: checked.code, err: checked.err }).toEqual({ code: exitCode.user, err: '' })
    expect(JSON.parse(checked.out).diagnostics).toMatchObject(found)
    const planned = await arcc('plan', name, '--format', 'json')
    expect(planned.code).toBe(exitCode.user)
    expect(JSON.parse(planned.out)).toMatchObject({ experiment: { file: name }, diagnostics: found })
    const run = await arcc('run', name, '--json')
    expect(run.code).toBe(exitCode.user)
    expect(JSON.parse(run.out)).toMatchObject({ v: 1, type: 'diagnostic', ...found[0] })
    for (const { err } of [planned, run]) expect(err).toContain(`error[${code}]: `)
  })
})

describe('arcc check', () => {
  test('goes on after a file that cannot be read', async () => {
    const json = await arcc('check', '--json', 'latin1.arc', 'typo.arc', 'missing.arc')
    expect(codesOf(JSON.parse(json.out).diagnostics)).toEqual(['ARC6614', 'ARC3201', 'ARC6601'])
    const text = await arcc('check', 'missing.arc', 'good.arc')
    expect(text.code).toBe(exitCode.user)
    expect(text.out).toMatch(/^failed {2}missing\.arc {2}not checked\n(ok|failed) {2}good\.arc/)
    expect(text.err).toContain('error[ARC6601]: there is no file missing.arc\n')
  })

  test('a folder is told with its files', async () => {
    const { err } = await arcc('check', '.')
    expect(err).toMatch(/error\[ARC6619]: \. is a folder, not an \.arc file\nhelp: it contains broken\.arc, /)
  })
})

describe('arcc plan', () => {
  test('a broken requirement is in the document', async () => {
    for (const format of ['json', 'yaml']) {
      const { code, out } = await arcc('plan', 'good.arc', '--format', format)
      expect(code).toBe(exitCode.user)
      const { memory, diagnostics } = format === 'json' ? JSON.parse(out) : parse(out)
      expect(memory.fits).toBe(true)
      expect(diagnostics).toMatchObject([{ code: 'ARC5003', line: 13 }])
    }
  })

  test.each([
    ['broken.arc', 'ARC1', undefined],
    ['typo.arc', 'ARC3201', undefined],
  ])('%s has the errors instead of a plan', async (file, code, name) => {
    const { out } = await arcc('plan', file, '--format', 'json')
    const { experiment, diagnostics, ...rest } = JSON.parse(out)
    expect({ experiment, rest }).toEqual({ experiment: { file, name }, rest: {} })
    expect(diagnostics[0].code).toContain(code)
  })

  test('each variant has its diagnostics and those of all', async () => {
    const { out } = await arcc('plan', 'swept.arc', '--format', 'json')
    const list: readonly { experiment: { name: string }; diagnostics: readonly JsonDiagnostic[] }[] = JSON.parse(out)
    expect(list.map(({ experiment }) => experiment.name)).toEqual(['small[lr=0.1]', 'small[lr=0.2]'])
    for (const { experiment, diagnostics } of list) {
      expect(codesOf(diagnostics)).toEqual(['ARC2007', 'ARC5003'])
      expect(diagnostics[1]?.variants).toEqual([experiment.name])
    }
  })
})

test('arcc run --json has a line for each diagnostic', async () => {
  const { code, out, err } = await arcc('run', 'good.arc', '--json', '--engine', 'tfjs')
  expect(code).toBe(exitCode.user)
  expect(
    out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toMatchObject([{ type: 'diagnostic', code: 'ARC5003', severity: 'error', path: 'good.arc', line: 13 }])
  expect(err).toContain('error[ARC5003]')
})
