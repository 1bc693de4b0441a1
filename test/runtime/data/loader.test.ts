/** The loader: the same bits whatever makes the pictures, errors that name them, and prompt ends. */
import { createHash } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import { afterAll, describe, expect, test } from 'vitest'
import type { ImageRecipe, MixedImages } from '../../../runtime/data/collection.ts'
import { decodeImage } from '../../../runtime/data/decode-image.ts'
import { type Batch, batches } from '../../../runtime/data/loader/batches.ts'
import { createDamageLimit, mostDamaged } from '../../../runtime/data/loader/damage-limit.ts'
import { startThreads } from '../../../runtime/data/loader/decode-threads.ts'
import type { DecodeWorkers } from '../../../runtime/data/loader/decode-workers.ts'
import { createLoader, type Loader, type LoaderSpec } from '../../../runtime/data/loader/loader.ts'
import type { SkippedPicture } from '../../../runtime/data/loader/picture-maker.ts'
import { startDecodeWorkers, workerCount } from '../../../runtime/data/loader/start-workers.ts'
import { createSampler } from '../../../runtime/data/sampler.ts'
import { renderFace } from '../../../runtime/data/synthetic.ts'
import { permutation, rootKey } from '../../../runtime/random.ts'
import { oneProcess } from '../../../runtime/world.ts'
import { bytesRecipe, encodeJpeg, patternImage } from '../../helpers/encoded-images.ts'
import { changedListCollection } from '../../helpers/picture-collection.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const folder = temporaryFolder()
const shape = [24, 20, 3] as const
const pictureBytes = 24 * 20 * 3
const images = 40

/** Some of the right size, some to be resized; picture 7 is cut off, 8 and 9 are no pictures. */
const encoded = await Promise.all(
  Array.from({ length: images }, (_, i) => encodeJpeg(patternImage(20 + (i % 3), 24 + (i % 2), i))),
)
const damaged = [...encoded]
damaged[7] = damaged[7]?.subarray(0, 300) ?? new Uint8Array(0)
damaged[8] = new TextEncoder().encode('hello')
damaged[9] = new Uint8Array(0)

const drawn = { kind: 'drawn', perIdentity: 4, seed: 3, nuisance: 0.5 } as const
const mixed: MixedImages = {
  kind: 'mixed',
  parts: [bytesRecipe(encoded), drawn],
  part: new Uint16Array(new SharedArrayBuffer(2 * images)),
  index: new Uint32Array(new SharedArrayBuffer(4 * images)),
}
for (let i = 0; i < images; i++) {
  mixed.part[i] = i % 2
  mixed.index[i] = images - 1 - i
}

const pools = new Map<number, DecodeWorkers>()

/** Threads take long to start, so that tests share them; those of how threads end start their own. */
function poolOf(count: number): DecodeWorkers {
  const pool = pools.get(count) ?? startDecodeWorkers(count)
  pools.set(count, pool)
  return pool
}

afterAll(async () => {
  for (const pool of pools.values()) await pool.dispose()
})

async function withLoader<T>(
  count: number,
  spec: Partial<LoaderSpec> & { readonly recipe: ImageRecipe },
  body: (loader: Loader) => Promise<T>,
): Promise<T> {
  const loader = await createLoader({ images, shape, rows: 16, ...spec }, poolOf(count))
  try {
    return await body(loader)
  } finally {
    loader.dispose()
  }
}

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

interface Trace {
  readonly steps: readonly string[]
  readonly skipped: readonly SkippedPicture[]
}

async function trace(count: number, spec: Partial<LoaderSpec> & { readonly recipe: ImageRecipe }, from = 0, to = 50) {
  return withLoader(count, spec, async (loader): Promise<Trace> => {
    const sampler = createSampler({ seed: 5, images, globalBatch: 12, flip: 0.5 })
    const skipped: SkippedPicture[] = []
    const steps: string[] = []
    const source = { loader, shape, label: (i: number) => i % 7 }
    const options = {
      world: oneProcess(2),
      seed: 5,
      from,
      to,
      damage: createDamageLimit(0.1, images),
      onSkipped: (picture: SkippedPicture) => void skipped.push(picture),
    }
    const show = ({ step, epoch, replicas }: Batch) =>
      `${step} ${epoch} ${replicas.map((r) => `${[...r.labels]} ${[...r.flip]} ${hashOf(r.images)}`)}`
    for await (const batch of batches(source, sampler, options)) steps.push(show(batch))
    return { steps, skipped }
  })
}

