/** Damaged checkpoints are found before anything of them is used. */
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { createCheckpoint } from '../../../runtime/checkpoint/checkpoint-folder.ts'
import {
  createManifest,
  encodeManifest,
  type Manifest,
  readManifest,
  sha256Of,
} from '../../../runtime/checkpoint/manifest.ts'
import { newestIntact } from '../../../runtime/checkpoint/newest-intact.ts'
import { openCheckpoint } from '../../../runtime/checkpoint/open-checkpoint.ts'
import { openWeightsSource } from '../../../runtime/start/weights-source.ts'
import { randomOf } from '../../helpers/op-case.ts'
import { factsAt, randomState, statePlan, writtenManifest } from '../../helpers/state.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const root = temporaryFolder()
const run = join(root, 'run')
const folder = join(run, 'checkpoints')
const stored = randomState(statePlan({ devices: 2 }))
let path: string
let pristine: ReadonlyMap<string, Buffer>

beforeAll(async () => {
  mkdirSync(folder, { recursive: true })
  path = join(folder, 'step-000010')
  await createCheckpoint(path, (into) => writtenManifest(into, stored, factsAt(10)))
  pristine = new Map(readdirSync(path).map((name) => [name, readFileSync(join(path, name))]))
})

test('every one of 100 flipped bits, in all files', async () => {
  const random = randomOf('flips')
  const names = [...pristine.keys()]
  expect(names).toHaveLength(5)
  for (let flip = 0; flip < 100; flip++) {
    const name = names[flip % names.length] ?? ''
    const bytes = Buffer.from(pristine.get(name) ?? '')
    const at = Math.floor(random() * bytes.length)
    bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << Math.floor(random() * 8)), at)
    writeFileSync(join(path, name), bytes)
    await expect(openCheckpoint(path), `${name}, byte ${at}`).rejects.toMatchObject({ code: 'ARC6702' })
    writeFileSync(join(path, name), pristine.get(name) ?? '')
  }
  await (await openCheckpoint(path)).close()
})

test.each<[string, (at: string) => void, RegExp]>([
  ['a missing file', (at) => rmSync(join(at, 'optimizer.safetensors')), /optimizer.safetensors: no such file/],
  ['a cut file', (at) => truncateSync(join(at, 'backbone.safetensors'), 100), /it has 100 bytes, not/],
  ['a longer file', (at) => appendFileSync(join(at, 'backbone.safetensors'), 'x'), /bytes, not/],
  ['a file too many', (at) => writeFileSync(join(at, 'other.safetensors'), ''), /the manifest does not list it/],
  ['another manifest', (at) => writeFileSync(join(at, 'manifest.json'), '{}'), /manifest.json is invalid/],
])('%s', async (_, damage, reason) => {
  const copy = join(root, 'copy')
  cpSync(path, copy, { recursive: true })
  damage(copy)
  await expect(openCheckpoint(copy)).rejects.toMatchObject({ code: 'ARC6702', message: expect.stringMatching(reason) })
  rmSync(copy, { recursive: true })
})

test.each<[string, (manifest: Manifest) => Manifest, string]>([
  [
    'classes without centers',
    (m) => createManifest(m, { ...m, classes: 12 }),
    'the centers of classes 11 to 11 are missing',
  ],
  [
    'no centers at all',
    (m) => createManifest(m, { ...m, files: m.files.filter(({ name }) => !name.startsWith('centers')) }),
    'the manifest does not list it',
  ],
])('a manifest with %s', async (_, change, reason) => {
  const copy = join(root, 'copy')
  cpSync(path, copy, { recursive: true })
  writeFileSync(join(copy, 'manifest.json'), encodeManifest(change(await readManifest(path))))
  await expect(openCheckpoint(copy)).rejects.toMatchObject({
    code: 'ARC6702',
    message: expect.stringContaining(reason),
  })
  rmSync(copy, { recursive: true })
})

test('a manifest of a later version is one, not damage', async () => {
  const copy = join(root, 'copy')
  cpSync(path, copy, { recursive: true })
  const { digest: _, ...content } = await readManifest(path)
  const later = { ...content, version: 2 }
  writeFileSync(join(copy, 'manifest.json'), JSON.stringify({ ...later, digest: sha256Of(JSON.stringify(later)) }))
  await expect(openCheckpoint(copy)).rejects.toMatchObject({ code: 'ARC6705', params: { version: '2' } })
  rmSync(copy, { recursive: true })
})

test('the newest intact one is taken, the damaged ones are named; none is left: an error', async () => {
  for (const step of [20, 30])
    await createCheckpoint(join(folder, `step-0000${step}`), (into) => writtenManifest(into, stored, factsAt(step)))
  appendFileSync(join(folder, 'step-000030/backbone.safetensors'), 'x')
  const found = await newestIntact(run)
  expect(found.checkpoint?.manifest.step).toBe(20)
  expect(found.damaged).toMatchObject([{ step: 30, reason: expect.stringContaining('backbone.safetensors: it has') }])
  await found.checkpoint?.close()
  // Commands that take the network of a run can say that it is an older one.
  const source = await openWeightsSource(run, false)
  expect(source).toMatchObject({ checkpoint: { manifest: { step: 20 } }, damaged: found.damaged })
  await source.close()
  for (const step of ['10', '20']) rmSync(join(folder, `step-0000${step}/manifest.json`))
  await expect(newestIntact(run)).rejects.toMatchObject({ code: 'ARC6703' })
  rmSync(folder, { recursive: true })
  expect(await newestIntact(run)).toEqual({ checkpoint: undefined, damaged: [] })
})
