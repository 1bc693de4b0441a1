import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Backbone } from '../../../compiler/experiment/experiment.ts'
import { networkPlan } from '../../../compiler/plan/network-plan.ts'
import { need } from '../../../grammar/diagnostic.ts'
import { ArccError } from '../../../runtime/errors.ts'
import { checkPictures } from '../../../runtime/export/onnx/check/check-pictures.ts'
import { agreement, checkAgreement, modelInput, runModel } from '../../../runtime/export/onnx/check/compare.ts'
import { findOnnxRuntime } from '../../../runtime/export/onnx/check/onnx-runtime.ts'
import { filterFromOihw } from '../../../runtime/state/held-tensors.ts'
import { anError } from '../../helpers/facts.ts'
import { numbersOf } from '../../helpers/host-tensor.ts'
import {
  backboneOf,
  exported,
  modern,
  residual,
  saved,
  transformer,
  unusual,
  weightsOf,
} from '../../helpers/onnx-export.ts'
import { python, pythonIsThere, whyNot } from '../../helpers/onnx-python.ts'
import { evaluate } from '../../helpers/reference.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const folder = temporaryFolder()

describe('the comparison', () => {
  test('uses pictures of faces, in the order of dims and the range of the model', async () => {
    const shape = [4, 6, 3] as const
    const pixels = await checkPictures(undefined, shape)
    expect(pixels).toHaveLength(8 * 72)
    expect(await checkPictures(undefined, shape)).toEqual(pixels)
    expect(new Set(Array.from({ length: 8 }, (_, i) => pixels.slice(i * 72, (i + 1) * 72).join()))).toHaveProperty(
      'size',
      8,
    )
    const bytes = modelInput(pixels, shape, 'inside')
    // Picture 3, row 2, column 5, blue.
    expect(bytes[3 * 72 + 2 * 24 + 2 * 6 + 5]).toBe(pixels[3 * 72 + (2 * 6 + 5) * 3 + 2])
    expect(modelInput(pixels, shape, 'outside')[7]).toBeCloseTo(((bytes[7] ?? 0) - 127.5) / 127.5)
  })

  test('takes the pictures of a folder in their order, again from the first if there are few', async () => {
    const pictures = join(folder, 'pictures')
    mkdirSync(pictures)
    const gray = (value: number) => Buffer.concat([Buffer.from('P5 2 2 255\n'), Buffer.alloc(4, value)])
    for (const [i, value] of [10, 20, 30].entries()) writeFileSync(join(pictures, `${i + 8}.pgm`), gray(value))
    const pixels = await checkPictures(pictures, [2, 2, 3])
    expect([0, 1, 2, 3, 7].map((i) => pixels[i * 12])).toEqual([10, 20, 30, 10, 20])
    writeFileSync(join(pictures, '1 read me.txt'), 'text')
    expect(await checkPictures(pictures, [2, 2, 3])).toEqual(pixels)
    writeFileSync(join(pictures, '9.pgm'), 'text')
    await expect(checkPictures(pictures, [2, 2, 3])).rejects.toThrow(ArccError)
    await expect(checkPictures(join(folder, 'none'), [2, 2, 3])).rejects.toThrow(anError('ARC6808'))
    mkdirSync(join(folder, 'empty'))
    await expect(checkPictures(join(folder, 'empty'), [2, 2, 3])).rejects.toThrow(anError('ARC6808'))
  })

  const one = Float32Array.of(3, 4, 0, 1)

  test('measures the distance relative to the norm, and the cosine', () => {
    expect(agreement(one, one, 2)).toEqual({ deviation: 0, cosine: 1 })
    expect(agreement(Float32Array.of(0, 0), Float32Array.of(0, 0), 2)).toEqual({ deviation: 0, cosine: 1 })
    const { deviation, cosine } = agreement(one, Float32Array.of(3, 4, 1, 1), 2)
    expect(deviation).toBeCloseTo(1)
    expect(cosine).toBeCloseTo(Math.SQRT1_2)
  })

  test.each([
    ['apart', Float32Array.of(3, 4, 0.01, 1), 'ARC6807'],
    ['not finite', Float32Array.of(3, 4, Number.NaN, 1), 'ARC6811'],
    ['of another length', Float32Array.of(3, 4), 'ARC6807'],
  ])('refuses embeddings that are %s', (_, other, code) => {
    const limits = { tolerance: 1e-3, type: 'f32' } as const
    expect(() => checkAgreement(one, other, 2, limits)).toThrow(anError(code))
    expect(() => checkAgreement(other, one, 2, limits)).toThrow(ArccError)
    expect(checkAgreement(one, one, 2, limits).cosine).toBe(1)
  })

  test('names what was tried where there is no ONNX Runtime, and the last words of one that fails', async () => {
    const missing = join(folder, 'no-python')
    expect(await findOnnxRuntime(missing)).toEqual({ tried: [`${missing}: there is no such program`] })
    const refusing = join(folder, 'refusing-python')
    const script =
      '#!/bin/sh\ncase "$2" in *print*) echo 9.9.9 ;; *) echo one >&2; echo "no such operator" >&2; exit 3 ;; esac\n'
    writeFileSync(refusing, script)
    chmodSync(refusing, 0o755)
    const found = await findOnnxRuntime(refusing)
    const runtime = need('runtime' in found ? found.runtime : undefined, 'a runtime')
    expect(runtime.version).toBe(`9.9.9 (${refusing})`)
    await expect(runtime.run('net.onnx', [])).rejects.toThrow(anError('ARC6806', { reason: 'no such operator' }))
  })
})

