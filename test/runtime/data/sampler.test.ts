import { describe, expect, test } from 'vitest'
import { type Batch, batches, type TrainingImages } from '../../../runtime/data/loader/batches.ts'
import { createSampler, replicaRows } from '../../../runtime/data/sampler.ts'
import { fold, permutation, purpose, rootKey, threefry } from '../../../runtime/random.ts'
import { oneProcess, type World } from '../../../runtime/world.ts'

const spec = { seed: 2048, images: 50, globalBatch: 8, flip: 0.5 }

describe('createSampler', () => {
  test('an epoch shows no picture twice and drops the incomplete batch', () => {
    const sampler = createSampler(spec)
    expect(sampler.stepsPerEpoch).toBe(6)
    const shown = Array.from({ length: 6 }, (_, step) => [...sampler.at(step).samples]).flat()
    expect(new Set(shown).size).toBe(48)
    expect(Math.max(...shown)).toBeLessThan(50)
  })

  test('epochs and seeds have orders of their own; the same step is always the same', () => {
    const sampler = createSampler(spec)
    const first = [...sampler.at(0).samples]
    expect([...sampler.at(6).samples]).not.toEqual(first)
    expect(sampler.at(6).epoch).toBe(1)
    expect([...sampler.at(0).samples]).toEqual(first)
    expect([...createSampler(spec).at(0).samples]).toEqual(first)
    expect([...createSampler({ ...spec, seed: 1 }).at(0).samples]).not.toEqual(first)
  })

  test('mirroring belongs to (seed, epoch, picture), is fair, and can be off', () => {
    const flips = (globalBatch: number) => {
      const sampler = createSampler({ ...spec, images: 4000, globalBatch })
      const found = new Map<number, number>()
      for (let step = 0; step < sampler.stepsPerEpoch; step++) {
        const { samples, flip } = sampler.at(step)
        for (const [i, sample] of samples.entries()) found.set(sample, flip[i] ?? -1)
      }
      return found
    }
    const small = flips(8)
    expect(flips(400)).toEqual(small)
    const share = [...small.values()].reduce((sum, f) => sum + f, 0) / 4000
    expect(Math.abs(share - 0.5)).toBeLessThan(5 * Math.sqrt(0.25 / 4000))
    expect(
      createSampler({ ...spec, flip: 0 })
        .at(0)
        .flip.every((f) => f === 0),
    ).toBe(true)
  })

  test('half of the images are those whose last bit is set, and other fractions are exact too', () => {
    const flipped = (flip: number) => [
      ...createSampler({ ...spec, images: 20000, globalBatch: 20000, flip }).at(0).flip,
    ]
    const key = fold(fold(rootKey(spec.seed), purpose.flip), 0)
    const { samples } = createSampler({ ...spec, images: 20000, globalBatch: 20000 }).at(0)
    expect(flipped(0.5)).toEqual([...samples].map((sample) => threefry(key, sample, 0)[0] & 1))
    for (const flip of [0, 0.01, 0.3, 0.9, 1]) {
      const share = flipped(flip).reduce((sum, f) => sum + f, 0) / 20000
      expect(Math.abs(share - flip)).toBeLessThanOrEqual(5 * Math.sqrt((flip * (1 - flip)) / 20000))
    }
  })

  test('a batch larger than the data set is a mistake with advice', () => {
    expect(() => createSampler({ ...spec, globalBatch: 51 })).toThrow(expect.objectContaining({ code: 'ARC6208' }))
  })

  test('the order of a large set is computed ahead, and is the same', async () => {
    const large = { seed: 3, images: 70_000, globalBatch: 10_000, flip: 0 }
    const asked: number[] = []
    const sampler = createSampler(large, async (key, { images }) => {
      asked.push(images)
      return permutation(key, images)
    })
    const plain = createSampler(large)
    for (let step = 0; step < 15; step++) {
      await sampler.prepare(step)
      expect(sampler.at(step)).toEqual(plain.at(step))
    }
    expect(asked).toHaveLength(3)
  })

  test('replicas share the rows', () => {
    expect([0, 1, 2, 3].map((r) => replicaRows(8, 4, r))).toEqual([
      [0, 2],
      [2, 4],
      [4, 6],
      [6, 8],
    ])
  })
})

