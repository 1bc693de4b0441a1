/** Embeddings that several nodes compute: rank 0 writes the file of one process, also after interruptions. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Embedded, EmbedRequest } from '../../../runtime/embed/embed-request.ts'
import { embedSource } from '../../../runtime/embed/embed-source.ts'
import { openPictureSource } from '../../../runtime/embed/picture-source.ts'
import { embedTogether } from '../../../runtime/evaluate/together.ts'
import { createJoint } from '../../../runtime/peers/joint.ts'
import type { Peers } from '../../../runtime/peers/peers.ts'
import { dataSpec } from '../../helpers/data-spec.ts'
import { anError } from '../../helpers/facts.ts'
import { fakeEmbedder, fakePicture } from '../../helpers/fake-embedder.ts'
import { errorOf } from '../../helpers/peers.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'
import { testNodes } from '../../helpers/test-nodes.ts'

const folder = temporaryFolder()
const faces = join(folder, 'faces')
for (const person of [0, 1, 2]) mkdirSync(join(faces, `p${person}`), { recursive: true })
for (let i = 0; i < 61; i++) {
  const bytes = i % 20 === 7 ? fakePicture(i).subarray(0, 20) : fakePicture(i)
  writeFileSync(join(faces, `p${i % 3}/${i}.ppm`), bytes)
}

interface Options extends Partial<Pick<EmbedRequest, 'resume' | 'skipDamaged' | 'onProgress'>> {
  readonly file: string
  /** Rank 0 is told to stop after this many pictures. */
  readonly stopAt?: number
}

function embedOn(peers: Peers, { file, stopAt, onProgress = () => undefined, ...options }: Options): Promise<Embedded> {
  const controller = new AbortController()
  return embedSource({
    ...{ flip: true, normalize: true, f16: true, skipDamaged: true, resume: false, force: false },
    ...options,
    embedder: fakeEmbedder(),
    network: { backbone: 'fake', weights: 'of the fake', precision: 'f32' },
    source: openPictureSource(dataSpec({ path: faces })),
    format: 'npy',
    onProgress(progress) {
      if (stopAt !== undefined && progress.done >= stopAt) controller.abort(new Error('stop'))
      onProgress(progress)
    },
    signal: controller.signal,
    keepEvery: 0,
    together: embedTogether(peers, createJoint(peers, 'joint'), 'embeddings'),
    // Only rank 0 has it.
    file: join(folder, peers.rank === 0 ? file : `nowhere/${file}`),
  })
}

const embed = (nodes: number, options: Options) =>
  Promise.all(testNodes(nodes).peers.map((peers) => embedOn(peers, options)))

const whole = async () => {
  if (!existsSync(join(folder, 'one.npy'))) await embed(1, { file: 'one.npy' })
  return ['one.npy', 'one.npy.names.csv', 'one.npy.damaged.csv'].map((name) => readFileSync(join(folder, name)))
}
const made = (name: string) =>
  [name, `${name}.names.csv`, `${name}.damaged.csv`].map((own) => readFileSync(join(folder, own)))

test.each([2, 3, 5])('%i nodes write what one writes, with the damaged pictures of all', async (nodes) => {
  const expected = await whole()
  for (const ended of await embed(nodes, { file: `${nodes}.npy` }))
    expect(ended).toMatchObject({ interrupted: false, rows: 58, damaged: 3 })
  expect(made(`${nodes}.npy`)).toEqual(expected)
  expect(existsSync(join(folder, 'nowhere'))).toBe(false)
})

test('stopped at any time, other numbers of nodes go on with it', async () => {
  const expected = await whole()
  for (const [stopAt, next] of [
    [0, 3],
    [9, 1],
    [24, 3],
    [40, 2],
    [61, 1],
  ] as const) {
    const file = `stopped-${stopAt}.npy`
    const stopped = await embed(2, { file, stopAt })
    for (const ended of stopped) expect(ended).toEqual(stopped[0])
    expect(stopped[0]).toMatchObject({ interrupted: true, total: 61 })
    await embed(next, { file, resume: true })
    expect(made(file)).toEqual(expected)
  }
})

test('a lost node: what was embedded is kept, and one process goes on', async () => {
  const { peers, lose } = testNodes(2)
  const file = 'lost.npy'
  const loss = new Error('rank 1 is lost')
  const ends = peers.map((own) =>
    errorOf(embedOn(own, { file, onProgress: ({ done }) => done >= 8 && done < 61 && lose(1, loss as never) })),
  )
  expect(await ends[0]).toBe(loss)
  expect(
    readFileSync(join(folder, `${file}.unfinished`, 'record'), 'utf8')
      .trim()
      .split('\n'),
  ).toHaveLength(2)
  await embed(1, { file, resume: true })
  expect(made(file)).toEqual(await whole())
})

test('a file that exists, and a picture that cannot be read: the error of rank 0, or of the node, at all', async () => {
  await whole()
  const attempt = (options: Options) => Promise.all(testNodes(2).peers.map((peers) => errorOf(embedOn(peers, options))))
  for (const error of await attempt({ file: 'one.npy' })) expect(error).toMatchObject({ code: 'ARC6411' })
  const [first, second] = await attempt({ file: 'damaged.npy', skipDamaged: false })
  for (const error of [first, second]) expect(String(error)).toMatch(/\d+\.ppm/)
  expect(second).not.toEqual(anError('ARC6857', {}))
})
