/** The installed commands: the launcher, the bundle, real files, exit codes. */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { packageVersion } from '../../../cli/host/package-folder.ts'
import { exitCode } from '../../../cli/render/exit.ts'
import { packageFolder } from '../../../runtime/package-folder.ts'
import { launcher, plainEnvironment, type Result, runInstalled } from '../../helpers/installed.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const folder = temporaryFolder()

/** Runs a command in the folder of the test. */
function arcc(...args: readonly string[]): Promise<Result> {
  return arccWith({}, ...args)
}

/** The same with additional environment variables. */
function arccWith(more: NodeJS.ProcessEnv, ...args: readonly string[]): Promise<Result> {
  return runInstalled(folder, args, more)
}

const good = `// A network that TensorFlow.js trains in a moment.
use std.datasets: synthetic
use std.machines: cpu
use std.margins: cosface

backbone tiny on Image(112, 112, 3) -> Vector(8) { input |> conv(4, stride: 8) |> batch_norm |> prelu |> flatten |> linear(8) }

experiment small {
  dataset  = synthetic(identities: 8, per_identity: 4, holdout: 4)
  backbone = tiny
  margin   = cosface
  machine  = cpu(devices: 2)
  train { batch = 8 global, epochs = 1, optimizer = sgd(lr: 0.1) }
}
`

beforeAll(() => {
  writeFileSync(join(folder, 'good.arc'), good)
  writeFileSync(join(folder, 'bad.arc'), good.replace('epochs = 1', 'epochz = 1'))
  writeFileSync(join(folder, 'two.arc'), `${good}\nexperiment other extends small { train { batch = 16 global } }\n`)
  const swept = good.replace('epochs = 1', 'steps = 1').replace('optimizer', 'clip = 5, optimizer')
  writeFileSync(join(folder, 'swept.arc'), swept.replace(/\}\n$/, '  sweep.train.optimizer.lr = [0.1, 20%]\n}\n'))
  writeFileSync(
    join(folder, 'uneven.arc'),
    swept
      .replace('batch = 8 global, ', '')
      .replace(/\}\n$/, '  sweep.train.batch = [8 global, 7 global, 5 global]\n}\n'),
  )
  mkdirSync(join(folder, 'out'))
})

describe('arcc', () => {
  test('--version', async () => {
    expect(await arcc('--version')).toEqual({ code: exitCode.ok, out: `${packageVersion()}\n`, err: '' })
  })

  test.each([
    [['plna', 'good.arc'], 'Did you mean plan?'],
    [['plan', 'god.arc'], 'did you mean good.arc?'],
    [['plan'], "missing required argument 'file'"],
  ])('%o is the mistake of whoever types it', async (args, said) => {
    const { code, out, err } = await arcc(...args)
    expect({ code, out }).toEqual({ code: exitCode.user, out: '' })
    expect(err).toContain(said)
    expect(err).not.toMatch(/\n\s+at /)
  })
})

describe('arcc check', () => {
  test('a good file', async () => {
    const { code, out } = await arcc('check', 'good.arc', 'two.arc')
    expect(code).toBe(exitCode.ok)
    expect(out).toBe('ok  good.arc  1 experiment\nok  two.arc  2 experiments\n')
  })

  test('a bad one', async () => {
    const { code, out, err } = await arcc('check', 'bad.arc', 'good.arc')
    expect(code).toBe(exitCode.user)
    expect(out).toMatch(/^failed {2}bad\.arc {2}\d errors?\nok {2}good\.arc/)
    expect(err).toContain('bad.arc:13:29')
    expect(err).toContain('epochs')
  })

  test('as JSON', async () => {
    const { code, out, err } = await arcc('check', '--json', 'bad.arc')
    expect({ code, err }).toEqual({ code: exitCode.user, err: '' })
    expect(JSON.parse(out).diagnostics[0]).toMatchObject({ path: 'bad.arc', line: 13, severity: 'error' })
  })

  test('variants by their names', async () => {
    const { code, out } = await arcc('check', '--json', 'uneven.arc')
    expect(code).toBe(exitCode.user)
    expect(JSON.parse(out).diagnostics).toMatchObject([
      { code: 'ARC4209', variants: ['small[batch=7 global]'] },
      { code: 'ARC4209', variants: ['small[batch=5 global]'] },
    ])
  })

  test('--set is checked like the file', async () => {
    expect((await arcc('check', 'good.arc', '--set', 'train.batch=4 per device')).code).toBe(exitCode.ok)
    const { code, err } = await arcc('check', 'good.arc', '--set', 'train.bach=4 per device')
    expect(code).toBe(exitCode.user)
    expect(err).toContain('--set:1:')
    expect(err).toContain('batch')
  })
})

