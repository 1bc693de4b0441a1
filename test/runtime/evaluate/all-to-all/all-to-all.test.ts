import { expect, test } from 'vitest'
import { need } from '../../../../grammar/diagnostic.ts'
import type { Engine } from '../../../../runtime/engine.ts'
import { type AllToAllRequest, allToAll } from '../../../../runtime/evaluate/all-to-all/all-to-all.ts'
import { estimateAllToAll } from '../../../../runtime/evaluate/all-to-all/estimate.ts'
import { numberOf, ordinalOf } from '../../../../runtime/evaluate/all-to-all/ordinal.ts'
import { type LabeledEmbeddings, tilesOf } from '../../../../runtime/evaluate/all-to-all/pair-blocks.ts'
import { buildScoreBlock } from '../../../../runtime/evaluate/all-to-all/score-block.ts'
import { describeOnXla, xlaEngines } from '../../../helpers/xla.ts'

const dim = 16
const block = 32
const rates = [0, 1e-4, 1e-3, 1e-2, 1e-1, 0.5, 1]

/** A number in [-0.5, 0.5) from two others. */
function noise(a: number, b: number): number {
  const h = Math.imul(Math.imul(a + 1, 0x9e3779b1) ^ (b + 1), 0x85ebca6b)
  return ((h ^ (h >>> 15)) >>> 0) / 2 ** 32 - 0.5
}

function made(count: number, people: number, value: (i: number, d: number, person: number) => number, salt = 0) {
  const labels = Int32Array.from({ length: count }, (_, i) => (i * 7 + salt) % people)
  const embeddings = Float32Array.from({ length: count * dim }, (_, at) => {
    const i = Math.floor(at / dim)
    return value(i + salt, at % dim, labels[i] ?? 0)
  })
  return { embeddings, labels }
}

/** Scores have many ties, and are exact in f32. */
const signs = (i: number, d: number, person: number) => Math.sign(noise(person, d) + 0.9 * noise(i + 999, d)) || 1
const faces = (i: number, d: number, person: number) => noise(person, d) + 1.5 * noise(i + 999, d)

/** All scores of the same program, sorted. */
async function reference(engine: Engine, rows: LabeledEmbeddings, columns: LabeledEmbeddings | undefined) {
  const [a, b] = [tilesOf(rows, dim, block), tilesOf(columns ?? rows, dim, block)]
  const program = await engine.compile(buildScoreBlock({ replicas: engine.world.size, block, dim, bins: 4 }))
  const genuine: number[] = []
  const impostors: number[] = []
  const { local } = engine.world
  for (let r = 0; r < a.count; r++) {
    for (let c = columns === undefined ? r : 0; c < b.count; c++) {
      const own = [
        { dtype: 'u32', shape: [4], data: new Uint32Array(4) },
        { dtype: 'f32', shape: [block, dim], data: a.data(r) },
        { dtype: 'f32', shape: [block, dim], data: b.data(c) },
        { dtype: 'i32', shape: [], data: Int32Array.of(0) },
        { dtype: 'i32', shape: [], data: Int32Array.of(0) },
      ] as const
      const inputs = await engine.uploadAll(Array.from({ length: local }, () => own))
      const outputs = await program.run(inputs)
      const { data } = await need(outputs[0]?.[1], 'scores').read()
      for (const tensor of [...inputs, ...outputs].flat()) tensor.dispose()
      for (let i = 0; i < a.rows(r); i++) {
        for (let j = columns === undefined && r === c ? i + 1 : 0; j < b.rows(c); j++) {
          const isOne = a.labels[r * block + i] === b.labels[c * block + j]
          const list = isOne ? genuine : impostors
          list.push(data[i * block + j] ?? 0)
        }
      }
    }
  }
  program.dispose()
  impostors.sort((x, y) => y - x)
  const points = rates
    .filter((far) => far * impostors.length >= 1)
    .map((far) => {
      const next = impostors[Math.min(impostors.length - 1, Math.floor(far * impostors.length))] ?? 0
      const threshold = numberOf(ordinalOf(next) + 1)
      const trueAccepts = genuine.filter((score) => score >= threshold).length
      return {
        far,
        threshold,
        falseAccepts: impostors.filter((score) => score >= threshold).length,
        trueAccepts,
        tar: trueAccepts / genuine.length,
      }
    })
  return { genuine: genuine.length, impostors: impostors.length, points }
}

describeOnXla('all pairs', () => {
  const engineOf = xlaEngines([1, 2])
  const cases: readonly [string, Pick<AllToAllRequest, 'rows' | 'columns' | 'bins'>, number][] = [
    ['faces', { rows: made(330, 60, faces) }, 1],
    ['faces, many passes', { rows: made(330, 60, faces), bins: 64 }, 1],
    ['ties, on two devices', { rows: made(170, 30, signs), bins: 256 }, 2],
    ['two sets', { rows: made(100, 20, faces), columns: made(70, 25, faces, 500) }, 1],
    ['one picture, repeated', { rows: made(100, 50, () => 1), bins: 256 }, 1],
    ['zeros', { rows: made(70, 10, () => 0), bins: 256 }, 1],
    ['large classes', { rows: made(150, 2, faces), bins: 4096 }, 1],
  ]
  test.each(cases)('%s: as all scores sorted', async (_, request, devices) => {
    const engine = engineOf(devices)
    const { passes, ...found } = await allToAll(engine, { ...request, dim, block, rates })
    expect(found).toEqual(await reference(engine, request.rows, request.columns))
    expect(passes).toBeGreaterThan(0)
  })

  test('an estimate is of all blocks, and leaves nothing on the devices', async () => {
    const size = { images: 1000, dim, block, genuine: 4500, impostors: 495_000 }
    const { blocks, seconds, deviceBytes, hostBytes } = await estimateAllToAll(engineOf(2), size)
    expect(blocks).toBe((32 * 33) / 2)
    expect(seconds).toBeGreaterThan(0)
    expect(deviceBytes).toBeGreaterThan(1024 * dim * 4)
    expect(hostBytes).toBeGreaterThan(1000 * dim * 4 + 4500 * 4)
  })

  test('embeddings that are not finite, and pairs of one kind only', async () => {
    const engine = engineOf(1)
    const wrong = made(70, 10, (i, d) => (i === 5 && d === 3 ? Number.NaN : 1))
    await expect(allToAll(engine, { rows: wrong, dim, block })).rejects.toMatchObject({
      code: 'ARC6301',
      params: { index: 5, dim: 3 },
    })
    const alone = made(70, 71, faces)
    await expect(allToAll(engine, { rows: alone, dim, block })).rejects.toMatchObject({ code: 'ARC6350' })
    const same = made(70, 1, faces)
    await expect(allToAll(engine, { rows: same, dim, block })).rejects.toMatchObject({ code: 'ARC6350' })
  })
})

test.each([-1, -0.5, -1e-30, -0, 0, 1e-42, 0.25, 1])('ordinals of %d and its neighbors', (number) => {
  const own = Math.fround(number)
  expect(numberOf(ordinalOf(own))).toBe(own)
  expect(numberOf(ordinalOf(own) + 1)).toBeGreaterThanOrEqual(own)
  expect(numberOf(ordinalOf(own) - 1)).toBeLessThanOrEqual(own)
})
