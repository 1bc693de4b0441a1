/** `arcc eval`: the installed command on a small network, and the sets that it finds. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { openSets } from '../../../cli/commands/eval/find-sets.ts'
import { outputFolders } from '../../../cli/commands/eval/folders.ts'
import { fileHost } from '../../../cli/host/host.ts'
import { evaluationsFolder } from '../../../cli/host/network/evaluations-folder.ts'
import type { NetworkRequest } from '../../../cli/host/network/with-network.ts'
import { exitCode } from '../../../cli/render/exit.ts'
import { processOutput } from '../../../cli/render/output.ts'
import { readEvaluation } from '../../../runtime/evaluate/report/evaluation-file.ts'
import { runInstalled } from '../../helpers/installed.ts'
import { fileCollection, peopleFiles } from '../../helpers/picture-collection.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const folder = temporaryFolder()

const arcc = (...args: readonly string[]) => runInstalled(folder, args)

const experiment = `use std.datasets: synthetic
use std.machines: cpu
use std.margins: cosface

backbone tiny on Image(112, 112, 3) -> Vector(8) { input |> conv(4, stride: 8) |> batch_norm |> prelu |> flatten |> linear(8) }

experiment small {
  dataset  = synthetic(identities: 8, per_identity: 4, holdout: 4)
  backbone = tiny
  margin   = cosface
  machine  = cpu(devices: 1)
  train { batch = 8 global, steps = 2, optimizer = sgd(lr: 0.1) }
  evaluate { sets = [holdout, pairs(list: "listed.csv")], pairs = 40 }
}
`

/** The same with templates beside pairs, alone, and with two sets of one name. */
const withSets = (sets: string) => experiment.replace('[holdout, pairs(list: "listed.csv")]', sets)

/** 24 pairs, half of one person, with the group of each. */
const pairLines = Array.from({ length: 24 }, (_, i) => {
  const [a, b] = [i % 4, i % 2 === 0 ? i % 4 : (i + 1) % 4]
  return `faces/p${a}/${i % 3}.jpg,faces/p${b}/${(i % 3) + 1}.jpg,${i % 2 === 0 ? 1 : 0},${i % 3 === 0 ? 'Asian' : 'Indian'}`
})

beforeAll(async () => {
  fileCollection(join(folder, 'faces'), await peopleFiles(4, 4))
  writeFileSync(join(folder, 'small.arc'), experiment)
  writeFileSync(join(folder, 'listed.csv'), `${pairLines.join('\n')}\n`)
  const { code, err } = await arcc('run', 'small.arc', '--engine', 'tfjs', '--folder', 'run', '--plain')
  expect([code, err]).toEqual([exitCode.ok, ''])
}, 120_000)

