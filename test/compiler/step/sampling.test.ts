/** The sample of Partial FC: a bijection, uniform, the same for every number of devices, always with the positives. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { GraphBuilder } from '../../../compiler/ir/build.ts'
import * as ops from '../../../compiler/ir/ops.ts'
import type { ClassShard } from '../../../compiler/ir/state-tensor.ts'
import { permute, unpermute } from '../../../compiler/step/permutation.ts'
import { perReplica } from '../../../compiler/step/random.ts'
import { drawSample, samplingPlan } from '../../../compiler/step/sampling.ts'
import { classShards, shardRows } from '../../../compiler/step/shards.ts'
import { need } from '../../../grammar/diagnostic.ts'
import type { Engine, HostTensor } from '../../../runtime/engine.ts'
import { createTfjsEngine } from '../../../runtime/tfjs/engine.ts'
import { oneProcess } from '../../../runtime/world.ts'
import { openOnEngine } from '../../helpers/run-graph.ts'

let engine1: Engine
const engines = new Map<number, Engine>()

beforeAll(async () => {
  for (const replicas of [1, 2, 4, 8])
    engines.set(replicas, await createTfjsEngine({ world: oneProcess(replicas), backend: 'cpu' }))
  engine1 = need(engines.get(1), 'an engine')
})

afterAll(() => {
  for (const engine of engines.values()) {
    expect(engine.alive).toBe(0)
    engine.dispose()
  }
})

const numbers = (outputs: readonly HostTensor[], i: number) => Array.from(need(outputs[i], 'an output').data)

/** π and π⁻¹∘π of [0, n) under each of the keys. */
async function permutations(n: number, keys: readonly number[]) {
  const b = new GraphBuilder('permutation', 1)
  const x = ops.iota(b, { dtype: 'u32', shape: [keys.length, n] }, 1)
  const keyValues = ops.constant(b, { dtype: 'u32', shape: [keys.length] }, Uint32Array.from(keys))
  const domain = { size: ops.splat(b, n, x.type), key: ops.broadcastVector(b, keyValues, x.type.shape, 0) }
  const image = permute(b, domain, x)
  const graph = b.finish([
    { name: 'image', value: image },
    { name: 'back', value: unpermute(b, domain, image) },
  ])
  const opened = await openOnEngine(engine1)(graph)
  const [outputs] = await opened.run([[]])
  opened.close()
  const rows = (i: number) => {
    const all = numbers(need(outputs, 'outputs'), i)
    return keys.map((_, k) => all.slice(k * n, (k + 1) * n))
  }
  return { images: rows(0), backs: rows(1) }
}

describe('the keyed permutation', () => {
  test.each([1, 2, 3, 10, 64, 97, 1000])('is a bijection of [0, %i), and its inverse undoes it', async (n) => {
    const { images, backs } = await permutations(n, [12345, 7])
    const identity = Array.from({ length: n }, (_, i) => i)
    for (const image of images) expect([...image].sort((a, b) => a - b)).toEqual(identity)
    for (const back of backs) expect(back).toEqual(identity)
  })

  test('over many keys, every element is in the first quarter a quarter of the time, and pairs are independent', async () => {
    const n = 40
    const keys = 600
    const k = 10
    const hits = new Array<number>(n).fill(0)
    let pairs = 0
    const { images } = await permutations(
      n,
      Array.from({ length: keys }, (_, key) => key * 7919 + 1),
    )
    for (const image of images) {
      const chosen = new Set(image.slice(0, k))
      for (const element of chosen) hits[element] = (hits[element] ?? 0) + 1
      if (chosen.has(3) && chosen.has(17)) pairs++
    }
    const expected = (keys * k) / n
    const chiSquare = hits.reduce((sum, h) => sum + (h - expected) ** 2 / (expected * (1 - k / n)), 0)
    // 39 degrees of freedom: mean 39, deviation 8.8.
    expect(chiSquare).toBeGreaterThan(15)
    expect(chiSquare).toBeLessThan(75)
    // P(both) = k(k−1)/(n(n−1)) = 0.0577: 34.6 of 600, deviation 5.7.
    expect(pairs).toBeGreaterThan(12)
    expect(pairs).toBeLessThan(58)
  })
})

const classes = 203
const labels = [0, 5, 5, 200, 77, 78, 202, 5]