const shape = [2, 3, 3] as const
const pictureBytes = 18

interface FakeImages extends TrainingImages {
  reads: number
  /** Reads whose rows have not been released. */
  held: number
}

/** Picture i is filled with i; `wait` reads take a turn, `fail` is the picture that cannot be read. */
function fakeImages(wait: boolean, fail = -1): FakeImages {
  const fake: FakeImages = {
    reads: 0,
    held: 0,
    shape,
    label: (i) => i % 5,
    loader: {
      images: 50,
      keeps: false,
      busySeconds: 0,
      async read(numbers) {
        fake.reads += numbers.length
        if (wait) await new Promise((resolve) => setImmediate(resolve))
        if (numbers.includes(fail)) throw new Error(`picture ${fail}`)
        const pixels = new Uint8Array(new SharedArrayBuffer(numbers.length * pictureBytes))
        for (const [row, i] of numbers.entries()) pixels.fill(i, row * pictureBytes, (row + 1) * pictureBytes)
        fake.held++
        return { pixels, numbers, skipped: [], release: () => void fake.held-- }
      },
      dispose: () => undefined,
    },
  }
  return fake
}

async function collect(
  images: TrainingImages,
  replicas: number,
  from: number,
  to: number,
  world: World = oneProcess(replicas),
): Promise<Batch[]> {
  const found: Batch[] = []
  const options = { world, from, to, seed: 1 }
  for await (const batch of batches(images, createSampler(spec), options)) found.push(batch)
  return found
}

const contents = (batch: Batch) => ({
  step: batch.step,
  pictures: batch.replicas.flatMap((r) => [...r.labels].map((_, i) => r.images[i * pictureBytes])),
  labels: batch.replicas.flatMap((r) => [...r.labels]),
  flip: batch.replicas.flatMap((r) => [...r.flip]),
})

describe('batches', () => {
  test.each([false, true])('the same rows for 1, 2 and 4 replicas (reads wait: %s)', async (wait) => {
    const one = (await collect(fakeImages(wait), 1, 0, 8)).map(contents)
    expect(one.map((batch) => batch.step)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    for (const batch of one) expect(batch.labels).toEqual(batch.pictures.map((picture) => (picture ?? 0) % 5))
    for (const replicas of [2, 4]) expect((await collect(fakeImages(wait), replicas, 0, 8)).map(contents)).toEqual(one)
  })

  test('start at any step, and feed the devices of one process', async () => {
    const all = await collect(fakeImages(true), 4, 0, 9)
    expect((await collect(fakeImages(true), 4, 7, 9)).map(contents)).toEqual(all.slice(7).map(contents))
    const part = await collect(fakeImages(true), 4, 0, 9, { size: 4, local: 2, rank: 1 })
    const localRows = (batch: Batch) => ({ ...batch, replicas: batch.replicas.slice(2) })
    expect(part.map(contents)).toEqual(all.map(localRows).map(contents))
  })

  test('a picture that cannot be read throws at its step, after the steps before it', async () => {
    const sampler = createSampler(spec)
    const bad = sampler.at(2).samples[3] ?? 0
    const steps: number[] = []
    const run = async () => {
      for await (const batch of batches(fakeImages(true, bad), sampler, {
        world: oneProcess(1),
        seed: 1,
        from: 0,
        to: 6,
      }))
        steps.push(batch.step)
    }
    await expect(run()).rejects.toThrow(`picture ${bad}`)
    expect(steps).toEqual([0, 1])
  })

  test('reads two steps ahead of a slow caller and stops when the caller does', async () => {
    const images = fakeImages(false)
    for await (const batch of batches(images, createSampler(spec), {
      world: oneProcess(1),
      seed: 1,
      from: 0,
      to: 100,
    })) {
      for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve))
      expect(images.reads).toBe((batch.step + 3) * 8)
      if (batch.step === 3) break
    }
    const after = images.reads
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
    expect(images.reads).toBe(after)
    expect(images.held).toBe(0)
  })
})