/** The figures of a set that training has logged last. */
function logged(set: string): Record<string, unknown> | undefined {
  const events = readFileSync(join(folder, 'run/log.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  return events.findLast((event) => event.type === 'evaluation' && event.set === set)
}

describe('the command', () => {
  test('evaluates all sets of the experiment of a run, with the figures of the training', async () => {
    const { code, out, err } = await arcc('eval', 'run', '--engine', 'tfjs', '--json')
    expect([code, err]).toEqual([exitCode.ok, ''])
    const printed = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly set: { readonly name: string } })
    expect(printed.map(({ set }) => set.name)).toEqual(['holdout', 'listed'])
    for (const [i, name] of ['holdout', 'listed'].entries()) {
      const own = join(folder, 'run/evaluations', name)
      expect(readdirSync(own).sort()).toEqual(['evaluation.json', 'roc.svg', 'scores.csv', 'scores.svg'])
      const written = await readEvaluation(join(own, 'evaluation.json'))
      expect(written).toEqual(printed[i])
      const { accuracy, deviation, auc, xnorm, tarAtFar } = logged(name) ?? {}
      expect(written).toMatchObject({ accuracy, deviation, auc, xnorm })
      expect(written.tarAtFar).toEqual(tarAtFar)
      expect(written.network.step).toBe(2)
    }
    const listed = await readEvaluation(join(folder, 'run/evaluations/listed/evaluation.json'))
    expect(listed.groups.map(({ value, pairs }) => [value, pairs])).toEqual([
      ['Asian', 8],
      ['Indian', 16],
    ])
  })

  test('evaluates weights on a folder of people, on two devices, as text', async () => {
    const weights = join(folder, 'alone.safetensors')
    writeFileSync(weights, readFileSync(join(folder, 'run/weights.safetensors')))
    const options = ['--experiment', 'small.arc', '--engine', 'tfjs', '--pairs', '20', '--devices', '2', '--batch', '3']
    const { code, out, err } = await arcc('eval', 'alone.safetensors', 'faces', ...options, '--far', '0.1')
    expect([code, err]).toEqual([exitCode.ok, ''])
    const written = await readEvaluation(join(folder, 'alone.evaluations/faces/evaluation.json'))
    expect(written.set).toMatchObject({
      name: 'faces',
      path: 'faces',
      root: join(folder, 'faces'),
      pairs: 20,
      same: 10,
    })
    expect(written.recommended.why).toContain('1e-1')
    expect(out).toContain(`${(written.accuracy * 100).toFixed(3)} %`)
    expect(out).toContain('alone.evaluations/faces')
  })

  test('a damaged picture is named, and nothing is written', async () => {
    mkdirSync(join(folder, 'bad'), { recursive: true })
    const bad = join(folder, 'bad/cut.jpg')
    writeFileSync(bad, readFileSync(join(folder, 'faces/p0/0.jpg')).subarray(0, 200))
    writeFileSync(join(folder, 'bad.csv'), `${pairLines.join('\n').replace('faces/p0/0.jpg', 'bad/cut.jpg')}\n`)
    const { code, err } = await arcc('eval', 'run', 'bad.csv', '--engine', 'tfjs', '--folder', 'out')
    expect(code).toBe(exitCode.user)
    expect(err).toMatch(/error\[ARC62\d\d\].*cut\.jpg/)
    expect(existsSync(join(folder, 'out/bad/evaluation.json'))).toBe(false)
    rmSync(join(folder, 'out'), { recursive: true })
  })
})

test('all pairs without one of one person, and a folder that is none, are refused before the network starts', async () => {
  for (const person of ['p0', 'p1']) {
    mkdirSync(join(folder, 'single', person), { recursive: true })
    writeFileSync(join(folder, 'single', person, '0.jpg'), readFileSync(join(folder, 'faces', person, '0.jpg')))
  }
  writeFileSync(join(folder, 'empty.safetensors'), '')
  const refused = async (...args: readonly string[]) => {
    const { code, err } = await arcc('eval', 'empty.safetensors', '--engine', 'tfjs', '--all-to-all', ...args)
    return [code, err.split('\n')[0]]
  }
  expect(await refused('single')).toEqual([
    exitCode.user,
    'error[ARC6350]: comparing all pictures needs pairs of one person and of two: there are 0 of one person and 1 of two',
  ])
  expect(await refused('faces', '--folder', 'small.arc')).toEqual([
    exitCode.environment,
    expect.stringMatching(/^error\[ARC6326\].*small\.arc/),
  ])
})