/** The sampled classes of a step on all devices, and the index of the class of each row of the batch. */
async function samplesOn(replicas: number, steps: readonly number[], rate = 0.3) {
  const rows = shardRows(classes, replicas)
  const shards = classShards(classes, replicas)
  const b = new GraphBuilder('sample', replicas)
  const step = b.input('step', { dtype: 'i32', shape: [] })
  const perDevice = (pick: (shard: ClassShard) => number) => ops.convert(b, perReplica(b, shards.map(pick)), 'i32')
  const all = ops.constant(b, { dtype: 'i32', shape: [labels.length] }, Int32Array.from(labels))
  const start = perDevice((s) => s.start)
  const local = ops.subtract(b, all, ops.broadcastScalar(b, start, [labels.length]))
  const plan = samplingPlan(classes, replicas, rate, rows)
  const sample = drawSample(
    b,
    plan,
    2048,
    step,
    local,
    perDevice((s) => s.count),
  )
  const graph = b.finish([
    { name: 'rows', value: sample.rows },
    { name: 'present', value: sample.present },
    { name: 'slots', value: sample.slots },
  ])
  const opened = await openOnEngine(need(engines.get(replicas), 'an engine'))(graph)
  const samples = []
  for (const number of steps) {
    const given: HostTensor = { dtype: 'i32', shape: [], data: Int32Array.of(number) }
    const outputs = await opened.run(Array.from({ length: replicas }, () => [given]))
    const chosen: number[] = []
    const found = labels.map((): number[] => [])
    outputs.forEach((own, r) => {
      const [rowsOf, present, slots] = [0, 1, 2].map((i) => numbers(own, i))
      const first = need(shards[r], 'a shard').start
      rowsOf?.forEach((row, i) => {
        if (present?.[i] === 1) chosen.push(first + row)
        else expect(row).toBe(rows)
      })
      slots?.forEach((slot, i) => {
        if (slot >= 0) found[i]?.push(first + need(rowsOf?.[slot], 'a row'))
      })
    })
    samples.push({ chosen: chosen.sort((a, c) => a - c), found })
  }
  opened.close()
  return samples
}

async function sampleOn(replicas: number, step: number, rate?: number) {
  return need((await samplesOn(replicas, [step], rate))[0], 'a sample')
}

describe('the sample of a step', () => {
  test('holds every class of the batch once, on one device, and floor(rate · classes) drawn ones', async () => {
    const { chosen, found } = await sampleOn(1, 0)
    expect(new Set(chosen).size).toBe(chosen.length)
    expect(found).toEqual(labels.map((label) => [label]))
    const drawn = Math.floor(0.3 * classes)
    expect(chosen.length).toBeGreaterThanOrEqual(drawn)
    expect(chosen.length).toBeLessThanOrEqual(drawn + 1 + new Set(labels).size)
  })

  test('is the same on 1, 2, 4 and 8 devices', async () => {
    const one = await sampleOn(1, 7)
    for (const replicas of [2, 4, 8]) expect(await sampleOn(replicas, 7)).toEqual(one)
  })

  test('changes with the step', async () => {
    expect((await sampleOn(1, 0)).chosen).not.toEqual((await sampleOn(1, 1)).chosen)
  })

  test('takes every class about as often', async () => {
    const hits = new Array<number>(classes).fill(0)
    const steps = 200
    const samples = await samplesOn(
      1,
      Array.from({ length: steps }, (_, i) => i),
    )
    for (const { chosen } of samples) for (const c of chosen) hits[c] = (hits[c] ?? 0) + 1
    const others = hits.filter((_, c) => !labels.includes(c))
    const mean = others.reduce((a, h) => a + h, 0) / others.length / steps
    expect(mean).toBeGreaterThan(0.295)
    expect(mean).toBeLessThan(0.305)
    expect(Math.min(...others)).toBeGreaterThan(steps * 0.3 - 5 * Math.sqrt(steps * 0.21))
    expect(Math.max(...others)).toBeLessThan(steps * 0.3 + 5 * Math.sqrt(steps * 0.21))
  })

  test('holds nothing but the positives at rate 0', async () => {
    expect((await sampleOn(2, 0, 0)).chosen).toEqual([...new Set(labels)].sort((a, c) => a - c))
  })
})
