/** Which backbone weights belong to: named, of an experiment, of a run, or recognized by its tensors. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { elaborateBackbone } from '../../../cli/host/carrier.ts'
import { fileHost } from '../../../cli/host/host.ts'
import { findBackbone, runFolderOf } from '../../../cli/host/network/find-backbone.ts'
import { encodeRunRecord } from '../../../cli/host/run-record.ts'
import { elementCount } from '../../../compiler/ir/dtype.ts'
import { networkPlan } from '../../../compiler/plan/network-plan.ts'
import { need } from '../../../grammar/diagnostic.ts'
import { ArccError } from '../../../runtime/errors.ts'
import { networkShapes } from '../../../runtime/network/open-network.ts'
import { narrowText } from '../../helpers/narrow.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const host = fileHost()
const folder = temporaryFolder()

/** A safetensors file with the tensors of a backbone of the standard library, without their bytes: it is sparse. */
function weightsOf(expression: string, prefix: string): string {
  const { backbone } = need(elaborateBackbone(expression, host).experiment, expression)
  const plan = need(
    networkPlan(backbone, { replicas: 1, batch: 1, compute: 'f32', device: 'cpu', mirrored: false }),
    expression,
  )
  let at = 0
  const header: Record<string, unknown> = {}
  for (const [name, shape] of networkShapes(plan)) {
    const end = at + 4 * elementCount(shape)
    header[prefix + name] = { dtype: 'F32', shape, data_offsets: [at, end] }
    at = end
  }
  const json = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  const path = join(folder, `${expression.replaceAll(/\W/g, '-')}.safetensors`)
  writeFileSync(path, Buffer.concat([length, json, Buffer.alloc(at)]))
  return path
}

const unnamed = { backbone: undefined, experiment: undefined }

test.each([
  ['mbf', '', 'mbf', 512],
  ['mbf(embedding: 64)', 'module.', 'mbf', 64],
  ['ghostfacenet_v1_s2(embedding: 32)', '', 'ghostfacenet_v1_s2', 32],
])('tensors of %s behind "%s" are recognized', async (expression, prefix, name, embedding) => {
  const found = await findBackbone({ path: weightsOf(expression, prefix), ...unnamed }, host)
  expect(found.backbone).toMatchObject({ name, embedding })
  expect(found.run).toBeUndefined()
})

test('a named backbone, and one of an experiment, are taken without looking at the tensors', async () => {
  const path = weightsOf('mbf', '')
  const file = join(folder, 'narrow.arc')
  writeFileSync(file, narrowText({ devices: 1, batch: 2, classes: 11 }))
  const byName = await findBackbone({ path, backbone: 'r18(embedding: 128)', experiment: undefined }, host)
  expect(byName.backbone).toMatchObject({ name: 'r18', embedding: 128 })
  const byFile = await findBackbone({ path, backbone: undefined, experiment: `${file}#narrow` }, host)
  expect(byFile.backbone).toMatchObject({ name: 'narrow_iresnet', embedding: 24 })
  const wrong = await findBackbone({ path, backbone: 'r18(depth: 1)', experiment: undefined }, host)
  expect(wrong.backbone).toBeUndefined()
  expect(wrong.diagnostics.length).toBeGreaterThan(0)
})

function runIn(name: string, copy: boolean): string {
  const run = join(folder, name)
  mkdirSync(join(run, 'checkpoints', 'step-000010'), { recursive: true })
  const record = { version: 1 as const, arcc: '0.1.0', file: '/gone/narrow.arc', experiment: 'narrow', set: [] }
  const facts = { engine: 'tfjs' as const, emulate: false, devices: 1, fields: [] }
  writeFileSync(join(run, 'run.json'), encodeRunRecord({ ...record, ...facts }))
  if (copy) writeFileSync(join(run, 'narrow.arc'), narrowText({ devices: 1, batch: 2, classes: 11 }))
  writeFileSync(join(run, 'weights.safetensors'), '')
  return run
}

test('weights of a run have the backbone of its experiment, as it was: the file may be gone', async () => {
  const run = runIn('run', true)
  for (const path of [run, join(run, 'weights.safetensors'), join(run, 'checkpoints', 'step-000010')]) {
    expect(runFolderOf(path)).toBe(run)
    expect((await findBackbone({ path, ...unnamed }, host)).backbone?.name).toBe('narrow_iresnet')
  }
})

test.each([
  ['ARC6615', () => join(folder, 'rum')],
  ['ARC6616', () => weightsOf('vit(width: 64, depth: 2)', '')],
  ['ARC6617', () => runIn('run-2', false)],
])('%s', async (code, path) => {
  const failure = await findBackbone({ path: path(), ...unnamed }, host).catch((error: unknown) => error)
  expect(failure instanceof ArccError && failure.code).toBe(code)
})
