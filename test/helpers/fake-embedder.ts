/** An embedder without an engine: embeddings are bytes of the pictures, so that tests know them. */
import type { DeviceTensor, Engine, Executable, HostTensor } from '../../runtime/engine.ts'
import type { Embedder } from '../../runtime/evaluate/embed-pairs.ts'
import { oneProcess } from '../../runtime/world.ts'

/** Height, width, channels. */
export const fakeImage = [4, 4, 3] as const
const pictureBytes = 48
/** D. */
export const fakeWidth = 3

/** Two devices take four pictures each. */
const devices = 2
const batch = 4
export const fakeRound = devices * batch

function onHost(tensor: HostTensor): DeviceTensor {
  return { dtype: tensor.dtype, shape: tensor.shape, read: async () => tensor, dispose() {} }
}

/** Of a picture: its first three bytes, `scale` times; of its mirror image, its last three. */
export function fakeEmbedder(scale = 1): Embedder {
  const rows = (data: Uint8Array, at: number) =>
    Float32Array.from({ length: batch * fakeWidth }, (_, i) => {
      const [row, column] = [Math.floor(i / fakeWidth), i % fakeWidth]
      return scale * Number(data[row * pictureBytes + at + column])
    })
  const embed = async (tensors: readonly DeviceTensor[]) => {
    const given = await tensors.at(-1)?.read()
    const data = given?.data instanceof Uint8Array ? given.data : new Uint8Array(0)
    return [0, pictureBytes - fakeWidth].map((at) =>
      onHost({ dtype: 'f32', shape: [batch, fakeWidth], data: rows(data, at) }),
    )
  }
  const executable = {
    start: async (inputs) => ({ outputs: await Promise.all(inputs.map(embed)), end: async () => undefined }),
  } as Partial<Executable> as Executable
  const engine = {
    world: oneProcess(devices),
    uploadAll: async (tensors: readonly (readonly HostTensor[])[]) =>
      tensors.map((own) => own.map((tensor) => onHost({ ...tensor, data: tensor.data.slice() }))),
  } as Partial<Engine> as Engine
  const network = { embedBatch: batch, embedding: fakeWidth, image: fakeImage }
  return { engine, executable, network, weights: Array.from({ length: devices }, () => []) }
}

/** A picture that the fake network takes as it is: the bytes `number`, `number + 1`, … of its pixels, as binary PPM. */
export function fakePicture(number: number): Uint8Array {
  const pixels = Uint8Array.from({ length: pictureBytes }, (_, i) => (number + i) % 256)
  return Uint8Array.from([...Buffer.from('P6\n4 4\n255\n'), ...pixels])
}

/** The embeddings of `fakePicture(number)` and of its mirror image. */
export function fakeEmbeddings(number: number) {
  const from = (at: number) => [0, 1, 2].map((i) => (number + at + i) % 256)
  return { original: from(0), mirrored: from(pictureBytes - fakeWidth) }
}
