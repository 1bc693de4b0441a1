import { expect, test } from 'vitest'
import type { DeviceTensor, Engine, Executable, HostTensor } from '../../../runtime/engine.ts'
import { embedPictures, type VerificationImages } from '../../../runtime/evaluate/embed-pairs.ts'
import { oneProcess } from '../../../runtime/world.ts'

const image = [1, 2, 3] as const
const pictureBytes = 6

function onHost(tensor: HostTensor): DeviceTensor {
  return { dtype: tensor.dtype, shape: tensor.shape, read: async () => tensor, dispose() {} }
}

/** Embeds a picture as its first byte, and its mirror image as the negated byte. */
async function embed(inputs: readonly (readonly DeviceTensor[])[]): Promise<DeviceTensor[][]> {
  return Promise.all(
    inputs.map(async (tensors) => {
      const { data, shape } = (await tensors.at(-1)?.read()) ?? { data: new Uint8Array(), shape: [0] }
      const first = Float32Array.from({ length: shape[0] ?? 0 }, (_, row) => Number(data[row * pictureBytes]))
      const outputs = [first, first.map((value) => -value)]
      return outputs.map((values) => onHost({ dtype: 'f32', shape: [values.length, 1], data: values }))
    }),
  )
}

/** Runs end in order, on demand. `reached` is the maximum number of concurrent runs. */
function slowExecutable() {
  const running: (() => void)[] = []
  const seen = { reached: 0, started: 0 }
  const executable: Partial<Executable> = {
    async start(inputs) {
      const outputs = await embed(inputs)
      seen.started++
      const ended = new Promise<void>((resolve) => running.push(resolve))
      seen.reached = Math.max(seen.reached, running.length)
      return { outputs, end: () => ended }
    },
  }
  return { executable: executable as Executable, seen, endOne: () => running.shift()?.() }
}

const devices = oneProcess(2)

function onFakeDevices(executable: Executable, images: number, fail = -1) {
  const seen = { read: 0 }
  const engine = {
    world: devices,
    uploadAll: async (tensors: readonly (readonly HostTensor[])[]) => tensors.map((own) => own.map(onHost)),
  } as Partial<Engine> as Engine
  const network = { embedBatch: 4, embedding: 1, image }
  const pairs = { images, pairs: new Int32Array(0), same: new Uint8Array(0) }
  const loader: VerificationImages['loader'] = {
    async read(numbers) {
      seen.read += numbers.length
      if (numbers.includes(fail)) throw new Error(`picture ${fail}`)
      const pixels = new Uint8Array(new SharedArrayBuffer(numbers.length * pictureBytes))
      for (const [row, i] of numbers.entries()) pixels.fill(i + 1, row * pictureBytes, (row + 1) * pictureBytes)
      return { pixels, numbers, skipped: [], release: () => undefined }
    },
  }
  return { seen, result: embedPictures({ engine, executable, network, weights: [[], []] }, { pairs, loader }) }
}

const atOnce = {
  start: async (inputs) => ({ outputs: await embed(inputs), end: async () => undefined }),
} as Partial<Executable> as Executable

/** 1 to 80 pictures on devices that take four each: full rounds, a part of one, a device without any. */
test.each([1, 4, 5, 8, 9, 12, 13, 80])('%i pictures on two devices', async (images) => {
  const { original, mirrored } = await onFakeDevices(atOnce, images).result
  const expected = Array.from({ length: images }, (_, i) => i + 1)
  expect([...original]).toEqual(expected)
  expect([...mirrored]).toEqual(expected.map((value) => -value))
})

const someTurns = async () => {
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve))
}

test('two runs are under way, and the pictures of the next one are read meanwhile', async () => {
  const { executable, seen, endOne } = slowExecutable()
  const run = onFakeDevices(executable, 80)
  await someTurns()
  expect(seen).toEqual({ reached: 2, started: 2 })
  expect(run.seen.read).toBe(5 * 8)
  endOne()
  await someTurns()
  expect(seen).toEqual({ reached: 2, started: 3 })
  expect(run.seen.read).toBe(6 * 8)
  for (let i = 0; i < 10; i++, await someTurns()) endOne()
  expect((await run.result).original).toHaveLength(80)
  expect(seen).toEqual({ reached: 2, started: 10 })
})

test('a picture that cannot be read ends it, after the runs under way', async () => {
  const { executable, endOne } = slowExecutable()
  const { result } = onFakeDevices(executable, 80, 17)
  const failure = result.then(
    () => 'no failure',
    (error: Error) => error.message,
  )
  await someTurns()
  endOne()
  await someTurns()
  endOne()
  expect(await failure).toBe('picture 17')
})