describe('bits', () => {
  test.each([
    ['encoded images', { recipe: bytesRecipe(encoded) }],
    ['encoded and generated images', { recipe: mixed, cacheBytes: 2 ** 24 }],
    ['images of which some are skipped', { recipe: bytesRecipe(damaged), mostSkipped: 4, cacheBytes: 2 ** 24 }],
  ])('50 steps of %s are the same with 0, 1 and 4 threads, and from the middle of an epoch', async (_, spec) => {
    const here = await trace(0, spec)
    expect(here.steps).toHaveLength(50)
    expect(await trace(1, spec)).toEqual(here)
    expect(await trace(4, spec)).toEqual(here)
    expect((await trace(2, spec, 31)).steps).toEqual(here.steps.slice(31))
  })

  test('are those of the decoder and of the generator', async () => {
    await withLoader(1, { recipe: mixed, shape: [112, 112, 3] as const }, async (loader) => {
      const { pixels, release } = await loader.read(Uint32Array.of(3))
      expect(hashOf(pixels)).toBe(hashOf(renderFace({ seed: 3, identity: 9, sample: 0, nuisance: 0.5 }).data))
      release()
    })
    await withLoader(1, { recipe: bytesRecipe(encoded) }, async (loader) => {
      const { pixels } = await loader.read(Uint32Array.of(0, 6))
      const plain = await decodeImage(encoded[6] ?? new Uint8Array(0), 'x')
      expect(plain).toMatchObject({ width: 20, height: 24 })
      expect(hashOf(pixels.subarray(pictureBytes))).toBe(hashOf(plain.data))
    })
  })

  test('of one channel are the luminance', async () => {
    const gray = [24, 20, 1] as const
    const color = await decodeImage(encoded[0] ?? new Uint8Array(0), 'x')
    await withLoader(0, { recipe: bytesRecipe(encoded), shape: gray }, async (loader) => {
      const { pixels } = await loader.read(Uint32Array.of(0))
      const [r = 0, g = 0, b = 0] = color.data
      expect(pixels).toHaveLength(24 * 20)
      expect(Math.abs((pixels[0] ?? 0) - (0.299 * r + 0.587 * g + 0.114 * b))).toBeLessThan(1)
    })
  })

  test('of a part of a recipe, by a list or a start', async () => {
    const list = new Uint32Array(new SharedArrayBuffer(8))
    list.set([5, 11])
    const read = (spec: Partial<LoaderSpec>, ...numbers: number[]) =>
      withLoader(1, { recipe: bytesRecipe(encoded), ...spec }, async (loader) =>
        hashOf((await loader.read(Uint32Array.from(numbers))).pixels),
      )
    const direct = await read({}, 11)
    expect(await read({ select: { list }, images: 2 }, 1)).toBe(direct)
    expect(await read({ select: { from: 10 }, images: 30 }, 1)).toBe(direct)
  })

  test('a permutation by a thread is that of the process', async () => {
    expect(await poolOf(1).epochOrder(rootKey(3), { images: 1000 })).toEqual(permutation(rootKey(3), 1000))
  })
})

describe('damaged pictures', () => {
  test.each([0, 2])('end a read with the error of the first row, with %i threads', async (count) => {
    await withLoader(count, { recipe: bytesRecipe(damaged) }, async (loader) => {
      const read = loader.read(Uint32Array.of(1, 2, 9, 3, 7, 8, 4))
      await expect(read).rejects.toMatchObject({ code: 'ARC6233', params: { file: 'set picture 9' } })
      // The ring is not lost with them.
      for (let i = 0; i < 10; i++) (await loader.read(Uint32Array.of(i % 5))).release()
    })
  })

  test.each([0, 2])('are replaced by the next that decodes, with %i threads', async (count) => {
    await withLoader(count, { recipe: bytesRecipe(damaged), mostSkipped: 4 }, async (loader) => {
      const { numbers, skipped, pixels } = await loader.read(Uint32Array.of(1, 7, 8, 39))
      expect([...numbers]).toEqual([1, 10, 10, 39])
      expect(skipped.map(({ image }) => image)).toEqual([7, 8, 9, 8, 9])
      expect(skipped[0]).toMatchObject({ file: 'set picture 7' })
      const row = (i: number) => hashOf(pixels.subarray(i * pictureBytes, (i + 1) * pictureBytes))
      expect(row(1)).toBe(row(2))
    })
    const hopeless = bytesRecipe(damaged.map(() => new Uint8Array(3)))
    await withLoader(count, { recipe: hopeless, mostSkipped: 4 }, async (loader) => {
      await expect(loader.read(Uint32Array.of(1))).rejects.toMatchObject({ params: { file: 'set picture 5' } })
    })
  })

  test.each([0, 2])('none of a list that has changed is skipped, with %i threads', async (count) => {
    const files = encoded.map((bytes, i) => ({ path: `${i}.jpg`, label: i % 2, bytes }))
    const { recipe } = changedListCollection(folder, files)
    await withLoader(count, { recipe, mostSkipped: 4 }, async (loader) => {
      await expect(loader.read(Uint32Array.of(1, 2))).rejects.toMatchObject({ code: 'ARC6419' })
    })
  })

  test('count once each; the first above the limit ends the run', () => {
    expect(mostDamaged(0.001, 300)).toBe(1)
    const limit = createDamageLimit(0.05, 40)
    const picture = (image: number) => ({ image, file: `p${image}`, reason: 'cut off' })
    expect(limit.admit([picture(3), picture(3), picture(8)]).map(({ image }) => image)).toEqual([3, 8])
    expect(limit.admit([picture(8)])).toEqual([])
    expect(limit.count).toBe(2)
    expect(() => limit.admit([picture(9)])).toThrow(
      expect.objectContaining({ code: 'ARC6261', params: expect.objectContaining({ file: 'p9', most: 2 }) }),
    )
  })
})