describe(`in ONNX Runtime${whyNot}`, () => {
  const cases = [
    ['residual', residual, {}, 1e-5],
    ['residual', residual, { fold: false, preprocess: 'inside', external: true, opset: 21 }, 1e-5],
    ['residual', residual, { f16: true }, 5e-3],
    ['transformer', transformer, {}, 1e-5],
    ['transformer', transformer, { f16: true, opset: 18 }, 2e-2],
    ['unusual', unusual, {}, 1e-5],
    ['unusual', unusual, { opset: 20 }, 1e-5],
    ['modern', modern, {}, 1e-5],
  ] as const

  test.skipIf(!pythonIsThere).each(cases)(
    '%# %s gives the embeddings of the graph',
    async (_, text, options, tolerance) => {
      const backbone = backboneOf(text)
      const path = await exported(folder, backbone, await saved(folder, backbone), options)
      const found = await findOnnxRuntime(python)
      const runtime = need('runtime' in found ? found.runtime : undefined, 'a runtime')
      const pixels = await checkPictures(undefined, backbone.input)
      const input = modelInput(pixels, backbone.input, 'preprocess' in options ? options.preprocess : 'outside')
      const out = join(path, '..')
      const embeddings = await runModel(runtime, path, input, { shape: backbone.input, folder: out })
      expect(agreement(referenceEmbeddings(backbone, pixels), embeddings, backbone.embedding).deviation).toBeLessThan(
        tolerance,
      )
    },
  )
})

/** f32 [8,D], by the reference evaluator. */
function referenceEmbeddings(backbone: Backbone, pixels: Uint8Array): Float32Array {
  const weights = weightsOf(backbone)
  const plan = need(
    networkPlan(backbone, { replicas: 1, batch: 8, compute: 'f32', device: 'cpu', mirrored: false }),
    'a plan',
  )
  const inputs = plan.state.map((tensor) => {
    const data = tensor.holds.flatMap(({ name, layout }) => {
      const { shape, values } = need(weights.get(name), name)
      const own = { dtype: 'f32' as const, shape, data: values }
      return Array.from((layout === 'oihw' ? filterFromOihw(own) : own).data)
    })
    return { dtype: 'f32' as const, shape: tensor.shape, data: Float32Array.from(data) }
  })
  const images = { dtype: 'u8' as const, shape: [8, ...backbone.input], data: pixels }
  const [[embeddings] = []] = evaluate(plan.embed, [[...inputs, images]])
  return Float32Array.from(numbersOf(need(embeddings, 'embeddings')))
}