describe('arcc run on several computers', () => {
  test('of a sweep is refused before anything starts, with the command of one variant', async () => {
    const before = readdirSync(folder, { recursive: true })
    const meeting = ['--nodes', '2', '--node-rank', '0', '--rendezvous', '127.0.0.1:9']
    const { code, err } = await arcc(
      'run',
      'swept.arc',
      '--set',
      'machine.nodes=2',
      '--folder',
      'out/nodes',
      ...meeting,
    )
    expect(code).toBe(exitCode.user)
    expect(err).toContain('ARC6869')
    expect(err).toContain("arcc run FILE 'small[lr=0.1]'")
    expect(readdirSync(folder, { recursive: true })).toEqual(before)
  })
})

describe('arcc plan', () => {
  test('text, JSON and YAML tell the same', async () => {
    const text = await arcc('plan', 'good.arc')
    expect(text).toMatchObject({ code: exitCode.ok, err: '' })
    expect(text.out).toContain('devices 0-1   4 classes each')
    const json = JSON.parse((await arcc('plan', 'good.arc', '--format', 'json')).out)
    expect(json.centers.perDevice).toEqual([4, 4])
    expect(parse((await arcc('plan', 'good.arc', '--format', 'yaml')).out)).toEqual(json)
  })

  test('-o writes a file, without color', async () => {
    const { code, out } = await arcc('plan', 'good.arc', '--color', '-o', 'out/plan.txt')
    expect({ code, out }).toEqual({ code: exitCode.ok, out: '' })
    const written = readFileSync(join(folder, 'out/plan.txt'), 'utf8')
    expect(written).toBe((await arcc('plan', 'good.arc')).out)
  })

  test('of several experiments one is named', async () => {
    expect((await arcc('plan', 'two.arc')).code).toBe(exitCode.user)
    const { code, out } = await arcc('plan', 'two.arc', 'other')
    expect(code).toBe(exitCode.ok)
    expect(out).toContain('8 × 2 devices = 16')
  })

  test('the variants of a sweep make a table, a list, or one of them a plan', async () => {
    const table = await arcc('plan', 'swept.arc')
    expect(table).toMatchObject({ code: exitCode.ok, err: '' })
    expect(table.out).toMatch(/^experiment .*\nsmall\[lr=0\.1] .*\nsmall\[lr=20%] .*\n\n2 of 2 plans fit\n$/)
    const list = JSON.parse((await arcc('plan', 'swept.arc', '--format', 'json')).out)
    expect(list.map(({ experiment }: { experiment: { name: string } }) => experiment.name)).toEqual([
      'small[lr=0.1]',
      'small[lr=20%]',
    ])
    const one = await arcc('plan', 'swept.arc', 'small[lr=20%]')
    expect(one.out).toContain("arcc run swept.arc 'small[lr=20%]'")
    const none = await arcc('plan', 'swept.arc', 'small[lr=5]')
    expect(none.code).toBe(exitCode.user)
    expect(none.err).toContain('`small[lr=0.1]`, `small[lr=20%]`')
  })

  test('a variant that fails keeps its row, its name and its place in the list', async () => {
    const names = ['small[batch=8 global]', 'small[batch=7 global]', 'small[batch=5 global]']
    const table = await arcc('plan', 'uneven.arc')
    expect(table.code).toBe(exitCode.user)
    expect(table.out.split('\n').slice(1, 4)).toEqual(names.map((name) => expect.stringContaining(name)))
    expect(table.out).toMatch(/ARC4209\n\n1 of 3 plans fit, 2 have errors\n$/)
    expect(table.err.match(/note: in `.*`/g)).toEqual(names.slice(1).map((name) => `note: in \`${name}\``))
    const json = await arcc('plan', 'uneven.arc', '--format', 'json')
    expect(json.code).toBe(exitCode.user)
    const [first, second, third] = JSON.parse(json.out)
    expect(first).toMatchObject({ experiment: { name: names[0] }, memory: { fits: true } })
    expect([second, third]).toMatchObject(
      names.slice(1).map((name) => ({
        experiment: { name, file: 'uneven.arc' },
        diagnostics: [{ code: 'ARC4209', variants: [name] }],
      })),
    )
  })

  test('a folder that cannot be written to is about the computer', async () => {
    const { code, err } = await arcc('plan', 'good.arc', '-o', 'nowhere/plan.txt')
    expect(code).toBe(exitCode.environment)
    expect(err).toBe('error: nowhere/plan.txt: no such file or folder\n')
  })

  test('a reader that leaves early is no error', async () => {
    const child = spawn(process.execPath, [launcher, 'dump', 'good.arc', '--after', 'stablehlo'], {
      cwd: folder,
      env: plainEnvironment,
    })
    let err = ''
    child.stderr.on('data', (chunk: Buffer) => {
      err += String(chunk)
    })
    child.stdout.once('data', () => child.stdout.destroy())
    const code = await new Promise((resolve) => child.once('close', resolve))
    expect({ code, err }).toEqual({ code: exitCode.ok, err: '' })
  })
})