describe('folders', () => {
  test.each([
    ['lfw', 'lfw'],
    ['/data/lfw.bin', 'lfw'],
    ['my set (1)', 'my_set_1_'],
    ['.hidden', '_hidden'],
    ['..', '_'],
    ['人', '人'],
  ])('of the set %s: %s', async (name, expected) => {
    const parent = join(folder, 'folders')
    expect(await outputFolders([{ name, path: name }], parent)).toEqual([join(parent, expected)])
  })

  test.each([
    ['r50.pt', 'r50.evaluations'],
    ['.', `${process.cwd()}.evaluations`],
    ['./test/..', `${process.cwd()}.evaluations`],
  ])('of the network %s: %s', (path, expected) => expect(evaluationsFolder(path)).toBe(expected))

  test('two sets for one', async () => {
    const sets = ['a/lfw.bin', 'b/lfw.bin'].map((path) => ({ name: 'lfw', path }))
    await expect(outputFolders(sets, folder)).rejects.toMatchObject({
      code: 'ARC6324',
      params: { second: 'b/lfw.bin' },
    })
  })
})

describe('sets that cannot be used', () => {
  const networkOf = (path: string, experiment?: string): NetworkRequest => ({
    ...{ path: join(folder, path), backbone: undefined, experiment, engine: 'tfjs' },
    ...{ devices: undefined, batch: undefined, precision: 'f32' },
  })
  const ijb = (file: string, words: string) =>
    `arcc eval ${folder}/run --ijb ${words} --experiment ${folder}/${file}.arc`
  const inFile = (name: string) => ({ network: networkOf('run', join(folder, name)) })
  const open = (sets: readonly string[], more: Partial<Parameters<typeof openSets>[0]> = {}, path = 'run') => {
    const network = networkOf(path)
    const request = { sets, root: undefined, pairs: undefined, seed: undefined, far: undefined, network, ...more }
    return openSets(request, fileHost(), processOutput(false))
  }

  beforeAll(() => {
    writeFileSync(join(folder, 'few.csv'), pairLines.slice(0, 9).join('\n'))
    writeFileSync(join(folder, 'both.arc'), withSets(`[holdout, ijbc(root: "a folder")]`))
    writeFileSync(join(folder, 'alone.arc'), withSets(`[ijbb(root: "{env("ARCC_TEST_UNSET")}/ijb")]`))
  })

  test.each<[string, readonly string[], Parameters<typeof open>[1], string, string, object]>([
    ['a misspelt name', ['holdut'], {}, 'run', 'ARC6321', { names: ['holdout', 'listed'], near: 'holdout' }],
    ['a misspelt file', [join(folder, 'lister.csv')], {}, 'run', 'ARC6321', { near: join(folder, 'listed.csv') }],
    ['weights without a set', [], {}, 'alone.safetensors', 'ARC6322', {}],
    ['a name with weights', ['lfw'], {}, 'alone.safetensors', 'ARC6321', { names: [] }],
    ['fewer than ten pairs', [join(folder, 'few.csv')], {}, 'run', 'ARC6234', {}],
    [
      'a rate of too few pairs',
      ['holdout'],
      { far: 1e-3 },
      'run',
      'ARC6325',
      { different: 20, needed: 1000, least: '0.05' },
    ],
    ['--root without a list', ['holdout'], { root: folder }, 'run', 'ARC6327', { option: '--root' }],
    ['--pairs without people', ['holdout'], { pairs: 20 }, 'run', 'ARC6327', { option: '--pairs' }],
    [
      'templates',
      ['ijbc'],
      inFile('both.arc'),
      'run',
      'ARC6328',
      { name: 'ijbc', command: ijb('both', "'a folder' --subset ijbc") },
    ],
    ['only templates', [], inFile('alone.arc'), 'run', 'ARC6328', { command: ijb('alone', 'ROOT --subset ijbb') }],
    ['a number of pairs without folds', [join(folder, 'faces')], { pairs: 30 }, 'run', 'ARC6609', {}],
    ['more pairs than there are', [join(folder, 'faces')], { pairs: 2000 }, 'run', 'ARC6207', {}],
  ])('%s', async (_, sets, more, path, code, params) => {
    writeFileSync(join(folder, 'alone.safetensors'), '')
    // A list in the experiment is found from the working folder.
    await expect(open(sets, more, path)).rejects.toMatchObject({ code, params })
  })
})
