import { expect, test } from 'vitest'
import type { Plan } from '../../../compiler/plan/plan.ts'
import type { PairSet } from '../../../runtime/data/pairs.ts'
import type { DeviceTensor, Engine, Executable, HostTensor } from '../../../runtime/engine.ts'
import { embedPictures } from '../../../runtime/evaluate/embed-pairs.ts'

const image = [1, 2, 3] as const
const pictureBytes = 6

function onHost(tensor: HostTensor): DeviceTensor {
  return { dtype: tensor.dtype, shape: tensor.shape, read: async () => tensor, dispose() {} }
}

/** Embeds a picture as its first byte, and its mirror image as the negative of that. */
const executable: Executable = {
  memory: undefined,
  dispose() {},
  run: (inputs) =>
    Promise.all(
      inputs.map(async (tensors) => {
        const { data, shape } = (await tensors.at(-1)?.read()) ?? { data: new Uint8Array(), shape: [0] }
        const first = Float32Array.from({ length: shape[0] ?? 0 }, (_, row) => Number(data[row * pictureBytes]))
        const outputs = [first, first.map((value) => -value)]
        return outputs.map((values) => onHost({ dtype: 'f32', shape: [values.length, 1], data: values }))
      }),
    ),
}

/** 1 to 80 pictures on devices that take four each: full rounds, a part of one, a device without any. */
test.each([1, 4, 5, 8, 9, 12, 13, 80])('%i pictures on two devices', async (images) => {
  const engine = { upload: async (_: number, tensor: HostTensor) => onHost(tensor) } as Partial<Engine> as Engine
  const plan = { replicas: 2, run: { embedBatch: 4, embedding: 1, image } } as Partial<Plan> as Plan
  const pictures = {
    images,
    read: (i: number, out: Uint8Array, offset: number) => void out.fill(i + 1, offset, offset + pictureBytes),
  } as Partial<PairSet> as PairSet
  const { original, mirrored } = await embedPictures({ engine, executable, plan, weights: [[], []] }, pictures)
  const expected = Array.from({ length: images }, (_, i) => i + 1)
  expect([...original]).toEqual(expected)
  expect([...mirrored]).toEqual(expected.map((value) => -value))
})