describe('arcc dump', () => {
  test.each([
    [['--after', 'parse'], /\(experiment small|\(object|small/],
    [['--after', 'elaborate'], /^train\.augment\s+= \[flip\(probability: 0\.5\)\] {2}\/\/ default of experiments$/m],
    [['--graph', 'embed', '--locations'], /conv2d\(.*std\/layers\.arc:\d+/],
    [['--after', 'stablehlo', '--graph', 'step'], /stablehlo\.all_gather/],
  ])('%o', async (args, expected) => {
    const { code, out, err } = await arcc('dump', 'good.arc', ...args)
    expect({ code, err }).toEqual({ code: exitCode.ok, err: '' })
    expect(out).toMatch(expected)
  })
})

describe('test', () => {
  test('runs the tests of the standard library', async () => {
    const { code, out } = await arcc('test', join(packageFolder, 'stdlib'))
    expect(code).toBe(exitCode.ok)
    expect(out).toMatch(/margins\.arc {2}\d+ tests\n/)
    expect(out).toMatch(/\n\d+ passed, 0 failed\n$/)
  })

  test('shows both sides of what does not hold', async () => {
    writeFileSync(join(folder, 'sums.arc'), 'test "sums" { assert 1 + 1 == 3 }\n')
    const { code, out, err } = await arcc('test', 'sums.arc')
    expect(code).toBe(exitCode.user)
    expect(out).toBe('failed  sums.arc  sums\n0 passed, 1 failed\n')
    expect(err).toContain('`1 + 1` is 2')
  })
})

describe('arcc run', () => {
  // GPUs are hidden, so that the tests are the same on all computers.
  const gpus = 'gpus.arc'
  const hidden = { CUDA_VISIBLE_DEVICES: '' }
  beforeAll(() => {
    const text = good.replace('cpu(devices: 2)', 'dgx_h100(nodes: 1)').replace('machines: cpu', 'machines: dgx_h100')
    writeFileSync(
      join(folder, gpus),
      text
        .replace('batch = 8 global, epochs = 1', 'batch = 2 per device, steps = 1')
        .replace('margin ', 'evaluate { sets = [lfw] }\n  margin ')
        .replace(/synthetic\(.*\)/, 'folder(root: "faces")')
        .replace('datasets: synthetic', 'datasets: folder'),
    )
  })

  test('of a machine that is not here ends before anything is made', async () => {
    const started = performance.now()
    const { code, out, err } = await arccWith(hidden, 'run', gpus, '--folder', 'out/none')
    expect(performance.now() - started).toBeLessThan(5000)
    expect({ code, out }).toEqual({ code: exitCode.environment, out: '' })
    expect(err).toMatch(
      /^error\[ARC6050]: the plan is for `dgx_h100` \(8 × NVIDIA H100 SXM5 80 GB\), but no GPU was found here/,
    )
    expect(err).toContain("\n      --set machine='local()'")
    expect(existsSync(join(folder, 'out/none'))).toBe(false)
  })

  test('--emulate tries it on virtual devices, and says so everywhere', async () => {
    // A trial on other data, which has no `lfw`.
    const trial = 'dataset=synthetic(identities: 8, per_identity: 4, holdout: 4)'
    const args = ['run', gpus, '--emulate', '--engine', 'tfjs', '--plain', '--folder', 'out/emulated', '--set', trial]
    const { code, out, err } = await arccWith(hidden, ...args)
    expect({ code, err }).toEqual({ code: exitCode.ok, err: '' })
    const text = "emulates dgx_h100 (8 × NVIDIA H100 SXM5 80 GB) on virtual devices of this computer's CPU"
    expect(out.split(text)).toHaveLength(3)
    expect(out).toContain(
      "warning  no verification on lfw: these sets are read from the data set's folder, but `synthetic` has none",
    )
    const read = (name: string) => readFileSync(join(folder, 'out/emulated', name), 'utf8')
    expect(read('resolved.txt')).toMatch(`// ${text}\n`)
    expect(parse(read('plan.yaml')).machine).toMatchObject({
      name: 'cpu',
      devicesPerNode: 8,
      insteadOf: { how: 'emulated', name: 'dgx_h100' },
    })
    expect(read('log.ndjson')).toContain('"emulates":"dgx_h100 (8 × NVIDIA H100 SXM5 80 GB)"')
  }, 120_000)

  test('runs the variants of a sweep in turn, each in a folder of its own', async () => {
    const { code, out } = await arcc('run', 'swept.arc', '--engine', 'tfjs', '--plain', '--folder', 'out/sweep')
    expect({ code, runs: readdirSync(join(folder, 'out/sweep')) }).toEqual({
      code: exitCode.ok,
      runs: ['small-lr=0.1', 'small-lr=20%'],
    })
    expect(out.match(/^Done: 1 step/gm)).toHaveLength(2)
    expect(out.match(/^variant .*/gm)).toEqual(['variant  1 of 2: small[lr=0.1]', 'variant  2 of 2: small[lr=20%]'])
    const fields = readFileSync(join(folder, 'out/sweep/small-lr=20%/resolved.txt'), 'utf8')
    expect(fields).toContain('sgd(lr: 0.2')
  }, 60_000)

  test('names what a run does not meet of its requirements, and ends with a code of its own', async () => {
    const required = '  evaluate { sets = [holdout], pairs = 20 }\n  require run.loss < 1e-6\n'
    const text = good
      .replace('epochs = 1', 'steps = 1')
      .replace(/\}\n$/, `${required}  require verification.holdout.accuracy >= 0%\n}\n`)
    writeFileSync(join(folder, 'required.arc'), text)
    const planned = await arcc('plan', 'required.arc')
    expect(planned.out).toMatch(
      /required +run\.loss < 1e-6 +verification\.holdout\.accuracy >= 0% +checked when the run ends/,
    )
    const { code, out, err } = await arcc(
      'run',
      'required.arc',
      '--engine',
      'tfjs',
      '--plain',
      '--folder',
      'out/required',
    )
    expect(code).toBe(exitCode.unmet)
    expect(out).toMatch(/Required: run\.loss < 1e-6; not met: \d/)
    expect(out).toMatch(/Required: verification\.holdout\.accuracy >= 0%; met: \d/)
    expect(err).toMatch(/^error\[ARC6575\]: .*run\.loss < 1e-6, and it is [\d.]+\n/)
    expect(existsSync(join(folder, 'out/required/weights.safetensors'))).toBe(true)
  }, 60_000)

  test('ends a sweep at the first variant that fails, and names it', async () => {
    const { code, out, err } = await arcc('run', 'uneven.arc', '--engine', 'tfjs', '--plain', '--folder', 'out/uneven')
    expect({ code, runs: readdirSync(join(folder, 'out/uneven')) }).toEqual({
      code: exitCode.user,
      runs: ['small-batch=8_global'],
    })
    expect(out.match(/^variant .*/gm)).toEqual(['variant  1 of 3: small[batch=8 global]'])
    expect(err.match(/note: in `.*`/g)).toEqual(['note: in `small[batch=7 global]`'])
  }, 60_000)
})
