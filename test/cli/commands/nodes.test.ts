/** `arcc embed` and `arcc eval` on two nodes: the installed commands as two processes, with TensorFlow.js. */
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { exitCode } from '../../../cli/render/exit.ts'
import { type Result, runInstalled } from '../../helpers/installed.ts'
import { writeTemplates } from '../../helpers/narrow-templates.ts'
import { writeNarrowNetwork } from '../../helpers/narrow-weights.ts'
import { freePort } from '../../helpers/peers.ts'
import { fileCollection, noisePicture } from '../../helpers/picture-collection.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const folder = temporaryFolder()
const network = ['net.safetensors', '--experiment', 'net.arc', '--engine', 'tfjs', '--batch', '2']

const one = (...args: readonly string[]) => runInstalled(folder, args)

/** The results of two nodes, by rank; `at` changes the arguments of rank 1. */
async function two(args: readonly string[], at: (args: readonly string[]) => readonly string[] = (it) => it) {
  const rendezvous = ['--nodes', '2', '--rendezvous', `127.0.0.1:${await freePort()}`]
  const start = (rank: number, own: readonly string[]) => one(...own, ...rendezvous, '--node-rank', String(rank))
  return Promise.all([start(0, args), start(1, at(args))])
}

const codes = (results: readonly Result[]) => results.map(({ code }) => code)

beforeAll(async () => {
  await writeNarrowNetwork(folder)
  const files = await Promise.all(
    Array.from({ length: 15 }, async (_, i) => ({
      path: `p${i % 3}/${i}.jpg`,
      label: 0,
      bytes: await noisePicture(i, 28, 28),
    })),
  )
  fileCollection(join(folder, 'faces'), files)
})

describe('embed', () => {
  test.each(['npy', 'safetensors', 'parquet'])('.%s has the bytes of one process', async (ending) => {
    const args = (file: string) => [
      'embed',
      ...network,
      'faces',
      '--out',
      `${file}.${ending}`,
      '--flip',
      '--skip-damaged',
    ]
    expect(await one(...args('one'))).toMatchObject({ code: 0 })
    const results = await two(args('two'))
    expect(codes(results)).toEqual([0, 0])
    for (const more of ['', '.names.csv']) {
      const [a, b] = ['one', 'two'].map((name) => join(folder, `${name}.${ending}${more}`)) as [string, string]
      expect(existsSync(b)).toBe(existsSync(a))
      if (existsSync(a)) expect(readFileSync(b).equals(readFileSync(a))).toBe(true)
    }
    expect(results[0]?.out).toContain('15 × 24')
    expect(results[1]).toMatchObject({
      out: '',
      err: expect.stringMatching(/rank 0 \(.*\) has the file, with 15 embed/),
    })
  })

  test('a picture that one node cannot read: both name it, and what is done is kept', async () => {
    cpSync(join(folder, 'faces'), join(folder, 'cut'), { recursive: true })
    writeFileSync(join(folder, 'cut/p2/14.jpg'), readFileSync(join(folder, 'cut/p2/14.jpg')).subarray(0, 60))
    const args = ['embed', ...network, 'cut', '--out', 'cut.npy']
    const results = await two(args)
    expect(codes(results)).toEqual([exitCode.user, exitCode.user])
    for (const { err } of results) expect(err).toContain('14.jpg')
    expect(results[0]?.err).toMatch(/What is embedded is kept.*To go on, start all nodes again, this one with/s)
    expect(results[1]?.err).not.toContain('To go on')
    const skipping = await two([...args, '--resume', '--skip-damaged', '--json'])
    expect(JSON.parse(skipping[0]?.out ?? '')).toMatchObject({ rows: 14, damaged: 1, damage: [{ name: 'p2/14.jpg' }] })
    expect(readFileSync(join(folder, 'cut.npy.damaged.csv'), 'utf8')).toContain('p2/14.jpg')
  })

  test.each([
    ['other options', [], ['--flip'], '--flip is false at rank 0 (', 'true at rank 1 ('],
    ['another batch', [], ['--batch', '3'], '--batch is 2 at rank 0 (', '3 at rank 1 ('],
  ])('%s are refused with the difference', async (_, first, more, ...said) => {
    const results = await two(['embed', ...network, 'faces', '--out', 'x.npy', ...first], (args) => [...args, ...more])
    expect(codes(results)).toEqual([exitCode.user, exitCode.user])
    for (const { err } of results) for (const text of ['error[ARC6855]', ...said]) expect(err).toContain(text)
    expect(existsSync(join(folder, 'x.npy.unfinished'))).toBe(false)
  })

  test('so are other weights, other pictures, and another command', async () => {
    mkdirSync(join(folder, 'other'), { recursive: true })
    await writeNarrowNetwork(join(folder, 'other'), 2)
    cpSync(join(folder, 'faces'), join(folder, 'less'), { recursive: true, filter: (path) => !path.endsWith('14.jpg') })
    const args = ['embed', ...network, 'faces', '--out', 'y.npy']
    const changed = (from: string, to: string) => (own: readonly string[]) =>
      own.map((word) => (word === from ? to : word))
    const cases = await Promise.all([
      two(args, changed('net.safetensors', 'other/net.safetensors')),
      two(args, changed('faces', 'less')),
      two(args, () => ['eval', ...network, 'faces', '--pairs', '20']),
    ])
    const said = [
      'the hash of the weights is ',
      'the number of images is 15 at rank 0 (',
      'the command is arcc embed at rank 0 (',
    ]
    for (const [i, results] of cases.entries()) {
      expect(codes(results)).toEqual([exitCode.user, exitCode.user])
      for (const { err } of results) expect(err).toContain(said[i])
    }
  })
})

describe('eval', () => {
  /** An evaluation without its time and folder. */
  const reportIn = (name: string, file: string) => {
    const { seconds, ...report } = JSON.parse(readFileSync(join(folder, name, file), 'utf8'))
    expect(seconds).toBeGreaterThan(0)
    return report
  }

  test.each([
    ['sets of pairs', ['faces', '--pairs', '20'], ['faces/evaluation.json', 'faces/scores.csv']],
    ['all pairs', ['--all-to-all', 'faces'], ['all-to-all/all-to-all.json']],
    ['templates', ['--ijb', 'ijb', '--scores'], ['ijbc/ijb.json', 'ijbc/scores.npy']],
  ])('%s: the report of one process, at rank 0', async (name, what, files) => {
    if (name === 'templates') await writeTemplates(join(folder, 'ijb'))
    const args = ['eval', ...network, ...what, '--folder']
    const [alone, together] = [`one-${name}`, `two-${name}`]
    expect(await one(...args, alone)).toMatchObject({ code: 0 })
    const results = await two([...args, together], (own) => [...own.slice(0, -1), 'elsewhere'])
    expect(codes(results)).toEqual([0, 0])
    for (const file of files) {
      if (file.endsWith('.json')) expect(reportIn(together, file)).toEqual(reportIn(alone, file))
      else expect(readFileSync(join(folder, together, file))).toEqual(readFileSync(join(folder, alone, file)))
    }
    expect(existsSync(join(folder, 'elsewhere'))).toBe(false)
    expect(results[1]).toMatchObject({ out: '', err: expect.stringMatching(/rank 0 \(.*\) has the report/) })
  })
})