describe('the ring', () => {
  test.each([0, 1])('holds reads back until rows are released, with %i threads', async (count) => {
    await withLoader(count, { recipe: bytesRecipe(encoded), slots: 2 }, async (loader) => {
      const first = await loader.read(Uint32Array.of(0))
      const second = await loader.read(Uint32Array.of(1))
      let done = false
      const third = loader.read(Uint32Array.of(2)).then((rows) => {
        done = true
        return rows
      })
      await new Promise((resolve) => setTimeout(resolve, 50))
      expect(done).toBe(false)
      const before = hashOf(second.pixels)
      first.release()
      first.release()
      await third
      expect(hashOf(second.pixels)).toBe(before)
    })
  })
})

describe('ends', () => {
  test.each([0, 1, 3])('reads under way end when it is disposed, with %i threads', async (count) => {
    const workers = startDecodeWorkers(count)
    const many = { recipe: drawn, images: 4000, rows: 400, shape: [112, 112, 3] as const }
    const loader = await createLoader(many, workers)
    const reads = [0, 1, 2, 3].map((k) => loader.read(Uint32Array.from({ length: 400 }, (_, i) => 400 * k + i)))
    const ends = Promise.allSettled(reads)
    await new Promise((resolve) => setTimeout(resolve, 100))
    loader.dispose()
    const began = performance.now()
    await workers.dispose()
    for (const end of await ends) expect(end).toMatchObject({ status: 'rejected', reason: { name: 'AbortError' } })
    expect(performance.now() - began).toBeLessThan(2500)
    await expect(loader.read(Uint32Array.of(1))).rejects.toMatchObject({ name: 'AbortError' })
  })

  test.each([
    ['exits', 'process.exit(3)', 'it exited with code 3'],
    ['throws', "throw new Error('no memory')", 'no memory'],
  ])('a thread that %s is an error that names what it read, for all that wait', async (_, dies, reason) => {
    const script = `
      const { parentPort, workerData } = require('node:worker_threads')
      parentPort.on('message', (request) => {
        if (request.kind !== 'make') return
        Atomics.store(workerData.place, 0, request.maker)
        Atomics.store(workerData.place, 1, request.numbers[1])
        ${dies}
      })`
    const workers = startThreads(
      2,
      { kind: 'sharp', reason: 'x' },
      (workerData) => new Worker(script, { eval: true, workerData }),
    )
    const loader = await createLoader({ recipe: bytesRecipe(encoded), images, shape, rows: 16 }, workers)
    const numbers = Uint32Array.from({ length: 16 }, (_, i) => 10 + i)
    const reads = await Promise.allSettled([loader.read(numbers), loader.read(numbers), loader.read(numbers)])
    const failure = { code: 'ARC6260', params: { file: expect.stringMatching(/^set picture 1\d$/), reason } }
    for (const read of reads) expect(read).toMatchObject({ status: 'rejected', reason: failure })
    await expect(loader.read(numbers)).rejects.toMatchObject(failure)
    loader.dispose()
    await workers.dispose()
  })

  test('a recipe that cannot be opened is an error of its reads', async () => {
    const nowhere = {
      kind: 'records',
      files: ['/nowhere/train.rec'],
      offsets: new Float64Array(new SharedArrayBuffer(8)),
    } as const
    for (const count of [0, 1]) {
      await withLoader(count, { recipe: nowhere, images: 1 }, async (loader) => {
        await expect(loader.read(Uint32Array.of(0))).rejects.toMatchObject({ code: 'ARC6206' })
      })
    }
  })
})

test('threads: none for tiny runs, and a core for the process', () => {
  expect(workerCount(100, 16)).toBe(0)
  expect(workerCount(1e6, 1)).toBe(1)
  expect(workerCount(1e6, 2)).toBe(2)
  expect(workerCount(1e6, 8)).toBe(7)
  expect(workerCount(1e6, 200)).toBe(16)
})
