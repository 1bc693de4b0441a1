/** `arcc embed` and `arcc compare`: the installed commands on a narrow network, with TensorFlow.js. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { exitCode } from '../../../cli/render/exit.ts'
import { sameCommand } from '../../../cli/render/resume-command.ts'
import { encodeEvaluation } from '../../../runtime/evaluate/report/evaluation-file.ts'
import { evaluationOf } from '../../helpers/evaluation.ts'
import { runInstalled } from '../../helpers/installed.ts'
import { writeNarrowNetwork } from '../../helpers/narrow-weights.ts'
import { fileCollection, noisePicture } from '../../helpers/picture-collection.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const folder = temporaryFolder()

const arcc = (...args: readonly string[]) =>
  runInstalled(folder, [...args, '--engine', 'tfjs', '--experiment', 'net.arc'], { ARCC_CACHE: join(folder, 'cache') })

beforeAll(async () => {
  await writeNarrowNetwork(folder)
  const files = await Promise.all(
    [0, 1, 2, 3, 4, 5].map(async (i) => ({
      path: `p${i % 2}/${i}.jpg`,
      label: 0,
      bytes: await noisePicture(i, 28, 28),
    })),
  )
  fileCollection(join(folder, 'faces'), files)
})

test('embed writes what compare finds; it does not replace the weights', async () => {
  const first = await arcc('embed', 'net.safetensors', 'faces', '--out', 'f.npy', '--flip', '--normalize', '--json')
  expect(first).toMatchObject({ code: 0 })
  expect(JSON.parse(first.out)).toMatchObject({ file: 'f.npy', rows: 6, width: 24, damaged: 0, interrupted: false })
  const names = readFileSync(join(folder, 'f.npy.names.csv'), 'utf8').trim().split('\n').slice(1)
  expect(names).toEqual(['p0/0.jpg,0', 'p0/2.jpg,0', 'p0/4.jpg,0', 'p1/1.jpg,1', 'p1/3.jpg,1', 'p1/5.jpg,1'])

  const weights = await arcc('embed', 'net.safetensors', 'faces', '--out', 'net.safetensors', '--force')
  expect(weights).toMatchObject({ code: exitCode.user, out: '' })
  expect(weights.err).toContain('ARC6827')
  expect(existsSync(join(folder, 'net.safetensors.unfinished'))).toBe(false)

  const bytes = readFileSync(join(folder, 'f.npy'))
  const rows = new Float32Array(Uint8Array.from(bytes.subarray(10 + bytes.readUInt16LE(8))).buffer)
  const [a, b] = [rows.subarray(0, 24), rows.subarray(24 * 3, 24 * 4)]
  const expected = a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0)
  const evaluated = join(folder, 'net.evaluations/lfw')
  mkdirSync(evaluated, { recursive: true })
  writeFileSync(join(evaluated, 'evaluation.json'), encodeEvaluation(evaluationOf({}, { threshold: -1 })))
  const compared = await arcc('compare', 'net.safetensors', 'faces/p0/0.jpg', 'faces/p1/1.jpg', '--json')
  expect(compared.code).toBe(0)
  expect(compared.err).toContain('the threshold is of other weights')
  const { pairs, threshold } = JSON.parse(compared.out)
  expect(pairs[0].cosine).toBeCloseTo(expected, 6)
  expect(pairs[0].same).toBe(true)
  expect(threshold).toMatchObject({ value: -1, own: false })
})

test('the command that goes on is the one that was given', () => {
  expect(sameCommand('--resume', ['embed', 'a b.pt', "it's", '--out', 'f.npy'])).toBe(
    "arcc embed 'a b.pt' 'it'\\''s' --out f.npy --resume",
  )
  expect(sameCommand('--resume', ['embed', '--resume'])).toBe('arcc embed --resume')
})
