import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { renderAllToAll } from '../../../../cli/render/all-to-all.ts'
import { renderIjb } from '../../../../cli/render/ijb.ts'
import { lookFor } from '../../../../cli/render/look.ts'
import {
  type AllToAllFile,
  encodeAllToAll,
  encodeIjb,
  encodeScores,
  type IjbFile,
} from '../../../../runtime/evaluate/ijb/ijb-file.ts'
import { prepareFolder, writeFiles } from '../../../../runtime/evaluate/report/write-evaluation.ts'
import { temporaryFolder } from '../../../helpers/temporary-folder.ts'

const sha256 = 'a'.repeat(64)
const network = { path: '/w.safetensors', sha256, backbone: 'r50', embedding: 512, precision: 'f32' as const }
const ijb: IjbFile = {
  version: 1,
  arcc: '0.1.0',
  set: { name: 'ijbc', path: 'ijbc', sha256, images: 14, templates: 12, pairs: 66, same: 6 },
  network,
  options: { mirrored: true, norm: true, detector: false },
  tarAtFar: [
    { far: 1e-6, found: 0, tar: 0, threshold: null },
    { far: 0.1, found: 0.0998, tar: 0.97254, threshold: 0.31234 },
  ],
  auc: 0.99,
  xnorm: 21.5,
  identification: {
    probes: 6,
    gallery: 5,
    ranks: [{ rank: 1, rate: 0.5 }],
    tpir: [{ fpir: 0.01, tpir: 0.25, threshold: 0.4 }],
  },
  seconds: 3.2,
}
const allToAll: AllToAllFile = {
  version: 1,
  arcc: '0.1.0',
  set: { name: 'faces', path: 'faces', images: 100, people: 10 },
  network,
  genuine: 450,
  impostors: 4500,
  tarAtFar: [{ far: 0.001, tar: 0.5, threshold: 0.25, falseAccepts: 4, trueAccepts: 225 }],
  passes: 1,
  seconds: 2,
}
const look = lookFor(process.stdout, { NO_COLOR: '1' }, false)

test('results are written as JSON that fits their schemas, and shown as tables', async () => {
  expect(JSON.parse(encodeIjb(ijb))).toEqual(ijb)
  expect(JSON.parse(encodeAllToAll(allToAll))).toEqual(allToAll)
  expect(() => encodeIjb({ ...ijb, auc: 2 })).toThrow(/auc/)
  const shown = renderIjb(ijb, 'out', look).join('\n')
  expect(shown).toMatch(/1e-6 +0\.00 % +–/)
  expect(shown).toMatch(/0\.1 +97\.25 % +0\.3123/)
  expect(shown).toMatch(/rank 1 +50\.00 %/)
  expect(renderAllToAll(allToAll, 'out', look).join('\n')).toMatch(/1e-3 +50\.00 % +0\.250000000 +4 +225/)
})

test('scores are an .npy file, whose data begin at a multiple of 64 bytes', async () => {
  const folder = join(temporaryFolder(), 'a/b')
  const scores = Float64Array.of(0.5, -1, 1e-9)
  await prepareFolder(folder)
  await writeFiles(folder, [['scores.npy', [encodeScores(scores)]]])
  const bytes = readFileSync(join(folder, 'scores.npy'))
  const length = bytes.readUInt16LE(8)
  expect((10 + length) % 64).toBe(0)
  expect(bytes.toString('latin1', 1, 6)).toBe('NUMPY')
  expect(bytes.toString('latin1', 10, 10 + length)).toMatch(
    /^\{'descr': '<f8', 'fortran_order': False, 'shape': \(3,\), \} *\n$/,
  )
  expect([...scores.keys()].map((i) => bytes.readDoubleLE(10 + length + 8 * i))).toEqual([...scores])
})
