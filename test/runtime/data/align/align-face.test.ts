import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createFaceAligner } from '../../../../runtime/data/align/align-face.ts'
import { estimateSimilarity, templateFor } from '../../../../runtime/data/align/similarity.ts'
import { warp } from '../../../../runtime/data/align/warp.ts'
import { createLoader } from '../../../../runtime/data/loader/loader.ts'
import { startDecodeWorkers } from '../../../../runtime/data/loader/start-workers.ts'
import { buildTextTable } from '../../../../runtime/data/text-table.ts'
import reference from '../../../golden/ijb/aligned.json' with { type: 'json' }
import { temporaryFolder } from '../../../helpers/temporary-folder.ts'

const shape = [112, 112, 3] as const
const size = 112 * 112 * 3

/** The picture of bench/ijb/align-reference.py. */
function picture(height: number, width: number) {
  const data = new Uint8Array(height * width * 3)
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++) data[at++] = (x * x * 3 + y * y * 5 + x * y * (c + 2)) >> 5
  return { height, width, data }
}

describe('as scikit-image and OpenCV (bench/ijb/align-reference.py)', () => {
  test.each(reference.cases)('$width × $height', ({ height, width, points, move, pixels }) => {
    const found = estimateSimilarity(Float32Array.from(points), 0, templateFor(shape))
    const { a = 0, b = 0, tx = 0, ty = 0 } = found ?? {}
    for (const [i, own] of [a, -b, tx, b, a, ty].entries()) expect(own).toBeCloseTo(move[i] ?? 0, 4)
    const out = new Uint8Array(size)
    expect(createFaceAligner(shape).align(picture(height, width), Float32Array.from(points), 0, out)).toBe(true)
    const shareOfEqual = () => pixels.filter((pixel, i) => pixel === out[i * reference.step]).length / pixels.length
    // In f32, as in scikit-image, the transform differs in the seventh digit, which can move a pixel by 1/32.
    expect(shareOfEqual()).toBeGreaterThan(0.995)
    const [given = 0, minusB = 0, moveX = 0, , , moveY = 0] = move
    warp(picture(height, width), { a: given, b: -minusB, tx: moveX, ty: moveY }, 112, 112, out)
    expect(shareOfEqual()).toBe(1)
  })
})

test('other sizes: the template is scaled and centered', () => {
  expect([...templateFor([56, 56, 3])].map((value) => 2 * value)).toEqual([...templateFor(shape)])
  expect(templateFor([112, 132, 3])[0]).toBeCloseTo(38.2946 + 10, 10)
})

test.each([
  ['one point', Array(10).fill(7)],
  ['not finite', [...Array(9).fill(0), Number.NaN]],
])('points that are no face: %s', (_, points) => {
  expect(estimateSimilarity(Float32Array.from(points), 0, templateFor(shape))).toBeUndefined()
})

describe.each([0, 2])('the loader with %d threads', (threads) => {
  test('aligns pictures by their points, and names those that cannot be', async () => {
    const folder = temporaryFolder()
    const [one] = reference.cases
    if (one === undefined) return
    const image = picture(one.height, one.width)
    mkdirSync(folder, { recursive: true })
    const ppm = Buffer.concat([Buffer.from(`P6 ${one.width} ${one.height} 255\n`), image.data])
    const paths = buildTextTable()
    for (const name of ['a.ppm', 'b.ppm']) {
      writeFileSync(join(folder, name), ppm)
      paths.add(name)
    }
    const points = new Float32Array(new SharedArrayBuffer(80))
    points.set(one.points)
    const workers = startDecodeWorkers(threads)
    try {
      const recipe = { kind: 'files', paths: paths.build(), root: folder, points } as const
      const loader = await createLoader({ recipe, images: 2, shape, rows: 2 }, workers)
      const { pixels, release } = await loader.read(Uint32Array.of(0))
      const expected = new Uint8Array(size)
      createFaceAligner(shape).align(image, points, 0, expected)
      expect(pixels).toEqual(new Uint8Array(expected))
      release()
      await expect(loader.read(Uint32Array.of(1))).rejects.toMatchObject({
        code: 'ARC6340',
        params: { file: join(folder, 'b.ppm') },
      })
      const gray = await createLoader({ recipe, images: 2, shape: [56, 56, 1], rows: 2 }, workers)
      const small = await gray.read(Uint32Array.of(0))
      expect(small.pixels.length).toBe(56 * 56)
      expect(new Set(small.pixels).size).toBeGreaterThan(20)
      small.release()
      gray.dispose()
      loader.dispose()
    } finally {
      await workers.dispose()
    }
  })
})
